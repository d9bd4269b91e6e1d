# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tickets as snapshots, straight from Trac's tables, and the sweeps that find tickets to look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any

from trac.env import Environment

from trac_issuesync.core.model import AttachmentRow, LogEntry, TicketSnapshot
from trac_issuesync.tracker.catalogue import Layout, Layouts
from trac_issuesync.tracker.snapshot import any_text, chunks, marks, one_snapshot

__all__ = ["TicketReader", "log_entry"]


def log_entry(layout: Layout, time: int, author: str | None, field: str, old: Any, new: Any) -> LogEntry:
    """One row of ``ticket_change``, its values in canonical form; NULL reads as empty."""
    decode = layout.decoders.get(field)
    if decode:
        return LogEntry(time, author or "", field, decode(old), decode(new))
    return LogEntry(time, author or "", field, old or "", new or "")


class TicketReader:
    """Reads the tickets of one environment; knows no permissions."""

    def __init__(self, env: Environment, layouts: Layouts) -> None:
        self._env = env
        self._layouts = layouts

    def read(self, numbers: Sequence[int]) -> dict[int, TicketSnapshot]:
        """The tickets that exist; all parts of each ticket come from one moment (see ``one_snapshot``)."""
        layout = self._layouts.current()
        wanted = sorted(set(numbers))
        found: dict[int, TicketSnapshot] = {}
        with one_snapshot(self._env, wanted) as db, any_text(db):
            for part in chunks(wanted):
                found.update(_read_part(db, layout, part))
        return found

    def numbers(self, above: int, limit: int) -> list[int]:
        """Ticket numbers above one, ascending, at most ``limit``."""
        rows = self._env.db_query("SELECT id FROM ticket WHERE id>%s ORDER BY id LIMIT %s", (above, limit))
        return [number for (number,) in rows]

    def changed_since(self, time: int) -> set[int]:
        """Tickets created, or with a log row, at or after ``time`` (µs); both columns are indexed.

        Not seen here: edits of comments (logged under the comment's time) and attachments.
        """
        rows = self._env.db_query(
            "SELECT id FROM ticket WHERE time>=%s UNION SELECT ticket FROM ticket_change WHERE time>=%s",
            (time, time),
        )
        return {number for (number,) in rows}

    def touched_since(self, time: int) -> set[int]:
        """Tickets whose changetime is, or with an attachment, at or after ``time`` (µs); scans a table."""
        rows = self._env.db_query("SELECT id FROM ticket WHERE changetime>=%s", (time,))
        attached = self._env.db_query(
            "SELECT DISTINCT id FROM attachment WHERE type='ticket' AND time>=%s", (time,)
        )
        return {number for (number,) in rows} | {int(parent) for (parent,) in attached if parent.isdecimal()}


def _read_part(db: Any, layout: Layout, numbers: Sequence[int]) -> dict[int, TicketSnapshot]:
    columns = ",".join(("id", "time", "changetime", *layout.columns))
    tickets = db(f"SELECT {columns} FROM ticket WHERE id IN ({marks(numbers)})", numbers)
    custom = _custom(db, layout, numbers)
    log = _log(db, layout, numbers)
    attachments = _attachments(db, numbers)
    decode = _ticket_decoder(layout)
    return {
        row[0]: TicketSnapshot(
            number=row[0],
            created=row[1] or 0,
            changed=row[2] or 0,
            values=decode(row) | layout.shown | custom.get(row[0], {}),
            log=tuple(sorted(log[row[0]], key=attrgetter("time", "field"))) if row[0] in log else (),
            attachments=tuple(attachments.get(row[0], ())),
        )
        for row in tickets
    }


def _ticket_decoder(layout: Layout) -> Callable[[Sequence[Any]], dict[str, str]]:
    names = layout.columns
    return lambda row: dict(zip(names, [value or "" for value in row[3:]], strict=True))


def _custom(db: Any, layout: Layout, numbers: Sequence[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    names, decoders = frozenset(layout.custom), layout.decoders
    query = f"SELECT ticket, name, value FROM ticket_custom WHERE ticket IN ({marks(numbers)})"
    for number, name, value in db(query, numbers):
        if name in names:
            decode = decoders.get(name)
            found[number][name] = decode(value) if decode else value or ""
    return found


def _log(db: Any, layout: Layout, numbers: Sequence[int]) -> dict[int, list[LogEntry]]:
    found: dict[int, list[LogEntry]] = defaultdict(list)
    decoders = layout.decoders
    query = (
        "SELECT ticket, time, author, field, oldvalue, newvalue FROM ticket_change"
        f" WHERE ticket IN ({marks(numbers)})"
    )
    for number, time, author, field, old, new in db(query, numbers):
        if field in decoders:
            found[number].append(log_entry(layout, time, author, field, old, new))
        else:
            found[number].append(LogEntry(time, author or "", field, old or "", new or ""))
    return found


def _attachments(db: Any, numbers: Sequence[int]) -> dict[int, list[AttachmentRow]]:
    found: dict[int, list[AttachmentRow]] = defaultdict(list)
    query = (
        "SELECT id, filename, time, size, author, description FROM attachment"
        f" WHERE type='ticket' AND id IN ({marks(numbers)}) ORDER BY time, filename"
    )
    for parent, name, time, size, author, description in db(query, [str(number) for number in numbers]):
        found[int(parent)].append(AttachmentRow(name, time or 0, size or 0, author or "", description or ""))
    return found
