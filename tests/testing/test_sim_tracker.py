# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The simulated tracker keeps the promises of a tracker, and has the odd corners of Trac that matter."""

from __future__ import annotations

import pytest

from trac_issuesync.core.model import LogEntry
from trac_issuesync.engine.storage import Store, Tracker
from trac_issuesync.testing.sim_catalogue import default_catalogue
from trac_issuesync.testing.sim_database import UniqueViolation
from trac_issuesync.testing.sim_tickets import SimLimits
from trac_issuesync.testing.sim_tracker import SimTracker
from trac_issuesync.testing.sim_world import SimEnvironment
from trac_issuesync.testing.tracker_contract import TicketUsers, TrackerContract
from trac_issuesync.testing.tracker_samples import DAY, only, rows


@pytest.fixture
def environment() -> SimEnvironment:
    """An environment with a known user and one who sees nothing."""
    world = SimEnvironment("here", known_users=("alice",))
    world.tracker.denied |= {
        ("stranger", action) for action in ("TICKET_VIEW", "TICKET_CHGPROP", "TICKET_CREATE")
    }
    return world


@pytest.fixture
def sim(environment: SimEnvironment) -> SimTracker:
    """The tracker with its users."""
    return environment.tracker


class TestSimTracker(TrackerContract):
    """The same promises as every tracker's."""

    unique_error = UniqueViolation

    @pytest.fixture
    def tracker(self, sim: SimTracker) -> Tracker:
        """A tracker without tickets."""
        return sim

    @pytest.fixture
    def users(self, sim: SimTracker) -> TicketUsers:
        """Its users."""
        return sim

    @pytest.fixture
    def store(self, environment: SimEnvironment) -> Store:
        """The store on the same database."""
        return environment.store

    @pytest.fixture
    def known_user(self) -> str:
        """See above."""
        return "alice"

    @pytest.fixture
    def stranger(self) -> str:
        """See above."""
        return "stranger"


def test_the_number_of_the_newest_deleted_ticket_is_given_again(sim: SimTracker) -> None:
    """As in SQLite (fact F4): the next ticket has the same number, another time and an empty log."""
    sim.user_create({"summary": "one"}, "alice", DAY)
    second = sim.user_create({"summary": "two"}, "alice", DAY + 1)
    sim.user_edit(second, {}, "text", "bob", DAY + 2)
    sim.user_delete(second)
    again = sim.user_create({"summary": "three"}, "alice", DAY + 3)
    assert again == second
    assert (only(sim, again).created, only(sim, again).log) == (DAY + 3, ())


def test_a_rename_by_sql_leaves_no_trace(sim: SimTracker) -> None:
    """Value and option change, log and change time do not (fact F3); other tickets are untouched."""
    first = sim.user_create({"summary": "one", "component": "component1"}, "alice", DAY)
    other = sim.user_create({"summary": "two", "component": "component2"}, "alice", DAY)
    untouched = only(sim, other)
    sim.sql_rename("component", "component1", "renamed")
    snapshot = only(sim, first)
    assert (snapshot.values["component"], snapshot.changed, snapshot.log) == ("renamed", DAY, ())
    assert only(sim, other) == untouched
    field = sim.catalogue().field("component")
    assert field is not None
    assert field.options == ("renamed", "component2")


def test_a_late_commit_carries_the_time_it_took(sim: SimTracker, environment: SimEnvironment) -> None:
    """A save lies in the log before one that committed earlier, and names the old value it had read."""
    number = sim.user_create({"summary": "one"}, "alice", DAY)
    environment.clock.set(DAY + 10)
    pending = sim.begin_edit(number, {"summary": "late"}, "words", "bob")
    environment.clock.set(DAY + 13)
    sim.user_edit(number, {"summary": "early"}, "", "carol")
    pending.commit()
    snapshot = only(sim, number)
    assert snapshot.values["summary"] == "late"
    assert rows(snapshot)[DAY + 10, "summary"] == LogEntry(DAY + 10, "bob", "summary", "one", "late")
    assert rows(snapshot)[DAY + 13, "summary"] == LogEntry(DAY + 13, "carol", "summary", "one", "early")
    assert snapshot.changed == DAY + 10


def test_a_late_commit_to_a_deleted_ticket_fails(sim: SimTracker) -> None:
    """The user who was too late is told."""
    number = sim.user_create({"summary": "one"}, "alice")
    pending = sim.begin_edit(number, {}, "words", "bob")
    sim.user_delete(number)
    with pytest.raises(LookupError):
        pending.commit()


