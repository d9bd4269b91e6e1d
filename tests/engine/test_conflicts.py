# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two edits of one field: what stands, and what both sides have on record of the other one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import pytest
from engine.forging import MINUTE, SECOND, problems, tickets
from msgspec.structs import replace

from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.model import Policy
from trac_issuesync.engine.records import ConflictRecord
from trac_issuesync.engine.resolve import resolve
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


def conflict(pair: SimPair, field: str = "customer") -> None:
    """Alice writes m, bob s; the master's or the later one stands, and both sides have an open question."""
    edited_on_both(pair, {field: "m"}, {field: "s"})
    pair.settle()


def answer(side: SimSide, *, mine: bool, at: int = -1, author: str = "admin") -> None:
    """As ``issuesync resolve``."""
    open_ = side.store.conflicts(SYNC_ID, unresolved=True)
    resolve(side.link(), open_[at].id, author, mine=mine)


def open_questions(pair: SimPair) -> list[int]:
    return [side.store.count_conflicts(SYNC_ID) for side in pair.sides]


@pytest.mark.parametrize("field", ["customer", "description"])
@pytest.mark.parametrize(("index", "mine"), list(product((0, 1), (True, False))))
@pytest.mark.parametrize("policy", list(Policy))
def test_an_answer_on_one_side_settles_both(policy: Policy, index: int, mine: bool, field: str) -> None:
    """Whichever value it is, standing already or not: equal, no open question, both still on record."""
    pair = made(policy)
    conflict(pair, field)
    assert open_questions(pair) == [1, 1]
    answer(pair.sides[index], mine=mine)
    pair.settle()
    assert differences(pair) == []
    assert open_questions(pair) == [0, 0]
    assert tickets(pair.master)[1].values[field] == ("m" if (index == 0) == mine else "s")
    assert [record[0] for record in records(pair)] == [field]
    for side in pair.sides:
        (line,) = [line for line in side.store.log(SYNC_ID) if line.event == "resolved"]
        assert line.text == f"The conflict about {field} was settled by admin."


@pytest.mark.parametrize("field", ["customer", "description"])
@pytest.mark.parametrize(("master", "slave"), list(product((True, False), repeat=2)))
@pytest.mark.parametrize("policy", list(Policy))
def test_two_answers_at_once_end_equal_without_another_question(
    policy: Policy, master: bool, slave: bool, field: str
) -> None:
    """The policy decides between them, and what it drops is on record."""
    pair = made(policy)
    conflict(pair, field)
    answer(pair.master, mine=master)
    pair.clock.advance(SECOND)
    answer(pair.slave, mine=slave)
    pair.settle()
    assert differences(pair) == []
    assert open_questions(pair) == [0, 0]
    chosen = {"m" if master else "s", "s" if slave else "m"}
    assert tickets(pair.slave)[1].values[field] in chosen
    # Texts are merged, and of two answers one changes nothing.
    assert len(records(pair)) == (1 if field == "description" else len(chosen))


def test_an_edit_that_had_not_seen_the_answer_is_a_question_of_its_own() -> None:
    """Bob edits while the administrator settles: the old question is answered, the new one is open."""
    pair = made(Policy.MASTER)
    conflict(pair)
    answer(pair.master, mine=False)
    pair.slave.tracker.user_edit(1, {"customer": "bob again"}, "", "bob")
    pair.settle()
    assert differences(pair) == []
    assert open_questions(pair) == [1, 1]
    for side in pair.sides:
        (record,) = side.store.conflicts(SYNC_ID, unresolved=True)
        assert {record.mine, record.theirs} == {"s", "bob again"}


def test_an_answer_captures_first_what_was_edited_before_it() -> None:
    """An edit saved just before the answer is not lost: it is replaced by it, in the log of both."""
    pair = made()
    conflict(pair)
    pair.slave.tracker.user_edit(1, {"customer": "z", "priority": "minor"}, "with words", "bob")
    answer(pair.slave, mine=False)
    pair.settle()
    assert differences(pair) == []
    shown = tickets(pair.master)[1]
    assert (shown.values["customer"], shown.values["priority"]) == ("m", "minor")
    assert [e.new for e in shown.log if e.field == "customer"][-2:] == ["z", "m"]
    assert open_questions(pair) == [0, 0]


