# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The way in: message numbers above a gap, and received changes until they are applied."""

from __future__ import annotations

from collections.abc import Sequence

from trac_issuesync.core.model import Change
from trac_issuesync.engine.records import InboxChange, InboxState, ReceivedNumber
from trac_issuesync.tracker.store.database import Row
from trac_issuesync.tracker.store.encoding import JsonColumn
from trac_issuesync.tracker.store.topic import Topic

__all__ = ["Inbox"]

_CHANGE: JsonColumn[Change] = JsonColumn(Change)
_COLUMNS = "sync, number, uid, message, received, state, reason, data"
_READ = "SELECT data, message, received, state, reason FROM issuesync_inbox WHERE sync=%s"


class Inbox(Topic):
    """Rows of ``issuesync_received`` and ``issuesync_inbox``."""

    def received(self, sync: str) -> list[ReceivedNumber]:
        """Partner message numbers stored above the highest contiguous one, ascending."""
        rows = self._db.rows(
            "SELECT number, digest, problem FROM issuesync_received WHERE sync=%s ORDER BY number", (sync,)
        )
        return [ReceivedNumber(number, digest, problem) for number, digest, problem in rows]

    def add_received(self, sync: str, number: ReceivedNumber) -> None:
        """Record a number; one that is recorded already raises (unique key)."""
        row = (sync, number.number, number.body_digest, number.problem)
        self._db.insert("issuesync_received", "sync, number, digest, problem", [row])

    def drop_received(self, sync: str, numbers: Sequence[int]) -> None:
        """Forget numbers that the contiguous row has reached."""
        self._db.write_in("DELETE FROM issuesync_received WHERE sync=%s AND number IN {}", (sync,), numbers)

    def add_inbox(self, sync: str, changes: Sequence[InboxChange]) -> list[int]:
        """Store received changes; one whose number is there already is passed over.

        Returns the numbers of those that were passed over though they say something else, ascending.
        """
        with self._db.transaction():
            first = {record.change.number: record.change for record in reversed(changes)}
            new = {record.change.number: record for record in reversed(changes)}
            for number, data in self._db.rows_in(
                "SELECT number, data FROM issuesync_inbox WHERE sync=%s AND number IN {}", (sync,), list(new)
            ):
                first[number] = _CHANGE.decode(data)
                del new[number]
            self._db.insert("issuesync_inbox", _COLUMNS, [_row(sync, record) for record in new.values()])
        return sorted({r.change.number for r in changes if first[r.change.number] != r.change})

    def inbox_tickets(self, sync: str, limit: int) -> list[str]:
        """Uids whose first queued change waits, oldest first; behind a parked one the later ones wait too."""
        rows = self._db.rows(
            """SELECT uid FROM issuesync_inbox waiting WHERE sync=%s AND state=%s AND NOT EXISTS (
                 SELECT 1 FROM issuesync_inbox earlier WHERE earlier.sync=waiting.sync
                 AND earlier.uid=waiting.uid AND earlier.number<waiting.number AND earlier.state<>%s)
               ORDER BY received, number LIMIT %s""",
            (sync, InboxState.WAITING.value, InboxState.SKIPPED.value, limit),
        )
        return [uid for (uid,) in rows]

    def inbox(self, sync: str, uids: Sequence[str]) -> dict[str, list[InboxChange]]:
        """All queued changes of these tickets, by number; not what was skipped."""
        found: dict[str, list[InboxChange]] = {}
        sql = _READ + " AND state<>%s AND uid IN {} ORDER BY number"
        for row in self._db.rows_in(sql, (sync, InboxState.SKIPPED.value), uids):
            record = _record(row)
            found.setdefault(record.change.ticket, []).append(record)
        return found

    def announced(self, sync: str) -> frozenset[str]:
        """Digests of the attachments that queued changes announce; reads the whole queue."""
        sql = "SELECT data FROM issuesync_inbox WHERE sync=%s AND state<>%s AND data LIKE %s"
        rows = self._db.rows(sql, (sync, InboxState.SKIPPED.value, '%"attachment":{%'))
        changes = [_CHANGE.decode(data) for (data,) in rows]
        return frozenset(change.attachment.sha256 for change in changes if change.attachment is not None)

    def parked(self, sync: str) -> list[InboxChange]:
        """Changes parked with a reason, by number."""
        rows = self._db.rows(_READ + " AND state=%s ORDER BY number", (sync, InboxState.PARKED.value))
        return [_record(row) for row in rows]

    def refused(self, sync: str) -> list[InboxChange]:
        """Changes with a reason, by number: parked, waiting for another try, or skipped."""
        return [_record(row) for row in self._db.rows(_READ + " AND reason<>'' ORDER BY number", (sync,))]

    def save_inbox(self, sync: str, changes: Sequence[InboxChange]) -> None:
        """Replace by number; one that is not there any more stays away."""
        rows = [_row(sync, record) for record in changes]
        self._db.write(
            "UPDATE issuesync_inbox SET uid=%s, message=%s, received=%s, state=%s, reason=%s, data=%s "
            "WHERE sync=%s AND number=%s",
            *((*values, sync, number) for _, number, *values in rows),
        )

    def drop_inbox(self, sync: str, numbers: Sequence[int]) -> None:
        """Take out changes that are applied or skipped."""
        self._db.write_in("DELETE FROM issuesync_inbox WHERE sync=%s AND number IN {}", (sync,), numbers)

    def count_inbox(self, sync: str) -> tuple[int, int]:
        """Waiting, parked."""
        counts: dict[str, int] = {
            state: int(count)
            for state, count in self._db.rows(
                "SELECT state, COUNT(*) FROM issuesync_inbox WHERE sync=%s GROUP BY state", (sync,)
            )
        }
        return counts.get(InboxState.WAITING.value, 0), counts.get(InboxState.PARKED.value, 0)

    def unpark(self, sync: str, number: int | None = None) -> int:
        """Set parked changes (one or all) waiting again, with their reasons; returns how many."""
        with self._db.transaction():
            numbers = [
                record.change.number
                for record in self.parked(sync)
                if number is None or record.change.number == number
            ]
            self._db.write_in(
                "UPDATE issuesync_inbox SET state=%s WHERE sync=%s AND number IN {}",
                (InboxState.WAITING.value, sync),
                numbers,
            )
            return len(numbers)


def _record(row: Row) -> InboxChange:
    data, message, received, state, reason = row
    return InboxChange(_CHANGE.decode(data), message, received, InboxState(state), reason)


def _row(sync: str, record: InboxChange) -> Row:
    change = record.change
    return (
        sync,
        change.number,
        change.ticket,
        record.message,
        record.received,
        record.state.value,
        record.reason,
        _CHANGE.encode(change),
    )
