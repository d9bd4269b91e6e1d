# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Bytes near to sound ones, by seed: cut, flipped, doubled, spliced, and with words that mean something."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

__all__ = ["mutated"]

_EDGES = (
    b"\0",
    b"\n",
    b"\r\n",
    b" ",
    b"-1",
    b"0",
    b"00",
    b"9" * 25,
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
)
_MOST = 200_000


def mutated(rng: Random, seeds: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """One of ``seeds`` after a few changes; ``words`` are put in now and then."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 2, 3, 8, 20))):
        _change(rng, data, seeds, words)
    return bytes(data[:_MOST])


def _change(rng: Random, data: bytearray, seeds: Sequence[bytes], words: Sequence[bytes]) -> None:
    at = rng.randrange(len(data) + 1)
    end = min(len(data), at + rng.choice((1, 1, 2, 8, 40)))
    act = rng.randrange(8)
    if act == 0:
        del data[at:]
    elif act == 1:
        del data[at:end]
    elif act == 2 and at < len(data):
        data[at] ^= 1 << rng.randrange(8)
    elif act == 3:
        data[at:at] = data[at:end] * rng.choice((1, 2, 500))
    elif act == 4:
        other = rng.choice(seeds)
        first = rng.randrange(len(other) + 1)
        data[at:end] = other[first : first + rng.randrange(1, 200)]
    elif act == 5:
        data[at:end] = rng.choice(_EDGES)
    elif words:
        data[at : rng.choice((at, end))] = rng.choice(words)