def test_users_never_share_a_microsecond_unless_told_to(sim: SimTracker) -> None:
    """Edits under a still clock get times of their own, also beside one begun and not committed."""
    number = sim.user_create({"summary": "one"}, "alice")
    pending = sim.begin_edit(number, {}, "pending", "bob")
    times = {sim.user_edit(number, {}, "text", "carol") for _ in range(3)}
    pending.commit()
    assert len({*times, pending.time}) == 4
    with pytest.raises(UniqueViolation):
        sim.user_edit(number, {}, "text", "dave", pending.time)


def test_the_clock_may_step_back(sim: SimTracker, environment: SimEnvironment) -> None:
    """A later edit may carry an earlier time, and lowers the ticket's change time as Trac does."""
    number = sim.user_create({"summary": "one"}, "alice", DAY)
    environment.clock.set(DAY + 10)
    sim.user_edit(number, {"summary": "two"}, "", "bob")
    environment.clock.advance(-5)
    sim.user_edit(number, {"summary": "three"}, "", "bob")
    snapshot = only(sim, number)
    assert (snapshot.changed, snapshot.values["summary"]) == (DAY + 5, "three")


def test_a_new_ticket_has_the_defaults_of_the_project(sim: SimTracker) -> None:
    """Users who leave a field alone get its default, as on Trac's page."""
    values = only(sim, sim.user_create({"summary": "one"}, "alice")).values
    chosen = {name: values[name] for name in ("type", "priority", "status", "urgent", "reporter")}
    assert chosen == {
        "type": "defect",
        "priority": "major",
        "status": "new",
        "urgent": "0",
        "reporter": "alice",
    }


def test_users_may_leave_odd_text(sim: SimTracker) -> None:
    """Trac's model takes what it gets (fact F7): controls and breaks that scripts put there stay."""
    number = sim.user_create({"summary": "a\nb\x00"}, "alice", DAY)
    sim.user_edit(number, {"owner": "c\x07"}, "d\x00", "bob", DAY + 1)
    sim.user_comment_edit(number, DAY + 1, "e\x00", "bob", DAY + 2)
    snapshot = only(sim, number)
    assert (snapshot.values["summary"], snapshot.values["owner"]) == ("a\nb\x00", "c\x07")
    log = rows(snapshot)
    assert (log[DAY + 1, "_comment0"].old, log[DAY + 1, "comment"].new) == ("d\x00", "e\x00")


def test_a_ticket_is_opened_inside_a_transaction_only(sim: SimTracker) -> None:
    """There is no lock outside one."""
    number = sim.user_create({"summary": "one"}, "alice")
    with pytest.raises(RuntimeError):
        sim.open(number)
    with pytest.raises(RuntimeError):
        sim.create({}, DAY)


def test_tickets_can_be_hidden_and_limits_set() -> None:
    """What a test configures is what the engine is told."""
    limits = SimLimits(attachment=10, text={"comment": 5})
    world = SimEnvironment("here", limits=limits, catalogue=default_catalogue())
    number = world.tracker.user_create({"summary": "one"}, "alice")
    world.tracker.hidden.add(number)
    world.tracker.denied.add(("bob", "TICKET_ADMIN"))
    assert world.tracker.visible([number], "anybody") == set()
    assert not world.tracker.may("bob", "TICKET_ADMIN", 0)
    assert world.tracker.may("carol", "TICKET_ADMIN", 0)
    assert (world.tracker.max_attachment(), world.tracker.max_text("comment")) == (10, 5)
    assert world.tracker.max_text("summary") == 0


def test_a_user_may_attach_the_same_file_twice(sim: SimTracker) -> None:
    """What counts as a repetition for the engine is a second file for a user."""
    number = sim.user_create({"summary": "one"}, "alice", DAY)
    names = [sim.user_attach(number, "a.txt", b"x", "bob", DAY) for _ in range(3)]
    assert names == ["a.txt", "a.2.txt", "a.3.txt"]


def test_a_removed_attachment_is_gone(sim: SimTracker) -> None:
    """A user may delete a file; nothing is logged."""
    number = sim.user_create({"summary": "one"}, "alice", DAY)
    sim.user_attach(number, "a.txt", b"x", "bob", DAY)
    before = only(sim, number)
    sim.user_detach(number, "a.txt")
    assert (before.attachments[0].filename, only(sim, number).attachments) == ("a.txt", ())
    assert sim.open_attachment(number, "a.txt") is None
    assert only(sim, number).changed == DAY