@pytest.mark.parametrize("chosen", ["status", "resolution"])
def test_status_and_resolution_are_settled_together(chosen: str) -> None:
    """Answering for one answers for the other: accepted with a resolution cannot come of it."""
    pair = made(Policy.MASTER)
    edited_on_both(pair, CLOSED, ACCEPTED)
    pair.settle()
    assert open_questions(pair) == [2, 2]
    at = [r.field for r in pair.master.store.conflicts(SYNC_ID)].index(chosen)
    answer(pair.master, mine=False, at=at)
    pair.settle()
    assert differences(pair) == []
    assert open_questions(pair) == [0, 0]
    shown = tickets(pair.slave)[1].values
    assert (shown["status"], shown["resolution"]) == ("accepted", "")


def test_a_status_is_settled_with_the_resolution_that_both_edits_had() -> None:
    """The ticket was closed meanwhile: accepted again has none, though the resolution was no conflict."""
    pair = made(Policy.MASTER)
    edited_on_both(pair, {"status": "reopened"}, ACCEPTED)
    pair.settle()
    assert open_questions(pair) == [1, 1]
    pair.master.tracker.user_edit(1, CLOSED, "", "alice")
    pair.settle()
    answer(pair.slave, mine=True)
    pair.settle()
    assert differences(pair) == []
    shown = tickets(pair.master)[1].values
    assert (shown["status"], shown["resolution"]) == ("accepted", "")


def test_a_comment_edited_on_both_sides_can_be_settled() -> None:
    """Its text is a field like any other; both sides show the chosen one."""
    pair = made(Policy.MASTER)
    at = pair.master.tracker.user_edit(1, {}, "said", "alice")
    pair.settle()
    (there,) = [e.time for e in tickets(pair.slave)[1].log if e.field == "comment"]
    pair.master.tracker.user_comment_edit(1, at, "m", "alice")
    pair.slave.tracker.user_comment_edit(1, there, "s", "bob")
    pair.settle()
    assert open_questions(pair) == [1, 1]
    answer(pair.slave, mine=True)
    pair.settle()
    assert open_questions(pair) == [0, 0]
    for side in pair.sides:
        assert [e.new for e in tickets(side)[1].log if e.field == "comment"] == ["s"]
    assert differences(pair) == []


def everything(side: SimSide) -> object:
    """All that an answer could change."""
    counters = side.store.counters(SYNC_ID)
    rows = side.store.conflicts(SYNC_ID), side.store.waiting_changes(SYNC_ID, 99), side.store.log(SYNC_ID)
    return counters, rows, tickets(side), side.twin_of(1) if 1 in tickets(side) else None


def _unshare(pair: SimPair) -> None:
    version = pair.slave.store.versions(SYNC_ID)[-1]
    fields = tuple(name for name in version.ours.fields if name != "component")
    with pair.slave.store.transaction():
        pair.slave.store.bind(SYNC_ID, replace(version.ours, fields=fields), ours=True)


def _deleted(pair: SimPair) -> None:
    pair.slave.tracker.user_delete(1)


def _reused(pair: SimPair) -> None:
    pair.slave.tracker.user_delete(1)
    pair.clock.advance(SECOND)
    pair.slave.tracker.user_create({"summary": "another", "component": "component2"}, "bob")


def _refused(pair: SimPair) -> None:
    pair.slave.tracker.set_options("component", ("component2",))


def _hidden(pair: SimPair) -> None:
    pair.slave.tracker.hidden |= {1}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_deleted, "Ticket #1 was deleted"),
        (_reused, "Ticket #1 was deleted"),
        (_refused, "component 'component1' does not exist in this project"),
        (_unshare, "The field component is no longer shared"),
        (_hidden, "may not view #1"),
    ],
)
def test_an_answer_that_cannot_be_given_changes_nothing(spoil: Callable[[SimPair], None], words: str) -> None:
    """It says why in plain words."""
    pair = made(Policy.SLAVE)
    edited_on_both(pair, {"component": "component1"}, {"component": "component2"})
    pair.settle()
    spoil(pair)
    before = everything(pair.slave)
    with pytest.raises(Invalid) as told:
        answer(pair.slave, mine=False)
    assert words in told.value.text
    assert everything(pair.slave) == before


def test_an_answer_to_a_question_that_is_none_changes_nothing() -> None:
    """Answered already, or never asked."""
    pair = made()
    conflict(pair)
    (record,) = pair.slave.store.conflicts(SYNC_ID)
    answer(pair.master, mine=True)
    pair.settle()
    before = everything(pair.slave)
    for number, words in ((record.id, "resolved already"), (record.id + 99, "There is no conflict")):
        with pytest.raises(Invalid, match=words):
            resolve(pair.slave.link(), number, "admin", mine=True)
    assert everything(pair.slave) == before
