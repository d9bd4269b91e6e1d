# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A store in memory with the keys, transactions and leases of the real one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from msgspec.structs import replace

from trac_issuesync.core.contract import Bound, Contract
from trac_issuesync.core.errors import Transient
from trac_issuesync.core.model import Twin, TwinState
from trac_issuesync.engine.ports import Clock
from trac_issuesync.engine.records import (
    AttachmentRecord,
    AttachmentState,
    Blob,
    Counters,
    LoggedEntry,
    Published,
    Sync,
)
from trac_issuesync.testing.sim_database import Lease, SimDatabase
from trac_issuesync.testing.sim_queues import SimQueues

__all__ = ["SimStore"]


def _own(twin: Twin) -> Twin:
    """A twin whose shadow nobody else holds, as a row read from a database is."""
    return replace(twin, shadow=dict(twin.shadow))


class SimStore(SimQueues):
    """One worker's view of the database; several on one database are several processes.

    Implements ``engine.storage.Store``. Stricter than a database where that finds mistakes: a binding for
    a version that is not published raises LookupError.
    """

    def __init__(self, database: SimDatabase, clock: Clock) -> None:
        super().__init__(database)
        self.clock = clock
        self._held: dict[str, int] = {}

    def transaction(self) -> AbstractContextManager[None]:
        return self.database.transaction() if self.database.in_transaction else self._fenced()

    @contextmanager
    def _fenced(self) -> Iterator[None]:
        with self.database.transaction():
            for sync, generation in self._held.items():
                lease = self.database.leases.get(sync, "")
                if lease is None or lease.generation != generation:
                    raise Transient("Another worker has taken over this synchronization.", "lease-lost")
            yield

    def environment(self) -> str:
        return self.database.environment

    def syncs(self) -> list[Sync]:
        found = [self.sync(group) for group in list(self.database.syncs.groups)]
        return sorted((sync for sync in found if sync is not None), key=lambda sync: sync.name)

    def sync(self, sync: str) -> Sync | None:
        return self.database.syncs.get(sync, "")

    def save_sync(self, sync: Sync) -> None:
        with self.transaction():
            self.database.syncs.put(sync.id, "", sync)

    def remove_sync(self, sync: str) -> None:
        with self.transaction():
            self._held.pop(sync, None)
            for table in self.database.tables.values():
                for group in list(table.groups):
                    if group == sync or (isinstance(group, tuple) and group[0] == sync):
                        table.clear(group)

    def forget_tickets(self, sync: str) -> None:
        with self.transaction():
            self.database.twins.clear(sync)
            self.database.inbox.clear(sync)
            self.database.records.clear(sync)
            for group in [group for group in self.database.logged.groups if group[0] == sync]:
                self.database.logged.clear(group)

    def forget_received(self, sync: str) -> None:
        with self.transaction():
            self.database.received.clear(sync)
            self.database.inbox.clear(sync)
            for blob in self.blobs(sync, outgoing=False):
                self.drop_blob(sync, blob.sha256, outgoing=False)

    def forget_unsent(self, sync: str) -> None:
        with self.transaction():
            for table in (
                self.database.outbox,
                self.database.outbox_ids,
                self.database.held,
                self.database.births,
                self.database.controls,
                self.database.messages,
                self.database.partner_parked,
            ):
                table.clear(sync)
            for blob in self.blobs(sync, outgoing=True):
                self.drop_blob(sync, blob.sha256, outgoing=True)

    def counters(self, sync: str) -> Counters:
        return self.database.counters.get(sync, "") or Counters()

    def save_counters(self, sync: str, counters: Counters) -> None:
        with self.transaction():
            self.database.counters.put(sync, "", counters)

    def published(self, sync: str, version: int) -> Published | None:
        return self.database.published.get(sync, version)

    def versions(self, sync: str) -> list[Published]:
        rows = self.database.published.rows(sync)
        return [rows[version] for version in sorted(rows)]

    def publish(self, sync: str, contract: Contract, note: str, author: str, time: int) -> None:
        with self.transaction():
            row = Published(contract, note, author, time)
            self.database.published.insert(sync, contract.version, row)

    def bind(self, sync: str, bound: Bound, *, ours: bool) -> None:
        with self.transaction():
            row = self.published(sync, bound.version)
            if row is None:
                raise LookupError(f"Version {bound.version} is not published.")
            row = replace(row, ours=bound) if ours else replace(row, partners=bound)
            self.database.published.put(sync, bound.version, row)

    def twins_of_tickets(self, sync: str, numbers: Sequence[int]) -> dict[int, Twin]:
        wanted = set(numbers)
        twins = self.database.twins.rows(sync).values()
        return {t.ticket: _own(t) for t in twins if t.ticket in wanted and t.state is not TwinState.GONE}

    def twins(self, sync: str, uids: Sequence[str]) -> dict[str, Twin]:
        rows = self.database.twins.rows(sync)
        return {uid: _own(rows[uid]) for uid in uids if uid in rows}

    def save_twins(self, sync: str, twins: Sequence[Twin]) -> None:
        with self.transaction():
            for twin in twins:
                self.database.twins.put(sync, twin.uid, _own(twin))

    def origins(self, sync: str, numbers: Sequence[int]) -> dict[tuple[int, int], str]:
        twins = self._twins_of_others(sync)
        wanted = set(numbers)
        alive = [t for t in twins if t.ticket in wanted and t.state is not TwinState.GONE]
        return {(t.ticket, t.created): t.uid for t in alive}

    def twins_elsewhere(self, sync: str, uids: Sequence[str]) -> dict[str, Twin]:
        if not self.database.in_transaction:
            raise RuntimeError("Whether a ticket is here by another way is asked inside a transaction only.")
        wanted = set(uids)
        twins = [twin for twin in self._twins_of_others(sync) if twin.uid in wanted]
        twins.sort(key=lambda twin: twin.state is not TwinState.GONE)
        return {twin.uid: _own(twin) for twin in twins}

    def _twins_of_others(self, sync: str) -> list[Twin]:
        groups = self.database.twins.groups.items()
        return [twin for other, rows in groups if other != sync for twin in rows.values()]

    def count_twins(self, sync: str) -> int:
        apart = (TwinState.GONE, TwinState.DECLINED)
        return sum(twin.state not in apart for twin in self.database.twins.rows(sync).values())

    def count_declined(self, sync: str) -> int:
        return sum(twin.state is TwinState.DECLINED for twin in self.database.twins.rows(sync).values())

    def count_stranded(self, sync: str) -> int:
        others = [self.database.twins.rows(other.id) for other in self.syncs() if other.id != sync]
        carried = {u for rows in others for u, twin in rows.items() if twin.state is TwinState.ACTIVE}
        twins = self.database.twins.rows(sync).values()
        return sum(twin.state is TwinState.DECLINED and twin.uid not in carried for twin in twins)

    def twins_above(self, sync: str, uid: str, limit: int) -> list[Twin]:
        rows = self.database.twins.rows(sync)
        return [_own(rows[key]) for key in sorted(rows) if key > uid][:limit]

    def twin_numbers(self, sync: str, above: int, limit: int) -> list[int]:
        twins = self.database.twins.rows(sync).values()
        return sorted(t.ticket for t in twins if t.ticket > above and t.state is TwinState.ACTIVE)[:limit]

    def logged(self, sync: str, numbers: Sequence[int]) -> dict[int, dict[tuple[int, str], int | None]]:
        found = {number: dict(self.database.logged.rows((sync, number))) for number in numbers}
        return {number: rows for number, rows in found.items() if rows}

    def add_logged(self, sync: str, entries: Sequence[LoggedEntry]) -> None:
        with self.transaction():
            for entry in entries:
                self.database.logged.insert((sync, entry.ticket), (entry.time, entry.field), entry.origin)

    def drop_logged(self, sync: str, numbers: Sequence[int]) -> None:
        with self.transaction():
            for number in numbers:
                self.database.logged.clear((sync, number))

    def attachments(self, sync: str, numbers: Sequence[int]) -> dict[int, list[AttachmentRecord]]:
        found: dict[int, list[AttachmentRecord]] = {}
        for record in self._records(sync):
            if record.ticket in numbers:
                found.setdefault(record.ticket, []).append(record)
        return found

    def save_attachments(self, sync: str, records: Sequence[AttachmentRecord]) -> None:
        with self.transaction():
            for record in records:
                self.database.records.put(sync, (record.uid, record.side, record.origin), record)

    def attachments_with(self, sync: str, sha256: str) -> list[AttachmentRecord]:
        return [record for record in self._records(sync) if record.sha256 == sha256]

    def pending_attachments(self, sync: str, limit: int) -> list[AttachmentRecord]:
        return [r for r in self._records(sync) if r.state is AttachmentState.PENDING][:limit]

    def _records(self, sync: str) -> list[AttachmentRecord]:
        rows = self.database.records.rows(sync).values()
        return sorted(rows, key=lambda record: (record.origin, record.uid, record.side.value))

    def blobs(self, sync: str, *, outgoing: bool) -> list[Blob]:
        return [blob for blob in self.database.blobs.rows(sync).values() if blob.outgoing is outgoing]

    def save_blob(self, sync: str, blob: Blob) -> None:
        with self.transaction():
            self.database.blobs.put(sync, (blob.sha256, blob.outgoing), blob)

    def drop_blob(self, sync: str, sha256: str, *, outgoing: bool) -> None:
        with self.transaction():
            self.database.blobs.drop(sync, (sha256, outgoing))
            if not outgoing:
                self.database.parts.clear((sync, sha256))

    def add_part(self, sync: str, sha256: str, offset: int, length: int) -> None:
        with self.transaction():
            self.database.parts.put((sync, sha256), (offset, length), None)

    def parts(self, sync: str, sha256: str) -> list[tuple[int, int]]:
        return sorted(self.database.parts.rows((sync, sha256)))

    def save_secret(self, sync: str, kind: str, text: str) -> None:
        with self.transaction():
            self.database.secrets.put(sync, kind, text)

    def secret(self, sync: str, kind: str) -> str | None:
        return self.database.secrets.get(sync, kind)

    def drop_secret(self, sync: str, kind: str) -> None:
        with self.transaction():
            self.database.secrets.drop(sync, kind)

    def acquire(self, sync: str, owner: str, now: int, ttl: int) -> bool:
        with self.database.transaction():
            lease = self.database.leases.get(sync, "")
            held = self._held.pop(sync, None)
            ours = lease is not None and lease.generation == held
            if lease is not None and not ours and lease.expires > now:
                return False
            before = lease.generation if lease else 0
            generation = before if ours else before + 1
            self.database.leases.put(sync, "", Lease(owner, generation, now + ttl))
            self._held[sync] = generation
            return True

    def release(self, sync: str) -> None:
        with self.database.transaction():
            lease = self.database.leases.get(sync, "")
            held = self._held.pop(sync, None)
            # The row stays with its generation, or a later holder could be given the number of a lost one.
            if lease is not None and lease.generation == held:
                self.database.leases.put(sync, "", replace(lease, owner="", expires=0))

    def free_lease(self, sync: str, owner: str) -> None:
        with self.database.transaction():
            lease = self.database.leases.get(sync, "")
            if lease is not None and lease.owner == owner:
                self.database.leases.put(sync, "", replace(lease, owner="", expires=0))

    def lease_holder(self, sync: str, now: int) -> str | None:
        lease = self.database.leases.get(sync, "")
        return lease.owner if lease is not None and lease.owner and lease.expires > now else None
