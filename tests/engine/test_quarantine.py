# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What cannot be applied waits with its ticket's later changes, is told on both sides, and comes free."""

from __future__ import annotations

import sys

import pytest
from engine.forging import MINUTE, SECOND, made, problems, tickets
from msgspec.structs import replace

from trac_issuesync.core.model import FieldChange, Unknown
from trac_issuesync.engine.cycle import run_cycle
from trac_issuesync.engine.records import Settings
from trac_issuesync.testing.sim_judge import differences
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair, SimSide
from trac_issuesync.testing.sim_tickets import SimLimits


def options(side: SimSide, *names: str, field: str = "component") -> None:
    """Give a field of a side further options."""
    known = side.tracker.catalogue().field(field).options
    side.tracker.set_options(field, (*known, *names))


def edit(pair: SimPair, number: int, values: dict[str, str], comment: str = "") -> None:
    """Alice edits a ticket of the master's; a second passes."""
    pair.master.tracker.user_edit(number, values, comment, "alice")
    pair.clock.advance(SECOND)


def refused(tickets_: int = 2) -> SimPair:
    """A pair where the master has a component "engine" that the slave lacks, set in ticket 1."""
    pair = made(tickets_)
    options(pair.master, "engine")
    edit(pair, 1, {"component": "engine"}, "now in the engine")
    pair.settle()
    return pair


def release(side: SimSide, number: int | None = None) -> None:
    """As ``issuesync retry``."""
    with side.store.transaction():
        side.store.unpark(SYNC_ID, number)


def told_there(pair: SimPair) -> dict[int, str]:
    """Reasons by number of what the slave has told the master that it cannot apply."""
    return {number: row.reason for number, row in pair.master.store.partner_parked(SYNC_ID).items()}


def comments(side: SimSide, number: int) -> list[str]:
    """Texts of the comments of a ticket, by time."""
    return [e.new for e in tickets(side)[number].log if e.field == "comment" and e.new]


def test_a_parked_change_says_why_on_both_sides_and_is_acknowledged() -> None:
    """Received is not applied: the message is done, the change waits."""
    pair = refused()
    (row,) = pair.slave.store.parked(SYNC_ID)
    assert row.reason == "component 'engine' does not exist in this project"
    assert row.change.comment == "now in the engine"
    (line,) = [line for line in problems(pair.slave) if line.event == "parked"]
    assert row.reason in line.text
    assert line.ticket == 1
    assert told_there(pair) == {row.change.number: row.reason}
    assert pair.master.store.count_messages(SYNC_ID) == (0, 0, 0)


def test_later_changes_of_the_ticket_wait_in_their_order_and_others_go_on() -> None:
    """Nothing of ticket 1 is applied before what came first; ticket 2 is up to date."""
    pair = refused()
    edit(pair, 1, {"customer": "second"}, "second")
    edit(pair, 1, {"customer": "third"}, "third")
    edit(pair, 2, {"customer": "other"}, "other")
    pair.settle()
    assert comments(pair.slave, 1) == []
    assert tickets(pair.slave)[2].values["customer"] == "other"
    waiting, parked = pair.slave.store.count_inbox(SYNC_ID)
    assert (waiting, parked) == (2, 1)
    options(pair.slave, "engine")
    release(pair.slave)
    pair.settle()
    assert comments(pair.slave, 1) == ["now in the engine", "second", "third"]
    assert differences(pair) == []


def test_the_slaves_own_edits_of_a_held_ticket_still_leave() -> None:
    """Parking holds back one direction only, and the parked change was not seen by them."""
    pair = refused()
    pair.slave.tracker.user_edit(1, {"priority": "minor"}, "from the slave", "bob")
    pair.settle()
    assert comments(pair.master, 1) == ["now in the engine", "from the slave"]
    options(pair.slave, "engine")
    release(pair.slave)
    pair.settle()
    assert differences(pair) == []
    assert sorted(comments(pair.slave, 1)) == ["from the slave", "now in the engine"]


def test_several_tickets_and_changes_are_held_and_freed_one_by_one() -> None:
    """Each ticket waits for its own reason; freeing one leaves the other."""
    pair = refused(3)
    options(pair.master, "rocket", field="version")
    edit(pair, 2, {"version": "rocket"}, "two")
    pair.settle()
    first, second = pair.slave.store.parked(SYNC_ID)
    options(pair.slave, "rocket", field="version")
    release(pair.slave, second.change.number)
    pair.settle()
    assert comments(pair.slave, 2) == ["two"]
    assert [row.change.number for row in pair.slave.store.parked(SYNC_ID)] == [first.change.number]
    assert list(pair.master.store.partner_parked(SYNC_ID)) == [first.change.number]
    edit(pair, 3, {"customer": "fine"})
    pair.settle()
    assert tickets(pair.slave)[3].values["customer"] == "fine"


