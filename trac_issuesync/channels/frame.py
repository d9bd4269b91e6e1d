# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The frame around a sealed message in an exchange directory; it tells half a copy from a whole one.

A file is one ASCII line ``ISX1 <length> <sha256>\\n`` (length in decimal bytes, digest in 64 lower hex
digits, both of what follows) and then exactly the sealed bytes. Pure: bytes in, bytes or a flaw out.
"""

from __future__ import annotations

import hashlib
import re

from msgspec import Struct

__all__ = ["HEADER_LIMIT", "Flaw", "claimed_digest", "frame", "unframe"]

HEADER_LIMIT = 96
"""No header line is longer than this, in bytes, its line end included."""

_HEADER = re.compile(rb"ISX1 (0|[1-9][0-9]{0,11}) ([0-9a-f]{64})")
_OTHER_VERSION = re.compile(rb"ISX(?!1 )[0-9]+ ")


class Flaw(Struct, frozen=True):
    """Why a file is not a complete message. ``waits`` is false where more bytes cannot mend it."""

    code: str
    text: str
    waits: bool = True


def frame(data: bytes) -> bytes:
    """The content of the file that carries ``data``."""
    return b"ISX1 %d %s\n" % (len(data), hashlib.sha256(data).hexdigest().encode()) + data


def unframe(raw: bytes, limit: int) -> bytes | Flaw:
    """The sealed bytes in the file content ``raw``, or what is wrong with it.

    ``limit`` is the most sealed bytes to accept. Almost every flaw may be that of a copy still under way (a
    sync tool may reserve the whole length first), so it is only final when the file has come to rest.
    """
    header, newline, _ = raw[:HEADER_LIMIT].partition(b"\n")
    if not newline:
        return _headless(raw)
    match = _HEADER.fullmatch(header)
    if match is None:
        return _unknown(header)
    length = int(match[1])
    if length > limit:
        return Flaw("too-large", f"It announces {length} bytes; at most {limit} are accepted.", waits=False)
    data = raw[len(header) + 1 :]
    if len(data) < length:
        return Flaw("incomplete", f"Only {len(data)} of its {length} bytes are there.")
    if len(data) > length:
        return Flaw("damaged", f"It announces {length} bytes but holds {len(data)}.")
    if hashlib.sha256(data).hexdigest().encode() != match[2]:
        return Flaw("damaged", "Its content does not match its checksum.")
    return data


def claimed_digest(raw: bytes) -> str | None:
    """The digest that the first line of a file states, or None if there is no such line.

    The first ``HEADER_LIMIT`` bytes are enough.
    """
    match = _HEADER.fullmatch(raw[:HEADER_LIMIT].partition(b"\n")[0])
    return match[2].decode() if match else None


def _headless(raw: bytes) -> Flaw:
    if len(raw) < HEADER_LIMIT:
        return Flaw("incomplete", "Not even its first line is complete.")
    return _unknown(raw[:HEADER_LIMIT])


def _unknown(header: bytes) -> Flaw:
    if _OTHER_VERSION.match(header):
        return Flaw("unknown-frame", "It is written in a newer form than this version of the plugin reads.")
    return Flaw("damaged", "It does not begin like a message file.")
