# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Orders of events that broke simpler rules; each ends with both sides equal and nothing lost.

The numbers are those of the list that the rules were tried with; where a rule is cut short, one fails.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from engine.forging import strange, utter
from msgspec.structs import replace

from trac_issuesync.core.errors import Refused
from trac_issuesync.core.model import Policy, TicketSnapshot
from trac_issuesync.engine import receive
from trac_issuesync.engine.acknowledge import void
from trac_issuesync.engine.control import queue
from trac_issuesync.engine.skip import skip
from trac_issuesync.testing.sim_judge import differences
from trac_issuesync.testing.sim_pair import SimPair, SimSide
from trac_issuesync.wire.codec import decode_body
from trac_issuesync.wire.messages import Body, Bye, Message

SECOND = 1_000_000
MINUTE = 60 * SECOND


def made(policy: Policy = Policy.NEWEST, tickets: int = 1) -> SimPair:
    """A running pair with tickets that both sides have; time moves a minute after each settling."""
    pair = SimPair(policy=policy).connect()
    for index in range(tickets):
        pair.master.tracker.user_create({"summary": f"t{index}", "customer": "0"}, "alice")
        pair.clock.advance(SECOND)
    pair.settle()
    return pair


def value(side: SimSide, number: int, name: str) -> str:
    """What a ticket shows."""
    return side.tracker.read([number])[number].values[name]


def comments(side: SimSide, number: int) -> list[str]:
    """The comments of a ticket in the order of their times."""
    log = side.tracker.read([number])[number].log
    return [e.new for e in sorted(log, key=lambda e: e.time) if e.field == "comment" and e.new]


def ends_equal(pair: SimPair) -> None:
    """Everything is delivered and nothing differs."""
    pair.settle()
    assert differences(pair) == []
    assert not any(side.sync.suspended for side in pair.sides)


@pytest.mark.parametrize(
    ("policy", "winner"), [(Policy.NEWEST, "s"), (Policy.SLAVE, "s"), (Policy.MASTER, "m")]
)
def test_1a_seen_is_counted_per_ticket(policy: Policy, winner: str) -> None:
    """S edits t0 then t1; the message about t1 comes first; M edits t0 then: still concurrent with S's."""
    pair = made(policy, tickets=2)
    pair.clock.advance(MINUTE)
    pair.slave.tracker.user_edit(1, {"customer": "s"}, "", "bob", time=pair.clock.now() + 30 * SECOND)
    pair.slave.cycle()
    first = pair.hold(pair.slave)
    pair.slave.tracker.user_edit(2, {"customer": "other"}, "", "bob")
    pair.slave.cycle()
    pair.master.cycle()
    pair.master.tracker.user_edit(1, {"customer": "m"}, "", "alice")
    pair.master.cycle()
    pair.release(pair.slave, first)
    ends_equal(pair)
    assert value(pair.master, 1, "customer") == winner


@pytest.mark.parametrize("policy", list(Policy))
def test_1b_received_is_not_seen(policy: Policy) -> None:
    """A change that M has received but not applied does not count as seen by M's edit."""
    pair = made(policy)
    pair.slave.tracker.user_edit(1, {"customer": "s"}, "", "bob")
    pair.slave.cycle()
    pair.master.stop()
    pair.master.cycle()
    pair.clock.advance(SECOND)
    pair.master.tracker.user_edit(1, {"customer": "m"}, "", "alice")
    pair.master.start()
    ends_equal(pair)
    assert value(pair.slave, 1, "customer") == ("s" if policy is Policy.SLAVE else "m")


@pytest.mark.parametrize("policy", list(Policy))
def test_1c_the_vector_is_written_at_capture_not_at_sending(policy: Policy) -> None:
    """M's message is held up and S edits meanwhile: it still says that it had not seen S's edit."""
    pair = made(policy)
    pair.master.tracker.user_edit(1, {"customer": "m"}, "", "alice")
    pair.master.cycle()
    late = pair.hold(pair.master)
    pair.clock.advance(SECOND)
    pair.slave.tracker.user_edit(1, {"customer": "s"}, "", "bob")
    pair.slave.cycle()
    pair.master.cycle()
    pair.release(pair.master, late)
    ends_equal(pair)
    assert value(pair.master, 1, "customer") == ("m" if policy is Policy.MASTER else "s")