def test_a_ticket_may_be_held_by_one_refusal_after_another() -> None:
    """The second one parks once the first is free; the report follows."""
    pair = refused()
    options(pair.master, "rocket", field="version")
    edit(pair, 1, {"version": "rocket"}, "second")
    edit(pair, 1, {"customer": "late"}, "third")
    pair.settle()
    options(pair.slave, "engine")
    release(pair.slave)
    pair.settle()
    (row,) = pair.slave.store.parked(SYNC_ID)
    assert row.reason == "version 'rocket' does not exist in this project"
    assert comments(pair.slave, 1) == ["now in the engine"]
    assert told_there(pair) == {row.change.number: row.reason}
    options(pair.slave, "rocket", field="version")
    release(pair.slave)
    pair.settle()
    assert comments(pair.slave, 1) == ["now in the engine", "second", "third"]
    assert pair.master.store.partner_parked(SYNC_ID) == {}
    assert differences(pair) == []


def test_a_retry_in_vain_parks_again_with_its_reason() -> None:
    """Nothing is lost and nothing doubled, however often it is tried."""
    pair = refused()
    for _ in range(3):
        release(pair.slave)
        pair.settle()
    (row,) = pair.slave.store.parked(SYNC_ID)
    assert row.reason == "component 'engine' does not exist in this project"
    assert comments(pair.slave, 1) == []
    assert list(told_there(pair).values()) == [row.reason]


def test_a_newer_change_of_the_ticket_frees_what_can_be_applied_by_then() -> None:
    """The slave got the component meanwhile; nobody has to press a button."""
    pair = refused()
    options(pair.slave, "engine")
    edit(pair, 1, {}, "newer")
    pair.settle()
    assert comments(pair.slave, 1) == ["now in the engine", "newer"]
    assert pair.slave.store.count_inbox(SYNC_ID) == (0, 0)
    assert pair.master.store.partner_parked(SYNC_ID) == {}
    assert differences(pair) == []


def test_a_new_ticket_that_cannot_be_created_holds_its_history() -> None:
    """Created, edited and commented on there; nothing here until it can be, then everything."""
    pair = made(1)
    options(pair.master, "epic", field="type")
    number = pair.master.tracker.user_create({"summary": "big", "component": "component1"}, "alice")
    options(pair.master, "engine")
    pair.clock.advance(SECOND)
    edit(pair, number, {"component": "engine"}, "moved")
    pair.settle()
    assert tickets(pair.slave)[2].values["component"] == "component1"
    third = pair.master.tracker.user_create({"summary": "born refused", "component": "engine"}, "alice")
    pair.clock.advance(SECOND)
    edit(pair, third, {"customer": "x"}, "still not here")
    pair.settle()
    assert set(tickets(pair.slave)) == {1, 2}
    options(pair.slave, "engine")
    release(pair.slave)
    pair.settle()
    assert comments(pair.slave, 3) == ["still not here"]
    assert differences(pair) == []


@pytest.mark.parametrize(
    ("action", "act"),
    [
        ("TICKET_CHGPROP", lambda pair: edit(pair, 1, {"customer": "x"})),
        ("TICKET_APPEND", lambda pair: edit(pair, 1, {}, "a comment")),
        ("TICKET_CREATE", lambda pair: pair.master.tracker.user_create({"summary": "new"}, "alice")),
    ],
)
def test_what_the_synchronization_user_may_not_do_is_parked_by_permission(action: str, act: object) -> None:
    """Its permissions bound the partner; granting the permission and a retry apply it."""
    pair = made(2)
    pair.slave.tracker.denied.add(("issuesync", action))
    before = tickets(pair.slave)
    act(pair)
    pair.settle()
    assert tickets(pair.slave) == before
    (row,) = pair.slave.store.parked(SYNC_ID)
    assert row.reason == f"the synchronization user issuesync has no permission {action} here"
    pair.slave.tracker.denied.clear()
    release(pair.slave)
    pair.settle()
    assert pair.slave.store.count_inbox(SYNC_ID) == (0, 0)
    assert differences(pair) == []


