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
        """Mark tickets, each under a new stamp; ``resend`` stays if an unread mark already had it."""
        wanted = dict.fromkeys(numbers, resend)
        if not wanted:
            return
        with self._db.transaction() as db:
            first = self._take_stamps(db, sync, len(wanted))
            for ticket, old in self._db.rows_in(
                "SELECT ticket, resend FROM issuesync_mark WHERE sync=%s AND ticket IN {}"
                + self._db.for_update,
                (sync,),
                wanted,
            ):
                wanted[ticket] = resend or bool(old)
            self._db.write_in("DELETE FROM issuesync_mark WHERE sync=%s AND ticket IN {}", (sync,), wanted)
            rows = [
                (sync, ticket, stamp, int(again))
                for stamp, (ticket, again) in enumerate(wanted.items(), first)
            ]
            self._db.insert("issuesync_mark", "sync, ticket, stamp, resend", rows)

    def marks(self, sync: str, limit: int) -> list[Mark]:
        """Marked tickets, the one marked longest ago first."""
        rows = self._db.rows(
            "SELECT ticket, stamp, resend FROM issuesync_mark WHERE sync=%s ORDER BY stamp LIMIT %s",
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

    def _take_stamps(self, db: Any, sync: str, count: int) -> int:
        """Count up and return the first of ``count`` new stamps.

        Holding the counter's row also keeps two workers from inserting the same mark at once.
        """
        db("UPDATE issuesync_stamp SET stamp=stamp+%s WHERE sync=%s", (count, sync))
        found = self._db.rows("SELECT stamp FROM issuesync_stamp WHERE sync=%s", (sync,))
        if found:
            return int(found[0][0]) - count + 1
        self._db.insert("issuesync_stamp", "sync, stamp", [(sync, count)])
        return 1
