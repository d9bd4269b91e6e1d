# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A running pair one side of which turns hostile, and what must hold of the other afterwards."""

from __future__ import annotations

import base64
import json
import pickle
from random import Random
from typing import Any

from engine.forging import MINUTE, SECOND
from fuzz.hostile import Stage, hostile
from msgspec import Raw
from msgspec.structs import replace

from trac_issuesync.core.delivery import chain, digest_of
from trac_issuesync.core.errors import Refused
from trac_issuesync.core.model import Side
from trac_issuesync.engine.records import OutMessage
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair, SimSide
from trac_issuesync.wire.codec import decode, decode_body, encode
from trac_issuesync.wire.messages import PROTOCOL, Ack, Message, Unreadable
from trac_issuesync.wire.naming import message_name

__all__ = ["Theatre", "played"]

SECRET = "SECRET"
_DAY = 24 * 60 * MINUTE


class Theatre:
    """Tickets 1 to 4 are shared; ticket 5 of each side is hidden, and cc is no field of the contract.

    Ticket 4 was born at the slave. Ticket 3 is never named by what is hostile.
    """

    def __init__(self, attacker: Side) -> None:
        self.pair = pair = SimPair().connect()
        for index in range(3):
            values = {"summary": f"t{index}", "customer": "0", "cc": f"{SECRET}-cc"}
            pair.master.tracker.user_create(values, "alice")
            pair.clock.advance(SECOND)
        pair.settle()
        pair.slave.tracker.user_create({"summary": "t3", "cc": f"{SECRET}-cc"}, "bob")
        pair.settle()
        for side, user in ((pair.master, "alice"), (pair.slave, "bob")):
            side.tracker.user_edit(1, {"keywords": "one"}, f"said by {user}", user)
            pair.clock.advance(SECOND)
            hidden = side.tracker.user_create({"summary": SECRET, "description": SECRET}, user)
            side.tracker.hidden.add(hidden)
        pair.master.tracker.user_attach(2, "a.txt", b"0", "alice")
        pair.settle()
        by_side = {Side.MASTER: pair.master, Side.SLAVE: pair.slave}
        self.attacker, self.victim = by_side[attacker], by_side[attacker.other]
        self.said: list[dict[str, Any]] = []
        self.bytes_said = 0
        self._log = self._log_rows()
        self._hidden = self.victim.tracker.read([5])
        self._cc = {n: t.values["cc"] for n, t in self.victim.tracker.read([1, 2, 3, 4]).items()}
        self._catalogue = self.victim.tracker.catalogue()
        self._rows = self._weight()

    def stage(self) -> Stage:
        """What the hostile side knows now."""
        counters = self.attacker.store.counters(SYNC_ID)
        uids = tuple(self.attacker.twin_of(number).uid for number in (1, 2, 4))
        return Stage(
            uids,
            self.attacker.store.environment(),
            self.victim.store.environment(),
            self.attacker.side.letter,
            self.pair.clock.now(),
            counters.change,
            counters.message,
        )

    def act(self, rng: Random, messages: int) -> None:
        """Say this many hostile things, letting the victim work now and then."""
        for _ in range(messages):
            self.say(hostile(rng, self.stage()))
            if rng.random() < 0.6:
                self.victim.cycle()
            if rng.random() < 0.2:
                self.attacker.cycle()
        self.rest()

    def rest(self) -> None:
        """Both sides work until they are quiet."""
        self.pair.settle(rounds=30)

    def say(self, tree: dict[str, Any]) -> None:
        """Let the hostile side say this; what the protocol refuses is said under a number far ahead."""
        self.said.append(tree)
        raw = json.dumps(tree["body"]).encode("utf-8", "surrogatepass")
        self.bytes_said += len(raw)
        message = self._head(raw, base64.b64decode(tree["data"]), tree.get("ack"))
        try:
            changes = len(decode_body(decode(encode(message))).changes)
        except Refused:
            # Or the number, told unreadable, would make void what is said under it next.
            message = replace(message, number=message.number + 5000)
        else:
            self._count(message.number, raw, changes, highest_near(tree["body"], self.stage().change))
        link = self.attacker.link()
        name = message_name(SYNC_ID, self.attacker.side.letter, message.number)
        self.pair.wire.plant(self.attacker.side.letter, name, link.sealer.seal(encode(message)))

    def _head(self, raw: bytes, data: bytes, ack: dict[str, Any] | None) -> Message:
        counters = self.attacker.store.counters(SYNC_ID)
        true = Ack(counters.partner_epoch, counters.received, counters.received_digest)
        if ack is not None:
            pairs = tuple((first, last) for first, last in ack["missing"])
            unreadable = tuple(Unreadable(**item) for item in ack["unreadable"])
            true = replace(true, epoch=ack["epoch"], missing=pairs, unreadable=unreadable)
        return Message(
            PROTOCOL,
            SYNC_ID,
            self.attacker.side,
            self.attacker.store.environment(),
            self.victim.store.environment(),
            1,
            counters.message + 1,
            true,
            Raw(raw),
            data,
        )

    def _count(self, number: int, raw: bytes, changes: int, highest: int) -> None:
        """The hostile side keeps honest books, so that its later messages are in order."""
        side = self.attacker
        with side.store.transaction():
            counters = side.store.counters(SYNC_ID)
            digest = chain(counters.message_digest, digest_of(raw))
            now = self.pair.clock.now()
            kept = OutMessage(number, raw, digest, changes, False, now, 1, now + 9 * _DAY, now)
            side.store.add_message(SYNC_ID, kept)
            change = max(counters.change, highest)
            side.store.save_counters(
                SYNC_ID, replace(counters, message=number, message_digest=digest, change=change)
            )

    def check(self) -> None:
        """What must hold after anything hostile; then honest edits travel, or it is said why not."""
        self.nothing_else_was_changed()
        self.nothing_leaks()
        self.little_is_stored()
        self.honest_edits_travel()

    def nothing_else_was_changed(self) -> None:
        """Hidden tickets, cc, options and history are as before; new entries are the partner's by name."""
        tracker = self.victim.tracker
        assert tracker.read([5]) == self._hidden
        assert tracker.catalogue() == self._catalogue
        tickets = tracker.read([1, 2, 3, 4])
        assert len(tickets) == 4
        assert {number: ticket.values["cc"] for number, ticket in tickets.items()} == self._cc
        now = self._log_rows()
        edited = {field for _, _, field, *_ in now if field.startswith("_comment")}
        for row in self._log - now:
            assert row[2] == "comment", row
            assert edited, row
        for _, _, field, author, _ in now - self._log:
            assert "@" not in author, author
            own = author == "issuesync" or (field == "comment" and author in ("alice", "bob"))
            assert own or author.endswith(f"({self.victim.sync.settings.label})"), (field, author)

    def nothing_leaks(self) -> None:
        """No word of what is not shared is in anything the victim ever said."""
        link = self.attacker.link()
        for _, data in self.pair.wire.boxes[self.victim.side.letter].history:
            plaintext = encode(decode(link.sealer.open(data)))
            assert SECRET.encode() not in bytes(decode(plaintext).body)

    def little_is_stored(self) -> None:
        """Rows and bytes grow with what was said, and not faster; answers are few."""
        said = len(self.said)
        for number, ticket in self.victim.tracker.read([1, 2, 3, 4]).items():
            comments = sum(entry.field == "comment" for entry in ticket.log)
            twin = self.victim.store.twins_of_tickets(SYNC_ID, [number]).get(number)
            assert twin is None or len(twin.shadow) <= len(self.pair.contract.fields) + comments
        assert self._weight() - self._rows < 60_000 + 40 * said * 1000 + 12 * self.bytes_said
        parts = sum(len(tree["body"].get("parts") or ()) for tree in self.said)
        assert len(self.victim.spool.files) <= min(parts, 64 << 8)
        assert sum(map(len, self.victim.spool.files.values())) <= 64 << 20
        assert len(self.pair.wire.boxes[self.victim.side.letter].history) < 200 + 12 * said

    def honest_edits_travel(self) -> None:
        """Ticket 3 and a fresh ticket follow both ways, unless the state says that it is suspended."""
        if any(side.sync.suspended for side in self.pair.sides):
            assert all(len(side.sync.suspended) > 20 for side in self.pair.sides if side.sync.suspended)
            return
        for side, user in ((self.pair.master, "alice"), (self.pair.slave, "bob")):
            side.tracker.user_edit(3, {"customer": f"honest {user}"}, f"honest words of {user}", user)
            fresh = side.tracker.user_create({"summary": f"honest ticket of {user}"}, user)
            side.tracker.user_edit(1, {}, f"honest on 1 by {user}", user)
            assert fresh
            self.pair.clock.advance(SECOND)
            self.pair.settle(rounds=40)
            self._arrived(side, user)

    def _arrived(self, side: SimSide, user: str) -> None:
        other = self.pair.slave if side is self.pair.master else self.pair.master
        ticket = other.tracker.read([3])[3]
        assert ticket.values["customer"] == f"honest {user}"
        assert [e.new for e in ticket.log if e.field == "comment"][-1] == f"honest words of {user}"
        found = other.tracker.read(other.tracker.numbers(0, 10_000)).values()
        assert sum(t.values["summary"] == f"honest ticket of {user}" for t in found) == 1
        if f"honest on 1 by {user}" not in [e.new for e in other.tracker.read([1])[1].log]:
            self._explained(side, other)

    def _explained(self, side: SimSide, other: SimSide) -> None:
        """Why an edit of ticket 1, which was attacked, has not arrived: a person can see it."""
        twin = side.twin_of(1)
        waiting = other.store.inbox(SYNC_ID, [twin.uid]).get(twin.uid, [])
        lines = [line for line in other.store.log(SYNC_ID, ticket=1) if line.problem]
        at_home = side.store.log(SYNC_ID, ticket=1)
        assert waiting or lines or any(line.problem or line.event == "declined" for line in at_home)

    def _log_rows(self) -> set[tuple[int, int, str, str, str]]:
        tickets = self.victim.tracker.read([1, 2, 3, 4])
        return {(n, e.time, e.field, e.author, e.new) for n, ticket in tickets.items() for e in ticket.log}

    def _weight(self) -> int:
        """Bytes of all rows of the victim."""
        tables = self.victim.environment.database.tables
        return sum(len(pickle.dumps(table.groups)) for table in tables.values())


def played(attacker: Side, seed: int, messages: int = 15) -> None:
    """One run by seed; what was said is told if it does harm."""
    theatre = Theatre(attacker)
    try:
        theatre.act(Random(seed), messages)
        theatre.check()
    except BaseException:
        print(f"seed {seed}, {attacker.value}:", json.dumps(theatre.said))  # noqa: T201
        raise


def highest_near(body: dict[str, Any], counted: int) -> int:
    """The highest number that a change of a body carries, absurd ones left out."""
    numbers = [change["number"] for change in body.get("changes", ())]
    return max((number for number in numbers if number < counted + 1000), default=0)
