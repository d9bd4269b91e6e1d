# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The queues of a simulated store: dirty tickets, outbox, messages, inbox, reports, conflicts and log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

from msgspec.structs import replace

from trac_issuesync.core.model import Change
from trac_issuesync.engine.records import (
    AtPartner,
    ConflictRecord,
    HeldChange,
    InboxChange,
    InboxState,
    LogLine,
    Mark,
    OutMessage,
    ReceivedNumber,
)
from trac_issuesync.testing.sim_database import SimDatabase

__all__ = ["SimQueues"]


class SimQueues:
    """What waits and what is told, for every synchronization; the meaning is that of ``engine.storage``."""

    def __init__(self, database: SimDatabase) -> None:
        self.database = database

    def transaction(self) -> AbstractContextManager[None]:
        return self.database.transaction()

    def mark(self, sync: str, numbers: Iterable[int], *, resend: bool = False) -> None:
        with self.transaction():
            for number in numbers:
                before = self.database.marks.get(sync, number)
                stamp = self.database.next(sync, "mark")
                again = resend or (before is not None and before.resend)
                self.database.marks.put(sync, number, Mark(number, stamp, again))

    def marks(self, sync: str, limit: int) -> list[Mark]:
        return sorted(self.database.marks.rows(sync).values(), key=lambda mark: mark.stamp)[:limit]

    def unmark(self, sync: str, marks: Sequence[Mark]) -> None:
        with self.transaction():
            for mark in marks:
                current = self.database.marks.get(sync, mark.ticket)
                if current is not None and current.stamp == mark.stamp:
                    self.database.marks.drop(sync, mark.ticket)

    def add_changes(self, sync: str, changes: Sequence[Change]) -> None:
        with self.transaction():
            for change in changes:
                self.database.outbox_ids.insert(sync, change.id, change.number)
                self.database.outbox.insert(sync, change.number, change)

    def waiting_changes(self, sync: str, limit: int) -> list[Change]:
        rows = self.database.outbox.rows(sync)
        held = self.database.held.rows(sync)
        return [rows[number] for number in sorted(rows) if number not in held][:limit]

    def outbox(self, sync: str, numbers: Sequence[int]) -> list[Change]:
        rows = self.database.outbox.rows(sync)
        return [rows[number] for number in sorted(set(rows).intersection(numbers))]

    def count_waiting(self, sync: str) -> int:
        return len(self.database.outbox.rows(sync))

    def drop_changes(self, sync: str, numbers: Sequence[int]) -> None:
        with self.transaction():
            for number in numbers:
                change = self.database.outbox.get(sync, number)
                if change is not None:
                    self.database.outbox.drop(sync, number)
                    self.database.outbox_ids.drop(sync, change.id)
                self.database.held.drop(sync, number)

    def hold(self, sync: str, rows: Sequence[HeldChange]) -> None:
        with self.transaction():
            for row in rows:
                self.database.held.put(sync, row.number, row)

    def held(self, sync: str) -> list[HeldChange]:
        rows = self.database.held.rows(sync)
        return [rows[number] for number in sorted(rows)]

    def unhold(self, sync: str, uids: Sequence[str]) -> int:
        chosen = [row.number for row in self.held(sync) if row.uid in uids]
        with self.transaction():
            for number in chosen:
                self.database.held.drop(sync, number)
        return len(chosen)

    def add_birth(self, sync: str, uid: str, number: int) -> None:
        with self.transaction():
            self.database.births.put(sync, uid, number)

    def births(self, sync: str, limit: int) -> list[tuple[str, int]]:
        return list(self.database.births.rows(sync).items())[:limit]

    def drop_births(self, sync: str, uids: Sequence[str]) -> None:
        with self.transaction():
            for uid in uids:
                self.database.births.drop(sync, uid)

    def add_control(self, sync: str, payload: bytes) -> None:
        with self.transaction():
            self.database.controls.insert(sync, self.database.next(sync, "control"), payload)

    def controls(self, sync: str) -> list[tuple[int, bytes]]:
        return sorted(self.database.controls.rows(sync).items())

    def drop_controls(self, sync: str, ids: Sequence[int]) -> None:
        with self.transaction():
            for key in ids:
                self.database.controls.drop(sync, key)

    def add_message(self, sync: str, message: OutMessage) -> None:
        with self.transaction():
            self.database.messages.insert(sync, message.number, message)

    def messages(self, sync: str, numbers: Sequence[int] | None = None) -> list[OutMessage]:
        rows = self.database.messages.rows(sync)
        wanted = set(rows) if numbers is None else set(rows).intersection(numbers)
        return [rows[number] for number in sorted(wanted)]

    def _kept(self, sync: str) -> list[OutMessage]:
        return [message for _, message in sorted(self.database.messages.rows(sync).items())]

    def message_heads(self, sync: str) -> list[OutMessage]:
        return [replace(message, body=b"") for message in self._kept(sync)]

    def due_messages(self, sync: str, now: int, limit: int) -> list[OutMessage]:
        return [message for message in self._kept(sync) if message.next_try <= now][:limit]

    def count_messages(self, sync: str) -> tuple[int, int, int]:
        rows = self.database.messages.rows(sync).values()
        return len(rows), sum(message.changes for message in rows), sum(message.part for message in rows)

    def save_message(self, sync: str, message: OutMessage) -> None:
        with self.transaction():
            if self.database.messages.get(sync, message.number) is not None:
                self.database.messages.put(sync, message.number, message)

    def drop_messages(self, sync: str, numbers: Sequence[int]) -> None:
        with self.transaction():
            for number in numbers:
                self.database.messages.drop(sync, number)

    def received(self, sync: str) -> list[ReceivedNumber]:
        rows = self.database.received.rows(sync)
        return [rows[number] for number in sorted(rows)]

    def add_received(self, sync: str, number: ReceivedNumber) -> None:
        with self.transaction():
            self.database.received.insert(sync, number.number, number)

    def drop_received(self, sync: str, numbers: Sequence[int]) -> None:
        with self.transaction():
            for number in numbers:
                self.database.received.drop(sync, number)

    def add_inbox(self, sync: str, changes: Sequence[InboxChange]) -> list[int]:
        others: set[int] = set()
        with self.transaction():
            for item in changes:
                there = self.database.inbox.get(sync, item.change.number)
                if there is None:
                    self.database.inbox.insert(sync, item.change.number, item)
                elif there.change != item.change:
                    others.add(item.change.number)
        return sorted(others)

    def inbox_tickets(self, sync: str, limit: int) -> list[str]:
        first: dict[str, InboxChange] = {}
        for item in self._inbox_in_order(sync):
            if item.state is not InboxState.SKIPPED:
                first.setdefault(item.change.ticket, item)
        ready = [item for item in first.values() if item.state is InboxState.WAITING]
        ready.sort(key=lambda item: (item.received, item.change.number))
        return [item.change.ticket for item in ready[:limit]]

    def inbox(self, sync: str, uids: Sequence[str]) -> dict[str, list[InboxChange]]:
        found: dict[str, list[InboxChange]] = {}
        for item in self._inbox_in_order(sync):
            if item.change.ticket in uids and item.state is not InboxState.SKIPPED:
                found.setdefault(item.change.ticket, []).append(item)
        return found

    def announced(self, sync: str) -> frozenset[str]:
        queued = [i.change for i in self._inbox_in_order(sync) if i.state is not InboxState.SKIPPED]
        return frozenset(change.attachment.sha256 for change in queued if change.attachment is not None)

    def parked(self, sync: str) -> list[InboxChange]:
        return [item for item in self._inbox_in_order(sync) if item.state is InboxState.PARKED]

    def refused(self, sync: str) -> list[InboxChange]:
        return [item for item in self._inbox_in_order(sync) if item.reason]

    def save_inbox(self, sync: str, changes: Sequence[InboxChange]) -> None:
        with self.transaction():
            for item in changes:
                if self.database.inbox.get(sync, item.change.number) is not None:
                    self.database.inbox.put(sync, item.change.number, item)

    def drop_inbox(self, sync: str, numbers: Sequence[int]) -> None:
        with self.transaction():
            for number in numbers:
                self.database.inbox.drop(sync, number)

    def count_inbox(self, sync: str) -> tuple[int, int]:
        states = [item.state for item in self.database.inbox.rows(sync).values()]
        return states.count(InboxState.WAITING), states.count(InboxState.PARKED)

    def unpark(self, sync: str, number: int | None = None) -> int:
        chosen = [item for item in self.parked(sync) if number in (None, item.change.number)]
        self.save_inbox(sync, [replace(item, state=InboxState.WAITING) for item in chosen])
        return len(chosen)

    def _inbox_in_order(self, sync: str) -> list[InboxChange]:
        rows = self.database.inbox.rows(sync)
        return [rows[number] for number in sorted(rows)]

    def set_partner_parked(self, sync: str, rows: Sequence[AtPartner]) -> None:
        with self.transaction():
            self.database.partner_parked.clear(sync)
            for row in rows:
                self.database.partner_parked.put(sync, row.number, row)

    def partner_parked(self, sync: str) -> dict[int, AtPartner]:
        return dict(self.database.partner_parked.rows(sync))

    def add_conflicts(self, sync: str, records: Sequence[ConflictRecord]) -> None:
        with self.transaction():
            for record in records:
                key = self.database.next(sync, "conflict")
                self.database.conflicts.insert(sync, key, replace(record, id=key))

    def conflicts(
        self, sync: str, *, ticket: int | None = None, unresolved: bool = False
    ) -> list[ConflictRecord]:
        rows = self.database.conflicts.rows(sync)
        found = [rows[key] for key in sorted(rows)]
        return [r for r in found if ticket in (None, r.ticket) and not (unresolved and r.resolved)]

    def resolve_conflicts(self, sync: str, ids: Sequence[int]) -> None:
        with self.transaction():
            for record in self.conflicts(sync):
                if record.id in ids:
                    self.database.conflicts.put(sync, record.id, replace(record, resolved=True))

    def count_conflicts(self, sync: str) -> int:
        return len(self.conflicts(sync, unresolved=True))

    def add_log(self, sync: str, lines: Sequence[LogLine]) -> None:
        with self.transaction():
            for line in lines:
                self.database.log.insert(sync, self.database.next(sync, "log"), line)

    def log(self, sync: str, *, ticket: int | None = None, limit: int = 0) -> list[LogLine]:
        rows = [
            (line.time, key, line)
            for key, line in self.database.log.rows(sync).items()
            if ticket in (None, line.ticket)
        ]
        rows.sort(key=lambda row: row[:2], reverse=True)
        return [line for _, _, line in rows[: limit or None]]

    def log_mark(self, sync: str) -> int:
        return max(self.database.log.rows(sync), default=0)

    def log_after(self, sync: str, mark: int) -> list[LogLine]:
        return [line for key, line in sorted(self.database.log.rows(sync).items()) if key > mark]

    def trim_log(self, before: int) -> None:
        with self.transaction():
            for sync, rows in self.database.log.groups.items():
                for key in [key for key, line in rows.items() if line.time < before]:
                    self.database.log.drop(sync, key)
