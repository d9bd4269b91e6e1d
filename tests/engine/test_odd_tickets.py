# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whatever a ticket holds, its changes make messages that the partner takes: one ticket never stops all."""

from __future__ import annotations

import pytest

from trac_issuesync.core.timing import LATEST
from trac_issuesync.testing.sim_judge import differences
from trac_issuesync.testing.sim_pair import SimPair
from trac_issuesync.wire.limits import MOST_FILE_NAME, MOST_TEXT

SECOND = 1_000_000


@pytest.fixture
def pair() -> SimPair:
    return SimPair().connect()


def problems(pair: SimPair) -> list[str]:
    """What either side has on record as a problem."""
    return [line.event for side in pair.sides for line in side.store.log(side.sync_id) if line.problem]


def all_there(pair: SimPair, summary: str) -> None:
    """Both tickets are at the slave, and nothing waits at the master."""
    here = pair.slave.tracker.read(pair.slave.tracker.numbers(0, 10))
    assert sorted(t.values["summary"] for t in here.values()) == sorted(["plain", summary])
    assert pair.master.store.messages(pair.master.sync_id) == []


@pytest.mark.parametrize("born", [-31_536_000 * SECOND, LATEST + SECOND])
def test_a_ticket_of_an_impossible_time_is_mirrored_with_its_comments(pair: SimPair, born: int) -> None:
    """Imported tickets may be older than 1970; they hold back nothing and can be talked about."""
    master = pair.master.tracker
    number = master.user_create({"summary": "odd"}, "alice", born)
    at = master.user_edit(number, {"priority": "minor"}, "Once upon a time.", "alice", born + 1)
    master.user_comment_edit(number, at, "Once.", "alice", born + 2)
    master.user_attach(number, "a.txt", b"a", "alice", born + 3)
    master.user_create({"summary": "plain"}, "alice")
    pair.settle()
    all_there(pair, "odd")
    (twin,) = [t for t in pair.slave.tracker.read([1, 2]).values() if t.values["summary"] == "odd"]
    assert twin.values["priority"] == "minor"
    assert born > 0 or twin.created == 1
    assert [e.new for e in twin.log if e.field == "comment"] == ["Once."]
    assert [a.filename for a in twin.attachments] == ["a.txt"]
    mirrored = next(e.time for e in twin.log if e.field == "comment")
    pair.slave.tracker.user_comment_edit(twin.number, mirrored, "Never.", "bob")
    pair.settle()
    assert [e.new for e in master.read([number])[number].log if e.field == "comment"] == ["Never."]
    assert problems(pair) == []


def test_text_longer_than_any_message_waits_at_the_partner_alone(pair: SimPair) -> None:
    """It goes cut, which both logs show, and nothing of another ticket waits behind it."""
    master = pair.master.tracker
    master.user_create({"summary": "long", "description": "x" * (MOST_TEXT + 1)}, "alice")
    master.user_create({"summary": "plain"}, "alice")
    pair.settle()
    assert [t.values["summary"] for t in pair.slave.tracker.read([1, 2]).values()] == ["plain"]
    assert pair.master.store.messages(pair.master.sync_id) == []
    assert problems(pair) == ["cut", "parked"]


def test_a_file_name_longer_than_any_message_goes_cut_and_on_record(pair: SimPair) -> None:
    """The bytes arrive under a name with the same extension."""
    master = pair.master.tracker
    number = master.user_create({"summary": "named"}, "alice")
    master.user_attach(number, "n" * MOST_FILE_NAME + ".txt", b"a", "alice")
    master.user_create({"summary": "plain"}, "alice")
    pair.settle()
    all_there(pair, "named")
    assert problems(pair) == ["cut"]
    files = [a.filename for t in pair.slave.tracker.read([1, 2]).values() for a in t.attachments]
    assert [name[-5:] for name in files] == ["n.txt"]


def test_a_stamp_at_the_end_of_time_is_never_outdone_by_an_impossible_one(pair: SimPair) -> None:
    """A later edit of the same field has the same last stamp, and still arrives."""
    master = pair.master.tracker
    number = master.user_create({"summary": "odd"}, "alice", LATEST)
    master.user_create({"summary": "plain"}, "alice")
    pair.settle()
    master.user_edit(number, {"summary": "again"}, "", "alice", LATEST + 5)
    pair.settle()
    all_there(pair, "again")


def test_a_ticket_with_the_number_and_the_times_of_a_deleted_one_is_shared() -> None:
    """Batch changes and imports give many tickets one time, and the newest one's number is given again."""
    pair = SimPair().connect()
    tracker = pair.master.tracker
    when = pair.clock.now()
    tracker.user_create({"summary": "first"}, "alice")
    tracker.user_edit(1, {"customer": "a"}, "said by all", "alice", time=when + 5)
    pair.settle()
    tracker.user_delete(1)
    pair.clock.advance(60 * SECOND)
    tracker.user_create({"summary": "second"}, "alice")
    tracker.user_edit(1, {"customer": "b"}, "said by all", "alice", time=when + 5)
    pair.settle()
    assert differences(pair) == []
    ticket = pair.slave.tracker.read([2])[2]
    assert (ticket.values["summary"], ticket.values["customer"]) == ("second", "b")
    assert [entry.new for entry in ticket.log if entry.field == "comment"] == ["said by all"]


def test_the_number_of_a_ticket_that_the_partner_lost_can_be_given_again() -> None:
    """Its twin is one whose partner is gone; the next ticket of that number is the only one of its number."""
    pair = SimPair().connect()
    for name in ("kept", "lost"):
        pair.master.tracker.user_create({"summary": name}, "alice")
        pair.clock.advance(60 * SECOND)
    pair.settle()
    pair.master.tracker.user_delete(2)
    pair.settle()
    pair.slave.tracker.user_delete(2)
    pair.master.tracker.user_create({"summary": "next"}, "alice")
    pair.master.cycle()
    pair.slave.cycle()
    twins = pair.slave.environment.database.twins.rows(pair.slave.sync_id).values()
    assert sorted(twin.state.value for twin in twins if twin.ticket == 2) == ["active", "gone"]
    pair.settle()
    assert differences(pair) == []
