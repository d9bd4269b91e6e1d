# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Messages for tests: one of each kind as it is kept for ever, and any at all."""

from __future__ import annotations

from hypothesis import strategies as st
from msgspec import Raw

from trac_issuesync.core.contract import Bound, Contract
from trac_issuesync.core.model import (
    AttachmentInfo,
    Change,
    ChangeKind,
    FieldChange,
    FieldDef,
    FieldKind,
    Loser,
    Policy,
    Side,
)
from trac_issuesync.wire.codec import encode_body
from trac_issuesync.wire.messages import (
    PROTOCOL,
    Ack,
    Birth,
    Body,
    BoundNow,
    Bye,
    Hello,
    Message,
    Missing,
    Parked,
    Part,
    Ping,
    Pong,
    Report,
    Unreadable,
)

SYNC = "0123456789abcdef0123"
SHA = "ab" * 32
AT = 1_800_000_000_000_000
UID = f"acme/7/{AT}"


EMPTY = Body()


def message(body: Body = EMPTY, number: int = 1, data: bytes = b"", **more: object) -> Message:
    """A message of the master with this body."""
    fields = {"sync": SYNC, "sender": Side.MASTER, "source": "acme", "target": "globex", "epoch": 1}
    fields |= {"ack": Ack(1, 0), "protocol": PROTOCOL, **more}
    return Message(number=number, body=Raw(encode_body(body)), data=data, **fields)


def change(**more: object) -> Change:
    """A change that is in order, but for what is given."""
    fields = {"id": "c1", "number": 2, "ticket": UID, "kind": ChangeKind.EDIT, "author": "alice"}
    return Change(**{**fields, "time": AT, "version": 1, **more})


def info(**more: object) -> AttachmentInfo:
    """An attachment that is in order, but for what is given."""
    return AttachmentInfo(**{"name": "a.txt", "size": 3, "sha256": SHA, **more})


def contract() -> Contract:
    """A small contract."""
    return Contract(
        1,
        Policy.NEWEST,
        (
            FieldDef("summary", FieldKind.TEXT, "Summary"),
            FieldDef("type", FieldKind.SELECT, "Type", ("defect", "task"), default="defect"),
            FieldDef("urgent", FieldKind.CHECKBOX, "Urgent", custom=True),
        ),
    )


def every_kind() -> Contract:
    """A contract with a field of each kind."""
    fields = tuple(
        FieldDef(kind.value, kind, "Label", ("a", "b"), custom=True, default="a") for kind in FieldKind
    )
    return Contract(3, Policy.MASTER, fields)


def golden() -> dict[str, Message]:
    """One message of every kind, by the name of its file in ``tests/data/v1``."""
    created = change(
        kind=ChangeKind.CREATE,
        number=1,
        fields=(FieldChange("summary", "Wörter und 漢字", AT), FieldChange("urgent", "1", AT)),
    )
    edited = change(
        after=1,
        seen=4,
        fields=(FieldChange("description", "new", AT + 1, old="old", dropped="lost"),),
        comment="said\r\nso",
    )
    commented = change(
        id="c2", number=3, after=2, fields=(FieldChange(f"comment:m:{AT}", "better", AT, old="good"),)
    )
    loser = Loser(Side.SLAVE, "bob", AT, "alice", AT - 1)
    result = FieldChange("description", "kept", AT + 2, old="lost", dropped="lost", loser=loser)
    settled = FieldChange("summary", "agreed", AT + 2, settles=True)
    return {
        "result": message(Body((change(fields=(result, settled)),)), 19),
        "create": message(Body((created,))),
        "edit": message(Body((edited, commented)), 2),
        "content": message(Body((change(content=True),)), 3),
        "attachment": message(
            Body((change(kind=ChangeKind.ATTACHMENT, attachment=info(description="d", replaces=AT)),)), 4
        ),
        "gone": message(Body((change(kind=ChangeKind.GONE),)), 5),
        "births": message(
            Body(births=(Birth(UID, 9),)), 6, sender=Side.SLAVE, source="globex", target="acme"
        ),
        "report": message(Body(report=Report((Parked(3, "no such component"),), (SHA,))), 7),
        "report-skipped": message(Body(report=Report((Parked(3, "too long", UID, "alice", True),))), 20),
        "parts": message(Body(parts=(Part(SHA, 2, 3, 5), Part("cd" * 32, 0, 0, 0))), 8, b"abc"),
        "void": message(Body(void="it could not be read"), 9),
        "probe": message(EMPTY, 15),
        "heal": message(
            Body((change(kind=ChangeKind.CREATE, number=(2 << 20) + 1, fields=(), heal=Side.MASTER),)),
            1,
            epoch=2,
            renews=1,
            yields=Side.SLAVE,
        ),
        "stopped": message(number=0, stopped="The slave was restored from a backup"),
        "ack": message(
            number=0, ack=Ack(1, 5, SHA, ((7, 8), (10, 10)), (Unreadable(6, "it was nonsensical"),))
        ),
        "ack-highest": message(number=0, ack=Ack(1, 5, SHA, ((6, 7),), (), 9)),
        "hello": message(Body(control=(Hello("KEY", "proof", "globex", "Globex"),)), 0, sender=Side.SLAVE),
        "ping": message(Body(control=(Ping(contract(), "note", "admin", AT, "Acme", 262_144),)), 10),
        "pong": message(Body(control=(Pong(Bound(1, ("summary",), ("defect",)), -1),)), 11),
        "pong-limited": message(Body(control=(Pong(Bound(1, ("summary",), ("defect",)), 10_000),)), 18),
        "contract": message(Body(control=(Ping(every_kind(), "note", "admin", AT, "Acme", 0),)), 17),
        "bound": message(Body(control=(BoundNow(Bound(2, ("summary", "type"), ())),)), 12),
        "missing": message(Body(control=(Missing(SHA),)), 14),
        "bye": message(Body(control=(Bye("deleted"),)), 13),
    }


