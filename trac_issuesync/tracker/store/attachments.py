# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Shared attachments, and the bytes that are on their way."""

from __future__ import annotations

from collections.abc import Sequence

from trac_issuesync.core.model import Side
from trac_issuesync.engine.records import AttachmentRecord, AttachmentState, Blob
from trac_issuesync.tracker.store.database import Row
from trac_issuesync.tracker.store.topic import Topic

__all__ = ["Attachments"]

_COLUMNS = (
    "uid, side, origin, ticket, filename, time, size, sha256, state, author, description, replaces, reason"
)
_READ = f"SELECT {_COLUMNS} FROM issuesync_attachment WHERE sync=%s"


class Attachments(Topic):
    """Rows of ``issuesync_attachment``, ``issuesync_blob`` and ``issuesync_part``."""

    def attachments(self, sync: str, numbers: Sequence[int]) -> dict[int, list[AttachmentRecord]]:
        """Per ticket, by original time."""
        found: dict[int, list[AttachmentRecord]] = {}
        for row in self._db.rows_in(_READ + " AND ticket IN {}", (sync,), numbers):
            record = _record(row)
            found.setdefault(record.ticket, []).append(record)
        for records in found.values():
            records.sort(key=_order)
        return found

    def save_attachments(self, sync: str, records: Sequence[AttachmentRecord]) -> None:
        """Insert or replace by (uid, side, origin); of two with one key the last counts."""
        last = {(record.uid, record.side.value, record.origin): record for record in records}
        with self._db.transaction() as db:
            db.executemany(
                "DELETE FROM issuesync_attachment WHERE sync=%s AND uid=%s AND side=%s AND origin=%s",
                [(sync, *key) for key in last],
            )
            rows = [(sync, *_row(record)) for record in last.values()]
            self._db.insert("issuesync_attachment", "sync, " + _COLUMNS, rows)

    def attachments_with(self, sync: str, sha256: str) -> list[AttachmentRecord]:
        """Those with this content, by original time."""
        rows = self._db.rows(_READ + " AND sha256=%s", (sync, sha256))
        return sorted(map(_record, rows), key=_order)

    def pending_attachments(self, sync: str, limit: int) -> list[AttachmentRecord]:
        """Announced ones whose bytes are not stored yet, by original time."""
        rows = self._db.rows(
            _READ + " AND state=%s ORDER BY origin, uid, side LIMIT %s",
            (sync, AttachmentState.PENDING.value, limit),
        )
        return [_record(row) for row in rows]

    def blobs(self, sync: str, *, outgoing: bool) -> list[Blob]:
        """The contents on their way in one direction, by digest."""
        rows = self._db.rows(
            "SELECT sha256, size, outgoing, ticket, filename, queued, done FROM issuesync_blob "
            "WHERE sync=%s AND outgoing=%s ORDER BY sha256",
            (sync, int(outgoing)),
        )
        return [
            Blob(sha256, size, bool(out), ticket, filename, queued, bool(done))
            for sha256, size, out, ticket, filename, queued, done in rows
        ]

    def save_blob(self, sync: str, blob: Blob) -> None:
        """Insert or replace by digest and direction."""
        with self._db.transaction():
            self._drop_blob(sync, blob.sha256, blob.outgoing)
            self._db.insert(
                "issuesync_blob",
                "sync, sha256, size, outgoing, ticket, filename, queued, done",
                [
                    (
                        sync,
                        blob.sha256,
                        blob.size,
                        int(blob.outgoing),
                        blob.ticket,
                        blob.filename,
                        blob.queued,
                        int(blob.done),
                    )
                ],
            )

    def drop_blob(self, sync: str, sha256: str, *, outgoing: bool) -> None:
        """Forget a content on its way; an incoming one with its parts."""
        with self._db.transaction() as db:
            self._drop_blob(sync, sha256, outgoing)
            if not outgoing:
                db("DELETE FROM issuesync_part WHERE sync=%s AND sha256=%s", (sync, sha256))

    def add_part(self, sync: str, sha256: str, offset: int, length: int) -> None:
        """Record that these bytes of an incoming blob are on disk; the same part again changes nothing."""
        row = (sync, sha256, offset, length)
        with self._db.transaction() as db:
            db(
                "DELETE FROM issuesync_part WHERE sync=%s AND sha256=%s AND first_byte=%s AND byte_count=%s",
                row,
            )
            self._db.insert("issuesync_part", "sync, sha256, first_byte, byte_count", [row])

    def parts(self, sync: str, sha256: str) -> list[tuple[int, int]]:
        """(offset, length) of incoming parts, ascending."""
        rows = self._db.rows(
            "SELECT first_byte, byte_count FROM issuesync_part WHERE sync=%s AND sha256=%s "
            "ORDER BY first_byte, byte_count",
            (sync, sha256),
        )
        return [(first, count) for first, count in rows]

    def _drop_blob(self, sync: str, sha256: str, outgoing: bool) -> None:
        self._db.write(
            "DELETE FROM issuesync_blob WHERE sync=%s AND sha256=%s AND outgoing=%s",
            (sync, sha256, int(outgoing)),
        )


def _order(record: AttachmentRecord) -> tuple[int, str, str]:
    return record.origin, record.uid, record.side.value


def _record(row: Row) -> AttachmentRecord:
    uid, side, origin, ticket, filename, time, size, sha256, state, *words = row
    return AttachmentRecord(
        uid, Side(side), origin, ticket, filename, time, size, sha256, AttachmentState(state), *words
    )


def _row(record: AttachmentRecord) -> Row:
    return (
        record.uid,
        record.side.value,
        record.origin,
        record.ticket,
        record.filename,
        record.time,
        record.size,
        record.sha256,
        record.state.value,
        record.author,
        record.description,
        record.replaces,
        record.reason,
    )
