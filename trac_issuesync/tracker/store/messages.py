# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Numbered messages that the partner has not acknowledged."""

from __future__ import annotations

from collections.abc import Sequence

from trac_issuesync.engine.records import OutMessage
from trac_issuesync.tracker.store.database import Row
from trac_issuesync.tracker.store.encoding import bytes_of, text_of
from trac_issuesync.tracker.store.topic import Topic

__all__ = ["Messages"]

_COLUMNS = "number, body, digest, changes, part, made, attempts, next_try, sent, size, problem"
_SET = ", ".join(f"{name}=%s" for name in _COLUMNS.split(", ")[1:])
_READ = f"SELECT {_COLUMNS} FROM issuesync_message WHERE sync=%s"


class Messages(Topic):
    """Rows of ``issuesync_message``. Bodies are kept byte for byte, because digests run over them."""

    def add_message(self, sync: str, message: OutMessage) -> None:
        """Add a message; a number that was given already raises (unique key)."""
        self._db.insert("issuesync_message", "sync, " + _COLUMNS, [(sync, *_row(message))])

    def messages(self, sync: str, numbers: Sequence[int] | None = None) -> list[OutMessage]:
        """Unacknowledged messages, by number."""
        if numbers is None:
            rows = self._db.rows(_READ, (sync,))
        else:
            rows = self._db.rows_in(_READ + " AND number IN {}", (sync,), numbers)
        return sorted(map(_message, rows), key=lambda message: message.number)

    def message_heads(self, sync: str) -> list[OutMessage]:
        """Unacknowledged messages without their bodies, which may be many megabytes, by number."""
        rows = self._db.rows(_READ.replace("body", "'' AS body") + " ORDER BY number", (sync,))
        return [_message(row) for row in rows]

    def due_messages(self, sync: str, now: int, limit: int) -> list[OutMessage]:
        """Unacknowledged messages whose next try is due at ``now``, by number."""
        # To sort them all, however many are due, a database would read the bodies of all.
        rows = self._db.rows(
            "SELECT number FROM issuesync_message WHERE sync=%s AND next_try<=%s ORDER BY number LIMIT %s",
            (sync, now, limit),
        )
        return self.messages(sync, [number for (number,) in rows])

    def count_messages(self, sync: str) -> tuple[int, int, int]:
        """Unacknowledged: messages, changes in them, parts among them."""
        rows = self._db.rows(
            "SELECT COUNT(*), COALESCE(SUM(changes), 0), COALESCE(SUM(part), 0) "
            "FROM issuesync_message WHERE sync=%s",
            (sync,),
        )
        count, changes, parts = rows[0]
        return int(count), int(changes), int(parts)

    def save_message(self, sync: str, message: OutMessage) -> None:
        """Replace by number; one that was acknowledged meanwhile stays forgotten."""
        number, *values = _row(message)
        self._db.write(
            f"UPDATE issuesync_message SET {_SET} WHERE sync=%s AND number=%s", (*values, sync, number)
        )

    def drop_messages(self, sync: str, numbers: Sequence[int]) -> None:
        """Forget messages that are acknowledged."""
        self._db.write_in("DELETE FROM issuesync_message WHERE sync=%s AND number IN {}", (sync,), numbers)


def _message(row: Row) -> OutMessage:
    number, body, digest, changes, part, made, attempts, next_try, sent, size, problem = row
    return OutMessage(
        number, bytes_of(body), digest, changes, bool(part), made, attempts, next_try, sent, size, problem
    )


def _row(message: OutMessage) -> Row:
    return (
        message.number,
        text_of(message.body),
        message.digest,
        message.changes,
        int(message.part),
        message.made,
        message.attempts,
        message.next_try,
        message.sent,
        message.size,
        message.problem,
    )
