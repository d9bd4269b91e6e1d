# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The database as the engine sees it: the synchronization tables (``Store``) and the tickets (``Tracker``).

Both share one database: everything inside ``with store.transaction():`` commits or vanishes together.
Inside a transaction nothing is caught and continued, and no gpg run, network or file copy happens.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol

from trac_issuesync.core.contract import Bound, Contract
from trac_issuesync.core.model import (
    AttachmentRow,
    Catalogue,
    Change,
    TicketSnapshot,
    Twin,
)
from trac_issuesync.engine.records import (
    AtPartner,
    AttachmentRecord,
    Blob,
    ConflictRecord,
    Counters,
    HeldChange,
    InboxChange,
    LoggedEntry,
    LogLine,
    Mark,
    OutMessage,
    Published,
    ReceivedNumber,
    Sync,
)

__all__ = ["Store", "TicketEditor", "Tracker"]


class TicketEditor(Protocol):
    """One ticket under its row lock inside a transaction; every write shows in ``snapshot`` at once.

    Writes go through Trac's model, so other plugins' listeners see them; Trac's own mails are held back.
    Values are local words. ``when`` is strictly later than the last change (see ``core.timing``).
    """

    @property
    def snapshot(self) -> TicketSnapshot: ...

    def edit(self, values: Mapping[str, str], comment: str, author: str, when: int) -> list[tuple[int, str]]:
        """Set fields and add a comment as one change; returns the (time, field) of each log row written."""

    def edit_comment(self, at: int, text: str, author: str, when: int) -> list[tuple[int, str]]:
        """Replace the text of the comment logged at ``at``; returns the log rows written."""


class Tracker(Protocol):
    """The tickets of one project."""

    def catalogue(self) -> Catalogue:
        """Fields, options, types and statuses as they are now (caches are reset by the worker)."""

    def read(self, numbers: Sequence[int]) -> dict[int, TicketSnapshot]:
        """The tickets that exist, each with its log and attachments, all in one snapshot."""

    def visible(self, numbers: Sequence[int], user: str) -> set[int]:
        """Those that ``user`` may view by Trac's permission policies."""

    def may(self, user: str, action: str, number: int) -> bool:
        """True if ``user`` has the Trac permission ``action`` on a ticket (0: in the project)."""

    def numbers(self, above: int, limit: int) -> list[int]:
        """Ticket numbers above one, ascending: pages for full passes."""

    def changed_since(self, time: int) -> set[int]:
        """Tickets created or with a log entry at or after ``time``: indexed, each cycle."""

    def touched_since(self, time: int) -> set[int]:
        """Tickets whose changetime is, or with an attachment, at or after ``time``: a scan, every minutes."""

    def open(self, number: int) -> TicketEditor | None:
        """Lock a ticket's row and read it; None if it does not exist. Inside a transaction only."""

    def create(self, values: Mapping[str, str], when: int) -> TicketEditor:
        """Insert a ticket (``reporter``, ``type`` and ``status`` among ``values``) at time ``when``."""

    def staged(self, number: int, row: AttachmentRow, content: BinaryIO) -> AbstractContextManager[BinaryIO]:
        """Copy the bytes to where they will lie, so that ``attach`` of what this yields has no copying to do.

        Outside transactions. What was not attached at the end of the block is removed. Raises Transient
        where the bytes cannot be written now, Denied (``gone``) if there is no such ticket.
        """

    def attach(self, number: int, row: AttachmentRow, content: BinaryIO, replaces: str) -> str:
        """Store an attachment in a transaction, under its name or the next free variant.

        ``replaces`` names a file of the same ticket to remove first, or is empty. Returns the name used.
        Raises Denied if the tracker does not take it.
        """

    def open_attachment(self, number: int, filename: str) -> BinaryIO | None:
        """The bytes of an attachment, or None if it is no longer there."""

    def knows_user(self, name: str) -> bool:
        """True if ``name`` is a known user here (a session, or permissions of its own)."""

    def add_option(self, field: str, name: str) -> bool:
        """Create a component, version, milestone or enum value; False if the field cannot grow."""

    def max_attachment(self) -> int:
        """Largest attachment accepted here, bytes; -1: no limit."""

    def max_text(self, field: str) -> int:
        """Longest value accepted here, characters, for a field or ``comment``; 0: no limit."""


