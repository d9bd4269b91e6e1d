# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The handshake, whatever happens to its three messages: connected with the first key, or not at all."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from itertools import product

import pytest
from engine.forging import MINUTE, SECOND, problems, said, sealed, tickets, utter
from msgspec import Raw
from msgspec.structs import replace

from trac_issuesync.core.errors import Refused
from trac_issuesync.core.model import Side, State
from trac_issuesync.engine.control import PARTNER_KEY, SECRET, greet, make_hello, prove
from trac_issuesync.engine.ports import Fetched
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair, SimSide
from trac_issuesync.testing.sim_sealer import SimSealer
from trac_issuesync.wire.codec import encode, encode_body
from trac_issuesync.wire.messages import Ack, Body, BoundNow, Hello, Message, Ping, Pong
from trac_issuesync.wire.naming import hello_name

HELLO_AGAIN = 11 * MINUTE
NAME = hello_name(SYNC_ID, "0" * 16)


def connected(pair: SimPair) -> bool:
    """True if both sides are through with the handshake, with the right keys pinned."""
    keys = [side.sync.partner_key for side in pair.sides]
    return all(side.sync.connected for side in pair.sides) and keys == ["globex", "acme"]


def rounds(pair: SimPair, count: int = 8, step: int = HELLO_AGAIN) -> None:
    """Cycles of both sides with time between them."""
    for _ in range(count):
        for side in pair.sides:
            side.cycle()
        pair.clock.advance(step)


def greeting(pair: SimPair, own: str = "globex", **more: object) -> tuple[str, bytes]:
    """A hello of the party ``own`` that knows everything of the handshake file, but for what is given."""
    secret = str(more.pop("secret", "one-time"))
    environment = str(more.pop("environment", "globex"))
    key = str(more.pop("key", own))
    proof = more.pop("proof", prove(secret, SYNC_ID, own, environment))
    hello = Hello(key, str(proof), environment, own.title())
    body = Raw(encode_body(Body(control=(hello,))))
    fields = {"source": environment, "target": "acme", "body": body, **more}
    message = replace(make_hello(pair.slave.link(), key), **fields)
    return NAME, sealed(message, own, "acme")


def test_both_sides_connect_and_are_stopped_until_they_are_started() -> None:
    """The first key is pinned on the master; nothing runs by itself."""
    pair = SimPair()
    rounds(pair, 3, SECOND)
    assert connected(pair)
    assert [side.sync.state for side in pair.sides] == [State.STOPPED, State.STOPPED]
    assert pair.master.store.secret(SYNC_ID, PARTNER_KEY) == "globex"
    assert pair.slave.store.secret(SYNC_ID, SECRET) is None


def stage(pair: SimPair, which: str) -> tuple[SimSide, list[tuple[str, bytes]]]:
    """Go on until the message ``which`` is on the wire; its sender, and what lies there, taken off."""
    pair.slave.cycle()
    if which == "hello":
        return pair.slave, pair.hold(pair.slave)
    pair.master.cycle()
    if which == "ping":
        return pair.master, pair.hold(pair.master)
    pair.slave.cycle()
    return pair.slave, pair.hold(pair.slave)


@pytest.mark.parametrize(
    ("which", "fate"), list(product(("hello", "ping", "pong"), ("lost", "doubled", "late", "damaged")))
)
def test_each_message_may_be_lost_doubled_late_or_damaged(which: str, fate: str) -> None:
    """The handshake ends all the same, with one key, and no ticket moves before the start."""
    pair = SimPair()
    pair.master.tracker.user_create({"summary": "early"}, "alice")
    sender, parcels = stage(pair, which)
    assert parcels
    if fate == "doubled":
        pair.release(sender, parcels + parcels)
    if fate == "damaged":
        pair.release(sender, [(name, data[:-1]) for name, data in parcels])
    if fate == "late":
        rounds(pair, 2)
        pair.release(sender, parcels)
    rounds(pair)
    assert connected(pair)
    assert tickets(pair.slave) == {}
    assert not any(side.sync.suspended for side in pair.sides)
    for side in pair.sides:
        side.start()
    pair.settle()
    assert [ticket.values["summary"] for ticket in tickets(pair.slave).values()] == ["early"]


def test_the_messages_may_come_in_any_order() -> None:
    """Everything either side said so far is handed over again, backwards, in the middle of it."""
    pair = SimPair()
    for _ in range(4):
        for side in pair.sides:
            side.cycle()
            box = pair.wire.boxes["m" if side is pair.master else "s"]
            pair.release(side, box.history[::-1])
        pair.clock.advance(MINUTE)
    rounds(pair)
    assert connected(pair)
    assert not any(side.sync.suspended for side in pair.sides)


