# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Each bound of the protocol exactly at its value and one above."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from wire.wire_samples import SHA, UID, change, contract, info, message

from trac_issuesync.core.contract import Bound
from trac_issuesync.core.errors import Refused
from trac_issuesync.core.model import ChangeKind, FieldChange, FieldDef, FieldKind, Loser, Side
from trac_issuesync.wire import limits
from trac_issuesync.wire.codec import decode, decode_body, encode
from trac_issuesync.wire.messages import (
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

TEXT, NAME, NUMBER, LATEST = limits.MOST_TEXT, limits.MOST_NAME, limits.MOST_NUMBER, limits.LATEST
Make = Callable[[int], Body]


def accepted(sent: Message) -> bool:
    """True if all of it is taken."""
    try:
        decode_body(decode(encode(sent)))
    except Refused as caught:
        refusal = caught
    else:
        return True
    assert refusal.code == "nonsense"
    assert refusal.text.startswith("The message is nonsensical: ")
    return False


def one(**more: Any) -> Body:
    """A body with one change."""
    return Body((change(**more),))


def field(**more: Any) -> Body:
    """A body whose only change sets one field."""
    return one(fields=(FieldChange(**{"name": "f", "value": "v", "stamp": 1, **more}),))


def file(**more: Any) -> Body:
    """A body that announces an attachment."""
    return one(kind=ChangeKind.ATTACHMENT, attachment=info(**more))


def ping(fields: tuple[FieldDef, ...] = (), **more: Any) -> Body:
    """A body with a ping, its contract of these fields."""
    made = Ping(replace(contract(), fields=fields), "note", "admin", 1, "Acme")
    return Body(control=(replace(made, **more),))


def options(*names: str) -> tuple[FieldDef, ...]:
    """One field with these options."""
    return (FieldDef("type", FieldKind.SELECT, options=names),)


def bound(**more: Any) -> Bound:
    """A binding that is in order, but for what is given."""
    return replace(Bound(1, ("summary",), ("defect",)), **more)


AT_MOST: dict[str, tuple[int, Make]] = {
    "changes": (limits.MOST_CHANGES, lambda n: Body(tuple(change(number=i + 1) for i in range(n)))),
    "fields": (
        limits.MOST_FIELDS,
        lambda n: one(fields=tuple(FieldChange(f"f{i}", "", 1) for i in range(n))),
    ),
    "births": (limits.MOST_ITEMS, lambda n: Body(births=(Birth(UID, 1),) * n)),
    "control items": (20, lambda n: Body(control=(Bye(),) * n)),
    "parked": (limits.MOST_ITEMS, lambda n: Body(report=Report((Parked(1, ""),) * n))),
    "wanted": (limits.MOST_ITEMS, lambda n: Body(report=Report((), (SHA,) * n))),
    "parts": (limits.MOST_PARTS, lambda n: Body(parts=(Part(SHA, 0, 0, 0),) * n)),
    "contract fields": (
        limits.MOST_FIELDS,
        lambda n: ping(tuple(FieldDef(f"f{i}", FieldKind.TEXT) for i in range(n))),
    ),
    "options": (limits.MOST_OPTIONS, lambda n: ping(options(*map(str, range(n))))),
    "bound fields": (limits.MOST_FIELDS, lambda n: Body(control=(Pong(bound(fields=("f",) * n)),))),
    "bound types": (limits.MOST_OPTIONS, lambda n: Body(control=(BoundNow(bound(types=("t",) * n)),))),
    "comment": (TEXT, lambda n: one(comment="x" * n)),
    "value": (TEXT, lambda n: field(value="x" * n)),
    "old value": (TEXT, lambda n: field(old="x" * n)),
    "dropped value": (TEXT, lambda n: field(dropped="x" * n)),
    "loser": (NAME, lambda n: field(loser=Loser(Side.MASTER, "x" * n, 1, "a", 1))),
    "winner": (NAME, lambda n: field(loser=Loser(Side.MASTER, "a", 1, "x" * n, 1))),
    "description": (TEXT, lambda n: file(description="x" * n)),
    "author": (NAME, lambda n: one(author="x" * n)),
    "id": (NAME, lambda n: one(id="x" * n)),
    "field name": (NAME, lambda n: field(name="x" * n)),
    "uid": (NAME, lambda n: one(ticket="x" * (n - 4) + "/1/2")),
    "ticket number in uid": (18, lambda n: one(ticket=f"acme/{'9' * n}/1")),
    "file name": (NAME * 4, lambda n: file(name="x" * n)),
    "option": (NAME * 4, lambda n: ping(options("x" * n))),
    "hello key": (64 << 10, lambda n: Body(control=(Hello("x" * n, "p", "e", "n"),))),
    "hello environment": (NAME, lambda n: Body(control=(Hello("k", "p", "x" * n, "n"),))),
    "hello proof": (NAME, lambda n: Body(control=(Hello("k", "x" * n, "e", "n"),))),
    "void": (TEXT, lambda n: Body(void="x" * n)),
    "parked reason": (TEXT, lambda n: Body(report=Report((Parked(1, "x" * n),)))),
    "farewell": (TEXT, lambda n: Body(control=(Bye("x" * n),))),
    "ping note": (TEXT, lambda n: ping(note="x" * n)),
    "ping author": (NAME, lambda n: ping(author="x" * n)),
    "ping name": (NAME, lambda n: ping(name="x" * n)),
    "hello name": (NAME, lambda n: Body(control=(Hello("k", "p", "e", "x" * n),))),
    "birth uid": (NAME, lambda n: Body(births=(Birth("x" * (n - 4) + "/1/2", 1),))),
    "change number": (NUMBER, lambda n: one(number=n)),
    "previous change": (NUMBER - 1, lambda n: one(number=NUMBER, after=n)),
    "seen change": (NUMBER, lambda n: one(seen=n)),
    "version": (NUMBER, lambda n: one(version=n)),
    "time": (LATEST, lambda n: one(time=n)),
    "time of the loser": (LATEST, lambda n: field(loser=Loser(Side.MASTER, "a", n, "a", 1))),
    "stamp": (LATEST, lambda n: field(stamp=n)),
    "attachment size": (NUMBER, lambda n: file(size=n)),
    "attachment replaced": (LATEST, lambda n: file(replaces=n)),
    "size in an edit": (NUMBER, lambda n: one(attachment=info(size=n))),
    "birth": (NUMBER, lambda n: Body(births=(Birth(UID, n),))),
    "parked number": (NUMBER, lambda n: Body(report=Report((Parked(n, ""),)))),
    "part total": (NUMBER, lambda n: Body(parts=(Part(SHA, 0, 0, n),))),
    "ping time": (LATEST, lambda n: ping(time=n)),
    "ping size": (NUMBER, lambda n: ping(max_attachment=n)),
    "pong size": (NUMBER, lambda n: Body(control=(Pong(bound(), n),))),
    "contract version": (NUMBER, lambda n: ping(contract=replace(contract(), version=n))),
    "pong version": (NUMBER, lambda n: Body(control=(Pong(bound(version=n)),))),
    "bound version": (NUMBER, lambda n: Body(control=(BoundNow(bound(version=n)),))),
}

AT_LEAST: dict[str, tuple[int, Make]] = {
    "change number": (1, lambda n: one(number=n, after=min(0, n - 1))),
    "previous change": (0, lambda n: one(after=n)),
    "seen change": (0, lambda n: one(seen=n)),
    "version": (1, lambda n: one(version=n)),
    "time": (0, lambda n: one(time=n)),
    "stamp": (0, lambda n: field(stamp=n)),
    "attachment size": (0, lambda n: file(size=n)),
    "birth": (0, lambda n: Body(births=(Birth(UID, n),))),
    "parked number": (1, lambda n: Body(report=Report((Parked(n, ""),)))),
    "part offset": (0, lambda n: Body(parts=(Part(SHA, n, 0, 0),))),
    "contract version": (1, lambda n: ping(contract=replace(contract(), version=n))),
    "bound version": (1, lambda n: Body(control=(BoundNow(bound(version=n)),))),
    "pong size": (-1, lambda n: Body(control=(Pong(bound(), n),))),
}


@pytest.mark.parametrize("name", AT_MOST)
def test_the_bound_is_taken_and_one_more_is_refused(name: str) -> None:
    """Counts, lengths and numbers of a body."""
    most, make = AT_MOST[name]
    assert accepted(message(make(most)))
    assert not accepted(message(make(most + 1)))


@pytest.mark.parametrize("name", AT_LEAST)
def test_the_least_is_taken_and_one_less_is_refused(name: str) -> None:
    """Numbers that cannot be below what they count."""
    least, make = AT_LEAST[name]
    assert accepted(message(make(least)))
    assert not accepted(message(make(least - 1)))


@pytest.mark.parametrize(
    ("name", "fits", "exceeds"),
    [
        ("number", message(number=NUMBER), message(number=NUMBER + 1)),
        ("no number", message(number=0), message(number=-1)),
        ("epoch", message(epoch=1), message(epoch=0)),
        ("acknowledged", message(ack=Ack(1, NUMBER)), message(ack=Ack(1, NUMBER + 1))),
        ("acknowledged epoch", message(ack=Ack(1, 0)), message(ack=Ack(0, 0))),
        ("digest", message(ack=Ack(1, 0, "x" * NAME)), message(ack=Ack(1, 0, "x" * (NAME + 1)))),
        (
            "gaps",
            message(ack=Ack(1, 0, "", ((1, 1),) * limits.MOST_ITEMS)),
            message(ack=Ack(1, 0, "", ((1, 1),) * (limits.MOST_ITEMS + 1))),
        ),
        ("gap", message(ack=Ack(1, 0, "", ((2, 2),))), message(ack=Ack(1, 0, "", ((2, 1),)))),
        ("gap from", message(ack=Ack(1, 0, "", ((1, 2),))), message(ack=Ack(1, 0, "", ((0, 2),)))),
        (
            "unreadable",
            message(ack=Ack(1, 0, unreadable=(Unreadable(1, ""),) * limits.MOST_ITEMS)),
            message(ack=Ack(1, 0, unreadable=(Unreadable(1, ""),) * (limits.MOST_ITEMS + 1))),
        ),
        (
            "unreadable number",
            message(ack=Ack(1, 0, unreadable=(Unreadable(1, ""),))),
            message(ack=Ack(1, 0, unreadable=(Unreadable(0, ""),))),
        ),
    ],
)
def test_the_bounds_of_the_head(name: str, fits: Message, exceeds: Message) -> None:
    """Numbers, epochs and acknowledgements."""
    assert accepted(fits)
    assert not accepted(exceeds)


def test_the_bytes_of_attachments_are_bounded() -> None:
    """A message of the largest size is taken, one more byte is refused."""
    for size, fits in ((limits.MOST_PART, True), (limits.MOST_PART + 1, False)):
        parts = (Part(SHA, 0, size, size),)
        assert accepted(message(Body(parts=parts), data=bytes(size))) is fits


@pytest.mark.parametrize(
    ("parts", "data"),
    [
        ((Part(SHA, 0, 3, 3),), b"ab"),  # fewer bytes than announced
        ((Part(SHA, 0, 3, 3),), b"abcd"),  # more
        ((), b"a"),  # bytes of nothing
        ((Part(SHA, 2, 2, 3),), b"ab"),  # beyond the end of the attachment
        ((Part(SHA, 0, 4, 3),), b"abcd"),  # longer than the attachment
        ((Part("AB" * 32, 0, 1, 1),), b"a"),  # not lower hex
        ((Part("../../etc/passwd", 0, 1, 1),), b"a"),
        ((Part(SHA + "\n", 0, 1, 1),), b"a"),
    ],
)
def test_parts_that_contradict_themselves_are_refused(parts: tuple[Part, ...], data: bytes) -> None:
    """Their digest becomes a file name, their offset a place in it."""
    assert not accepted(message(Body(parts=parts), data=data))


@pytest.mark.parametrize(
    "body",
    [
        one(number=5, after=5),
        one(number=5, after=6),
        one(kind=ChangeKind.ATTACHMENT),
        one(fields=(FieldChange("f", "a", 1), FieldChange("f", "b", 1))),
        file(sha256="zz" * 32),
        file(sha256=""),
        Body(control=(Missing("../x"),)),
        ping((FieldDef("f", FieldKind.TEXT), FieldDef("f", FieldKind.LIST))),
        *(
            one(ticket=uid)
            for uid in ("", "acme", "acme/7", "/7/1", "a/b/7/1", "acme/x/1", "acme/-1/1", "a/²/1")
        ),
        *(
            field(name=name)
            for name in (
                "comment:",
                "comment:x:1",
                "comment:m:",
                "comment:m:-1",
                "comment:m:1:2",
                "comment:m:x",
            )
        ),
        field(name="comment:s:" + "9" * 19),
    ],
)
def test_a_change_that_contradicts_itself_is_refused(body: Body) -> None:
    """Well-formed and within all bounds, but it cannot be."""
    assert not accepted(message(body))


def test_a_change_in_order_is_taken() -> None:
    """So that the refusals above are refusals of what they vary."""
    assert accepted(message(one()))
    assert accepted(message(field()))
    assert accepted(message(field(name="comment:m:1")))
    assert accepted(message(file()))
    assert accepted(message(ping()))


def test_a_refusal_names_numbers_and_texts_in_short() -> None:
    """A hostile name does not fill the log."""
    with pytest.raises(Refused) as refusal:
        limits.check_body(field(name="n" * 200, value="x" * (TEXT + 1)), b"")
    assert len(refusal.value.text) < 200
    with pytest.raises(Refused) as refusal:
        limits.check_body(one(number=10**200), b"")
    assert len(refusal.value.text) < 200