@pytest.mark.parametrize("policy", list(Policy))
def test_1d_captured_but_not_sent_is_concurrent_all_the_same(policy: Policy) -> None:
    """M has captured its edit and could not send it; S's change is not taken as unopposed."""
    pair = made(policy)
    pair.master.tracker.user_edit(1, {"customer": "m"}, "", "alice")
    pair.master.cycle()
    unsent = pair.hold(pair.master)
    pair.clock.advance(SECOND)
    pair.slave.tracker.user_edit(1, {"customer": "s"}, "", "bob")
    pair.slave.cycle()
    pair.master.cycle()
    shown = value(pair.master, 1, "customer")
    pair.release(pair.master, unsent)
    ends_equal(pair)
    assert value(pair.slave, 1, "customer") == shown == ("m" if policy is Policy.MASTER else "s")
    assert all(side.store.count_conflicts(side.sync_id) == 1 for side in pair.sides)


def test_2_apply_captures_first() -> None:
    """M edits, and S's change comes before a cycle collected that: in conflict, not overwritten."""
    pair = made(Policy.MASTER)
    pair.slave.tracker.user_edit(1, {"customer": "s"}, "", "bob")
    pair.slave.cycle()
    pair.clock.advance(SECOND)
    pair.master.tracker.user_edit(1, {"customer": "m"}, "mine", "alice")
    ends_equal(pair)
    assert value(pair.slave, 1, "customer") == "m"
    assert comments(pair.slave, 1) == ["mine"]
    for side in pair.sides:
        (record,) = side.store.conflicts(side.sync_id)
        assert {record.mine, record.theirs} == {"m", "s"}
        assert record.winner == "master"


def test_3_a_late_commit_loses_no_comment() -> None:
    """An edit that commits after a later one was collected arrives with comment, author and time."""
    pair = made()
    late = pair.master.tracker.begin_edit(1, {"customer": "late"}, "from the slow request", "carol")
    pair.clock.advance(3 * SECOND)
    pair.master.tracker.user_edit(1, {"customer": "early"}, "from the quick one", "alice")
    pair.settle()
    late.commit()
    ends_equal(pair)
    assert sorted(comments(pair.slave, 1)) == ["from the quick one", "from the slow request"]
    authors = {e.author for e in pair.slave.tracker.read([1])[1].log}
    assert authors == {"alice (ACME)", "carol (ACME)"}


def test_4_newest_compares_with_my_own_last_value() -> None:
    """M a1 at 20; S b1 at 30, then b2 at 10 after its clock stepped back: both sides reach the same value."""
    pair = made()
    base = pair.clock.now()
    pair.master.tracker.user_edit(1, {"customer": "a1"}, "", "alice", time=base + 20)
    pair.slave.tracker.user_edit(1, {"customer": "b1"}, "", "bob", time=base + 30)
    pair.slave.cycle()
    pair.slave.tracker.user_edit(1, {"customer": "b2"}, "", "bob", time=base + 10)
    with pair.slave.store.transaction():
        pair.slave.store.mark(pair.slave.sync_id, [1])
    pair.clock.advance(SECOND)
    ends_equal(pair)
    assert value(pair.master, 1, "customer") == "b2"


def test_5_the_policy_is_that_of_the_version_of_the_masters_change() -> None:
    """M judges S's edits under newest; the policy is another one before S has judged M's: still equal."""
    pair = made()
    pair.master.tracker.user_edit(1, {"customer": "m"}, "", "alice")
    pair.master.cycle()
    late = pair.hold(pair.master)
    for text in ("s1", "s2"):
        pair.clock.advance(SECOND)
        pair.slave.tracker.user_edit(1, {"customer": text}, "", "bob")
        pair.slave.cycle()
    pair.master.cycle()
    for side in pair.sides:
        old = side.store.versions(side.sync_id)[-1]
        contract = replace(old.contract, version=2, policy=Policy.MASTER)
        with side.store.transaction():
            side.store.publish(side.sync_id, contract, "Switched", "admin", pair.clock.now())
            for ours, bound in ((True, old.ours), (False, old.partners)):
                side.store.bind(side.sync_id, replace(bound, version=2), ours=ours)
    pair.release(pair.master, late)
    ends_equal(pair)
    assert value(pair.slave, 1, "customer") == "s2"


