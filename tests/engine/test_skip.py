# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Skipping passes over what is refused and nothing else, and leaves both sides equal or says where not."""

from __future__ import annotations

from typing import Any

import pytest
from engine.forging import MINUTE, SECOND, made, sets, strange, tickets, utter

from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.model import Policy
from trac_issuesync.engine.records import InboxState
from trac_issuesync.engine.skip import skip
from trac_issuesync.testing.sim_judge import differences
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair, SimSide
from trac_issuesync.testing.sim_tickets import SimLimits
from trac_issuesync.wire.messages import Body


def options(side: SimSide, *names: str, field: str = "component") -> None:
    """Give a field of a side further options."""
    known = side.tracker.catalogue().field(field).options
    side.tracker.set_options(field, (*known, *names))


def edit(pair: SimPair, values: dict[str, str], comment: str = "", number: int = 1) -> None:
    """Alice edits a ticket of the master's; a second passes."""
    pair.master.tracker.user_edit(number, values, comment, "alice")
    pair.clock.advance(SECOND)


def comments(side: SimSide, number: int = 1) -> list[str]:
    """Texts of the comments of a ticket, by time."""
    return [e.new for e in tickets(side)[number].log if e.field == "comment" and e.new]


def skip_first(side: SimSide) -> str:
    """As ``issuesync skip`` of the first parked change."""
    return skip(side.link(), side.store.parked(SYNC_ID)[0].change.number, "admin")


def nothing_waits(pair: SimPair) -> None:
    """Equal, nothing parked or waiting on either side, no open question."""
    assert differences(pair) == []
    for side in pair.sides:
        assert side.store.count_inbox(SYNC_ID) == (0, 0)
        assert side.store.partner_parked(SYNC_ID) == {}
        assert side.store.count_conflicts(SYNC_ID) == 0


@pytest.mark.parametrize("policy", list(Policy))
def test_a_skip_applies_the_rest_and_sends_this_sides_values_back(policy: Policy) -> None:
    """The comment and the good field arrive; of the refused one both sides show what was here before."""
    pair = SimPair(policy=policy).connect()
    pair.master.tracker.user_create({"summary": "t", "component": "component1"}, "alice")
    pair.settle()
    options(pair.master, "engine")
    at = pair.clock.now()
    edit(pair, {"component": "engine", "customer": "good"}, "with words")
    pair.settle()
    told = skip_first(pair.slave)
    assert told.startswith("admin skipped component of change ")
    assert told.endswith("component 'engine' does not exist in this project.")
    pair.settle()
    nothing_waits(pair)
    shown = tickets(pair.master)[1].values
    assert (shown["component"], shown["customer"]) == ("component1", "good")
    assert comments(pair.slave) == ["with words"]
    for side in pair.sides:
        (record,) = side.store.conflicts(SYNC_ID)
        assert (record.field, record.winner, record.resolved) == ("component", "slave", True)
        refused = (record.mine, record.mine_author, record.mine_time)
        if side is pair.slave:
            refused = (record.theirs, record.theirs_author, record.theirs_time)
        assert refused == ("engine", "alice", at)
        assert [line.event for line in side.store.log(SYNC_ID)].count("conflict") == 1


def test_later_changes_of_the_ticket_go_on_behind_a_skip() -> None:
    """They had waited; they are applied in their order, and the last one counts."""
    pair = made(2)
    options(pair.master, "engine")
    edit(pair, {"component": "engine"}, "first")
    edit(pair, {"customer": "second"}, "second")
    pair.settle()
    skip_first(pair.slave)
    pair.settle()
    nothing_waits(pair)
    assert comments(pair.slave) == ["first", "second"]
    assert tickets(pair.slave)[1].values["customer"] == "second"


def test_a_correction_under_way_is_judged_like_any_other_edit() -> None:
    """The partner corrects the value while it is skipped here: both sides come to the same."""
    pair = made(2)
    good = tickets(pair.slave)[1].values["component"]
    options(pair.master, "engine")
    edit(pair, {"component": "engine"})
    pair.settle()
    skip_first(pair.slave)
    pair.clock.advance(MINUTE)
    edit(pair, {"component": "component2"})
    pair.settle()
    assert differences(pair) == []
    assert tickets(pair.slave)[1].values["component"] in (good, "component2")


def test_status_and_resolution_are_skipped_together() -> None:
    """A resolution that is not known here does not close the ticket without one."""
    pair = made(2)
    options(pair.master, "parked elsewhere", field="resolution")
    edit(pair, {"status": "closed", "resolution": "parked elsewhere"}, "done")
    pair.settle()
    assert skip_first(pair.slave).startswith("admin skipped resolution, status of change ")
    pair.settle()
    nothing_waits(pair)
    shown = tickets(pair.master)[1].values
    assert (shown["status"], shown["resolution"]) == ("new", "")
    assert comments(pair.slave) == ["done"]