NUMBERS = st.integers(0, 2**53)
TEXTS = st.text(max_size=30)
TIMES = st.integers(0, AT)
SHAS = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)
FIELDS = st.lists(
    st.builds(
        FieldChange,
        st.text(max_size=10).filter(lambda name: not name.startswith("comment:")),
        TEXTS,
        st.integers(0, AT),
        TEXTS,
        st.none() | TEXTS,
        st.none() | st.builds(Loser, st.sampled_from(Side), TEXTS, TIMES, TEXTS, TIMES),
        st.booleans(),
    ),
    max_size=4,
    unique_by=lambda field: field.name,
).map(tuple)
CHANGES = st.builds(
    change,
    id=TEXTS,
    number=st.integers(10 << 20, 2**53),
    after=st.integers(0, 99),
    seen=NUMBERS,
    author=TEXTS,
    time=st.integers(0, AT),
    version=st.integers(1, 9),
    kind=st.sampled_from([ChangeKind.CREATE, ChangeKind.EDIT, ChangeKind.GONE]),
    fields=FIELDS,
    comment=TEXTS,
    content=st.booleans(),
    heal=st.none() | st.sampled_from(Side),
) | st.builds(
    change,
    kind=st.just(ChangeKind.ATTACHMENT),
    number=st.integers(10 << 20, 2**53),
    attachment=st.builds(info, name=TEXTS, size=NUMBERS, sha256=SHAS, description=TEXTS),
)
BODIES = st.builds(
    Body,
    st.lists(CHANGES, max_size=3).map(tuple),
    st.lists(st.builds(Birth, st.just(UID), st.integers(1, 2**53)), max_size=3).map(tuple),
    st.none()
    | st.builds(Report, st.lists(st.builds(Parked, st.integers(1, 2**53), TEXTS), max_size=2).map(tuple)),
    st.lists(st.builds(Bye, TEXTS), max_size=2).map(tuple),
    void=TEXTS,
)
ACKS = st.builds(
    Ack,
    st.integers(1, 9),
    NUMBERS,
    TEXTS,
    st.lists(st.integers(1, 2**53).map(lambda n: (n, n)), max_size=3).map(tuple),
    highest=NUMBERS,
)
MESSAGES = st.builds(
    message,
    BODIES,
    NUMBERS,
    sync=TEXTS,
    sender=st.sampled_from(Side),
    source=TEXTS,
    target=TEXTS,
    epoch=st.integers(1, 9),
    ack=ACKS,
    renews=st.integers(0, 9),
    yields=st.none() | st.sampled_from(Side),
)
