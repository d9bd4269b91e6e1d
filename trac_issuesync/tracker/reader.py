# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tickets as snapshots, straight from Trac's tables, and the sweeps that find tickets to look at."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import attrgetter
from time import perf_counter
from typing import Any, NamedTuple

from trac.env import Environment

from trac_issuesync.core.model import AttachmentRow, LogEntry, TicketSnapshot
from trac_issuesync.engine.link import Pace
from trac_issuesync.engine.pacing import Batches
from trac_issuesync.tracker.catalogue import Layout, Layouts
from trac_issuesync.tracker.snapshot import any_text, chunks, marks, one_snapshot

__all__ = ["TicketReader", "log_entry"]

Rows = Sequence[Sequence[Any]]

# Of tables that are read as a whole: how many rows, and for how long, one statement reads.
_STRETCH = Pace(batch=20_000, slice=10_000)


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
        with one_snapshot(self._env, wanted) as db, any_text(db):
            read = [_read_part(db, layout, part) for part in chunks(wanted)]
        # Behind the transaction, so that nobody waits for it.
        found: dict[int, TicketSnapshot] = {}
        for rows in read:
            found.update(_snapshots(layout, rows))
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
        """Tickets whose changetime is, or with an attachment, at or after ``time`` (µs).

        No index has these times, so both tables are read, a stretch in each statement.
        """
        return self._tickets_touched(time) | self._tickets_attached(time)

    def _tickets_touched(self, time: int) -> set[int]:
        ((last,),) = self._env.db_query("SELECT MAX(id) FROM ticket")
        found: set[int] = set()
        above, stretches = 0, Batches(_STRETCH)
        while above < (last or 0):
            upto = above + stretches.size
            with _learning(stretches):
                rows = self._env.db_query(
                    "SELECT id FROM ticket WHERE id>%s AND id<=%s AND changetime>=%s", (above, upto, time)
                )
            found |= {number for (number,) in rows}
            above = upto
        return found

    def _tickets_attached(self, time: int) -> set[int]:
        found: set[int] = set()
        above, stretches = "", Batches(_STRETCH)
        while True:
            size = stretches.size
            with _learning(stretches):
                rows = self._env.db_query(
                    "SELECT id, MAX(time) FROM attachment WHERE type='ticket' AND id>%s"
                    " GROUP BY id ORDER BY id LIMIT %s",
                    (above, size),
                )
            found |= {int(parent) for parent, last in rows if (last or 0) >= time and parent.isdecimal()}
            if len(rows) < size:
                return found
            above = rows[-1][0]


@contextmanager
def _learning(stretches: Batches) -> Iterator[None]:
    """Inside, one stretch is read."""
    size, begun = stretches.size, perf_counter()
    yield
    stretches.learn(size, int((perf_counter() - begun) * 1e6), 0)


class _Rows(NamedTuple):
    """What the tables say of some tickets."""

    tickets: Rows
    custom: Rows
    log: Rows
    attachments: Rows


def _read_part(db: Any, layout: Layout, numbers: Sequence[int]) -> _Rows:
    columns = ",".join(("id", "time", "changetime", *layout.columns))
    among = marks(numbers)
    return _Rows(
        db(f"SELECT {columns} FROM ticket WHERE id IN ({among})", numbers),
        db(f"SELECT ticket, name, value FROM ticket_custom WHERE ticket IN ({among})", numbers),
        db(
            "SELECT ticket, time, author, field, oldvalue, newvalue FROM ticket_change"
            f" WHERE ticket IN ({among})",
            numbers,
        ),
        db(
            "SELECT id, filename, time, size, author, description FROM attachment"
            f" WHERE type='ticket' AND id IN ({among}) ORDER BY time, filename",
            [str(number) for number in numbers],
        ),
    )


def _snapshots(layout: Layout, rows: _Rows) -> dict[int, TicketSnapshot]:
    custom, log = _custom(layout, rows.custom), _log(layout, rows.log)
    attachments = _attachments(rows.attachments)
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
        for row in rows.tickets
    }


def _ticket_decoder(layout: Layout) -> Callable[[Sequence[Any]], dict[str, str]]:
    names = layout.columns
    return lambda row: dict(zip(names, [value or "" for value in row[3:]], strict=True))


def _custom(layout: Layout, rows: Rows) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = defaultdict(dict)
    names, decoders = frozenset(layout.custom), layout.decoders
    for number, name, value in rows:
        if name in names:
            decode = decoders.get(name)
            found[number][name] = decode(value) if decode else value or ""
    return found


def _log(layout: Layout, rows: Rows) -> dict[int, list[LogEntry]]:
    found: dict[int, list[LogEntry]] = defaultdict(list)
    decoders = layout.decoders
    for number, time, author, field, old, new in rows:
        if field in decoders:
            found[number].append(log_entry(layout, time, author, field, old, new))
        else:
            found[number].append(LogEntry(time, author or "", field, old or "", new or ""))
    return found


def _attachments(rows: Rows) -> dict[int, list[AttachmentRow]]:
    found: dict[int, list[AttachmentRow]] = defaultdict(list)
    for parent, name, time, size, author, description in rows:
        found[int(parent)].append(AttachmentRow(name, time or 0, size or 0, author or "", description or ""))
    return found
