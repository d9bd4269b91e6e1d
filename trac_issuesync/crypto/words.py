# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two keys as eight words that two people can compare over the phone."""

from __future__ import annotations

import hashlib

from trac_issuesync.core.errors import Invalid
from trac_issuesync.crypto.verdict import FINGERPRINT
from trac_issuesync.crypto.wordlist import WORDS

__all__ = ["fingerprint_words"]

_COUNT = 8
_PURPOSE = b"issuesync fingerprint words 1"


def fingerprint_words(a: str, b: str) -> tuple[str, ...]:
    """Eight words for the pair of fingerprints, the same whichever comes first.

    ``a`` and ``b`` are hex, blanks and case do not matter. The words are the first eight bytes of the SHA-256
    of a fixed purpose and both fingerprints in sorted order, looked up in ``wordlist.WORDS``. Raises
    ``Invalid`` (``bad-fingerprint``) for anything but two fingerprints.
    """
    pair = sorted("".join(text.split()).upper() for text in (a, b))
    if not all(FINGERPRINT.fullmatch(text) for text in pair):
        raise Invalid("A fingerprint has 40 or 64 hexadecimal digits.", "bad-fingerprint")
    digest = hashlib.sha256(b"\n".join((_PURPOSE, *(text.encode("ascii") for text in pair)))).digest()
    return tuple(WORDS[byte] for byte in digest[:_COUNT])
