# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The way out, before a message: captured changes, births, control items, and what the partner refused."""

from __future__ import annotations

from collections.abc import Sequence

from trac_issuesync.core.model import Change
from trac_issuesync.engine.records import AtPartner, HeldChange
from trac_issuesync.tracker.store.encoding import JsonColumn, bytes_of, text_of
from trac_issuesync.tracker.store.topic import Topic

__all__ = ["Outbox"]

_CHANGE: JsonColumn[Change] = JsonColumn(Change)


class Outbox(Topic):
    """Rows of the tables outbox, held, birth, control and rejected.

    The unique key on the change id guards the rows that are still here. It need not outlive them: every log
    entry that a change was captured from is recorded in ``issuesync_logged`` in the same transaction, under a
    key that refuses a second capture for good; and a change without log entry is single because the shadow,
    moved in the same transaction, no longer differs from the ticket.
    """

    def add_changes(self, sync: str, changes: Sequence[Change]) -> None:
        """Append captured changes; a change id already captured raises (unique key)."""
        rows = [(sync, change.number, change.id, _CHANGE.encode(change)) for change in changes]
        self._db.insert("issuesync_outbox", "sync, number, id, data", rows)

    def waiting_changes(self, sync: str, limit: int) -> list[Change]:
        """Captured, not yet in a message and not held, by number."""
        rows = self._db.rows(
            "SELECT data FROM issuesync_outbox WHERE sync=%s AND number NOT IN"
            " (SELECT number FROM issuesync_held WHERE sync=%s) ORDER BY number LIMIT %s",
            (sync, sync, limit),
        )
        return [_CHANGE.decode(data) for (data,) in rows]

    def outbox(self, sync: str, numbers: Sequence[int]) -> list[Change]:
        """Those of these changes that are in the outbox, held or not, by number."""
        sql = "SELECT number, data FROM issuesync_outbox WHERE sync=%s AND number IN {}"
        return [_CHANGE.decode(data) for _, data in sorted(self._db.rows_in(sql, (sync,), numbers))]

    def count_waiting(self, sync: str) -> int:
        """How many changes are not yet in a message, held ones too."""
        return int(self._db.rows("SELECT COUNT(*) FROM issuesync_outbox WHERE sync=%s", (sync,))[0][0])

    def drop_changes(self, sync: str, numbers: Sequence[int]) -> None:
        """Take out changes, for example because they are in a message now."""
        with self._db.transaction():
            for table in ("issuesync_outbox", "issuesync_held"):
                self._db.write_in(f"DELETE FROM {table} WHERE sync=%s AND number IN {{}}", (sync,), numbers)

    def hold(self, sync: str, rows: Sequence[HeldChange]) -> None:
        """Let changes wait until ``unhold``; insert or replace by number."""
        with self._db.transaction():
            numbers = [row.number for row in rows]
            self._db.write_in("DELETE FROM issuesync_held WHERE sync=%s AND number IN {}", (sync,), numbers)
            values = [(sync, row.number, row.uid, row.reason, row.by, row.since) for row in rows]
            self._db.insert("issuesync_held", "sync, number, uid, reason, plugin, since", values)

    def held(self, sync: str) -> list[HeldChange]:
        """What is held, by number."""
        rows = self._db.rows(
            "SELECT number, uid, reason, plugin, since FROM issuesync_held WHERE sync=%s ORDER BY number",
            (sync,),
        )
        return [HeldChange(*row) for row in rows]

    def unhold(self, sync: str, uids: Sequence[str]) -> int:
        """Let the changes of these tickets leave; returns how many were held."""
        with self._db.transaction():
            sql = "SELECT number FROM issuesync_held WHERE sync=%s AND uid IN {}"
            numbers = [number for (number,) in self._db.rows_in(sql, (sync,), uids)]
            self._db.write_in("DELETE FROM issuesync_held WHERE sync=%s AND number IN {}", (sync,), numbers)
        return len(numbers)

    def add_birth(self, sync: str, uid: str, number: int) -> None:
        """Queue the news that the partner's ticket ``uid`` has this number here."""
        with self._db.transaction() as db:
            db("DELETE FROM issuesync_birth WHERE sync=%s AND uid=%s", (sync, uid))
            self._db.insert("issuesync_birth", "sync, uid, ticket", [(sync, uid, number)])

    def births(self, sync: str, limit: int) -> list[tuple[str, int]]:
        """Queued births as (uid, local number), by number."""
        rows = self._db.rows(
            "SELECT uid, ticket FROM issuesync_birth WHERE sync=%s ORDER BY ticket, uid LIMIT %s",
            (sync, limit),
        )
        return [(uid, ticket) for uid, ticket in rows]

    def drop_births(self, sync: str, uids: Sequence[str]) -> None:
        """Take out births that are in a message now."""
        self._db.write_in("DELETE FROM issuesync_birth WHERE sync=%s AND uid IN {}", (sync,), uids)

    def add_control(self, sync: str, payload: bytes) -> None:
        """Queue a control item (encoded by the codec) for the next numbered message."""
        self._db.insert("issuesync_control", "sync, payload", [(sync, text_of(payload))])

    def controls(self, sync: str) -> list[tuple[int, bytes]]:
        """Queued control items with their ids, in the order in which they came."""
        rows = self._db.rows("SELECT id, payload FROM issuesync_control WHERE sync=%s ORDER BY id", (sync,))
        return [(number, bytes_of(payload)) for number, payload in rows]

    def drop_controls(self, sync: str, ids: Sequence[int]) -> None:
        """Take out control items that are in a message now."""
        self._db.write_in("DELETE FROM issuesync_control WHERE sync=%s AND id IN {}", (sync,), ids)

    def set_partner_parked(self, sync: str, rows: Sequence[AtPartner]) -> None:
        """Replace what the partner last said of changes that it cannot apply."""
        with self._db.transaction() as db:
            db("DELETE FROM issuesync_rejected WHERE sync=%s", (sync,))
            values = [(sync, r.number, r.reason, r.uid, r.author, int(r.skipped)) for r in rows]
            self._db.insert("issuesync_rejected", "sync, number, reason, uid, author, skipped", values)

    def partner_parked(self, sync: str) -> dict[int, AtPartner]:
        """What the partner said last, by number."""
        rows = self._db.rows(
            "SELECT number, reason, uid, author, skipped FROM issuesync_rejected"
            " WHERE sync=%s ORDER BY number",
            (sync,),
        )
        return {
            number: AtPartner(number, reason, uid or "", author or "", bool(skipped))
            for number, reason, uid, author, skipped in rows
        }
