# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Records with every member set to something hard to store, for contract suites."""

from __future__ import annotations

from trac_issuesync.core.contract import Contract
from trac_issuesync.core.model import (
    AttachmentInfo,
    Change,
    ChangeKind,
    FieldChange,
    FieldDef,
    FieldKind,
    Loser,
    Policy,
    Shadow,
    Side,
    Twin,
    TwinState,
    Unknown,
)
from trac_issuesync.engine.records import (
    AttachmentRecord,
    AttachmentState,
    ConflictRecord,
    Counters,
    HeldChange,
    InboxChange,
    InboxState,
    LogLine,
    OutMessage,
    Settings,
    Sync,
)

__all__ = [
    "HARD",
    "HUGE",
    "LATE",
    "a_change",
    "a_conflict",
    "a_contract",
    "a_counters",
    "a_hold",
    "a_line",
    "a_message",
    "a_record",
    "a_sync",
    "a_twin",
    "received",
]

HARD = (
    "Ünï ὠμέγα 漢字 مرحبا e\u0301 \U0001f600\U0001f468\u200d\U0001f469 "
    "\"q\" 's' %s \\ <b>&\t\r\n\r\x01\x1f\u202e"
)
"""Harder than cleaned text is: all planes, combining and bidi marks, controls, quotes, line ends."""

HUGE = ("0123456789abcdeé" * 65_536)[: 1 << 20]
"""One million characters."""

LATE = 9_007_199_254_740_993
"""A time in microseconds that neither 32 bits nor a floating point number can hold."""

LOSER = Loser(Side.SLAVE, HARD, LATE, "Åsa", LATE - 1)


def a_sync(sync: str, name: str = "acme", role: Side = Side.MASTER) -> Sync:
    """A synchronization with every member away from its default."""
    return Sync(
        id=sync,
        name=name,
        role=role,
        channel="file",
        user="robot",
        home="/srv/trac/" + name,
        description=HARD,
        partner_name="Globex " + HARD,
        partner_environment="beef",
        connected=True,
        enabled=True,
        suspended="Somebody went back. " + HARD,
        deleted=True,
        contract_version=3,
        bound_version=2,
        created=LATE,
        own_key="A" * 40,
        partner_key="B" * 40,
        epoch=7,
        partner_max_attachment=1 << 33,
        probes=3,
        renewed=LATE,
        renews=6,
        yields=Side.SLAVE,
        heal_asked=Side.MASTER,
        settings=Settings(False, Unknown.CREATE, "current", 12_345, HARD),
        channel_settings={"folder": HARD},
    )


def a_contract(version: int = 1) -> Contract:
    """A contract with a field of each kind."""
    fields = [
        FieldDef("f_" + kind.value, kind, HARD, ("a", HARD), custom=True, default=HARD) for kind in FieldKind
    ]
    return Contract(version, Policy.SLAVE, (*fields, FieldDef("type", FieldKind.SELECT, options=("defect",))))


def a_counters() -> Counters:
    """Counters with every member away from its default."""
    return Counters(
        message=LATE,
        message_digest="d",
        change=3,
        synthetic=4,
        received=LATE + 5,
        received_digest=HARD,
        acked=7,
        acked_digest="f",
        partner_epoch=9,
        ack_owed=LATE,
        report_owed=True,
        reported=12,
        last_sent=LATE,
        last_received=14,
        hello_sent=15,
        swept=16,
        swept_slowly=17,
        compared=18,
        compared_upto=19,
        missing_since=LATE,
        part_taken=LATE,
        asked=20,
        retried=LATE + 9,
        offered="o",
        asked_since=LATE,
        acked_at=20,
        numbered=LATE,
        probes=22,
        word_owed=True,
        word_sent=LATE,
        partner_yields=Side.SLAVE,
        known_epoch=23,
        healing=True,
        healed_upto=HARD,
        failing=HARD,
    )


def a_twin(uid: str, ticket: int, state: TwinState = TwinState.ACTIVE) -> Twin:
    """A twin with a plain and a full shadow."""
    mine = ("mine " + HARD, LATE - 1, "Åsa", 3, LATE - 2, True)
    full = Shadow(HARD, LATE, "local", 12, *mine, (HARD, "left"), True)
    plain = Shadow("", 0)
    comment = Shadow(HUGE[:5000], 1)
    shadow = {"summary": full, "owner": plain, f"comment:m:{LATE}": comment}
    return Twin(uid, ticket, LATE, ticket + 1000, 5, 6, state, shadow)


def a_change(number: int, ticket: str = "env/1/1", kind: ChangeKind = ChangeKind.EDIT) -> Change:
    """A change with fields, a comment and an attachment; its id follows from its number."""
    return Change(
        id=f"id-{number}",
        number=number,
        ticket=ticket,
        kind=kind,
        author="Åsa " + HARD,
        time=LATE,
        version=2,
        after=number - 1,
        seen=4,
        fields=(
            FieldChange("keywords", HARD, LATE, "old " + HARD, HARD, LOSER, True),
            FieldChange("summary", "", 1, dropped=""),
        ),
        comment=HARD,
        attachment=AttachmentInfo(HARD, 1 << 33, "ab" * 32, HARD, LATE),
        content=True,
        heal=Side.SLAVE,
    )


def received(number: int, ticket: str = "env/1/1", *, parked: bool = False, at: int = 0) -> InboxChange:
    """A received change, waiting or parked, received at ``at`` or in the order of its number."""
    state = InboxState.PARKED if parked else InboxState.WAITING
    return InboxChange(
        a_change(number, ticket), number + 50, at or LATE + number, state, HARD if parked else ""
    )


def a_hold(number: int, uid: str = "env/1/1") -> HeldChange:
    """A held change with every member set."""
    return HeldChange(number, uid, HARD, "plugin " + HARD, LATE)


def a_message(number: int, *, next_try: int = 0, changes: int = 2, part: bool = False) -> OutMessage:
    """A message whose body holds every byte."""
    return OutMessage(
        number, bytes(range(256)) * 8, f"digest-{number}", changes, part, LATE, 3, next_try, LATE, 2048, HARD
    )


def a_record(
    uid: str,
    origin: int,
    ticket: int,
    state: AttachmentState = AttachmentState.KNOWN,
    sha256: str = "cd" * 32,
) -> AttachmentRecord:
    """An attachment record with every member set."""
    return AttachmentRecord(
        uid, Side.SLAVE, origin, ticket, HARD, LATE, 1 << 33, sha256, state, "Åsa", HARD, 9, HARD
    )


def a_conflict(uid: str = "env/1/1") -> ConflictRecord:
    """A conflict of two hard values, not stored yet."""
    return ConflictRecord(
        uid,
        12,
        "summary",
        8,
        HARD,
        "me",
        LATE,
        "their " + HARD,
        "they",
        LATE + 1,
        "slave",
        LATE + 2,
        resolved=True,
        beside={"resolution": HARD},
    )


def a_line(time: int, ticket: int = 0) -> LogLine:
    """A log line with every member set."""
    return LogLine(time, "applied", HARD, ticket, 4, 1 << 33, "ef" * 32, True)