def test_a_new_ticket_is_made_without_what_is_refused() -> None:
    """Its component is not known here: made without one, and the partner's has none either then."""
    pair = made(1)
    options(pair.master, "engine")
    pair.master.tracker.user_create({"summary": "new", "component": "engine", "customer": "c"}, "alice")
    pair.settle()
    skip_first(pair.slave)
    pair.settle()
    nothing_waits(pair)
    shown = tickets(pair.slave)[2].values
    assert (shown["summary"], shown["customer"], shown["component"]) == ("new", "c", "")


def test_a_text_too_long_is_skipped_and_recorded_whole() -> None:
    """The old text stands on both sides; the long one is in the record."""
    pair = made(2)
    pair.slave.tracker.limits = SimLimits(text={"description": 10})
    edit(pair, {"description": "x" * 11}, "longer")
    pair.settle()
    skip_first(pair.slave)
    pair.settle()
    nothing_waits(pair)
    assert tickets(pair.master)[1].values["description"] == ""
    assert [record.theirs for record in pair.slave.store.conflicts(SYNC_ID)] == ["x" * 11]


def test_an_edit_of_a_comment_is_skipped_by_its_old_text() -> None:
    """Both sides show the text that was here before."""
    pair = made(2)
    at = pair.master.tracker.user_edit(1, {}, "short", "alice")
    pair.settle()
    pair.slave.tracker.limits = SimLimits(text={"comment": 10})
    pair.master.tracker.user_comment_edit(1, at, "x" * 11, "alice")
    pair.settle()
    skip_first(pair.slave)
    pair.settle()
    nothing_waits(pair)
    assert (comments(pair.master), comments(pair.slave)) == (["short"], ["short"])


def shown_as_skipped(pair: SimPair) -> None:
    """On both sides, for good; nothing waits behind it, and other edits go on."""
    for _ in range(2):
        (row,) = pair.slave.store.refused(SYNC_ID)
        assert row.state is InboxState.SKIPPED
        (there,) = pair.master.store.partner_parked(SYNC_ID).values()
        assert (there.number, there.skipped, there.author) == (row.change.number, True, "alice")
        assert there.reason == row.reason
        assert pair.slave.store.count_inbox(SYNC_ID) == (0, 0)
        edit(pair, {"customer": "goes on"}, number=2)
        pair.clock.advance(25 * 60 * MINUTE)
        pair.settle()
        assert tickets(pair.slave)[2].values["customer"] == "goes on"


def test_a_comment_that_was_passed_over_stays_shown_as_skipped() -> None:
    """It is on one side only, so both sides say so; the rest of the change is applied."""
    pair = made(2)
    pair.slave.tracker.limits = SimLimits(text={"comment": 10})
    edit(pair, {"customer": "good"}, "x" * 11)
    pair.settle()
    skip_first(pair.slave)
    pair.settle()
    assert tickets(pair.slave)[1].values["customer"] == "good"
    assert comments(pair.slave) == []
    shown_as_skipped(pair)


