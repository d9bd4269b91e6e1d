# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Rows of the synchronization tables as values. Times are microseconds since 1970 UTC."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from trac_issuesync.core.contract import Bound, Contract
from trac_issuesync.core.model import Change, Side, State, Unknown

__all__ = [
    "AtPartner",
    "AttachmentRecord",
    "AttachmentState",
    "Blob",
    "ConflictRecord",
    "Counters",
    "HeldChange",
    "InboxChange",
    "InboxState",
    "LogLine",
    "LoggedEntry",
    "Mark",
    "OutMessage",
    "Published",
    "ReceivedNumber",
    "Settings",
    "Sync",
]


class Settings(Struct, frozen=True):
    """What an admin may set. Messages are filled up to ``max_message`` bytes; ``label`` names the partner."""

    encrypt: bool = True
    unknown: Unknown = Unknown.PARK
    history: str = "full"
    max_message: int = 1 << 20
    label: str = ""


class Sync(Struct, frozen=True, kw_only=True):
    """One synchronization as configured; written by commands and by the handshake, not in every cycle.

    ``home`` is the real path of the environment that it was created in: a copied environment has another
    one and does not run. ``suspended`` is the reason in plain words, or empty. ``deleted`` marks a
    tombstone that waits for the partner to acknowledge the farewell. ``partner_max_attachment`` is in
    bytes, -1 where the partner takes any size. ``probes`` counts how often a command asked for a probe.
    ``channel_settings`` are those that are no secrets.

    ``epoch`` is that of our numbers, begun at ``renewed``; we take nothing of the partner's up to ``renews``,
    and where two values are then equally old, ``yields`` gives way. ``heal_asked`` is that side where a
    command asks to begin anew.
    """

    id: str
    name: str
    role: Side
    channel: str
    user: str
    home: str
    description: str = ""
    partner_name: str = ""
    partner_environment: str = ""
    connected: bool = False
    enabled: bool = False
    suspended: str = ""
    deleted: bool = False
    contract_version: int = 0
    bound_version: int = 0
    created: int = 0
    own_key: str = ""
    partner_key: str = ""
    epoch: int = 1
    partner_max_attachment: int = -1
    probes: int = 0
    renewed: int = 0
    renews: int = 0
    yields: Side | None = None
    heal_asked: Side | None = None
    settings: Settings = Settings()
    channel_settings: dict[str, str] = {}

    @property
    def state(self) -> State:
        """The first state that applies (DESIGN section 5)."""
        if not self.connected:
            return State.HANDSHAKE
        if self.suspended:
            return State.SUSPENDED
        if self.bound_version < self.contract_version:
            return State.WAITING_FOR_SLAVE if self.role is Side.MASTER else State.UPDATE_REQUIRED
        return State.RUNNING if self.enabled else State.STOPPED


class Counters(Struct, frozen=True):
    """What every cycle moves; written by the holder of the lease only.

    ``message`` and ``change`` are the last numbers given; ``message_digest`` the running digest of all our
    messages; ``received`` the partner's highest contiguous message number and its running digest;
    ``acked`` our highest acknowledged one. ``ack_owed`` and ``hello_sent`` are times, 0 for none;
    ``swept``, ``swept_slowly`` and ``compared`` are when the three sweeps last began; ``reported`` is the
    number of the partner message whose report counts; ``missing_since`` is when attachment bytes were
    first found missing, or last asked for, ``part_taken`` when bytes of one last came. ``asked`` counts the
    attachments that the partner asked for again in the day that began at ``asked_since``.

    ``acked_at`` is ``message`` as it was when ``acked`` was reached; ``numbered`` is when a message was last
    numbered (0 asks for one), and ``probes`` are those asked for by then; ``word_owed`` says that the partner
    is to hear why nothing is exchanged, ``word_sent`` when it was told. ``partner_yields`` is who gives way
    by the partner's word, ``known_epoch`` the highest of ours that it has named. While ``healing`` the twins
    above the uid ``healed_upto`` are still to be sent. ``retried`` is when all that is parked was last tried
    again, and ``offered`` a digest of what the project could take then. ``failing`` is what kept
    the last cycle from its end, or empty.
    """

    message: int = 0
    message_digest: str = ""
    change: int = 0
    synthetic: int = 0
    received: int = 0
    received_digest: str = ""
    acked: int = 0
    acked_digest: str = ""
    partner_epoch: int = 1
    ack_owed: int = 0
    report_owed: bool = False
    reported: int = 0
    last_sent: int = 0
    last_received: int = 0
    hello_sent: int = 0
    swept: int = 0
    swept_slowly: int = 0
    compared: int = 0
    compared_upto: int = 0
    missing_since: int = 0
    part_taken: int = 0
    asked: int = 0
    asked_since: int = 0
    acked_at: int = 0
    numbered: int = 0
    probes: int = 0
    word_owed: bool = False
    word_sent: int = 0
    retried: int = 0
    offered: str = ""
    partner_yields: Side | None = None
    known_epoch: int = 0
    healing: bool = False
    healed_upto: str = ""
    failing: str = ""