def test_a_hello_is_said_again_until_it_is_answered_but_not_in_every_cycle() -> None:
    """Ten back-offs lie between two of them; with the answer it ends."""
    pair = SimPair()
    for _ in range(30):
        pair.slave.cycle()
        pair.clock.advance(MINUTE)
    assert said(pair.slave) == 3
    rounds(pair)
    assert connected(pair)
    hellos = [name for name, _ in pair.wire.boxes["s"].history if "hello" in name]
    rounds(pair)
    assert [name for name, _ in pair.wire.boxes["s"].history if "hello" in name] == hellos


def test_a_hello_after_the_connection_changes_nothing() -> None:
    """It is neither an error nor a new beginning."""
    pair = SimPair()
    pair.slave.cycle()
    hello = pair.hold(pair.slave)
    pair.release(pair.slave, hello)
    rounds(pair)
    before = [side.sync for side in pair.sides]
    pair.release(pair.slave, hello)
    answers = said(pair.master)
    rounds(pair)
    assert [side.sync for side in pair.sides] == before
    assert said(pair.master) == answers
    assert pair.wire.boxes["s"].aside == []


REFUSED: dict[str, tuple[Callable[[SimPair], tuple[str, bytes]], str]] = {
    "a wrong secret": (lambda p: greeting(p, secret="guessed"), "secret"),
    "no proof": (lambda p: greeting(p, proof=""), "secret"),
    "a proof that is no text of hex": (lambda p: greeting(p, proof="ü"), "secret"),
    "the proof of another key": (lambda p: greeting(p, "mallory", proof=_proof("globex")), "secret"),
    "another's key inside": (lambda p: greeting(p, "mallory", key="globex"), "other-key"),
    "another synchronization": (lambda p: greeting(p, sync="f" * 20), "misaddressed"),
    "another environment": (lambda p: greeting(p, target="initech"), "misaddressed"),
    "another source outside": (lambda p: greeting(p, source="initech"), "misaddressed"),
    "this very environment": (lambda p: greeting(p, environment="acme"), "same-environment"),
    "another protocol": (lambda p: greeting(p, protocol=2), "protocol"),
    "no hello in it": (lambda p: greeting(p, body=Raw(b"{}")), "nonsense"),
    "a body that is none": (lambda p: greeting(p, body=Raw(b"7")), "nonsense"),
    "damaged": (lambda p: (NAME, greeting(p)[1][:-1]), "damaged"),
    "empty": (lambda p: (NAME, b""), "not-openpgp"),
    "to another key": (lambda p: (NAME, SimSealer("globex", "carol", True).seal(b"x")), "not-for-us"),
    "in the clear": (lambda p: (NAME, SimSealer("globex", "acme", False).seal(b"x")), "not-encrypted"),
}


def _proof(own: str) -> str:
    return prove("one-time", SYNC_ID, own, "globex")


@pytest.mark.parametrize("kind", REFUSED)
def test_a_hello_that_is_not_in_order_pins_nothing_and_is_not_answered(kind: str) -> None:
    """Set aside with its code and a problem in the log; the right one is taken afterwards."""
    make, code = REFUSED[kind]
    pair = SimPair()
    name, data = make(pair)
    pair.wire.plant("s", name, data)
    pair.master.cycle()
    assert [kept.code for kept in pair.wire.boxes["s"].aside] == [code]
    assert problems(pair.master)[0].event == "set-aside"
    assert said(pair.master) == 0
    assert pair.master.sync.partner_key == ""
    assert pair.master.store.secret(SYNC_ID, PARTNER_KEY) is None
    rounds(pair)
    assert connected(pair)


@pytest.mark.parametrize("moment", ["before the answer", "after the connection"])
def test_a_second_hello_with_another_key_is_refused(moment: str) -> None:
    """The handshake file was used twice: the first one stays, the administrator is told."""
    pair = SimPair()
    pair.slave.cycle()
    pair.master.cycle()
    if moment == "after the connection":
        rounds(pair)
    pair.wire.plant("s", *greeting(pair, "mallory"))
    pair.master.cycle()
    assert pair.master.sync.partner_key == "globex"
    assert [kept.code for kept in pair.wire.boxes["s"].aside] == ["other-key"]
    assert "used with another key before" in problems(pair.master)[0].text
    rounds(pair)
    assert connected(pair)


