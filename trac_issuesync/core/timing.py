# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""When a mirrored edit is stored (DESIGN section 4, "Time and authors"); all in microseconds."""

from __future__ import annotations

from trac_issuesync.core.model import TicketSnapshot

__all__ = ["LATEST", "last_change", "storing_time", "wire_time"]

LATEST = 253_402_300_799_999_999
"""The last microsecond of the year 9999; no calendar of Python or of a database goes beyond."""


def last_change(snapshot: TicketSnapshot) -> int:
    """The latest time that the ticket or its log carries."""
    return max([snapshot.created, snapshot.changed, *(entry.time for entry in snapshot.log)])


def storing_time(original: int, last: int, now: int) -> int:
    """The true time where Trac can take it, else the next free microsecond.

    Trac's log is unique by (ticket, time, field), so a stored time is always above ``last``.
    """
    return max(last + 1, min(original, now))


def wire_time(time: int) -> int:
    """The time as it travels: what lies before 1970 or after the calendar is moved to its nearest end.

    A partner refuses other times, and with them the whole message they stand in.
    """
    return min(max(time, 0), LATEST)