def test_a_change_that_a_plugin_refuses_is_skipped_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it is here: its values are taken back at the partner, its comment is shown as skipped."""
    pair = made(2)
    with monkeypatch.context() as patched:
        patched.setattr(pair.slave.tracker, "open", _refuse)
        edit(pair, {"customer": "vetoed"}, "vetoed")
        pair.settle()
        (row,) = pair.slave.store.parked(SYNC_ID)
        assert "a plugin says no" in row.reason
    skip_first(pair.slave)
    pair.settle()
    assert {side.tracker.read([1])[1].values["customer"] for side in pair.sides} == {"0"}
    assert comments(pair.slave) == []
    shown_as_skipped(pair)


def _refuse(*args: Any) -> Any:
    raise RuntimeError("a plugin says no")


def test_a_ticket_of_a_type_unknown_here_is_skipped_whole() -> None:
    """It is not made as another type; what happens to it later is told in the log and waits for nothing."""
    pair = made(2)
    kinds = pair.slave.tracker.catalogue().field("type").options
    pair.slave.tracker.set_options("type", kinds[:1])
    number = pair.master.tracker.user_create({"summary": "big", "type": kinds[1]}, "alice")
    pair.settle()
    skip_first(pair.slave)
    edit(pair, {"customer": "x"}, "later", number)
    pair.settle()
    assert set(tickets(pair.slave)) == {1, 2}
    assert any("its creation was skipped here" in line.text for line in pair.slave.store.log(SYNC_ID))
    shown_as_skipped(pair)


def test_a_change_of_a_ticket_never_received_can_be_skipped() -> None:
    """A partner with strange software holds nothing for ever."""
    pair = made(2)
    utter(pair.master, Body((strange(pair.master, ticket="acme/77/1", comment="evil"),)))
    pair.settle()
    skip_first(pair.slave)
    pair.settle()
    assert pair.slave.store.count_inbox(SYNC_ID) == (0, 0)
    shown_as_skipped(pair)


def test_a_hidden_ticket_is_skipped_whole_and_nothing_of_it_leaves() -> None:
    """What the synchronization user may not view does not go back as an answer."""
    pair = made(2)
    pair.slave.tracker.hidden |= {1}
    pair.slave.tracker.user_edit(1, {"customer": "private"}, "private", "bob")
    edit(pair, {"customer": "x"})
    pair.settle()
    skip_first(pair.slave)
    pair.settle()
    assert tickets(pair.master)[1].values["customer"] == "x"
    shown_as_skipped(pair)


def test_without_the_permission_values_are_skipped_and_the_comment_is_applied() -> None:
    """Each part goes by the permission that it needs."""
    pair = made(2)
    pair.slave.tracker.denied.add(("issuesync", "TICKET_CHGPROP"))
    edit(pair, {"customer": "x"}, "said")
    pair.settle()
    skip_first(pair.slave)
    pair.settle()
    nothing_waits(pair)
    assert tickets(pair.master)[1].values["customer"] == "0"
    assert comments(pair.slave) == ["said"]


def test_what_is_not_parked_is_not_skipped() -> None:
    """A number that is unknown, or was skipped already, changes nothing."""
    pair = made(2)
    pair.slave.tracker.limits = SimLimits(text={"comment": 10})
    edit(pair, {}, "x" * 11)
    pair.settle()
    (row,) = pair.slave.store.parked(SYNC_ID)
    with pytest.raises(Invalid, match="No change 4711 is parked here"):
        skip(pair.slave.link(), 4711, "admin")
    skip(pair.slave.link(), row.change.number, "admin")
    with pytest.raises(Invalid, match="is parked here"):
        skip(pair.slave.link(), row.change.number, "admin")


def test_a_slip_of_a_field_that_is_fine_elsewhere_is_not_taken_along() -> None:
    """A change with a good and a refused value in both of two tickets: each ticket for itself."""
    pair = made(2)
    options(pair.master, "engine")
    for number in (1, 2):
        edit(pair, {"component": "engine", "customer": f"c{number}"}, number=number)
    pair.settle()
    skip_first(pair.slave)
    pair.settle()
    assert pair.slave.store.count_inbox(SYNC_ID) == (0, 1)
    assert tickets(pair.slave)[1].values["customer"] == "c1"
    options(pair.slave, "engine")
    pair.settle()
    nothing_waits(pair)
    assert tickets(pair.slave)[2].values["component"] == "engine"


def test_values_that_lost_are_not_skipped_but_in_conflict() -> None:
    """A skip decides conflicts first, as every apply does."""
    pair = SimPair(policy=Policy.SLAVE).connect()
    pair.master.tracker.user_create({"summary": "t", "customer": "0"}, "alice")
    pair.settle()
    options(pair.master, "engine")
    utter(pair.master, Body((strange(pair.master, fields=(*sets("component", "nowhere"),), comment="c"),)))
    pair.slave.tracker.user_edit(1, {"component": "component2"}, "", "bob")
    pair.settle()
    assert pair.slave.store.count_inbox(SYNC_ID) == (0, 0)
    assert tickets(pair.slave)[1].values["component"] == "component2"


def test_two_sides_that_refuse_each_others_value_meet_at_none() -> None:
    """Each has a component that the other lacks: the second skip empties the field on both sides."""
    pair = made(2)
    options(pair.master, "only here")
    options(pair.slave, "only there")
    edit(pair, {"component": "only here"})
    pair.slave.tracker.user_edit(1, {"component": "only there"}, "", "bob")
    pair.settle()
    for _ in range(4):
        for side in pair.sides:
            if side.store.parked(SYNC_ID):
                skip_first(side)
        pair.settle()
    assert differences(pair) == []
    assert tickets(pair.master)[1].values["component"] == ""
    assert [side.store.count_inbox(SYNC_ID) for side in pair.sides] == [(0, 0), (0, 0)]


def test_a_change_that_is_refused_no_longer_is_applied_whole_by_a_skip() -> None:
    """Bob's own edit of the field wins meanwhile: nothing is left to pass over, least of all the comment."""
    pair = SimPair(policy=Policy.SLAVE).connect()
    pair.master.tracker.user_create({"summary": "t", "customer": "0"}, "alice")
    pair.settle()
    options(pair.master, "engine")
    edit(pair, {"component": "engine"}, "with words")
    pair.master.cycle()
    pair.slave.cycle()
    assert pair.slave.store.count_inbox(SYNC_ID) == (0, 1)
    pair.slave.tracker.user_edit(1, {"component": "component2"}, "", "bob")
    assert "skipped nothing of change" in skip_first(pair.slave)
    pair.settle()
    assert differences(pair) == []
    assert comments(pair.slave) == ["with words"]
    assert tickets(pair.master)[1].values["component"] == "component2"
