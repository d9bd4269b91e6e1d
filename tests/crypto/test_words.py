# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Fingerprint words are the same on both sides, and other for any other pair of keys."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trac_issuesync.core.errors import Invalid
from trac_issuesync.crypto.wordlist import WORDS
from trac_issuesync.crypto.words import fingerprint_words

A = "4A5DC8C466F05A53430541B01875A8618000620B"
B = "6B43ACBE14F2EC05AF5DB057A70FD5A91F3A4D26"
FINGERPRINTS = st.text("0123456789ABCDEF", min_size=40, max_size=40)


def test_the_words_of_a_known_pair_never_change() -> None:
    """The two sides may run different releases; this list and rule are part of the protocol."""
    assert " ".join(fingerprint_words(A, B)) == "honey pony zipper atlas orchid cobalt magnet marble"


@given(FINGERPRINTS, FINGERPRINTS)
def test_both_sides_see_the_same_words(a: str, b: str) -> None:
    """The order, the case and blanks do not matter."""
    spaced = " ".join(b[i : i + 4] for i in range(0, 40, 4)).lower()
    assert fingerprint_words(a, b) == fingerprint_words(spaced, a)
    assert len(fingerprint_words(a, b)) == 8


@given(FINGERPRINTS, FINGERPRINTS, FINGERPRINTS)
def test_another_key_has_other_words(a: str, b: str, c: str) -> None:
    """Whichever of the two keys is replaced, the words change."""
    if b != c:
        assert fingerprint_words(a, b) != fingerprint_words(a, c)
        assert fingerprint_words(b, a) != fingerprint_words(c, a)


def test_every_digit_counts() -> None:
    """Not only a prefix or the short id goes into the words."""
    seen = {fingerprint_words(A, B)}
    for at in range(40):
        changed = B[:at] + ("0" if B[at] != "0" else "1") + B[at + 1 :]
        seen.add(fingerprint_words(A, changed))
    assert len(seen) == 41


@pytest.mark.parametrize("bad", ["", "0", A[:-1], A + "0", "g" * 40, A[-16:]])
def test_what_is_no_fingerprint_is_refused(bad: str) -> None:
    """A cut fingerprint is not silently compared."""
    with pytest.raises(Invalid):
        fingerprint_words(A, bad)


def test_the_words_can_be_told_apart_aloud() -> None:
    """256 words of 4 to 7 plain letters, no two beginning with the same four."""
    assert len(WORDS) == 256
    assert len({word[:4] for word in WORDS}) == 256
    assert all(4 <= len(word) <= 7 and word.isascii() and word.isalpha() and word.islower() for word in WORDS)
