# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The words of the domain as values: changes, tickets, twins, shadows (vocabulary of docs/architecture.md).

Times are whole microseconds since 1970 UTC. Values of fields are text; see ``FieldKind`` for their forms.
"""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

__all__ = [
    "AttachmentInfo",
    "AttachmentRow",
    "Catalogue",
    "Change",
    "ChangeKind",
    "CommentRef",
    "FieldChange",
    "FieldDef",
    "FieldKind",
    "LogEntry",
    "Loser",
    "Policy",
    "Shadow",
    "Side",
    "State",
    "TicketSnapshot",
    "Twin",
    "TwinState",
    "Unknown",
]


class Side(str, Enum):
    """Which end of a synchronization."""

    MASTER = "master"
    SLAVE = "slave"

    @property
    def other(self) -> Side:
        return Side.SLAVE if self is Side.MASTER else Side.MASTER

    @property
    def letter(self) -> str:
        """``m`` or ``s``, as used in routing names and comment references."""
        return self.value[0]


class State(str, Enum):
    """States of a synchronization, DESIGN section 5; the first that applies is shown."""

    HANDSHAKE = "handshake"
    SUSPENDED = "suspended"
    WAITING_FOR_SLAVE = "waiting_for_slave"
    UPDATE_REQUIRED = "update_required"
    RUNNING = "running"
    STOPPED = "stopped"


class Policy(str, Enum):
    """Which of two concurrent edits of one field wins."""

    NEWEST = "newest"
    MASTER = "master"
    SLAVE = "slave"


class Unknown(str, Enum):
    """What to do with a value that the receiver does not have."""

    PARK = "park"
    CREATE = "create"
    DEFAULT = "default"


class FieldKind(str, Enum):
    """Form of a field's value, always text.

    ``text`` one line; ``longtext`` wiki or plain, merged three-way; ``list`` words separated by commas or
    blanks, merged as a set; ``select`` one of the options or empty; ``status`` a workflow state;
    ``checkbox`` ``0`` or ``1``; ``time`` ISO 8601 UTC with microseconds or empty; ``owner`` and
    ``reporter`` a user name.
    """

    TEXT = "text"
    LONGTEXT = "longtext"
    LIST = "list"
    SELECT = "select"
    STATUS = "status"
    CHECKBOX = "checkbox"
    TIME = "time"
    OWNER = "owner"
    REPORTER = "reporter"

    @property
    def merges(self) -> bool:
        """True where two concurrent values are joined rather than one chosen."""
        return self in (FieldKind.LIST, FieldKind.LONGTEXT)


class FieldDef(Struct, frozen=True, omit_defaults=True):
    """One field as a Trac project, or a contract, has it. ``options`` only for select and status."""

    name: str
    kind: FieldKind
    label: str = ""
    options: tuple[str, ...] = ()
    custom: bool = False
    default: str = ""


class Catalogue(Struct, frozen=True):
    """All that a project offers for sharing. The field ``type`` holds the ticket types as its options."""

    fields: tuple[FieldDef, ...]

    def field(self, name: str) -> FieldDef | None:
        return next((f for f in self.fields if f.name == name), None)


class CommentRef(Struct, frozen=True):
    """Names a comment of a twin on both sides: the side where it was written and its original time."""

    side: Side
    time: int

    @property
    def field(self) -> str:
        """The pseudo field under which edits of this comment travel: ``comment:m:1700000000000000``."""
        return f"comment:{self.side.letter}:{self.time}"

    @classmethod
    def parse(cls, field: str) -> CommentRef | None:
        """The reference that a pseudo field name holds, or None for an ordinary field."""
        parts = field.split(":")
        if len(parts) != 3 or parts[0] != "comment" or parts[1] not in ("m", "s"):
            return None
        digits = parts[2]
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 18):
            return None
        return cls(Side.MASTER if parts[1] == "m" else Side.SLAVE, int(digits))


class Loser(Struct, frozen=True):
    """Whose edit a result left out: its ``side``, author and true time.

    ``kept_author`` and ``kept_time`` are those of the other side's edit, whose value the result holds.
    """

    side: Side
    author: str
    time: int
    kept_author: str
    kept_time: int


class FieldChange(Struct, frozen=True, omit_defaults=True):
    """One field of one change, in contract words.

    ``old`` is the value replaced and travels only for kinds that merge. ``stamp`` is the time that
    decides between concurrent edits under ``newest``: at least 1 µs above the stamp of what it replaced.
    ``dropped`` is what a result of this side left out, if anything, and ``loser`` whose that was.
    ``settles`` says that a person has answered the open questions about this field.
    """

    name: str
    value: str
    stamp: int
    old: str = ""
    dropped: str | None = None
    loser: Loser | None = None
    settles: bool = False


class AttachmentInfo(Struct, frozen=True, omit_defaults=True):
    """An attachment as announced: ``size`` in bytes, ``sha256`` in lower hex; the bytes travel in parts."""

    name: str
    size: int
    sha256: str
    description: str = ""
    replaces: int = 0


class ChangeKind(str, Enum):
    """What a change is about."""

    CREATE = "create"
    EDIT = "edit"
    ATTACHMENT = "attachment"
    GONE = "gone"


class Change(Struct, frozen=True, omit_defaults=True):
    """One captured edit of one ticket, in contract words; never altered once captured.

    ``number`` counts the changes of its side; ``after`` is the number of the previous change of the same
    ticket (0: none), ``seen`` that of the last partner change applied to the ticket before this was
    captured: together a version vector per ticket. ``time`` is the true time of the edit.
    ``version`` is the contract version it was made under. ``heal`` is set on what a side sends of a ticket
    when an epoch begins: whose comment or attachment it is, else the sender.
    """

    id: str
    number: int
    ticket: str
    kind: ChangeKind
    author: str
    time: int
    version: int
    after: int = 0
    seen: int = 0
    fields: tuple[FieldChange, ...] = ()
    comment: str = ""
    attachment: AttachmentInfo | None = None
    content: bool = False
    heal: Side | None = None


class LogEntry(Struct, frozen=True):
    """One row of Trac's ``ticket_change``: unique by (time, field) within a ticket."""

    time: int
    author: str
    field: str
    old: str
    new: str