def test_6a_the_base_of_a_text_merge_travels_with_the_change() -> None:
    """M edits line 1 and S line 3 of the description: both lines stand on both sides."""
    pair = made()
    pair.master.tracker.user_edit(1, {"description": "one\ntwo\nthree"}, "", "alice")
    pair.settle()
    pair.master.tracker.user_edit(1, {"description": "ONE\ntwo\nthree"}, "", "alice")
    pair.slave.tracker.user_edit(1, {"description": "one\ntwo\nTHREE"}, "", "bob")
    ends_equal(pair)
    assert value(pair.slave, 1, "description") == "ONE\ntwo\nTHREE"


def test_6b_the_masters_result_always_goes_out() -> None:
    """M removes w and adds it again, S removes it: the result is sent even where M's value stays."""
    pair = made()
    pair.master.tracker.user_edit(1, {"keywords": "w"}, "", "alice")
    pair.settle()
    pair.master.tracker.user_edit(1, {"keywords": ""}, "", "alice")
    pair.master.cycle()
    pair.master.tracker.user_edit(1, {"keywords": "w"}, "", "alice")
    pair.slave.tracker.user_edit(1, {"keywords": ""}, "", "bob")
    ends_equal(pair)


def test_6c_lists_join() -> None:
    """Words added on both sides all stand, words removed on one are gone."""
    pair = made()
    pair.master.tracker.user_edit(1, {"keywords": "a b c"}, "", "alice")
    pair.settle()
    pair.master.tracker.user_edit(1, {"keywords": "a b c m"}, "", "alice")
    pair.slave.tracker.user_edit(1, {"keywords": "b c s"}, "", "bob")
    ends_equal(pair)
    assert sorted(value(pair.slave, 1, "keywords").split()) == ["b", "c", "m", "s"]


def test_6d_text_that_cannot_be_merged_keeps_the_loser_on_both_sides() -> None:
    """Both edit the same line: the policy decides, and both sides hold a record of what was dropped."""
    pair = made(Policy.SLAVE)
    pair.master.tracker.user_edit(1, {"description": "from the master"}, "", "alice")
    pair.slave.tracker.user_edit(1, {"description": "from the slave"}, "", "bob")
    ends_equal(pair)
    assert value(pair.master, 1, "description") == "from the slave"
    for side in pair.sides:
        (record,) = side.store.conflicts(side.sync_id)
        assert record.winner == "slave"
        assert "from the master" in (record.mine, record.theirs)


def test_7_a_refused_value_is_passed_over_when_the_sender_corrects_it() -> None:
    """M sets a component that S lacks, then a good one: S shows the good one and keeps the comment."""
    pair = made()
    options = pair.master.tracker.catalogue().field("component").options
    pair.master.tracker.set_options("component", (*options, "bad"))
    pair.master.tracker.user_edit(1, {"component": "bad"}, "with a comment", "alice")
    pair.settle()
    assert pair.slave.store.count_inbox(pair.slave.sync_id) == (0, 1)
    pair.master.tracker.user_edit(1, {"component": options[0]}, "", "alice")
    ends_equal(pair)
    assert value(pair.slave, 1, "component") == options[0]
    assert comments(pair.slave, 1) == ["with a comment"]
    assert pair.master.store.partner_parked(pair.master.sync_id) == {}


@pytest.mark.parametrize("policy", list(Policy))
def test_8_a_skip_leaves_both_sides_equal_and_the_comment_in_place(policy: Policy) -> None:
    """S sets what M refuses, M skips it: both show M's value, and S's comment stands on both."""
    pair = made(policy)
    options = pair.slave.tracker.catalogue().field("component").options
    pair.slave.tracker.set_options("component", (*options, "s1"))
    pair.slave.tracker.user_edit(1, {"component": "s1"}, "with a comment", "bob")
    pair.settle()
    (row,) = pair.master.store.parked(pair.master.sync_id)
    skip(pair.master.link(), row.change.number, "admin")
    ends_equal(pair)
    assert value(pair.slave, 1, "component") != "s1"
    assert comments(pair.master, 1) == ["with a comment"]
    for side in pair.sides:
        (record,) = side.store.conflicts(side.sync_id)
        assert "s1" in (record.mine, record.theirs)