class Store(Protocol):
    """The tables of all synchronizations of one environment. ``sync`` arguments are sync ids."""

    def transaction(self) -> AbstractContextManager[None]:
        """One write transaction; takes the write lock at once and may be nested. See the module docstring."""

    # synchronizations
    def environment(self) -> str:
        """Id of this environment, made once and kept."""

    def syncs(self) -> list[Sync]: ...
    def sync(self, sync: str) -> Sync | None: ...
    def save_sync(self, sync: Sync) -> None: ...
    def remove_sync(self, sync: str) -> None:
        """Forget a synchronization and every row that belongs to it."""

    def forget_tickets(self, sync: str) -> None:
        """Forget twins, log marks, queued incoming changes and attachment records, keep outbox and keys."""

    def forget_received(self, sync: str) -> None:
        """Forget what was received and not applied: numbers, changes, bytes of attachments on their way."""

    def forget_unsent(self, sync: str) -> None:
        """Forget what was to be sent (changes, births, controls, messages, bytes) and the last report."""

    def counters(self, sync: str) -> Counters: ...
    def save_counters(self, sync: str, counters: Counters) -> None: ...

    # contract versions
    def published(self, sync: str, version: int) -> Published | None: ...
    def versions(self, sync: str) -> list[Published]: ...
    def publish(self, sync: str, contract: Contract, note: str, author: str, time: int) -> None: ...
    def bind(self, sync: str, bound: Bound, *, ours: bool) -> None: ...

    # twins
    def twins_of_tickets(self, sync: str, numbers: Sequence[int]) -> dict[int, Twin]:
        """By local ticket number; twins that are ``gone`` are left out."""

    def twins(self, sync: str, uids: Sequence[str]) -> dict[str, Twin]: ...
    def save_twins(self, sync: str, twins: Sequence[Twin]) -> None:
        """Insert or replace by uid."""

    def origins(self, sync: str, numbers: Sequence[int]) -> dict[tuple[int, int], str]:
        """Uids that tickets have in other synchronizations of this environment, by (number, creation time).

        Twins that are ``gone`` are left out.
        """

    def twins_elsewhere(self, sync: str, uids: Sequence[str]) -> dict[str, Twin]:
        """For each uid with a twin in another synchronization that one, rather one that is not ``gone``.

        Inside a transaction only: until it ends, no other synchronization can ask the same and act on it.
        """

    def count_twins(self, sync: str) -> int:
        """Paired tickets: without those that are ``gone`` or ``declined``."""

    def count_declined(self, sync: str) -> int:
        """Tickets of this environment that are shared with the partner by another synchronization."""

    def count_stranded(self, sync: str) -> int:
        """How many of the declined tickets no other synchronization carries any more."""

    def twins_above(self, sync: str, uid: str, limit: int) -> list[Twin]:
        """Twins in every state whose uid is above one, in one fixed order of uids: pages for full passes."""

    def twin_numbers(self, sync: str, above: int, limit: int) -> list[int]:
        """Local ticket numbers of active twins, ascending."""

    # log entries captured or applied
    def logged(self, sync: str, numbers: Sequence[int]) -> dict[int, dict[tuple[int, str], int | None]]:
        """Per ticket: (time, field) of log rows already captured (None) or applied (original time)."""

    def add_logged(self, sync: str, entries: Sequence[LoggedEntry]) -> None: ...
    def drop_logged(self, sync: str, numbers: Sequence[int]) -> None:
        """Forget what is recorded of the log of tickets that are gone."""

    # attachments and their bytes
    def attachments(self, sync: str, numbers: Sequence[int]) -> dict[int, list[AttachmentRecord]]: ...
    def save_attachments(self, sync: str, records: Sequence[AttachmentRecord]) -> None:
        """Insert or replace by (uid, side, origin)."""

    def attachments_with(self, sync: str, sha256: str) -> list[AttachmentRecord]: ...
    def pending_attachments(self, sync: str, limit: int) -> list[AttachmentRecord]:
        """Announced ones whose bytes are not stored yet."""

    def blobs(self, sync: str, *, outgoing: bool) -> list[Blob]: ...
    def save_blob(self, sync: str, blob: Blob) -> None: ...
    def drop_blob(self, sync: str, sha256: str, *, outgoing: bool) -> None: ...
    def add_part(self, sync: str, sha256: str, offset: int, length: int) -> None:
        """Record that these bytes of an incoming blob are on disk; the same part again changes nothing."""

    def parts(self, sync: str, sha256: str) -> list[tuple[int, int]]:
        """(offset, length) of incoming parts, ascending."""

    # dirty tickets
    def mark(self, sync: str, numbers: Iterable[int], *, resend: bool = False) -> None: ...
    def marks(self, sync: str, limit: int) -> list[Mark]: ...
    def unmark(self, sync: str, marks: Sequence[Mark]) -> None:
        """Clear marks, but not those set again since they were read."""

    # way out
    def add_changes(self, sync: str, changes: Sequence[Change]) -> None:
        """Append captured changes to the outbox; a change id already captured raises (unique key)."""

    def add_birth(self, sync: str, uid: str, number: int) -> None:
        """Queue the news that the partner's ticket ``uid`` has this number here."""

    def births(self, sync: str, limit: int) -> list[tuple[str, int]]: ...
    def drop_births(self, sync: str, uids: Sequence[str]) -> None: ...
    def add_control(self, sync: str, payload: bytes) -> None:
        """Queue a control item (encoded by the codec) for the next numbered message."""

    def controls(self, sync: str) -> list[tuple[int, bytes]]: ...
    def drop_controls(self, sync: str, ids: Sequence[int]) -> None: ...
    def waiting_changes(self, sync: str, limit: int) -> list[Change]:
        """Outbox, by number: captured, not yet in a message, and not held."""

    def outbox(self, sync: str, numbers: Sequence[int]) -> list[Change]:
        """Those of these changes that are in the outbox, held or not, by number."""

    def count_waiting(self, sync: str) -> int:
        """All in the outbox, held ones too."""

    def drop_changes(self, sync: str, numbers: Sequence[int]) -> None:
        """Take changes out of the outbox, held ones too."""

    def hold(self, sync: str, rows: Sequence[HeldChange]) -> None:
        """Let changes in the outbox wait until ``unhold``; insert or replace by number."""

    def held(self, sync: str) -> list[HeldChange]:
        """What is held, by number."""

    def unhold(self, sync: str, uids: Sequence[str]) -> int:
        """Let the changes of these tickets leave; returns how many were held."""

    def add_message(self, sync: str, message: OutMessage) -> None: ...
    def messages(self, sync: str, numbers: Sequence[int] | None = None) -> list[OutMessage]:
        """Unacknowledged messages, by number."""

    def message_heads(self, sync: str) -> list[OutMessage]:
        """Unacknowledged messages without their bodies, which may be many megabytes, by number."""

    def due_messages(self, sync: str, now: int, limit: int) -> list[OutMessage]: ...
    def count_messages(self, sync: str) -> tuple[int, int, int]:
        """Unacknowledged: messages, changes in them, parts among them."""

    def save_message(self, sync: str, message: OutMessage) -> None: ...
    def drop_messages(self, sync: str, numbers: Sequence[int]) -> None: ...

    # way in
    def received(self, sync: str) -> list[ReceivedNumber]:
        """Partner message numbers stored above the highest contiguous one, ascending."""

    def add_received(self, sync: str, number: ReceivedNumber) -> None: ...
    def drop_received(self, sync: str, numbers: Sequence[int]) -> None: ...
    def add_inbox(self, sync: str, changes: Sequence[InboxChange]) -> list[int]:
        """Store received changes; one whose number is there already is passed over.

        Returns the numbers of those that were passed over though they say something else, ascending.
        """

    def inbox_tickets(self, sync: str, limit: int) -> list[str]:
        """Uids with changes that wait (not those that only hold parked ones), oldest first."""

    def inbox(self, sync: str, uids: Sequence[str]) -> dict[str, list[InboxChange]]:
        """All queued changes of these tickets, by number; not what was skipped."""

    def announced(self, sync: str) -> frozenset[str]:
        """Digests of the attachments that queued changes announce; reads the whole queue."""

    def parked(self, sync: str) -> list[InboxChange]:
        """Changes parked with a reason, by number."""

    def refused(self, sync: str) -> list[InboxChange]:
        """Changes with a reason, by number: parked, waiting for another try, or skipped."""

    def save_inbox(self, sync: str, changes: Sequence[InboxChange]) -> None: ...
    def drop_inbox(self, sync: str, numbers: Sequence[int]) -> None: ...
    def count_inbox(self, sync: str) -> tuple[int, int]:
        """Waiting, parked."""

    def unpark(self, sync: str, number: int | None = None) -> int:
        """Set parked changes (one or all) waiting again, with their reasons; returns how many."""

    # reports from the partner, conflicts, log
    def set_partner_parked(self, sync: str, rows: Sequence[AtPartner]) -> None:
        """Replace what the partner said before."""

    def partner_parked(self, sync: str) -> dict[int, AtPartner]:
        """What the partner said last, by number."""

    def add_conflicts(self, sync: str, records: Sequence[ConflictRecord]) -> None: ...
    def conflicts(
        self, sync: str, *, ticket: int | None = None, unresolved: bool = False
    ) -> list[ConflictRecord]:
        """With their ids, in the order found; of one ticket, or only those that nobody has resolved."""

    def resolve_conflicts(self, sync: str, ids: Sequence[int]) -> None: ...
    def count_conflicts(self, sync: str) -> int:
        """How many nobody has resolved."""

    def add_log(self, sync: str, lines: Sequence[LogLine]) -> None: ...
    def log(self, sync: str, *, ticket: int | None = None, limit: int = 0) -> list[LogLine]:
        """Newest first; ``limit`` 0: all."""

    def log_mark(self, sync: str) -> int:
        """Where the log ends, for ``log_after``; 0 where it is empty."""

    def log_after(self, sync: str, mark: int) -> list[LogLine]:
        """The lines added since, in the order in which they were."""

    def trim_log(self, before: int) -> None: ...

    # keys and secrets, encrypted at rest by the store's owner
    def save_secret(self, sync: str, kind: str, text: str) -> None: ...
    def secret(self, sync: str, kind: str) -> str | None: ...
    def drop_secret(self, sync: str, kind: str) -> None: ...

    # lease
    def acquire(self, sync: str, owner: str, now: int, ttl: int) -> bool:
        """Take or renew the lease; from then on every transaction of this store object is fenced by it."""

    def release(self, sync: str) -> None: ...
    def free_lease(self, sync: str, owner: str) -> None:
        """Free the lease of an owner that is known to be dead; nothing happens if another holds it by now."""

    def lease_holder(self, sync: str, now: int) -> str | None: ...