def test_who_comes_first_is_pinned() -> None:
    """Whoever holds the file and its secret: the later one is refused, whoever is meant."""
    pair = SimPair()
    pair.wire.plant("s", *greeting(pair, "mallory"))
    pair.master.cycle()
    assert pair.master.sync.partner_key == "mallory"
    rounds(pair)
    assert pair.master.sync.partner_key == "mallory"
    assert not pair.slave.sync.connected
    assert "other-key" in {kept.code for kept in pair.wire.boxes["s"].aside}


def test_a_hello_that_comes_to_the_slave_is_set_aside() -> None:
    """Only the master is greeted."""
    pair = SimPair()
    link = pair.slave.link()
    with pytest.raises(Refused, match="says hello itself"):
        greet(link, Fetched("h", NAME, greeting(pair)[1]))
    assert pair.slave.sync.partner_key == "acme"


def test_before_the_hello_the_master_takes_no_message() -> None:
    """Nobody is pinned yet: whatever is numbered is set aside."""
    pair = SimPair()
    message = Message(1, SYNC_ID, Side.SLAVE, "globex", "acme", 1, 1, Ack(1, 0), Raw(b"{}"))
    pair.wire.plant("s", f"{SYNC_ID}-s-0000000001", SimSealer("globex", "acme", True).seal(encode(message)))
    pair.master.cycle()
    assert [kept.code for kept in pair.wire.boxes["s"].aside] == ["other-key"]
    rounds(pair)
    assert connected(pair)


def test_nothing_of_a_ticket_travels_before_the_start() -> None:
    """Neither in the handshake nor stopped: no summary, no author, no number is on the wire."""
    pair = SimPair()
    number = pair.master.tracker.user_create({"summary": "top secret"}, "alice")
    pair.master.tracker.user_attach(number, "secret.txt", b"top secret", "alice")
    pair.slave.tracker.user_create({"summary": "top secret"}, "bob")
    rounds(pair)
    assert connected(pair)
    for side, letter in ((pair.slave, "m"), (pair.master, "s")):
        for name, data in pair.wire.boxes[letter].history:
            if "hello" in name:
                continue
            opened = SimSealer(side.sync.own_key, side.sync.partner_key, True).open(data)
            assert b"changes" not in _text(opened)
            assert b"top secret" not in _text(opened)
    assert all(side.store.count_waiting(SYNC_ID) == 0 for side in pair.sides)


def _text(plaintext: bytes) -> bytes:
    return zlib.decompress(plaintext)


@pytest.mark.parametrize(
    ("from_master", "kind"),
    [(True, "pong"), (True, "bound"), (True, "hello"), (False, "ping"), (False, "hello")],
)
def test_a_control_item_of_the_wrong_side_is_passed_over(from_master: bool, kind: str) -> None:
    """It is told as a problem and changes neither contract, binding nor state."""
    pair = SimPair().connect()
    here, there = (pair.master, pair.slave) if from_master else (pair.slave, pair.master)
    version = pair.master.store.versions(SYNC_ID)[0]
    assert version.ours is not None
    items = {
        "ping": Ping(replace(version.contract, version=2, fields=()), "", "", 0, "evil", 0),
        "pong": Pong(replace(version.ours, fields=()), 0),
        "bound": BoundNow(replace(version.ours, fields=())),
        "hello": Hello("mallory", "", "globex", "evil"),
    }
    before = (there.sync, there.store.versions(SYNC_ID))
    utter(here, Body(control=(items[kind],)))
    pair.settle()
    assert (there.sync, there.store.versions(SYNC_ID)) == before
    assert any(line.event == "passed" and kind[:4] in line.text for line in problems(there))


def test_a_second_ping_changes_nothing_once_connected() -> None:
    """A contract is published by its version, not by a repeated connection test."""
    pair = SimPair().connect()
    version = pair.master.store.versions(SYNC_ID)[0]
    before = (pair.slave.sync, pair.slave.store.versions(SYNC_ID))
    utter(pair.master, Body(control=(Ping(replace(version.contract, version=2), "", "", 0, "x", 0),)))
    pair.settle()
    assert (pair.slave.sync, pair.slave.store.versions(SYNC_ID)) == before


def test_binding_a_version_that_was_never_published_is_passed_over() -> None:
    """The slave claims version 9: told as a problem, nothing bound."""
    pair = SimPair().connect()
    version = pair.slave.store.versions(SYNC_ID)[0]
    assert version.ours is not None
    utter(pair.slave, Body(control=(BoundNow(replace(version.ours, version=9)),)))
    pair.settle()
    assert pair.master.sync.bound_version == 1
    assert any("never published" in line.text for line in problems(pair.master))