def test_editing_comments_needs_its_own_permission() -> None:
    """The ticket can be changed all the same, once the comment's edit is out of the way."""
    pair = made(1)
    at = pair.master.tracker.user_edit(1, {}, "first", "alice")
    pair.settle()
    pair.slave.tracker.denied.add(("issuesync", "TICKET_EDIT_COMMENT"))
    pair.master.tracker.user_comment_edit(1, at, "better", "alice")
    pair.settle()
    assert comments(pair.slave, 1) == ["first"]
    assert "TICKET_EDIT_COMMENT" in pair.slave.store.parked(SYNC_ID)[0].reason
    pair.slave.tracker.denied.clear()
    release(pair.slave)
    pair.settle()
    assert comments(pair.slave, 1) == ["better"]


def test_a_ticket_that_the_synchronization_user_may_not_view_does_not_leave() -> None:
    """Neither new nor edited; when it may be viewed again, what happened meanwhile goes."""
    pair = made(1)
    pair.master.tracker.hidden |= {1, 2}
    pair.master.tracker.user_create({"summary": "hidden"}, "alice")
    edit(pair, 1, {"customer": "hidden"}, "hidden")
    before = tickets(pair.slave)
    pair.settle()
    assert tickets(pair.slave) == before
    pair.master.tracker.hidden.clear()
    pair.clock.advance(25 * 60 * MINUTE)
    pair.settle()
    assert comments(pair.slave, 1) == ["hidden"]
    assert differences(pair) == []


def test_a_change_for_a_hidden_ticket_does_not_make_its_edits_leave() -> None:
    """Applying captures first; what the synchronization user may not view must not go that way either."""
    pair = made(1)
    pair.slave.tracker.hidden |= {1}
    pair.slave.tracker.user_edit(1, {"customer": "private"}, "private", "bob")
    pair.clock.advance(SECOND)
    edit(pair, 1, {"priority": "minor"}, "from the master")
    pair.settle()
    assert tickets(pair.master)[1].values["customer"] == "0"
    assert comments(pair.master, 1) == ["from the master"]
    (row,) = pair.slave.store.parked(SYNC_ID)
    assert row.reason == "the synchronization user issuesync may not view the ticket"
    pair.slave.tracker.hidden.clear()
    release(pair.slave)
    pair.clock.advance(25 * 60 * MINUTE)
    pair.settle()
    assert comments(pair.master, 1) == ["from the master", "private"]
    assert differences(pair) == []


@pytest.mark.parametrize("field", ["summary", "description", "comment"])
def test_text_over_the_receivers_limit_is_parked_and_at_the_limit_applied(field: str) -> None:
    """Trac's model does not check; the limit is the receiver's own."""
    pair = made(2)
    pair.slave.tracker.limits = SimLimits(text={field: 10})
    for number, length in ((1, 10), (2, 11)):
        text = "x" * length
        edit(pair, number, {} if field == "comment" else {field: text}, text if field == "comment" else "")
    pair.settle()
    (row,) = pair.slave.store.parked(SYNC_ID)
    assert row.reason == f"{field} has 11 characters, more than the 10 allowed in this project"
    assert row.change.ticket == pair.slave.twin_of(2).uid
    pair.slave.tracker.limits = SimLimits()
    release(pair.slave)
    pair.settle()
    assert differences(pair) == []


@pytest.mark.parametrize("unknown", ["create", "default"])
def test_with_another_rule_nothing_is_parked(unknown: str) -> None:
    """``unknown=create`` makes the component, ``unknown=default`` leaves what the ticket shows."""
    pair = SimPair(settings=Settings(unknown=Unknown(unknown))).connect()
    options(pair.master, "engine")
    pair.master.tracker.user_create({"summary": "a", "component": "engine"}, "alice")
    pair.master.tracker.user_create({"summary": "b", "component": "engine"}, "alice")
    pair.settle()
    assert pair.slave.store.count_inbox(SYNC_ID) == (0, 0)
    shown = {ticket.values["component"] for ticket in tickets(pair.slave).values()}
    assert shown == ({"engine"} if unknown == "create" else {""})
    assert ("engine" in pair.slave.tracker.catalogue().field("component").options) is (unknown == "create")
    pair.settle()
    assert {t.values["component"] for t in tickets(pair.master).values()} == {"engine"}


