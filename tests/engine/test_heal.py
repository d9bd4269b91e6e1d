# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""After a restore and an administrator's word both sides are equal, and nothing that one had is lost."""

from __future__ import annotations

import pytest
from engine.forging import a_good_message_passes, made, sets, strange, tickets, utter
from engine.restoring import (
    DAY,
    MINUTE,
    SECOND,
    comments,
    daily,
    edit,
    heal,
    healed,
    start_anew,
    suspended,
    value,
)
from msgspec.structs import replace

from trac_issuesync.core.capture import ticket_uid
from trac_issuesync.core.model import ChangeKind, Policy, Side, TwinState
from trac_issuesync.engine.records import LoggedEntry
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair, SimSide
from trac_issuesync.wire.messages import Body

WORDS = pytest.mark.parametrize("word", ["here", "there"])
POLICIES = pytest.mark.parametrize("policy", list(Policy))


def delete(pair: SimPair, side: SimSide) -> None:
    """Someone deletes ticket 1, which the daily comparison notices."""
    side.tracker.user_delete(1)
    pair.clock.advance(DAY)
    pair.settle()


def noticed(pair: SimPair, side: SimSide) -> None:
    """The restored side's worker starts; both sides stop."""
    start_anew(side)
    pair.settle(rounds=6)
    if not suspended(pair):
        pair.clock.advance(DAY)
        pair.settle(rounds=6)
    assert suspended(pair)


@POLICIES
@WORDS
@pytest.mark.parametrize("at", ["master", "slave"])
def test_11_old_content_never_stands_over_new(policy: Policy, word: str, at: str) -> None:
    """The master is restored: what the slave has is newer and stands, whatever the policy and the word."""
    pair = daily(policy)
    backup = pair.master.environment.backup()
    edit(pair, pair.slave, "new", comment="why")
    pair.settle()
    pair.master.environment.restore(backup)
    noticed(pair, pair.master)
    heal(pair, getattr(pair, at), word)
    healed(pair)
    assert value(pair.master) == value(pair.slave) == "new"
    assert comments(pair.master) == [("why", "bob (GLOBEX)")]
    (ours,), (theirs,) = (side.store.conflicts(side.sync_id) for side in (pair.master, pair.slave))
    assert (ours.theirs_time, ours.mine_time) == (theirs.mine_time, theirs.theirs_time)
    assert ours.theirs_time > ours.mine_time


@POLICIES
def test_11_a_clock_ahead_does_not_let_the_old_value_stand(policy: Policy) -> None:
    """S's clock is 40 seconds ahead, M's edit has seen S's, S is restored to before M's: M's stands."""
    pair = daily(policy)
    ahead = pair.clock.now() + 40 * SECOND
    pair.slave.tracker.user_edit(1, {"customer": "old"}, "", "bob", time=ahead)
    pair.settle(step=SECOND)
    backup = pair.slave.environment.backup()
    edit(pair, pair.master, "new")
    pair.settle(step=SECOND)
    pair.slave.environment.restore(backup)
    noticed(pair, pair.slave)
    heal(pair, pair.slave)
    healed(pair)
    assert value(pair.master) == value(pair.slave) == "new"


@POLICIES
def test_edits_of_after_the_restore_and_not_captured_ones_are_merged(policy: Policy) -> None:
    """People went on editing while nothing was exchanged: the later edit stands, and all comments do."""
    pair = daily(policy, tickets=2)
    backup = pair.master.environment.backup()
    edit(pair, pair.slave, "first", 1, "one")
    edit(pair, pair.slave, "second", 2, "two")
    pair.settle()
    pair.master.environment.restore(backup)
    noticed(pair, pair.master)
    edit(pair, pair.master, "third", 1, "three")
    edit(pair, pair.slave, "fourth", 2, "four")
    heal(pair, pair.slave)
    healed(pair)
    assert (value(pair.slave, 1), value(pair.slave, 2)) == ("third", "fourth")
    assert [text for text, _ in comments(pair.master, 1)] == ["one", "three"]
    assert [text for text, _ in comments(pair.slave, 2)] == ["four", "two"]
    lost = [(r.mine, r.theirs) for r in pair.master.store.conflicts(pair.master.sync_id)]
    assert ("third", "first") in lost


