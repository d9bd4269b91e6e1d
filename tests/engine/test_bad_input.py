# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whatever arrives: set aside or parked with a reason, no ticket changed, nothing stopped, no answer."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable

import pytest
from engine.forging import (
    MINUTE,
    a_good_message_passes,
    head,
    made,
    name_of,
    problems,
    said,
    sealed,
    sets,
    strange,
    tickets,
    utter,
)
from msgspec import Raw
from msgspec.structs import replace

from trac_issuesync.core.model import AttachmentInfo, Change, ChangeKind, FieldChange, Side
from trac_issuesync.crypto.sealer import DEFAULT_LIMIT
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair
from trac_issuesync.testing.sim_sealer import SimSealer
from trac_issuesync.wire.codec import encode
from trac_issuesync.wire.messages import Ack, Birth, Body, Bye, Message, Parked, Part, Report
from trac_issuesync.wire.naming import ack_name, hello_name, message_name

Forge = Callable[[SimPair], tuple[str, bytes]]


def evil(pair: SimPair) -> Body:
    """A body that would change ticket 1 if it were taken."""
    twin = pair.master.twin_of(1)
    change = Change(
        "evil", 900, twin.uid, ChangeKind.EDIT, "eve", 1, 1, 0, twin.seen, sets("customer", "evil"), "evil"
    )
    return Body((change,))


def with_head(**more: object) -> Forge:
    """A message with an evil body and something else in its head."""

    def forge(pair: SimPair) -> tuple[str, bytes]:
        message = head(pair, evil(pair), **more)
        return name_of(head(pair)), sealed(message)

    return forge


def by(own: str, partner: str, *, encrypt: bool = True) -> Forge:
    """The same sealed by another party, to another, or without encryption."""

    def forge(pair: SimPair) -> tuple[str, bytes]:
        message = head(pair, evil(pair))
        return name_of(message), sealed(message, own, partner, encrypt=encrypt)

    return forge


def damaged(change: Callable[[bytes], bytes]) -> Forge:
    """The same with other bytes."""

    def forge(pair: SimPair) -> tuple[str, bytes]:
        message = head(pair, evil(pair))
        return name_of(message), change(sealed(message))

    return forge


def named(name: Callable[[Message], str]) -> Forge:
    """The same under another name."""

    def forge(pair: SimPair) -> tuple[str, bytes]:
        message = head(pair, evil(pair))
        return name(message), sealed(message)

    return forge


def holding(plaintext: Callable[[Message], bytes]) -> Forge:
    """Sealed by the right key, but not a message as the protocol says."""

    def forge(pair: SimPair) -> tuple[str, bytes]:
        message = head(pair, evil(pair))
        return name_of(message), SimSealer("acme", "globex", True).seal(plaintext(message))

    return forge


def reflected(pair: SimPair) -> tuple[str, bytes]:
    """A message of the slave's own, given back to it under the master's name."""
    message = head(pair, evil(pair))
    return name_of(message), sealed(message, "globex", "globex")


