# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What one side does appears on the other, once, with author and time: the engine, a faithful wire."""

from __future__ import annotations

import pytest

from trac_issuesync.core.model import State
from trac_issuesync.testing.sim_pair import SimPair

SECOND = 1_000_000


@pytest.fixture
def pair() -> SimPair:
    return SimPair().connect()


def test_handshake_connects_both_sides_and_binds_the_contract(pair: SimPair) -> None:
    """After hello, ping and pong both sides run under version 1."""
    for side in pair.sides:
        assert side.sync.state is State.RUNNING
        version = side.store.published(side.sync_id, 1)
        assert version is not None
        assert version.ours is not None
        assert version.partners is not None
    assert pair.master.sync.partner_key == "globex"


def test_a_new_ticket_appears_once_with_reporter_and_time(pair: SimPair) -> None:
    """A ticket made on the master exists once on the slave, and the master learns its number."""
    number = pair.master.tracker.user_create({"summary": "Broken"}, "alice")
    pair.settle()
    made = pair.slave.tracker.read(pair.slave.tracker.numbers(0, 10))
    assert [t.values["summary"] for t in made.values()] == ["Broken"]
    (ticket,) = made.values()
    assert ticket.values["reporter"] == "alice (ACME)"
    assert ticket.created == pair.master.tracker.read([number])[number].created
    assert pair.master.twin_of(number).partner == ticket.number


def test_edits_and_comments_go_both_ways(pair: SimPair) -> None:
    """Fields and comments of both sides arrive with their author and time, and nothing comes back."""
    number = pair.master.tracker.user_create({"summary": "Broken"}, "alice")
    pair.settle()
    at = pair.slave.tracker.user_edit(1, {"priority": "minor"}, "Looked at it.", "bob")
    pair.settle()
    ticket = pair.master.tracker.read([number])[number]
    assert ticket.values["priority"] == "minor"
    rows = {(e.time, e.author, e.field, e.new) for e in ticket.log}
    assert rows == {
        (at, "bob (GLOBEX)", "priority", "minor"),
        (at, "bob (GLOBEX)", "comment", "Looked at it."),
    }
    assert len(pair.slave.tracker.read([1])[1].log) == 2


def test_quiet_sides_exchange_nothing(pair: SimPair) -> None:
    """Once everything is acknowledged, a day of cycles sends no further message."""
    pair.master.tracker.user_create({"summary": "Broken"}, "alice")
    pair.settle()
    before = [len(box.history) for box in pair.wire.boxes.values()]
    for _ in range(50):
        pair.clock.advance(1800 * SECOND)
        for side in pair.sides:
            side.cycle()
    assert [len(box.history) for box in pair.wire.boxes.values()] == before


def test_full_history_travels_with_the_first_synchronization() -> None:
    """Changes made before the start arrive each with author, time and comment."""
    pair = SimPair()
    number = pair.master.tracker.user_create({"summary": "Old"}, "alice")
    pair.clock.advance(SECOND)
    pair.master.tracker.user_edit(number, {"priority": "minor"}, "first", "alice")
    pair.clock.advance(SECOND)
    pair.master.tracker.user_edit(number, {"status": "closed", "resolution": "fixed"}, "second", "bob")
    pair.clock.advance(SECOND)
    pair.connect().settle()
    ours, theirs = pair.master.tracker.read([number])[number], pair.slave.tracker.read([1])[1]
    assert [(e.time, e.field, e.old, e.new) for e in theirs.log] == [
        (e.time, e.field, e.old, e.new) for e in ours.log
    ]
    assert {e.author for e in theirs.log} == {"alice (ACME)", "bob (ACME)"}
    assert theirs.values["status"] == "closed"


def test_comment_edits_follow(pair: SimPair) -> None:
    """An edited comment is edited on the other side too, from whichever side the edit comes."""
    number = pair.master.tracker.user_create({"summary": "Broken"}, "alice")
    pair.clock.advance(SECOND)
    at = pair.master.tracker.user_edit(number, {}, "First words.", "alice")
    pair.settle()
    pair.master.tracker.user_comment_edit(number, at, "Better words.", "alice")
    pair.settle()
    pair.slave.tracker.user_comment_edit(1, at, "Best words.", "bob")
    pair.settle()
    for side in pair.sides:
        texts = [e.new for e in side.tracker.read([1])[1].log if e.field == "comment"]
        assert texts == ["Best words."]
        edits = [e.old for e in side.tracker.read([1])[1].log if e.field.startswith("_comment")]
        assert edits == ["First words.", "Better words."]