def test_own_comments_and_attachments_come_back() -> None:
    """What the restored side itself had written comes back from its partner, once, and stays its own."""
    pair = daily()
    backup = pair.master.environment.backup()
    edit(pair, pair.master, "1", comment="mine")
    pair.master.tracker.user_attach(1, "a.txt", b"content", "alice")
    pair.settle()
    pair.master.environment.restore(backup)
    noticed(pair, pair.master)
    heal(pair, pair.master)
    healed(pair)
    assert comments(pair.master) == [("mine", "alice (GLOBEX)")]
    stream = pair.master.tracker.open_attachment(1, "a.txt")
    assert stream is not None
    assert stream.read() == b"content"
    at = next(e.time for e in pair.master.tracker.read([1])[1].log if e.new == "mine")
    pair.clock.advance(MINUTE)
    pair.master.tracker.user_comment_edit(1, at, "mine, edited", "alice")
    pair.settle()
    healed(pair)
    assert comments(pair.slave) == [("mine, edited", "alice (ACME)")]
    heal(pair, pair.slave)
    healed(pair)
    assert len(comments(pair.slave)) == len(comments(pair.master)) == 1


def test_a_comment_edited_meanwhile_is_edited_where_it_was_restored() -> None:
    """The later text of a comment stands; it is not added a second time."""
    pair = daily()
    edit(pair, pair.slave, "1", comment="text")
    pair.settle()
    backup = pair.master.environment.backup()
    at = next(e.time for e in pair.slave.tracker.read([1])[1].log if e.new == "text")
    pair.slave.tracker.user_comment_edit(1, at, "better text", "bob")
    pair.settle()
    pair.master.environment.restore(backup)
    noticed(pair, pair.master)
    heal(pair, pair.master)
    healed(pair)
    assert comments(pair.master) == [("better text", "bob (GLOBEX)")]


def test_tickets_made_in_between_come_back_though_their_numbers_were_used_again() -> None:
    """M makes #2, is restored to before it and makes another #2: both sides have both in the end."""
    pair = daily()
    backup = pair.master.environment.backup()
    pair.clock.advance(SECOND)
    pair.master.tracker.user_create({"summary": "lost"}, "alice")
    pair.settle()
    pair.master.environment.restore(backup)
    pair.clock.advance(SECOND)
    pair.master.tracker.user_create({"summary": "other"}, "alice")
    noticed(pair, pair.master)
    heal(pair, pair.master)
    healed(pair)
    for side in pair.sides:
        summaries = sorted(value(side, n, "summary") for n in side.tracker.numbers(0, 99))
        assert summaries == ["lost", "other", "t0"]


def test_a_ticket_that_the_restored_side_has_not_captured_yet_is_not_doubled() -> None:
    """The backup holds a ticket of which the synchronization had not taken notice; the partner has it."""
    pair = daily()
    pair.clock.advance(SECOND)
    pair.master.tracker.user_create({"summary": "fresh"}, "alice")
    pair.master.tracker.user_edit(2, {"customer": "x"}, "said", "alice")
    backup = pair.master.environment.backup()
    pair.settle()
    edit(pair, pair.slave, "y", 2)
    pair.settle()
    pair.master.environment.restore(backup)
    pair.master.stop()
    noticed(pair, pair.master)
    pair.master.start()
    heal(pair, pair.slave)
    healed(pair)
    assert len(pair.master.tracker.numbers(0, 99)) == len(pair.slave.tracker.numbers(0, 99)) == 2
    assert value(pair.master, 2) == "y"
    assert len(comments(pair.slave, 2)) == 1


def test_a_ticket_deleted_on_one_side_and_restored_there_is_kept_in_step_again() -> None:
    """M deletes a ticket and is restored to before that: it is there again, and its twin is active again."""
    pair = daily()
    backup = pair.master.environment.backup()
    delete(pair, pair.master)
    edit(pair, pair.slave, "meanwhile")
    pair.settle()
    pair.master.environment.restore(backup)
    noticed(pair, pair.master)
    heal(pair, pair.master)
    healed(pair)
    assert pair.slave.twin_of(1).state is TwinState.ACTIVE
    assert value(pair.master) == "meanwhile"


def test_a_ticket_deleted_by_the_partner_stays_deleted_there() -> None:
    """S deletes its copy, M is restored to before it heard of that: M's ticket stays and says so."""
    pair = daily()
    backup = pair.master.environment.backup()
    delete(pair, pair.slave)
    pair.master.environment.restore(backup)
    noticed(pair, pair.master)
    heal(pair, pair.slave)
    assert pair.slave.tracker.numbers(0, 99) == []
    assert pair.master.twin_of(1).state is TwinState.PARTNER_GONE


