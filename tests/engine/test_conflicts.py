# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two edits of one field: what stands, and what both sides have on record of the other one."""

from __future__ import annotations

from itertools import product

import pytest
from engine.forging import MINUTE, SECOND, problems, tickets

from trac_issuesync.core.model import Policy
from trac_issuesync.engine.records import ConflictRecord
from trac_issuesync.testing.sim_judge import differences
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair, SimSide


def made(policy: Policy = Policy.NEWEST) -> SimPair:
    """A running pair with one ticket that both sides have."""
    pair = SimPair(policy=policy).connect()
    pair.master.tracker.user_create({"summary": "t", "customer": "0", "description": "a\nb"}, "alice")
    pair.clock.advance(SECOND)
    pair.settle()
    return pair


def told(side: SimSide, record: ConflictRecord) -> tuple[object, ...]:
    """A record as the master would read it: its own value, author and time first."""
    mine = (record.mine, record.mine_author, record.mine_time)
    theirs = (record.theirs, record.theirs_author, record.theirs_time)
    pair = (mine, theirs) if side.side.value == "master" else (theirs, mine)
    return (record.field, *pair, record.winner, record.resolved)


def records(pair: SimPair) -> list[tuple[object, ...]]:
    """The conflicts on record, which are the same on both sides."""
    master, slave = ([told(s, r) for r in s.store.conflicts(SYNC_ID)] for s in pair.sides)
    assert sorted(master) == sorted(slave)
    return master


def edited_on_both(pair: SimPair, master: dict[str, str], slave: dict[str, str]) -> tuple[int, int]:
    """Alice here, a second later bob there, before either hears of the other; the times of the edits."""
    first = pair.clock.now()
    pair.master.tracker.user_edit(1, master, "", "alice")
    pair.clock.advance(SECOND)
    pair.slave.tracker.user_edit(1, slave, "", "bob")
    return first, first + SECOND


@pytest.mark.parametrize("field", ["customer", "description"])
@pytest.mark.parametrize("policy", list(Policy))
def test_both_sides_record_both_values_with_authors_and_true_times(policy: Policy, field: str) -> None:
    """Chosen or not joinable, whoever wins; the log says it in the same words."""
    pair = made(policy)
    first, second = edited_on_both(pair, {field: "m"}, {field: "s"})
    pair.settle()
    assert differences(pair) == []
    winner = "master" if policy is Policy.MASTER else "slave"
    assert records(pair) == [(field, ("m", "alice", first), ("s", "bob", second), winner, False)]
    lines = {line.text for side in pair.sides for line in problems(side) if line.event == "conflict"}
    assert lines == {f"{field} was edited on both sides; the {winner}'s value stands."}


@pytest.mark.parametrize("policy", list(Policy))
def test_the_slave_records_a_dropped_text_also_if_it_edits_on(policy: Policy) -> None:
    """Its second edit is under way when the result of the first one comes."""
    pair = made(policy)
    first, second = edited_on_both(pair, {"description": "m"}, {"description": "s"})
    pair.slave.cycle()
    pair.master.cycle()
    pair.clock.advance(SECOND)
    pair.slave.tracker.user_edit(1, {"description": "again"}, "", "bob")
    pair.settle()
    assert differences(pair) == []
    winner = "master" if policy is Policy.MASTER else "slave"
    expected = ("description", ("m", "alice", first), ("s", "bob", second), winner, False)
    assert expected in records(pair)


def test_a_time_that_was_raised_to_decide_is_not_the_time_on_record() -> None:
    """M's clock stepped back, so its stamp is above its time; the record says when it really was."""
    pair = made()
    now = pair.clock.now()
    pair.master.tracker.user_edit(1, {"customer": "first"}, "", "alice", time=now)
    pair.master.cycle()
    pair.slave.cycle()
    pair.clock.advance(MINUTE)
    pair.master.tracker.user_edit(1, {"customer": "m"}, "", "alice", time=now - 5)
    with pair.master.store.transaction():
        pair.master.store.mark(SYNC_ID, [1])
    pair.slave.tracker.user_edit(1, {"customer": "s"}, "", "bob", time=now - 9)
    with pair.slave.store.transaction():
        pair.slave.store.mark(SYNC_ID, [1])
    pair.settle()
    assert differences(pair) == []
    assert [record[1:3] for record in records(pair)] == [(("m", "alice", now - 5), ("s", "bob", now - 9))]


CLOSED = {"status": "closed", "resolution": "fixed"}
WONTFIX = {"status": "closed", "resolution": "wontfix"}
ACCEPTED = {"status": "accepted"}


@pytest.mark.parametrize(
    ("policy", "master", "slave"),
    list(product(Policy, (CLOSED, ACCEPTED), (WONTFIX, ACCEPTED, {"resolution": "invalid"}))),
)
def test_status_and_resolution_stand_or_fall_together(
    policy: Policy, master: dict[str, str], slave: dict[str, str]
) -> None:
    """Closed here and accepted there ends in one of the two, never in accepted and fixed."""
    pair = made(policy)
    edited_on_both(pair, master, slave)
    pair.settle()
    assert differences(pair) == []
    stands = {"status": "new", "resolution": "", **(master if policy is Policy.MASTER else slave)}
    shown = tickets(pair.slave)[1].values
    assert {name: shown[name] for name in stands} == stands


@pytest.mark.parametrize("policy", list(Policy))
def test_a_reopened_ticket_has_no_resolution_of_the_other_side(policy: Policy) -> None:
    """Reopened here while there only the resolution is corrected: one of the two, whole."""
    pair = made(policy)
    pair.master.tracker.user_edit(1, CLOSED, "", "alice")
    pair.settle()
    edited_on_both(pair, {"status": "reopened", "resolution": ""}, {"resolution": "invalid"})
    pair.settle()
    assert differences(pair) == []
    shown = tickets(pair.master)[1].values
    whole = ("reopened", "") if policy is Policy.MASTER else ("closed", "invalid")
    assert (shown["status"], shown["resolution"]) == whole


def test_a_status_and_another_field_are_no_conflict() -> None:
    """Only what belongs together is decided together."""
    pair = made()
    edited_on_both(pair, CLOSED, {"priority": "minor"})
    pair.settle()
    assert differences(pair) == []
    assert records(pair) == []


def test_a_ticket_that_one_side_has_deleted_leaves_no_open_question() -> None:
    """There is nobody to agree with; both values stay on record."""
    pair = made()
    edited_on_both(pair, {"customer": "m"}, {"customer": "s"})
    pair.settle()
    assert [side.store.count_conflicts(SYNC_ID) for side in pair.sides] == [1, 1]
    pair.slave.tracker.user_delete(1)
    pair.clock.advance(25 * 60 * MINUTE)
    pair.settle()
    assert [side.store.count_conflicts(SYNC_ID) for side in pair.sides] == [0, 0]
    assert [len(side.store.conflicts(SYNC_ID)) for side in pair.sides] == [1, 1]
