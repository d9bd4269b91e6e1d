# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tickets that may have changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from trac_issuesync.engine.records import Mark
from trac_issuesync.tracker.store.topic import Topic

__all__ = ["Marks"]


class Marks(Topic):
    """Rows of ``issuesync_mark``; ``issuesync_stamp`` counts the marks ever set."""

    def mark(self, sync: str, numbers: Iterable[int], *, resend: bool = False) -> None:
        """Mark tickets under a new stamp; ``resend`` stays if an unread mark already had it."""
        wanted = dict.fromkeys(numbers, resend)
        if not wanted:
            return
        with self._db.transaction() as db:
            stamp = self._next_stamp(db, sync)
            for ticket, old in self._db.rows_in(
                "SELECT ticket, resend FROM issuesync_mark WHERE sync=%s AND ticket IN {}"
                + self._db.for_update,
                (sync,),
                wanted,
            ):
                wanted[ticket] = resend or bool(old)
            self._db.write_in("DELETE FROM issuesync_mark WHERE sync=%s AND ticket IN {}", (sync,), wanted)
            rows = [(sync, ticket, stamp, int(again)) for ticket, again in wanted.items()]
            self._db.insert("issuesync_mark", "sync, ticket, stamp, resend", rows)

    def marks(self, sync: str, limit: int) -> list[Mark]:
        """Marked tickets, by number."""
        rows = self._db.rows(
            "SELECT ticket, stamp, resend FROM issuesync_mark WHERE sync=%s ORDER BY ticket LIMIT %s",
            (sync, limit),
        )
        return [Mark(ticket, stamp, bool(resend)) for ticket, stamp, resend in rows]

    def unmark(self, sync: str, marks: Sequence[Mark]) -> None:
        """Clear marks, but not those set again since they were read."""
        if not marks:
            return
        with self._db.transaction() as db:
            db.executemany(
                "DELETE FROM issuesync_mark WHERE sync=%s AND ticket=%s AND stamp=%s",
                [(sync, mark.ticket, mark.stamp) for mark in marks],
            )

    def _next_stamp(self, db: Any, sync: str) -> int:
        """Count one up; holding the counter's row keeps two workers from inserting the same mark."""
        db("UPDATE issuesync_stamp SET stamp=stamp+1 WHERE sync=%s", (sync,))
        found = self._db.rows("SELECT stamp FROM issuesync_stamp WHERE sync=%s", (sync,))
        if found:
            return int(found[0][0])
        self._db.insert("issuesync_stamp", "sync, stamp", [(sync, 1)])
        return 1