def test_a_failure_while_storing_parks_that_ticket_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another plugin's listener raises at one ticket: nothing of it is written, the others are."""
    pair = made(3)
    for number in (1, 2, 3):
        edit(pair, number, {"customer": f"c{number}"}, f"c{number}")
    real = pair.slave.tracker.open

    def broken(number: int) -> object:
        editor = real(number)
        if number == 2:
            monkeypatch.setattr(editor, "edit", _raise)
        return editor

    monkeypatch.setattr(pair.slave.tracker, "open", broken)
    pair.settle()
    assert [comments(pair.slave, number) for number in (1, 2, 3)] == [["c1"], [], ["c3"]]
    (row,) = pair.slave.store.parked(SYNC_ID)
    assert row.reason == "storing it in this project failed: RuntimeError: a listener failed"
    monkeypatch.undo()
    release(pair.slave)
    pair.settle()
    assert differences(pair) == []


def test_a_ticket_that_cannot_even_be_opened_parks_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails before the first change is touched holds back that ticket and no other."""
    pair = made(3)
    for number in (1, 2, 3):
        edit(pair, number, {"customer": f"c{number}"}, f"c{number}")
    real = pair.slave.tracker.open
    monkeypatch.setattr(pair.slave.tracker, "open", lambda number: _raise() if number == 1 else real(number))
    pair.settle()
    assert [comments(pair.slave, number) for number in (1, 2, 3)] == [[], ["c2"], ["c3"]]
    (row,) = pair.slave.store.parked(SYNC_ID)
    assert row.reason == "storing it in this project failed: RuntimeError: a listener failed"
    monkeypatch.undo()
    release(pair.slave)
    pair.settle()
    assert differences(pair) == []


def test_an_option_that_cannot_be_created_parks_the_change(monkeypatch: pytest.MonkeyPatch) -> None:
    """No ticket gets a value that its field does not offer."""
    pair = SimPair(settings=Settings(unknown=Unknown.CREATE)).connect()
    monkeypatch.setattr(pair.slave.tracker, "add_option", lambda field, name: False)
    options(pair.master, "engine")
    pair.master.tracker.user_create({"summary": "a", "component": "engine"}, "alice")
    pair.settle()
    assert tickets(pair.slave) == {}
    (row,) = pair.slave.store.parked(SYNC_ID)
    assert row.reason == "storing it in this project failed: component 'engine' cannot be created here"


def _raise(*args: object) -> None:
    raise RuntimeError("a listener failed")


def test_changes_for_a_ticket_deleted_here_are_rejected_not_parked() -> None:
    """They are passed with that reason, so that nothing waits for ever."""
    pair = made(2)
    pair.slave.tracker.user_delete(2)
    edit(pair, 2, {"customer": "x"}, "too late")
    pair.settle()
    assert pair.slave.store.count_inbox(SYNC_ID) == (0, 0)
    assert any(line.event == "rejected" and "was deleted here" in line.text for line in problems(pair.slave))
    assert set(tickets(pair.slave)) == {1}


def test_a_parked_change_of_a_ticket_that_is_deleted_here_is_settled() -> None:
    """The next try finds no ticket: rejected, and the partner's list is empty again."""
    pair = refused()
    pair.slave.tracker.user_delete(1)
    release(pair.slave)
    pair.settle()
    assert pair.slave.store.count_inbox(SYNC_ID) == (0, 0)
    assert pair.master.store.partner_parked(SYNC_ID) == {}


def test_a_parked_change_is_kept_over_a_restart_and_a_stop() -> None:
    """Stopping and starting is no retry and loses nothing."""
    pair = refused()
    pair.slave.stop()
    pair.settle()
    pair.slave.start()
    pair.settle()
    (row,) = pair.slave.store.parked(SYNC_ID)
    assert isinstance(row.change.fields[0], FieldChange)
    assert list(pair.master.store.partner_parked(SYNC_ID)) == [row.change.number]


def test_a_change_that_overtook_another_of_its_ticket_waits_for_it() -> None:
    """A gap holds back the tickets it concerns and no other; nothing is parked, and the order is kept."""
    pair = made(2)
    edit(pair, 1, {"customer": "first"}, "first")
    pair.master.cycle()
    box = pair.wire.boxes["m"]
    late = list(box.parcels)
    box.parcels.clear()
    edit(pair, 1, {"priority": "minor"}, "second")
    edit(pair, 2, {"customer": "other"}, "other")
    pair.master.cycle()
    pair.slave.cycle()
    assert (comments(pair.slave, 1), comments(pair.slave, 2)) == ([], ["other"])
    assert pair.slave.store.count_inbox(SYNC_ID) == (1, 0)
    box.parcels += late
    pair.slave.cycle()
    assert comments(pair.slave, 1) == ["first", "second"]
    pair.settle()
    assert differences(pair) == []


