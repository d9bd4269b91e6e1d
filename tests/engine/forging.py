# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Messages that no honest partner sends, and ones that a partner with strange software sends."""

from __future__ import annotations

from typing import Any

from msgspec import Raw
from msgspec.structs import replace

from trac_issuesync.core.delivery import chain, digest_of
from trac_issuesync.core.model import Change, ChangeKind, FieldChange, Side, TicketSnapshot
from trac_issuesync.engine.records import LogLine, OutMessage
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair, SimSide
from trac_issuesync.testing.sim_sealer import SimSealer
from trac_issuesync.wire.codec import encode, encode_body
from trac_issuesync.wire.messages import PROTOCOL, Ack, Body, Message
from trac_issuesync.wire.naming import message_name

SECOND = 1_000_000
MINUTE = 60 * SECOND
EMPTY = Body()


def made(tickets: int = 1) -> SimPair:
    """A running pair with tickets that both sides have."""
    pair = SimPair().connect()
    for index in range(tickets):
        pair.master.tracker.user_create({"summary": f"t{index}", "customer": "0"}, "alice")
        pair.clock.advance(SECOND)
    pair.settle()
    return pair


def tickets(side: SimSide) -> dict[int, TicketSnapshot]:
    """All tickets of a side, whole."""
    return side.tracker.read(side.tracker.numbers(0, 1000))


def problems(side: SimSide) -> list[LogLine]:
    """What the log says that somebody should look at, newest first."""
    return [line for line in side.store.log(side.sync_id) if line.problem]


def said(side: SimSide) -> int:
    """How many messages the side has put on the wire so far."""
    return len(side.channel._wire.boxes["m" if side.side is Side.MASTER else "s"].history)


def head(pair: SimPair, body: Body = EMPTY, **more: Any) -> Message:
    """The master's next message, in order but for what is given."""
    master = pair.master
    fields = {
        "protocol": PROTOCOL,
        "sync": SYNC_ID,
        "sender": Side.MASTER,
        "source": master.store.environment(),
        "target": pair.slave.store.environment(),
        "epoch": 1,
        "number": master.store.counters(SYNC_ID).message + 1,
        "ack": Ack(1, 0),
        "body": Raw(encode_body(body)),
    }
    return Message(**{**fields, **more})


def sealed(message: Message, own: str = "acme", partner: str = "globex", *, encrypt: bool = True) -> bytes:
    """Sealed with the keys of these parties."""
    return SimSealer(own, partner, encrypt).seal(encode(message))


def name_of(message: Message) -> str:
    """The routing name that belongs to a numbered message of the master."""
    return message_name(SYNC_ID, "m", message.number)


def utter(side: SimSide, body: Body) -> None:
    """Let the side send this body as its next numbered message, whatever it says."""
    raw = encode_body(body)
    with side.store.transaction():
        counters = side.store.counters(SYNC_ID)
        number = counters.message + 1
        digest = chain(counters.message_digest, digest_of(raw))
        side.store.add_message(SYNC_ID, OutMessage(number, raw, digest, len(body.changes), False, made=0))
        side.store.save_counters(SYNC_ID, replace(counters, message=number, message_digest=digest))


def strange(side: SimSide, number: int = 1, **more: Any) -> Change:
    """A change of ``side`` for its ticket ``number``, next in order but for what is given; it is counted."""
    uid = more.pop("ticket", None)
    with side.store.transaction():
        counters = side.store.counters(SYNC_ID)
        side.store.save_counters(SYNC_ID, replace(counters, change=counters.change + 1))
        twin = side.twin_of(number)
        if uid is None:
            side.store.save_twins(SYNC_ID, [replace(twin, last=counters.change + 1)])
    fields = {
        "id": f"strange {counters.change + 1}",
        "number": counters.change + 1,
        "ticket": uid or twin.uid,
        "kind": ChangeKind.EDIT,
        "author": "alice",
        "time": side.environment.clock.now(),
        "version": 1,
        "after": twin.last if uid is None else 0,
        "seen": twin.seen if uid is None else 0,
    }
    return Change(**{**fields, **more})


def sets(name: str, value: str, **more: Any) -> tuple[FieldChange, ...]:
    """One field set, at a late stamp."""
    return (FieldChange(name, value, 1_900_000_000_000_000, **more),)


def a_good_message_passes(pair: SimPair) -> None:
    """Ticket 2 still follows: an edit of each side arrives at the other, and nothing has suspended."""
    pair.clock.advance(SECOND)
    pair.master.tracker.user_edit(2, {"customer": "good"}, "from the master", "alice")
    pair.settle()
    pair.slave.tracker.user_edit(2, {"priority": "minor"}, "from the slave", "bob")
    pair.settle()
    assert not any(side.sync.suspended for side in pair.sides)
    for side in pair.sides:
        ticket = side.tracker.read([2])[2]
        assert (ticket.values["customer"], ticket.values["priority"]) == ("good", "minor")
        comments = [entry.new for entry in ticket.log if entry.field == "comment"]
        assert comments[-2:] == ["from the master", "from the slave"]