class Published(Struct, frozen=True):
    """One contract version with its history entry and what both sides have bound of it."""

    contract: Contract
    note: str
    author: str
    time: int
    ours: Bound | None = None
    partners: Bound | None = None


class LoggedEntry(Struct, frozen=True):
    """A row of Trac's log that is captured (``origin`` None) or applied (``origin``: original time)."""

    ticket: int
    time: int
    field: str
    origin: int | None = None


class AttachmentState(str, Enum):
    """Where an attachment stands on this side."""

    KNOWN = "known"
    PENDING = "pending"
    SKIPPED = "skipped"
    GONE = "gone"


class AttachmentRecord(Struct, frozen=True):
    """One shared attachment of a twin: ``side`` and ``origin`` (original time) name it on both sides.

    ``filename`` and ``time`` are the local row's, or what is wanted while pending. ``author`` is local
    words. ``reason`` says why it was skipped.
    """

    uid: str
    side: Side
    origin: int
    ticket: int
    filename: str
    time: int
    size: int
    sha256: str
    state: AttachmentState = AttachmentState.KNOWN
    author: str = ""
    description: str = ""
    replaces: int = 0
    reason: str = ""


class Blob(Struct, frozen=True):
    """Bytes of an attachment on their way. Outgoing: ``queued`` bytes are in messages, from ``ticket`` and

    ``filename``; ``done`` if they are sent again, so that the file is looked at before. Incoming:
    ``queued`` bytes are on disk.
    """

    sha256: str
    size: int
    outgoing: bool
    ticket: int = 0
    filename: str = ""
    queued: int = 0
    done: bool = False


class Mark(Struct, frozen=True):
    """A ticket that may have changed; ``stamp`` tells a mark set anew from the one that was read."""

    ticket: int
    stamp: int
    resend: bool = False


class OutMessage(Struct, frozen=True):
    """A numbered message that the partner has not acknowledged.

    ``body`` is the canonical JSON, sent unchanged each time; ``digest`` the running digest up to it.
    """

    number: int
    body: bytes
    digest: str
    changes: int
    part: bool
    made: int
    attempts: int = 0
    next_try: int = 0
    sent: int = 0
    size: int = 0
    problem: str = ""


class ReceivedNumber(Struct, frozen=True):
    """A partner message number taken in above a gap, or one that could not be read (``problem``)."""

    number: int
    body_digest: str
    problem: str = ""


class InboxState(str, Enum):
    """Where a received change stands."""

    WAITING = "waiting"
    PARKED = "parked"
    SKIPPED = "skipped"


class InboxChange(Struct, frozen=True):
    """A received change until it is applied; ``message`` brought it, ``reason`` says why it is parked.

    One that waits for another try keeps the reason, because the partner was told. One that was skipped stays
    on record where something of it is on the other side only.
    """

    change: Change
    message: int
    received: int
    state: InboxState = InboxState.WAITING
    reason: str = ""


class AtPartner(Struct, frozen=True):
    """A change of ours that the partner could not apply: it is parked there, or was ``skipped``.

    ``uid`` and ``author`` are the change's, empty where the partner does not say.
    """

    number: int
    reason: str
    uid: str = ""
    author: str = ""
    skipped: bool = False


class HeldChange(Struct, frozen=True):
    """A captured change that does not leave for now, and why; ``uid`` names its ticket.

    ``by`` is the plugin that holds it, empty where no plugin does. A later change of the ticket that only
    waits behind it has no reason. ``since`` is when it was decided.
    """

    number: int
    uid: str
    reason: str
    by: str
    since: int


class ConflictRecord(Struct, frozen=True):
    """Two concurrent edits of one field: both values with authors and true times; ``winner`` is a side.

    ``id`` is 0 before it is stored; ``change`` is the number of the incoming change. ``beside`` are its
    values of fields that are decided with this one; one that both edits set alike has no record of its own.
    """

    uid: str
    ticket: int
    field: str
    change: int
    mine: str
    mine_author: str
    mine_time: int
    theirs: str
    theirs_author: str
    theirs_time: int
    winner: str
    time: int
    id: int = 0
    resolved: bool = False
    beside: dict[str, str] = {}


class LogLine(Struct, frozen=True):
    """One line of ``issuesync log``; ``event`` is one word, ``text`` a sentence; 0 where nothing applies."""

    time: int
    event: str
    text: str
    ticket: int = 0
    message: int = 0
    size: int = 0
    digest: str = ""
    problem: bool = False