FORGED: dict[str, tuple[Forge, str]] = {
    "cut short": (damaged(lambda data: data[: len(data) // 2]), "damaged"),
    "cut by one byte": (damaged(lambda data: data[:-1]), "damaged"),
    "a bit flipped": (damaged(lambda data: data[:-9] + bytes([data[-9] ^ 4]) + data[-8:]), "damaged"),
    "a bit of the head flipped": (
        damaged(lambda data: data[:40] + bytes([data[40] ^ 1]) + data[41:]),
        "damaged",
    ),
    "empty": (damaged(lambda data: b""), "not-openpgp"),
    "no message at all": (damaged(lambda data: b"Dear Sir or Madam,"), "not-openpgp"),
    "too large": (damaged(lambda data: data + bytes(DEFAULT_LIMIT)), "too-large"),
    "signed by another key": (by("mallory", "globex"), "other-key"),
    "signed by nobody": (by("", "globex"), "other-key"),
    "not encrypted": (by("acme", "globex", encrypt=False), "not-encrypted"),
    "encrypted to another": (by("acme", "carol"), "not-for-us"),
    "our own, given back": (reflected, "other-key"),
    "of another synchronization": (with_head(sync="f" * 20), "misaddressed"),
    "from our own side": (with_head(sender=Side.SLAVE), "misaddressed"),
    "from another environment": (with_head(source="carol"), "misaddressed"),
    "to another environment": (with_head(target="carol"), "misaddressed"),
    "of another epoch": (with_head(epoch=2), "epoch"),
    "of another protocol": (with_head(protocol=2), "protocol"),
    "requiring the unknown": (with_head(requires=("x-teleport",)), "requires"),
    "of an absurd number": (with_head(number=2**70), "nonsense"),
    "named another number": (named(lambda m: message_name(SYNC_ID, "m", m.number + 1)), "misaddressed"),
    "named an acknowledgement": (named(lambda m: ack_name(SYNC_ID, "m", "0" * 16)), "misaddressed"),
    "inflating": (holding(lambda m: zlib.compress(bytes(100 << 20))), "too-large"),
    "not compressed": (holding(lambda m: zlib.decompress(encode(m))), "nonsense"),
    "with bytes after it": (holding(lambda m: encode(m) + b"x"), "nonsense"),
    "nested too deep": (holding(lambda m: zlib.compress(b"[" * 100_000)), "nonsense"),
    "not JSON": (holding(lambda m: zlib.compress(b"<xml/>")), "nonsense"),
    "acknowledging nonsense": (with_head(ack=Ack(1, -1)), "nonsense"),
}


@pytest.mark.parametrize("kind", FORGED)
def test_a_forged_message_changes_nothing_stops_nothing_and_is_not_answered(kind: str) -> None:
    """Set aside with its code and a reason in the log; the real message of that number still counts."""
    forge, code = FORGED[kind]
    pair = made(2)
    pair.wire.limit = 4 * DEFAULT_LIMIT
    before, answers = tickets(pair.slave), said(pair.slave)
    name, data = forge(pair)
    pair.wire.plant("m", name, data)
    report = pair.slave.cycle()
    pair.clock.advance(60 * MINUTE)
    pair.slave.cycle()
    assert tickets(pair.slave) == before
    assert said(pair.slave) == answers
    (kept,) = pair.wire.boxes["m"].aside
    assert (kept.name, kept.data, kept.code) == (name, data, code)
    assert report.set_aside == 1
    line = problems(pair.slave)[0]
    assert line.event == "set-aside"
    assert line.text.startswith(f"{name}: {kept.text}")
    assert (line.size, line.digest) == (len(data), hashlib.sha256(data).hexdigest())
    a_good_message_passes(pair)
    assert "evil" not in str(tickets(pair.slave))


def test_many_forged_messages_hold_up_none_of_the_good_ones() -> None:
    """All kinds at once, around a good message, in one cycle."""
    pair = made(2)
    pair.wire.limit = 4 * DEFAULT_LIMIT
    pair.master.tracker.user_edit(1, {"customer": "good"}, "", "alice")
    pair.master.cycle()
    for forge, _ in FORGED.values():
        pair.wire.plant("m", *forge(pair))
    pair.slave.cycle()
    assert tickets(pair.slave)[1].values["customer"] == "good"
    assert len(pair.wire.boxes["m"].aside) == len(FORGED)
    a_good_message_passes(pair)


def test_an_old_message_given_again_changes_nothing() -> None:
    """It is dropped by its number; the log says so. (It is acknowledged again: the first one may be lost.)"""
    pair = made(2)
    pair.master.tracker.user_edit(1, {"customer": "1"}, "once", "alice")
    pair.settle()
    pair.master.tracker.user_edit(1, {"customer": "2"}, "", "alice")
    pair.settle()
    before = tickets(pair.slave)
    for name, data in list(pair.wire.boxes["m"].history):
        pair.wire.plant("m", name, data)
    pair.slave.cycle()
    assert tickets(pair.slave) == before
    assert any(line.event == "duplicate" for line in pair.slave.store.log(SYNC_ID))
    a_good_message_passes(pair)


def test_messages_given_back_to_their_sender_are_set_aside() -> None:
    """Everything the slave ever said, planted as if the master had: not one is taken."""
    pair = made(2)
    before = tickets(pair.slave)
    for number, (_, data) in enumerate(pair.wire.boxes["s"].history, 50):
        pair.wire.plant("m", message_name(SYNC_ID, "m", number), data)
    pair.slave.cycle()
    assert tickets(pair.slave) == before
    assert {kept.code for kept in pair.wire.boxes["m"].aside} == {"not-for-us"}
    a_good_message_passes(pair)


def test_a_hello_that_comes_to_the_slave_is_set_aside() -> None:
    """Only the master is greeted."""
    pair = made(2)
    hello = next(data for name, data in pair.wire.boxes["s"].history if "hello" in name)
    pair.wire.plant("m", hello_name(SYNC_ID, "0" * 16), hello)
    answers = said(pair.slave)
    pair.slave.cycle()
    assert said(pair.slave) == answers
    a_good_message_passes(pair)


NONSENSE: dict[str, Callable[[SimPair], Body]] = {
    "a change twice the same field": lambda p: Body(
        (strange(p.master, fields=(FieldChange("customer", "a", 1), FieldChange("customer", "b", 1))),)
    ),
    "a change before itself": lambda p: Body((replace(strange(p.master), after=2**40),)),
    "a ticket that cannot be": lambda p: Body((strange(p.master, ticket="no ticket"),)),
    "a ticket with a NUL": lambda p: Body((strange(p.master, ticket="a\0b/1/2"),)),
    "a negative time": lambda p: Body((strange(p.master, time=-1),)),
    "a time after all times": lambda p: Body((strange(p.master, time=2**60),)),
    "a version below one": lambda p: Body((strange(p.master, version=0),)),
    "an attachment of no size": lambda p: Body(
        (strange(p.master, kind=ChangeKind.ATTACHMENT, attachment=AttachmentInfo("a", -1, "ab" * 32)),)
    ),
    "an attachment without one": lambda p: Body((strange(p.master, kind=ChangeKind.ATTACHMENT),)),
    "a comment that cannot be": lambda p: Body((strange(p.master, fields=sets("comment:x:1", "evil")),)),
    "parts without bytes": lambda p: Body(parts=(Part("ab" * 32, 0, 9, 9),)),
    "absurdly many changes": lambda p: Body(tuple(strange(p.master, id=str(i)) for i in range(2001))),
    "an absurd birth": lambda p: Body(births=(Birth("acme/1/2", -5),)),
    "a birth of nothing": lambda p: Body(births=(Birth("x", 5),)),
    "an absurd report": lambda p: Body(report=Report((Parked(2**60, "evil"),))),
    "an absurd wish": lambda p: Body(report=Report((), ("../../etc/passwd",))),
    "an absurd farewell": lambda p: Body(control=(Bye(),) * 21),
}


@pytest.mark.parametrize("kind", NONSENSE)
def test_a_nonsensical_body_is_set_aside_and_only_its_repetition_is_answered(kind: str) -> None:
    """It changes nothing; when it comes again the sender hears that the number cannot be read."""
    pair = made(2)
    before, answers = tickets(pair.slave), said(pair.slave)
    message = head(pair, NONSENSE[kind](pair))
    pair.wire.plant("m", name_of(message), sealed(message))
    pair.slave.cycle()
    pair.clock.advance(60 * MINUTE)
    pair.slave.cycle()
    assert (tickets(pair.slave), said(pair.slave)) == (before, answers)
    (kept,) = pair.wire.boxes["m"].aside
    assert kept.code == "nonsense"
    assert problems(pair.slave)[0].text.startswith(f"{name_of(message)}: The message is nonsensical")
    pair.wire.plant("m", name_of(message), sealed(message))
    pair.slave.cycle()
    assert tickets(pair.slave) == before
    assert said(pair.slave) == answers + 1
    assert not pair.slave.sync.suspended


def test_reasons_of_the_partner_are_stored_as_any_database_takes_them() -> None:
    """PostgreSQL refuses NUL, and one such text would stop the receiving side for good."""
    pair = made(2)
    utter(pair.master, Body(report=Report((Parked(1, "no\0 use\nat all" + "!" * 5000),))))
    utter(pair.master, Body((strange(pair.master, fields=sets("a\0b", "x" * (8 << 20) + "x")),)))
    pair.master.cycle()
    pair.slave.cycle()
    (told,) = pair.slave.store.partner_parked(SYNC_ID).values()
    reason = told.reason
    assert reason.startswith("no use at all!")
    assert len(reason) < 1001
    (unread,) = pair.slave.store.received(SYNC_ID)
    assert unread.problem.startswith("The message is nonsensical: its value of ab has ")


@pytest.mark.parametrize("text", [b'"\\ud800"', b"7", b'{"a":', b'"\xff"'])
def test_text_that_is_none_makes_the_body_unreadable(text: bytes) -> None:
    """Lone surrogates, numbers for text, broken JSON, bytes that are not UTF-8; a good message passes."""
    pair = made(2)
    before = tickets(pair.slave)
    body = bytes(head(pair, Body((strange(pair.master, comment="HERE"),))).body).replace(b'"HERE"', text)
    message = head(pair, body=Raw(body))
    pair.wire.plant("m", name_of(message), sealed(message))
    pair.slave.cycle()
    assert tickets(pair.slave) == before
    assert pair.wire.boxes["m"].aside[0].code == "nonsense"
    a_good_message_passes(pair)