def test_9_a_duplicate_is_acknowledged_again() -> None:
    """The acknowledgement is lost, the message comes again: dropped, acknowledged, all quiet."""
    pair = made()
    pair.master.tracker.user_edit(1, {"customer": "m"}, "", "alice")
    pair.master.cycle()
    pair.slave.cycle()
    pair.hold(pair.slave)
    pair.clock.advance(10 * MINUTE)
    ends_equal(pair)
    assert pair.master.store.count_messages(pair.master.sync_id) == (0, 0, 0)
    assert any(line.event == "duplicate" for line in pair.slave.store.log(pair.slave.sync_id))


def test_9_a_lost_acknowledgement_is_owed_for_the_same_message_only_once() -> None:
    """Each repetition is answered once, and two idle sides do not answer each other for ever."""
    pair = made()
    pair.master.tracker.user_edit(1, {"customer": "m"}, "", "alice")
    pair.settle()
    before = len(pair.wire.boxes["s"].history), len(pair.wire.boxes["m"].history)
    for _ in range(20):
        pair.clock.advance(MINUTE)
        for side in pair.sides:
            side.cycle()
    assert (len(pair.wire.boxes["s"].history), len(pair.wire.boxes["m"].history)) == before


def test_10_a_message_that_can_never_be_read_blocks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over limits that only the receiver knows: its number becomes void, the other tickets go on."""
    pair = made(tickets=3)

    def judge(message: Message) -> Body:
        body = decode_body(message)
        if any(change.comment == "never" for change in body.changes):
            raise Refused("The message is nonsensical: too long for us.", "nonsense")
        return body

    monkeypatch.setattr(receive, "decode_body", judge)
    for number, text in ((1, "one"), (2, "never"), (3, "three")):
        pair.master.tracker.user_edit(number, {}, text, "alice")
    for _ in range(4):
        pair.settle()
        pair.clock.advance(60 * MINUTE)
    assert [comments(pair.slave, number) for number in (1, 2, 3)] == [["one"], [], ["three"]]
    assert pair.master.store.count_messages(pair.master.sync_id) == (0, 0, 0)
    (held,) = pair.master.store.held(pair.master.sync_id)
    assert "too long for us" in held.reason
    pair.master.tracker.user_edit(1, {}, "goes on", "alice")
    pair.settle()
    assert comments(pair.slave, 1) == ["one", "goes on"]


def test_11_an_acknowledgement_of_what_was_never_sent_suspends() -> None:
    """M is restored from a backup and S acknowledges later numbers: M stops itself and says why."""
    pair = made()
    backup = pair.master.environment.backup()
    pair.master.tracker.user_edit(1, {"customer": "m"}, "", "alice")
    pair.settle()
    pair.master.environment.restore(backup)
    pair.slave.tracker.user_edit(1, {}, "hello", "bob")
    pair.settle(rounds=4)
    assert "restored from a backup" in pair.master.sync.suspended


def test_12_renames_by_sql_and_back_are_each_seen() -> None:
    """A rename by SQL leaves no log row and no new changetime; each time it reaches the partner."""
    pair = made()
    for side in pair.sides:
        options = side.tracker.catalogue().field("component").options
        side.tracker.set_options("component", (*options, "x", "y"))
    pair.master.tracker.user_edit(1, {"component": "x"}, "", "alice")
    pair.settle()
    for old, new in (("x", "y"), ("y", "x"), ("x", "y")):
        pair.master.tracker.sql_rename("component", old, new)
        pair.clock.advance(25 * 60 * MINUTE)
        pair.settle()
        assert value(pair.slave, 1, "component") == new


def test_13_log_and_ticket_are_read_in_one_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit that commits while all tickets are compared leaves once, with its author and comment."""
    pair = made()
    tracker = pair.master.tracker
    real, edits = tracker.read, iter(["edited meanwhile"])

    def read(numbers: Sequence[int]) -> dict[int, TicketSnapshot]:
        found = real(numbers)
        for text in edits:
            tracker.user_edit(1, {"customer": "m"}, text, "alice")
        return found

    pair.clock.advance(25 * 60 * MINUTE)
    with monkeypatch.context() as patched:
        patched.setattr(tracker, "read", read)
        pair.master.cycle()
    ends_equal(pair)
    rows = [entry for entry in pair.slave.tracker.read([1])[1].log if entry.field == "customer"]
    assert [(entry.author, entry.new) for entry in rows] == [("alice (ACME)", "m")]
    assert comments(pair.slave, 1) == ["edited meanwhile"]


