# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""When a mirrored edit is stored: the true time where Trac can take it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trac_issuesync.core.model import LogEntry, TicketSnapshot
from trac_issuesync.core.timing import last_change, storing_time

TIMES = st.integers(0, 2**52)


@pytest.mark.parametrize(
    ("original", "last", "now", "stored"),
    [
        (50, 10, 100, 50),  # the true time
        (10, 10, 100, 11),  # taken: the next free microsecond
        (5, 10, 100, 11),  # older than the last change
        (500, 10, 100, 100),  # in the future here: now
        (500, 100, 100, 101),  # in the future, and now is taken
        (50, 200, 100, 201),  # the ticket's last change lies in the future
    ],
)
def test_the_time_of_a_mirrored_edit(original: int, last: int, now: int, stored: int) -> None:
    """True if it is later than the last change and not in the future, else the next free one."""
    assert storing_time(original, last, now) == stored


@given(TIMES, TIMES, TIMES)
def test_a_stored_time_is_always_free_and_invents_no_future(original: int, last: int, now: int) -> None:
    """Above the last change; beyond now only where the last change forces it."""
    stored = storing_time(original, last, now)
    assert stored > last
    assert stored <= max(now, last + 1)
    if last < original <= now:
        assert stored == original


@given(st.lists(TIMES, min_size=1, max_size=10), TIMES)
def test_a_history_in_order_keeps_all_its_times(times: list[int], now: int) -> None:
    """Edits applied one after another, each true time later than the one before, none in the future."""
    history = sorted({min(time, now) for time in times})
    stored: list[int] = []
    for time in history:
        stored.append(storing_time(time, stored[-1] if stored else -1, now))
    assert stored == history


def test_the_last_change_is_the_latest_time_anywhere() -> None:
    """Creation, change time or any row of the log, whichever is latest."""
    entry = LogEntry(30, "alice", "comment", "1", "text")
    assert last_change(TicketSnapshot(1, 10, 20, {}, (), ())) == 20
    assert last_change(TicketSnapshot(1, 10, 20, {}, (entry,), ())) == 30
    assert last_change(TicketSnapshot(1, 40, 20, {}, (entry,), ())) == 40