@WORDS
def test_of_two_equally_old_values_the_side_named_gives_way(word: str) -> None:
    """A field drifted apart without an edit, so both values are equally old: the word decides, on record."""
    pair = daily()
    twin = pair.slave.twin_of(1)
    with pair.slave.store.transaction():
        editor = pair.slave.tracker.open(1)
        written = editor.edit({"customer": "drifted"}, "", "someone", pair.clock.now())
        entries = [LoggedEntry(1, at, name, at) for at, name in written]
        pair.slave.store.add_logged(pair.slave.sync_id, entries)
        moved = {**twin.shadow, "customer": replace(twin.shadow["customer"], value="drifted")}
        pair.slave.store.save_twins(pair.slave.sync_id, [replace(twin, shadow=moved)])
    heal(pair, pair.slave, word)
    healed(pair)
    assert value(pair.master) == ("0" if word == "here" else "drifted")
    for side in pair.sides:
        (record,) = side.store.conflicts(side.sync_id)
        assert {record.mine, record.theirs} == {"0", "drifted"}


def test_both_administrators_heal_at_once_with_different_words() -> None:
    """Both begin anew before they hear of each other; they end equal, in two different epochs."""
    pair = daily()
    backup = pair.master.environment.backup()
    edit(pair, pair.slave, "new")
    pair.settle()
    pair.master.environment.restore(backup)
    noticed(pair, pair.master)
    for side in pair.sides:
        heal_later(side)
    pair.settle(rounds=20)
    healed(pair)
    assert value(pair.master) == "new"


def heal_later(side: SimSide) -> None:
    """The word is said; the next cycle acts on it."""
    with side.store.transaction():
        side.store.save_sync(replace(side.sync, heal_asked=side.side))


def test_messages_from_before_are_late_and_not_set_aside() -> None:
    """What was on its way when both began anew is dropped with a line in the log."""
    pair = daily()
    edit(pair, pair.slave, "on its way", comment="once")
    pair.slave.cycle()
    late = pair.hold(pair.slave)
    heal(pair, pair.master)
    pair.release(pair.slave, late)
    pair.settle()
    healed(pair)
    assert any(line.event == "late" for line in pair.master.store.log(pair.master.sync_id))
    assert not any(box.aside for box in pair.wire.boxes.values())
    assert len(comments(pair.master)) == 1


@pytest.mark.parametrize("restored", ["master", "slave"])
@pytest.mark.parametrize("healer", ["master", "slave"])
def test_a_side_restored_to_before_a_heal_stops_and_can_be_healed(restored: str, healer: str) -> None:
    """Its numbers are of an epoch that is over: both sides stop and say so, and another word heals."""
    pair = daily()
    side = getattr(pair, restored)
    backup = side.environment.backup()
    heal(pair, getattr(pair, healer))
    edit(pair, pair.slave, "after the heal")
    pair.settle()
    side.environment.restore(backup)
    noticed(pair, side)
    heal(pair, getattr(pair, healer))
    healed(pair)
    assert value(pair.master) == value(pair.slave) == "after the heal"


def test_edits_during_the_heal_are_judged_alike_on_both_sides() -> None:
    """Each side edits after it has sent its content and before it has the partner's."""
    for policy in Policy:
        pair = daily(policy)
        backup = pair.master.environment.backup()
        edit(pair, pair.slave, "new")
        pair.settle()
        pair.master.environment.restore(backup)
        noticed(pair, pair.master)
        heal_later(pair.master)
        pair.master.cycle()
        edit(pair, pair.master, "during, here")
        sent = pair.hold(pair.master)
        heal_later(pair.slave)
        pair.slave.cycle()
        pair.release(pair.master, sent)
        edit(pair, pair.slave, "during, there")
        pair.settle()
        healed(pair)


def test_a_partner_cannot_ask_for_a_ticket_by_a_heal_that_would_not_be_shared() -> None:
    """It names one by number and time of creation: nothing of it leaves, nothing in it is altered."""
    pair = made(2)
    options = pair.slave.tracker.catalogue().field("type").options
    pair.slave.tracker.set_options("type", (*options, "private"))
    number = pair.slave.tracker.user_create({"summary": "the vault", "type": "private"}, "bob")
    uid = ticket_uid(pair.slave.store.environment(), tickets(pair.slave)[number])
    fields = (*sets("summary", "x"), *sets("type", "defect"))
    change = strange(pair.master, ticket=uid, kind=ChangeKind.CREATE, heal=Side.MASTER, fields=fields)
    utter(pair.master, Body(changes=(change,)))
    pair.settle()
    (parked,) = pair.slave.store.parked(SYNC_ID)
    assert parked.reason == "the ticket is here and is of a type that is not shared"
    assert pair.slave.store.twins(SYNC_ID, [uid]) == {}
    assert sorted(tickets(pair.master)) == [1, 2]
    assert tickets(pair.slave)[number].values["summary"] == "the vault"
    a_good_message_passes(pair)
