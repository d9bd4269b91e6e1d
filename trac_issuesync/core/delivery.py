# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Numbers of messages: what is contiguous, what is missing, when to send again, and the running digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

__all__ = ["advance", "backoff", "chain", "digest_of", "listed", "missing_ranges"]

_FIRST_RETRY = 60_000_000
_LONGEST_RETRY = 24 * 3600 * 1_000_000
_MOST_RANGES = 200


def advance(upto: int, above: Iterable[int]) -> int:
    """The highest contiguous number once those in ``above`` are there too."""
    have = set(above)
    while upto + 1 in have:
        upto += 1
    return upto


def missing_ranges(upto: int, above: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """The gaps between the contiguous number and the highest one seen, as (first, last), at most 200."""
    ranges: list[tuple[int, int]] = []
    expected = upto + 1
    for number in sorted(above):
        if number > expected:
            ranges.append((expected, number - 1))
        expected = number + 1
    return tuple(ranges[:_MOST_RANGES])


def listed(ranges: Iterable[tuple[int, int]], least: int, highest: int) -> list[int]:
    """Each number from ``least`` to ``highest`` in any of ``ranges``, which may overlap; once, ascending."""
    found: list[int] = []
    for first, last in sorted(ranges):
        end = min(last, highest)
        found += range(max(first, least), end + 1)
        least = max(least, end + 1)
    return found


def backoff(attempts: int, spread: float, first: int = _FIRST_RETRY) -> int:
    """Microseconds until an unacknowledged message is sent again: doubling, at most a day.

    ``spread`` in 0…1 adds up to a quarter, so that many senders do not fall into step.
    """
    pause = min(first * 2 ** min(max(attempts - 1, 0), 20), _LONGEST_RETRY)
    return int(pause * (1 + 0.25 * spread))


def digest_of(body: bytes) -> str:
    """SHA-256 of a body's canonical bytes, lower hex."""
    return hashlib.sha256(body).hexdigest()


def chain(running: str, body_digest: str) -> str:
    """The running digest after one more body: both sides compute it over the same bodies in order."""
    return hashlib.sha256(f"{running}:{body_digest}".encode()).hexdigest()
