# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""All the state of one environment in plain Python, with the transactions of Trac's database.

Rows are immutable, so that undoing a transaction is putting the old rows back, and a snapshot is a copy of
the dictionaries only: a random test runs thousands of schedules.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

from msgspec import Struct

from trac_issuesync.core.model import AttachmentRow, Catalogue, Change, LogEntry, Side, Twin
from trac_issuesync.engine.records import (
    AtPartner,
    AttachmentRecord,
    Blob,
    ConflictRecord,
    Counters,
    HeldChange,
    InboxChange,
    LogLine,
    Mark,
    OutMessage,
    Published,
    ReceivedNumber,
    Sync,
)

__all__ = ["Killed", "Lease", "SimDatabase", "Snapshot", "Table", "TicketRow", "UniqueViolation"]

G = TypeVar("G", bound=Hashable)
K = TypeVar("K", bound=Hashable)
R = TypeVar("R")

_MISSING: Any = object()

Snapshot = dict[str, dict[Any, dict[Any, Any]]]


class UniqueViolation(Exception):
    """A row with this key is there already; what a database calls an integrity error."""


class Killed(BaseException):
    """The process dies here: no ``except Exception`` sees it, and the database rolls back."""


class Lease(Struct, frozen=True):
    """Who runs a synchronization until when; ``generation`` rises with each taking and is the fence."""

    owner: str
    generation: int
    expires: int


class TicketRow(Struct, frozen=True):
    """A row of Trac's ``ticket`` with its custom fields; replaced as a whole, never altered."""

    created: int
    changed: int
    values: dict[str, str]


class Table(Generic[G, K, R]):
    """Rows by group (what a query asks for, such as a sync id) and key (unique within the group)."""

    def __init__(self, database: SimDatabase, name: str) -> None:
        self._database = database
        self.name = name
        self.groups: dict[G, dict[K, R]] = {}
        database.tables[name] = self

    def rows(self, group: G) -> dict[K, R]:
        """The rows of a group, not to be altered by the caller; empty if there are none."""
        return self.groups.get(group) or {}

    def get(self, group: G, key: K) -> R | None:
        return self.rows(group).get(key)

    def put(self, group: G, key: K, row: R) -> None:
        """Insert or replace."""
        rows = self.groups.setdefault(group, {})
        self._database.remember(self, group, key, rows.get(key, _MISSING))
        rows[key] = row

    def insert(self, group: G, key: K, row: R) -> None:
        """Add a row; raises UniqueViolation if the key is taken."""
        if key in self.rows(group):
            raise UniqueViolation(f"{self.name}: the key {key!r} is there already.")
        self.put(group, key, row)

    def drop(self, group: G, key: K) -> None:
        """Delete a row if it is there."""
        rows = self.rows(group)
        if key in rows:
            self._database.remember(self, group, key, rows[key])
            del rows[key]

    def clear(self, group: G) -> None:
        """Delete all rows of a group."""
        for key in list(self.rows(group)):
            self.drop(group, key)


class SimDatabase:
    """Trac's tables and the synchronization tables of one environment.

    ``environment`` is its id. Nothing but a transaction may write; several stores and a tracker share it.
    """

    def __init__(self, environment: str = "sim") -> None:
        self.environment = environment
        self.tables: dict[str, Table[Any, Any, Any]] = {}
        self._undo: list[tuple[Table[Any, Any, Any], Any, Any, Any]] = []
        self._depth = 0
        self._make_ticket_tables()
        self._make_sync_tables()
        self._make_queue_tables()

    def _make_ticket_tables(self) -> None:
        self.catalogue: Table[str, str, Catalogue] = Table(self, "catalogue")
        self.tickets: Table[str, int, TicketRow] = Table(self, "ticket")
        self.ticket_change: Table[int, tuple[int, str], LogEntry] = Table(self, "ticket_change")
        self.attachment: Table[int, str, AttachmentRow] = Table(self, "attachment")
        self.content: Table[int, str, bytes] = Table(self, "attachment content")

    def _make_sync_tables(self) -> None:
        self.syncs: Table[str, str, Sync] = Table(self, "sync")
        self.counters: Table[str, str, Counters] = Table(self, "counters")
        self.published: Table[str, int, Published] = Table(self, "published")
        self.twins: Table[str, str, Twin] = Table(self, "twin")
        self.logged: Table[tuple[str, int], tuple[int, str], int | None] = Table(self, "logged")
        self.records: Table[str, tuple[str, Side, int], AttachmentRecord] = Table(self, "attachment record")
        self.blobs: Table[str, tuple[str, bool], Blob] = Table(self, "blob")
        self.parts: Table[tuple[str, str], tuple[int, int], None] = Table(self, "part")
        self.secrets: Table[str, str, str] = Table(self, "secret")
        self.leases: Table[str, str, Lease] = Table(self, "lease")

    def _make_queue_tables(self) -> None:
        self.marks: Table[str, int, Mark] = Table(self, "mark")
        self.sequences: Table[str, str, int] = Table(self, "sequence")
        self.outbox: Table[str, int, Change] = Table(self, "outbox")
        self.outbox_ids: Table[str, str, int] = Table(self, "outbox id")
        self.held: Table[str, int, HeldChange] = Table(self, "held")
        self.births: Table[str, str, int] = Table(self, "birth")
        self.controls: Table[str, int, bytes] = Table(self, "control")
        self.messages: Table[str, int, OutMessage] = Table(self, "message")
        self.received: Table[str, int, ReceivedNumber] = Table(self, "received")
        self.inbox: Table[str, int, InboxChange] = Table(self, "inbox")
        self.partner_parked: Table[str, int, AtPartner] = Table(self, "partner parked")
        self.conflicts: Table[str, int, ConflictRecord] = Table(self, "conflict")
        self.log: Table[str, int, LogLine] = Table(self, "log")

    @property
    def in_transaction(self) -> bool:
        return self._depth > 0

    def next(self, sync: str, sequence: str) -> int:
        """The next number of a sequence, 1, 2, 3…; taken back with the transaction."""
        number = (self.sequences.get(sync, sequence) or 0) + 1
        self.sequences.put(sync, sequence, number)
        return number

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit at the outermost end, or put everything back if anything at all flies out of it.

        As in Trac, an exception caught by an outer block leaves the half-work of the inner one in place.
        """
        self._depth += 1
        try:
            yield
        except BaseException:
            if self._depth == 1:
                self._roll_back()
            raise
        finally:
            self._depth -= 1
            if not self._depth:
                self._undo.clear()

    def remember(self, table: Table[Any, Any, Any], group: Any, key: Any, old: Any) -> None:
        """Note the row that a write replaces, so that it can be put back."""
        if not self._depth:
            raise RuntimeError(f"{table.name} is written outside a transaction.")
        self._undo.append((table, group, key, old))

    def _roll_back(self) -> None:
        for table, group, key, old in reversed(self._undo):
            if old is _MISSING:
                del table.groups[group][key]
            else:
                table.groups[group][key] = old

    def snapshot(self) -> Snapshot:
        """A backup of everything, taken between transactions."""
        self._refuse_inside()
        return {
            name: {group: dict(rows) for group, rows in table.groups.items()}
            for name, table in self.tables.items()
        }

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a backup, as an administrator does; it can be restored again later."""
        self._refuse_inside()
        for name, table in self.tables.items():
            table.groups = {group: dict(rows) for group, rows in snapshot[name].items()}

    def _refuse_inside(self) -> None:
        if self._depth:
            raise RuntimeError("A backup is made and restored between transactions only.")