def test_attachments_arrive_whole_and_once(pair: SimPair) -> None:
    """Bytes in several parts arrive; the same content again travels once more as a name only."""
    number = pair.master.tracker.user_create({"summary": "Broken"}, "alice")
    data = bytes(range(256)) * 800
    pair.master.tracker.user_attach(number, "a.bin", data, "alice", description="first")
    pair.settle()
    pair.master.tracker.user_attach(number, "b.bin", data, "alice")
    pair.settle()
    rows = pair.slave.tracker.read([1])[1].attachments
    assert [(r.filename, r.author, r.size) for r in rows] == [
        ("a.bin", "alice (ACME)", len(data)),
        ("b.bin", "alice (ACME)", len(data)),
    ]
    for row in rows:
        stream = pair.slave.tracker.open_attachment(1, row.filename)
        assert stream is not None
        assert stream.read() == data
    assert pair.slave.spool.files == {}
    assert sum(len(d) > 100_000 for _, d in pair.wire.boxes["m"].history) <= 1


def test_an_unknown_value_parks_its_ticket_alone_until_it_exists(pair: SimPair) -> None:
    """A component that the slave lacks parks that change; another ticket goes on; both sides see why."""
    options = pair.master.tracker.catalogue().field("component").options
    pair.master.tracker.set_options("component", (*options, "engine"))
    pair.master.tracker.user_create({"summary": "A", "component": "engine"}, "alice")
    pair.master.tracker.user_create({"summary": "B"}, "alice")
    pair.settle()
    assert [t.values["summary"] for t in pair.slave.tracker.read([1, 2]).values()] == ["B"]
    (parked,) = pair.slave.store.parked(pair.slave.sync_id)
    assert "component 'engine' does not exist" in parked.reason
    (told,) = pair.master.store.partner_parked(pair.master.sync_id).values()
    assert told.reason == parked.reason
    pair.slave.tracker.set_options("component", (*options, "engine"))
    with pair.slave.store.transaction():
        pair.slave.store.unpark(pair.slave.sync_id)
    pair.settle()
    assert sorted(t.values["summary"] for t in pair.slave.tracker.read([1, 2]).values()) == ["A", "B"]
    assert pair.master.store.partner_parked(pair.master.sync_id) == {}


def test_edits_made_while_stopped_go_after_start(pair: SimPair) -> None:
    """While stopped nothing leaves; after start everything does."""
    pair.slave.stop()
    pair.master.tracker.user_create({"summary": "A"}, "alice")
    pair.settle()
    assert pair.slave.tracker.numbers(0, 10) == []
    pair.slave.start()
    pair.settle()
    assert pair.slave.tracker.numbers(0, 10) == [1]


def test_a_deleted_ticket_is_told_and_the_partners_stays(pair: SimPair) -> None:
    """Deletion is never mirrored; a change that arrives for a deleted ticket makes no new one."""
    pair.master.tracker.user_create({"summary": "A"}, "alice")
    pair.settle()
    pair.master.tracker.user_delete(1)
    pair.slave.tracker.user_edit(1, {}, "too late", "bob")
    with pair.master.store.transaction():
        pair.master.store.mark(pair.master.sync_id, [1])
    pair.settle()
    assert pair.master.tracker.numbers(0, 10) == []
    assert pair.slave.tracker.numbers(0, 10) == [1]
    assert any(line.event == "gone" for line in pair.slave.store.log(pair.slave.sync_id))


def test_a_partner_cannot_name_a_user_of_this_project_as_reporter(pair: SimPair) -> None:
    """A reporter typed as ``alice (ACME)`` at globex is shown at acme as one of globex's."""
    pair.slave.tracker.user_create({"summary": "Not hers", "reporter": "alice (ACME)"}, "bob")
    pair.settle()
    (ticket,) = pair.master.tracker.read(pair.master.tracker.numbers(0, 10)).values()
    assert ticket.values["reporter"] == "alice (GLOBEX)"
    pair.slave.tracker.user_edit(1, {"reporter": "bob"}, "", "bob")
    pair.settle()
    pair.clock.advance(SECOND)
    pair.slave.tracker.user_edit(1, {"reporter": "alice (ACME)"}, "", "bob")
    pair.settle()
    assert pair.master.tracker.read([1])[1].values["reporter"] == "alice (GLOBEX)"
