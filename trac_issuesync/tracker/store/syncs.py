# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Synchronizations, their counters, and the id of the environment."""

from __future__ import annotations

from collections.abc import Sequence

from trac_issuesync.core.errors import Invalid
from trac_issuesync.engine.records import Counters, Sync
from trac_issuesync.tracker.schema import ENVIRONMENT_NAME, TABLES
from trac_issuesync.tracker.store.encoding import JsonColumn
from trac_issuesync.tracker.store.topic import Topic

__all__ = ["Syncs"]

_SYNC: JsonColumn[Sync] = JsonColumn(Sync)
_COUNTERS: JsonColumn[Counters] = JsonColumn(Counters)

_RECEIVED = ("issuesync_received", "issuesync_inbox", "issuesync_part")
_UNSENT = (
    "issuesync_outbox",
    "issuesync_held",
    "issuesync_birth",
    "issuesync_control",
    "issuesync_message",
    "issuesync_rejected",
)
# Rows about tickets that a new start of the synchronization must not meet again.
_OF_TICKETS = ("issuesync_twin", "issuesync_logged", "issuesync_inbox", "issuesync_attachment")


class Syncs(Topic):
    """Rows of ``issuesync_sync`` and ``issuesync_counters``."""

    def environment(self) -> str:
        """Id of this environment; raises Invalid if the environment was never upgraded."""
        found = self._db.rows(f"SELECT value FROM {self._system()} WHERE name=%s", (ENVIRONMENT_NAME,))
        if not found:
            raise Invalid(
                "This Trac environment is not prepared for synchronizations yet. "
                "Run trac-admin <environment> upgrade."
            )
        return str(found[0][0])

    def syncs(self) -> list[Sync]:
        """All synchronizations, tombstones included, by name."""
        found = [_SYNC.decode(data) for (data,) in self._db.rows("SELECT data FROM issuesync_sync")]
        return sorted(found, key=lambda sync: (sync.name, sync.id))

    def sync(self, sync: str) -> Sync | None:
        """A synchronization by its id; inside a transaction nobody else can change it until the end."""
        found = self._db.rows(f"SELECT data FROM issuesync_sync WHERE id=%s{self._db.locking}", (sync,))
        return _SYNC.decode(found[0][0]) if found else None

    def save_sync(self, sync: Sync) -> None:
        """Insert or replace."""
        with self._db.transaction():
            self._db.replace("issuesync_sync", {"id": sync.id}, {"data": _SYNC.encode(sync)})
            # Made here, so that no two workers make it when both set the first mark.
            if not self._db.rows("SELECT stamp FROM issuesync_stamp WHERE sync=%s", (sync.id,)):
                self._db.insert("issuesync_stamp", "sync, stamp", [(sync.id, 0)])

    def remove_sync(self, sync: str) -> None:
        """Forget a synchronization and every row that belongs to it, our lease on it included."""
        with self._db.transaction() as db:
            for table in TABLES:
                column = "id" if table == "issuesync_sync" else "sync"
                db(f"DELETE FROM {table} WHERE {column}=%s", (sync,))
            self._db.leases.pop(sync, None)

    def forget_tickets(self, sync: str) -> None:
        """Forget twins, logged entries, queued incoming changes and attachment records."""
        self._empty(_OF_TICKETS, sync)

    def forget_received(self, sync: str) -> None:
        """Forget what was received and not applied: numbers, changes, bytes of attachments on their way."""
        with self._db.transaction() as db:
            self._empty(_RECEIVED, sync)
            db("DELETE FROM issuesync_blob WHERE sync=%s AND outgoing=0", (sync,))

    def forget_unsent(self, sync: str) -> None:
        """Forget what was to be sent (changes, births, controls, messages, bytes) and the last report."""
        with self._db.transaction() as db:
            self._empty(_UNSENT, sync)
            db("DELETE FROM issuesync_blob WHERE sync=%s AND outgoing=1", (sync,))

    def _empty(self, tables: Sequence[str], sync: str) -> None:
        with self._db.transaction() as db:
            for table in tables:
                db(f"DELETE FROM {table} WHERE sync=%s", (sync,))

    def counters(self, sync: str) -> Counters:
        """The counters, all at their start before they are first saved; inside a transaction as ``sync``."""
        found = self._db.rows(f"SELECT data FROM issuesync_counters WHERE sync=%s{self._db.locking}", (sync,))
        return _COUNTERS.decode(found[0][0]) if found else Counters()

    def save_counters(self, sync: str, counters: Counters) -> None:
        """Insert or replace."""
        self._db.replace("issuesync_counters", {"sync": sync}, {"data": _COUNTERS.encode(counters)})
