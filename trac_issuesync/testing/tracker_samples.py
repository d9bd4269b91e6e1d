# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the tracker suites share: a time, a text, a ticket."""

from __future__ import annotations

from trac_issuesync.core.model import LogEntry, TicketSnapshot
from trac_issuesync.engine.storage import TicketEditor, Tracker

__all__ = ["DAY", "TEXT", "create", "only", "opened", "rows"]

DAY = 1_577_836_800_000_007
"""A time with microseconds, 2020-01-01."""

TEXT = (
    "== Überschrift ==\r\n * 漢字 ''мир'' \U0001f600\r\n{{{\r\n"
    "  <b>%s</b> 'x' \"y\" \\\r\n}}}\r\n#1 [[Macro]]"
)
"""Wiki text as a browser sends it, also outside the basic plane; it neither begins nor ends with blanks."""


def create(tracker: Tracker, **values: str) -> TicketSnapshot:
    """A new ticket of the time ``DAY``, inside a transaction."""
    given = {"summary": "one", "type": "defect", "status": "new", "reporter": "alice", **values}
    return tracker.create(given, DAY).snapshot


def only(tracker: Tracker, number: int) -> TicketSnapshot:
    """One ticket as it is read."""
    return tracker.read([number])[number]


def opened(tracker: Tracker, number: int) -> TicketEditor:
    """The editor of an existing ticket, inside a transaction."""
    editor = tracker.open(number)
    assert editor is not None
    return editor


def rows(snapshot: TicketSnapshot) -> dict[tuple[int, str], LogEntry]:
    """The log by its key."""
    return {(entry.time, entry.field): entry for entry in snapshot.log}