def test_15a_bye_waits_for_the_edits_before_it() -> None:
    """A farewell that overtakes edits is taken after them: the edits are applied first."""
    pair = made()
    pair.master.tracker.user_edit(1, {"customer": "last words"}, "", "alice")
    pair.master.cycle()
    late = pair.hold(pair.master)
    link = pair.master.link()
    with pair.master.store.transaction():
        queue(link, Bye())
    pair.master.cycle()
    pair.slave.cycle()
    assert not pair.slave.sync.suspended
    pair.release(pair.master, late)
    pair.slave.cycle()
    pair.slave.cycle()
    assert value(pair.slave, 1, "customer") == "last words"
    assert "deleted" in pair.slave.sync.suspended
    pair.master.cycle()
    assert pair.master.store.count_messages(pair.master.sync_id)[0] == 0


def deleted(side: SimSide) -> None:
    """As ``issuesync delete``."""
    with side.store.transaction():
        side.store.save_sync(replace(side.sync, enabled=False, deleted=True))
        side.store.forget_tickets(side.sync_id)
        queue(side.link(), Bye())


def test_15b_a_lost_bye_is_sent_again() -> None:
    """Until the partner has acknowledged it; then nothing is kept for it any more."""
    pair = made()
    deleted(pair.master)
    for _ in range(3):
        pair.master.cycle()
        assert pair.hold(pair.master)
        assert not pair.slave.sync.suspended
        pair.clock.advance(60 * MINUTE)
    pair.settle()
    assert "deleted" in pair.slave.sync.suspended
    assert pair.master.store.count_messages(pair.master.sync_id) == (0, 0, 0)


def test_15c_what_comes_to_a_deleted_side_is_acknowledged_and_told() -> None:
    """The other side's edits under way make it resend nothing for ever, and are not silently gone."""
    pair = made()
    deleted(pair.master)
    pair.slave.tracker.user_edit(1, {"customer": "too late"}, "", "bob")
    pair.slave.cycle()
    pair.settle()
    assert pair.slave.store.count_messages(pair.slave.sync_id) == (0, 0, 0)
    assert "deleted" in pair.slave.sync.suspended
    assert any(line.event == "dropped" for line in pair.master.store.log(pair.master.sync_id))
    assert value(pair.master, 1, "customer") == "0"


def test_16_a_deletion_in_flight_meets_an_edit() -> None:
    """M deletes while S edits: S's ticket stays with its edit and says so, M tells what it did not take."""
    pair = made()
    pair.master.tracker.user_delete(1)
    pair.clock.advance(25 * 60 * MINUTE)
    pair.master.cycle()
    gone = pair.hold(pair.master)
    pair.slave.tracker.user_edit(1, {"customer": "s"}, "in between", "bob")
    pair.slave.cycle()
    pair.master.cycle()
    pair.release(pair.master, gone)
    pair.settle()
    assert pair.master.tracker.numbers(0, 9) == []
    assert value(pair.slave, 1, "customer") == "s"
    assert any(line.event == "gone" for line in pair.slave.store.log(pair.slave.sync_id))
    rejected = [line for line in pair.master.store.log(pair.master.sync_id) if line.event == "rejected"]
    assert ["was deleted here" in line.text for line in rejected] == [True]
    assert [side.store.count_inbox(side.sync_id) for side in pair.sides] == [(0, 0), (0, 0)]


def test_16_changes_for_a_deleted_ticket_make_no_new_one() -> None:
    """S deletes its ticket while a change is in flight: none comes back, even if the number is reused."""
    pair = made()
    pair.master.tracker.user_edit(1, {}, "in flight", "alice")
    pair.master.cycle()
    pair.slave.tracker.user_delete(1)
    pair.clock.advance(MINUTE)
    assert pair.slave.tracker.user_create({"summary": "another"}, "bob") == 1
    pair.settle()
    assert comments(pair.slave, 1) == []
    titles = sorted(t.values["summary"] for t in pair.master.tracker.read([1, 2]).values())
    assert titles == ["another", "t0"]


