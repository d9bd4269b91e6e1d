# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Conflicts and the log."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from trac_issuesync.engine.records import ConflictRecord, LogLine
from trac_issuesync.tracker.store.encoding import JsonColumn
from trac_issuesync.tracker.store.topic import Topic

__all__ = ["Journal"]

_CONFLICT: JsonColumn[ConflictRecord] = JsonColumn(ConflictRecord)
_LINE: JsonColumn[LogLine] = JsonColumn(LogLine)


class Journal(Topic):
    """Rows of ``issuesync_conflict`` and ``issuesync_log``."""

    def add_conflicts(self, sync: str, records: Sequence[ConflictRecord]) -> None:
        """Store new conflicts; their ids are given here."""
        rows = [
            (sync, record.ticket, record.time, int(record.resolved), _CONFLICT.encode(record))
            for record in records
        ]
        self._db.insert("issuesync_conflict", "sync, ticket, time, resolved, data", rows)

    def conflicts(
        self, sync: str, *, ticket: int | None = None, unresolved: bool = False
    ) -> list[ConflictRecord]:
        """With their ids, in the order found; of one ticket, or only those that nobody has resolved."""
        sql = "SELECT id, resolved, data FROM issuesync_conflict WHERE sync=%s"
        values: list[str | int] = [sync]
        if ticket is not None:
            sql += " AND ticket=%s"
            values.append(ticket)
        if unresolved:
            sql += " AND resolved=0"
        rows = self._db.rows(sql + " ORDER BY id", values)
        return [
            msgspec.structs.replace(_CONFLICT.decode(data), id=number, resolved=bool(resolved))
            for number, resolved, data in rows
        ]

    def resolve_conflicts(self, sync: str, ids: Sequence[int]) -> None:
        """Mark conflicts as resolved."""
        self._db.write_in("UPDATE issuesync_conflict SET resolved=1 WHERE sync=%s AND id IN {}", (sync,), ids)

    def count_conflicts(self, sync: str) -> int:
        """How many nobody has resolved."""
        rows = self._db.rows("SELECT COUNT(*) FROM issuesync_conflict WHERE sync=%s AND resolved=0", (sync,))
        return int(rows[0][0])

    def add_log(self, sync: str, lines: Sequence[LogLine]) -> None:
        """Append lines."""
        rows = [(sync, line.ticket, line.time, _LINE.encode(line)) for line in lines]
        self._db.insert("issuesync_log", "sync, ticket, time, data", rows)

    def log(self, sync: str, *, ticket: int | None = None, limit: int = 0) -> list[LogLine]:
        """Newest first; ``limit`` 0: all."""
        sql = "SELECT data FROM issuesync_log WHERE sync=%s"
        values: list[str | int] = [sync]
        if ticket is not None:
            sql += " AND ticket=%s"
            values.append(ticket)
        sql += " ORDER BY time DESC, id DESC"
        if limit:
            sql += " LIMIT %s"
            values.append(limit)
        return [_LINE.decode(data) for (data,) in self._db.rows(sql, values)]

    def log_mark(self, sync: str) -> int:
        """Where the log ends, for ``log_after``; 0 where it is empty."""
        return int(self._db.rows("SELECT MAX(id) FROM issuesync_log WHERE sync=%s", (sync,))[0][0] or 0)

    def log_after(self, sync: str, mark: int) -> list[LogLine]:
        """The lines added since, in the order in which they were."""
        sql = "SELECT data FROM issuesync_log WHERE sync=%s AND id>%s ORDER BY id"
        return [_LINE.decode(data) for (data,) in self._db.rows(sql, (sync, mark))]

    def trim_log(self, before: int) -> None:
        """Forget lines of all synchronizations older than ``before``."""
        self._db.write("DELETE FROM issuesync_log WHERE time<%s", (before,))