class AttachmentRow(Struct, frozen=True):
    """One row of Trac's ``attachment`` for a ticket: unique by filename."""

    filename: str
    time: int
    size: int
    author: str
    description: str


class TicketSnapshot(Struct, frozen=True):
    """A ticket with its log and attachments, read in one snapshot. ``values`` are local words by field."""

    number: int
    created: int
    changed: int
    values: dict[str, str]
    log: tuple[LogEntry, ...]
    attachments: tuple[AttachmentRow, ...]


class Shadow(Struct, frozen=True, omit_defaults=True):
    """What this side knows of one shared field of a twin (a comment's text counts as one).

    ``value`` is the last value sent or applied, in contract words, with its ``stamp``. ``local`` is what
    the ticket shows for it where that is another text (an owner unknown here, text that was cleaned).
    ``number`` and what begins with ``mine`` describe the last change of the field that this side itself
    captured (``number`` 0: none; ``mine`` None: the same as ``value``): the stamp that decides, the true
    time, and whether it settled a conflict. ``swapped`` is set where a plugin altered the field on its way
    out: the value captured, and the one that left. ``heal`` says that the last one captured was no edit, but
    what the field held when an epoch began.
    """

    value: str
    stamp: int
    local: str | None = None
    number: int = 0
    mine: str | None = None
    mine_stamp: int = 0
    mine_author: str = ""
    mine_version: int = 0
    mine_time: int = 0
    mine_settles: bool = False
    swapped: tuple[str, str] | None = None
    heal: bool = False

    @property
    def shown(self) -> str:
        """The local words that the ticket shows."""
        return self.value if self.local is None else self.local

    @property
    def mine_value(self) -> str:
        """The value that this side's last captured change set."""
        return self.value if self.mine is None else self.mine


class TwinState(str, Enum):
    """Whether both tickets of a twin still exist, and whether this synchronization carries their changes.

    ``declined``: both projects have the ticket by other synchronizations, so this one carries nothing.
    """

    ACTIVE = "active"
    GONE = "gone"
    PARTNER_GONE = "partner_gone"
    DECLINED = "declined"


class Twin(Struct, frozen=True):
    """The pair of a local ticket and the partner's.

    ``uid`` names it on both sides: ``<environment id>/<number>/<creation time>`` of where it was born.
    ``ticket`` and ``created`` are the local ticket's; ``partner`` is the partner's number, 0 until known.
    ``seen`` is the number of the last partner change processed, ``last`` that of our last captured one.
    """

    uid: str
    ticket: int
    created: int
    partner: int = 0
    seen: int = 0
    last: int = 0
    state: TwinState = TwinState.ACTIVE
    shadow: dict[str, Shadow] = {}
