# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""docs/protocol.md is complete: a peer written from it alone talks with a real master."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from docs.stranger import Stranger

from trac_issuesync.engine.records import Sync
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair
from trac_issuesync.testing.sim_sealer import SimSealer
from trac_issuesync.wire.handshake import HandshakeFile, encode_handshake

SECOND = 1_000_000
MINUTE = 60 * SECOND
Drop = Callable[[str], bool]


def none(name: str) -> bool:
    """Nothing is lost."""
    return False


class Meeting:
    """A real master in memory, and the stranger as its slave over the same wire."""

    def __init__(self, handshake: bytes | None = None) -> None:
        self.pair = SimPair()
        self.clock, self.master = self.pair.clock, self.pair.master
        sealer = SimSealer("stranger", "acme", True)
        file = handshake or encode_handshake(self._file(self.master.sync))
        self.stranger = Stranger(file, "5tranger", "stranger", "stranger", sealer.seal, sealer.open)

    def _file(self, sync: Sync) -> HandshakeFile:
        return HandshakeFile(
            name=sync.name,
            sync=SYNC_ID,
            description='Größe "1"\n/\\\x7f\x1f',
            project="ACME",
            channel="file",
            environment=self.master.store.environment(),
            encrypt=True,
            max_message=1 << 20,
            contract=self.pair.contract,
            fingerprint="acme",
            key="acme",
            secret="one-time",
        )

    def connected(self) -> Meeting:
        """After the handshake, and started."""
        self.pair.wire.accept("s", *self.stranger.hello())
        self.rounds(3)
        assert self.master.sync.connected
        self.master.start()
        return self

    def rounds(self, count: int, lost: Drop = none) -> None:
        """Both sides work and time passes; what ``lost`` says does not arrive."""
        for _ in range(count):
            self.master.cycle()
            box = self.pair.wire.boxes["m"]
            for parcel in sorted(box.parcels, key=lambda parcel: parcel.name):
                if not lost(parcel.name):
                    self.stranger.receive(parcel.name, parcel.data)
            box.parcels.clear()
            for name, data in self.stranger.step():
                if not lost(name):
                    self.pair.wire.accept("s", name, data)
            self.clock.advance(5 * MINUTE)

    def at_rest(self) -> None:
        """Nothing is refused or stopped, and all is acknowledged on both sides."""
        self.rounds(6)
        assert not self.master.sync.suspended
        assert self.pair.wire.boxes["s"].aside == []
        assert self.master.store.count_messages(SYNC_ID)[0] == 0
        assert self.stranger.unacknowledged == {}
        assert self.stranger.waiting == {}

    def both(self, uid: str, name: str) -> tuple[str, str]:
        """A field as the master and as the stranger shows it."""
        number = self.master.store.twins(SYNC_ID, [uid])[uid].ticket
        values = self.master.tracker.read([number])[number].values
        return values[name], self.stranger.tickets[uid].values[name]


@pytest.mark.parametrize("file", ["stranger.py", "stranger_gpg.py"])
def test_the_stranger_knows_nothing_of_the_package(file: str) -> None:
    """Or it would prove nothing: the standard library only."""
    source = (Path(__file__).parent / file).read_text(encoding="utf-8")
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert all(name.split(".")[0] in sys.stdlib_module_names for name in names), names


def test_the_stranger_reads_the_handshake_file_and_sees_a_change_in_it() -> None:
    """The digest over its members, in the form that the protocol gives."""
    meeting = Meeting()
    file = encode_handshake(meeting._file(meeting.master.sync))
    with pytest.raises(ValueError, match="was changed"):
        Meeting(file.replace(b"one-time", b"another!"))


def test_tickets_and_edits_travel_both_ways() -> None:
    """Creation, fields, comments, births and acknowledgements, with authors marked as the partner's."""
    meeting = Meeting().connected()
    master, stranger = meeting.master, meeting.stranger
    number = master.tracker.user_create({"summary": "From Trac", "keywords": "a"}, "alice")
    master.tracker.user_edit(number, {"customer": "ümläut"}, "Look\r\nhere", "alice")
    meeting.rounds(3)
    (uid,) = stranger.tickets
    ticket = stranger.tickets[uid]
    assert (ticket.values["summary"], ticket.values["customer"]) == ("From Trac", "ümläut")
    assert ticket.comments == [("alice", "Look\r\nhere")]
    assert master.twin_of(number).partner == 101
    stranger.edit(uid, {"priority": "minor"}, "sam", meeting.clock.now(), "Done with that.")
    own = {"summary": "From afar", "type": "task", "status": "new", "reporter": "s:sam", "priority": "major"}
    made = stranger.create(7, own, "sam", meeting.clock.now())
    meeting.rounds(3)
    at_master = master.tracker.read([number])[number]
    assert at_master.values["priority"] == "minor"
    assert at_master.log[-1].author == "sam (GLOBEX)"
    assert meeting.both(made, "summary") == ("From afar", "From afar")
    assert ticket.master_number == 0
    assert stranger.tickets[made].master_number == 2
    meeting.at_rest()


@pytest.mark.parametrize(("later", "stands"), [("master", "by alice"), ("slave", "by sam")])
def test_concurrent_edits_end_equal(later: str, stands: str) -> None:
    """The newer one stands on both sides without another question; lists are joined by the master."""
    meeting = Meeting().connected()
    number = meeting.master.tracker.user_create({"summary": "one", "keywords": "old, kept"}, "alice")
    meeting.at_rest()
    (uid,) = meeting.stranger.tickets
    now = meeting.clock.now()
    meeting.stranger.edit(
        uid,
        {"customer": "by sam", "keywords": "kept, theirs"},
        "sam",
        now + (5 * SECOND if later == "slave" else 0),
    )
    meeting.clock.advance(SECOND)
    meeting.master.tracker.user_edit(
        number, {"customer": "by alice", "keywords": "old, kept, ours"}, "", "alice"
    )
    meeting.at_rest()
    assert meeting.both(uid, "customer") == (stands, stands)
    assert meeting.both(uid, "keywords") == ("kept, ours, theirs",) * 2


def test_lost_messages_are_sent_again_and_the_digests_agree() -> None:
    """Every second message of both sides is lost for a while; a gap is told and filled."""
    meeting = Meeting().connected()
    dropped: list[str] = []

    def every_second(name: str) -> bool:
        lost = len(dropped) % 2 == 0
        dropped.append(name)
        return lost

    for index in range(6):
        meeting.master.tracker.user_create({"summary": f"t{index}"}, "alice")
        meeting.rounds(1, every_second)
        for uid in meeting.stranger.tickets:
            meeting.stranger.edit(uid, {"customer": f"{index}"}, "sam", meeting.clock.now())
    meeting.rounds(20)
    meeting.at_rest()
    assert len(meeting.stranger.tickets) == 6
    for uid in meeting.stranger.tickets:
        assert len(set(meeting.both(uid, "customer"))) == 1