def test_17_changes_of_a_version_not_bound_yet_wait_as_a_whole() -> None:
    """Neither refused nor applied one by one; once the version is bound they are applied in their order."""
    pair = made(tickets=2)
    old = pair.slave.store.versions(pair.slave.sync_id)[-1]
    second = strange(pair.master, version=2, comment="second")
    utter(pair.master, Body((second, strange(pair.master, comment="third"))))
    pair.master.tracker.user_edit(2, {}, "another ticket", "alice")
    pair.settle()
    assert (comments(pair.slave, 1), comments(pair.slave, 2)) == ([], ["another ticket"])
    assert pair.slave.store.count_inbox(pair.slave.sync_id) == (2, 0)
    with pair.slave.store.transaction():
        contract = replace(old.contract, version=2)
        pair.slave.store.publish(pair.slave.sync_id, contract, "More", "admin", pair.clock.now())
    pair.settle()
    assert comments(pair.slave, 1) == []
    with pair.slave.store.transaction():
        pair.slave.store.bind(pair.slave.sync_id, replace(old.ours, version=2), ours=True)
    pair.slave.cycle()
    assert comments(pair.slave, 1) == ["second", "third"]


def test_18_a_predecessor_that_was_never_sent_holds_back_one_ticket() -> None:
    """A change names one before it that does not come: it waits, visibly, and nothing else does."""
    pair = made(tickets=2)
    number = pair.master.store.counters(pair.master.sync_id).change + 1
    utter(pair.master, Body((strange(pair.master, number=1, comment="lost"),)))
    pair.master.cycle()
    pair.hold(pair.master)
    change = strange(pair.master, number=1, comment="after it")
    assert change.after == number
    with pair.master.store.transaction():
        void(pair.master.link(), pair.master.store.messages(pair.master.sync_id)[-1].number, "lost for good")
    utter(pair.master, Body((change,)))
    pair.master.tracker.user_edit(2, {}, "another ticket", "alice")
    pair.settle()
    assert (comments(pair.slave, 1), comments(pair.slave, 2)) == ([], ["another ticket"])
    assert pair.slave.store.count_inbox(pair.slave.sync_id) == (1, 0)
    assert not any(side.sync.suspended for side in pair.sides)


def test_concurrent_edits_of_different_fields_both_stand() -> None:
    """Different fields never conflict."""
    pair = made()
    pair.master.tracker.user_edit(1, {"customer": "m"}, "", "alice")
    pair.slave.tracker.user_edit(1, {"priority": "minor"}, "", "bob")
    ends_equal(pair)
    assert value(pair.slave, 1, "customer") == "m"
    assert value(pair.master, 1, "priority") == "minor"
    assert all(side.store.conflicts(side.sync_id) == [] for side in pair.sides)


def test_an_owner_unknown_here_stays_and_is_kept() -> None:
    """S does not know the owner: its own stays, nothing is sent back, and a later edit still works."""
    pair = made()
    pair.master.tracker.user_edit(1, {"owner": "alice"}, "", "alice")
    pair.settle()
    assert value(pair.slave, 1, "owner") == ""
    assert value(pair.master, 1, "owner") == "alice"
    pair.slave.tracker.user_edit(1, {"owner": "bob"}, "", "bob")
    pair.settle()
    assert value(pair.slave, 1, "owner") == "bob"


def test_a_number_taken_by_a_mirrored_ticket_does_not_hide_a_deletion() -> None:
    """S deletes its newest ticket and a ticket of M gets the number before anybody noticed: M is told."""
    pair = made(tickets=0)
    number = pair.slave.tracker.user_create({"summary": "soon gone"}, "bob")
    pair.settle()
    pair.slave.tracker.user_delete(number)
    pair.clock.advance(SECOND)
    pair.master.tracker.user_create({"summary": "new"}, "alice")
    pair.master.cycle()
    pair.slave.cycle()
    assert value(pair.slave, number, "summary") == "new"
    pair.settle()
    assert differences(pair) == []
    assert any(line.event == "gone" for line in pair.master.store.log(pair.master.sync_id))
