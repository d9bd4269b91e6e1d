# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Numbers of messages: contiguous, missing, tried again, and the running digest."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trac_issuesync.core.delivery import advance, backoff, chain, digest_of, listed, missing_ranges

SECOND = 1_000_000
DAY = 24 * 3600 * SECOND
ABOVE = st.sets(st.integers(1, 60), max_size=40)


@pytest.mark.parametrize(
    ("upto", "above", "result"),
    [
        (0, [], 0),
        (0, [1], 1),
        (0, [2], 0),
        (3, [4, 5, 7], 5),
        (3, [5, 4], 5),
        (3, [1, 2, 3], 3),
        (3, [4, 4, 5], 5),
    ],
)
def test_the_contiguous_number_moves_over_what_is_there(upto: int, above: list[int], result: int) -> None:
    """Order and doubles do not matter, old numbers neither, and a gap stops it."""
    assert advance(upto, above) == result


@given(st.integers(0, 30), ABOVE)
def test_every_number_is_contiguous_stored_above_or_missing(upto: int, above: set[int]) -> None:
    """The three together cover everything up to the highest number seen, none twice."""
    reached = advance(upto, above)
    higher = sorted(number for number in above if number > reached)
    missing = [n for first, last in missing_ranges(reached, higher) for n in range(first, last + 1)]
    highest = max([reached, *higher])
    assert sorted([*range(1, reached + 1), *higher, *missing]) == list(range(1, highest + 1))
    assert all(number in above for number in range(upto + 1, reached + 1))


@pytest.mark.parametrize(
    ("upto", "above", "ranges"),
    [
        (0, [], ()),
        (4, [6], ((5, 5),)),
        (4, [9, 7], ((5, 6), (8, 8))),
        (0, [3, 4, 10], ((1, 2), (5, 9))),
    ],
)
def test_gaps_are_first_and_last(upto: int, above: list[int], ranges: tuple[tuple[int, int], ...]) -> None:
    """Whatever the order of what is above."""
    assert missing_ranges(upto, above) == ranges


def test_gaps_are_told_in_portions() -> None:
    """At most 200 gaps, the lowest first, so that an acknowledgement stays small."""
    ranges = missing_ranges(0, range(2, 1000, 2))
    assert len(ranges) == 200
    assert ranges[0] == (1, 1)
    assert ranges[-1] == (399, 399)


@given(st.integers(0, 200), st.floats(0, 1), st.integers(1, DAY))
def test_a_pause_is_at_least_the_first_and_at_most_a_day_and_a_quarter(
    attempts: int, spread: float, first: int
) -> None:
    """However often it was tried; the spread adds, never takes away."""
    pause = backoff(attempts, spread, first)
    assert first <= pause <= DAY * 5 // 4
    assert backoff(attempts, 0.0, first) <= pause <= backoff(attempts, 1.0, first)


@given(st.integers(1, 100))
def test_pauses_never_shrink(attempts: int) -> None:
    """Each attempt waits as long as the one before, or longer."""
    assert backoff(attempts + 1, 0.0) >= backoff(attempts, 0.0)


def test_the_first_pauses_double() -> None:
    """One minute, two, four… and a day at most."""
    minutes = [backoff(attempt, 0.0) // (60 * SECOND) for attempt in range(1, 13)]
    assert minutes == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1440]


@given(st.lists(st.binary(max_size=20), max_size=6), st.integers(0, 5))
def test_the_running_digest_depends_on_every_body_and_its_place(bodies: list[bytes], at: int) -> None:
    """Equal for equal bodies in order, another for any other body or order."""
    assert _running(bodies) == _running(list(bodies))
    changed = [*bodies[:at], b"another body that is longer than those", *bodies[at + 1 :]]
    assert _running(changed) != _running(bodies)
    if bodies != bodies[::-1]:
        assert _running(bodies) != _running(bodies[::-1])


def _running(bodies: list[bytes]) -> str:
    running = ""
    for body in bodies:
        running = chain(running, digest_of(body))
    return running


def test_the_running_digest_is_what_the_protocol_says() -> None:
    """A peer written by others computes the same: SHA-256 of "<running>:<digest of the body>"."""
    body = hashlib.sha256(b"{}").hexdigest()
    assert digest_of(b"{}") == body
    assert chain("", body) == hashlib.sha256(f":{body}".encode()).hexdigest()


def test_numbers_in_overlapping_gaps_are_listed_once() -> None:
    """A partner may list the same gap ten thousand times; that costs no more than once."""
    assert listed([(5, 9), (1, 6), (3, 3), (8, 2**53)], 3, 11) == [3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert listed([(1, 2), (40, 50)], 3, 11) == []
    assert listed([(1, 2**53)] * 10_000, 1, 10**6) == list(range(1, 10**6 + 1))
