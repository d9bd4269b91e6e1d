# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""When a mirrored edit is stored (DESIGN section 4, "Time and authors"); all in microseconds."""

from __future__ import annotations

from trac_issuesync.core.model import TicketSnapshot

__all__ = ["last_change", "storing_time"]


def last_change(snapshot: TicketSnapshot) -> int:
    """The latest time that the ticket or its log carries."""
    return max([snapshot.created, snapshot.changed, *(entry.time for entry in snapshot.log)])


def storing_time(original: int, last: int, now: int) -> int:
    """The true time where Trac can take it, else the next free microsecond.

    Trac's log is unique by (ticket, time, field), so a stored time is always above ``last``.
    """
    return max(last + 1, min(original, now))