def test_a_project_that_can_take_it_by_now_takes_it_without_being_asked() -> None:
    """An option, a limit, a permission, the rule for unknown values: each is noticed in the next cycle."""
    pair = made(4)
    options(pair.master, "engine", "rocket")
    pair.slave.tracker.limits = SimLimits(text={"description": 3})
    pair.slave.tracker.denied.add(("issuesync", "TICKET_APPEND"))
    edit(pair, 1, {"component": "engine"})
    edit(pair, 2, {"description": "long"})
    edit(pair, 3, {}, "comment")
    edit(pair, 4, {"component": "rocket"})
    pair.settle()
    assert pair.slave.store.count_inbox(SYNC_ID) == (0, 4)

    def unknown() -> None:
        sync = pair.slave.sync
        with pair.slave.store.transaction():
            settings = replace(sync.settings, unknown=Unknown.CREATE)
            pair.slave.store.save_sync(replace(sync, settings=settings))

    steps = (
        lambda: options(pair.slave, "engine"),
        lambda: setattr(pair.slave.tracker, "limits", SimLimits()),
        lambda: pair.slave.tracker.denied.clear(),
        unknown,
    )
    for left, step in zip((3, 2, 1, 0), steps, strict=True):
        step()
        pair.slave.cycle()
        assert pair.slave.store.count_inbox(SYNC_ID) == (0, left)
    pair.settle()
    assert differences(pair) == []


def test_what_nobody_can_notice_is_tried_again_once_in_a_while() -> None:
    """A permission on a single ticket: within an hour and a bit, not in every cycle."""
    pair = made(2)
    pair.slave.tracker.hidden |= {1}
    edit(pair, 1, {"customer": "x"})
    pair.settle()
    pair.slave.tracker.hidden.clear()
    pair.clock.advance(50 * MINUTE)
    pair.slave.cycle()
    assert pair.slave.store.count_inbox(SYNC_ID) in ((0, 1), (0, 0))
    pair.clock.advance(20 * MINUTE)
    pair.slave.cycle()
    assert pair.slave.store.count_inbox(SYNC_ID) == (0, 0)
    pair.settle()
    assert differences(pair) == []


def test_trying_again_in_vain_fills_no_log_and_sends_no_message() -> None:
    """For days, and with new changes of the ticket: one line on each side, one report."""
    pair = refused()
    lines = [line for line in pair.slave.store.log(SYNC_ID) if line.event == "parked"]
    sent = pair.slave.store.counters(SYNC_ID).message
    for _ in range(30):
        pair.clock.advance(90 * MINUTE)
        for side in pair.sides:
            assert side.cycle().parked == 0
    edit(pair, 1, {"customer": "newer"})
    pair.settle()
    assert pair.slave.store.count_inbox(SYNC_ID) == (1, 1)
    assert [line for line in pair.slave.store.log(SYNC_ID) if line.event == "parked"] == lines
    assert pair.slave.store.counters(SYNC_ID).message == sent
    assert len(told_there(pair)) == 1


def test_a_report_in_the_middle_of_a_retry_still_names_what_is_tried() -> None:
    """Or the partner would believe that it was applied, until something else changes."""
    pair = refused(3)
    release(pair.slave)
    pair.slave.stop()
    with pair.slave.store.transaction():
        counters = pair.slave.store.counters(SYNC_ID)
        pair.slave.store.save_counters(SYNC_ID, replace(counters, report_owed=True))
    pair.settle()
    assert len(told_there(pair)) == 1


def test_an_unexpected_failure_is_told_to_whoever_keeps_tracebacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason is for administrators; where it came from goes to the log of the host."""
    pair = made(2)
    monkeypatch.setattr(pair.slave.tracker, "open", _raise)
    edit(pair, 1, {"customer": "x"})
    pair.master.cycle()
    link, heard = pair.slave.link(), []
    link.failed = lambda text: heard.append((text, sys.exc_info()[1]))
    run_cycle(link)
    (row,) = pair.slave.store.parked(SYNC_ID)
    ((text, error),) = heard
    assert text == f"Change {row.change.number} of the partner could not be stored"
    assert isinstance(error, RuntimeError)
