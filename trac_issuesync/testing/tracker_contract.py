# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The promises of a tracker as tests, for whoever writes one: derive a test class and give it fixtures.

``tracker`` is a tracker without tickets whose project has the fields of a new Trac project, ``store`` the
store on the same database, ``users`` acts on it as its users do (see ``TicketUsers``). ``unique_error`` is
what a taken key raises. ``viewer`` may view every ticket, ``stranger`` none, ``known_user`` is known. For
readable failures call ``pytest.register_assert_rewrite("trac_issuesync.testing")`` in a conftest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import pytest

from trac_issuesync.core.model import FieldKind, LogEntry
from trac_issuesync.engine.storage import Store, Tracker
from trac_issuesync.testing.tracker_contract_editor import TrackerEditing
from trac_issuesync.testing.tracker_contract_files import TrackerFiles
from trac_issuesync.testing.tracker_samples import DAY, TEXT, create, only

__all__ = ["TicketUsers", "TrackerContract"]


class TicketUsers(Protocol):
    """What users do in their browsers, each act in a transaction of its own; times in microseconds."""

    def user_create(self, values: Mapping[str, str], author: str, time: int) -> int:
        """A new ticket; returns its number."""

    def user_edit(self, number: int, values: Mapping[str, str], comment: str, author: str, time: int) -> int:
        """Fields and comment as one change; returns the time of it."""

    def user_comment_edit(self, number: int, at: int, text: str, author: str, time: int) -> int:
        """Other words for the comment logged at ``at``; returns the time of the edit."""

    def user_attach(self, number: int, name: str, data: bytes, author: str, time: int) -> str:
        """A file on a ticket; returns the name that it got."""

    def user_delete(self, number: int) -> None:
        """Delete a ticket."""


class TrackerContract(TrackerEditing, TrackerFiles):
    """Every test is one promise of ``engine.storage.Tracker`` or ``TicketEditor``."""

    @pytest.fixture
    def viewer(self) -> str:
        """A user who may view every ticket."""
        return "viewer"

    @pytest.fixture
    def stranger(self) -> str:
        """A user who may neither view nor change tickets."""
        pytest.skip("There is no user who may view no ticket.")

    @pytest.fixture
    def known_user(self) -> str:
        """A user known to the project."""
        pytest.skip("There is no known user.")

    def test_the_catalogue_names_each_field_once(self, tracker: Tracker) -> None:
        """Types, statuses and kinds are told as they are; the times of a ticket are no fields."""
        catalogue = tracker.catalogue()
        names = [field.name for field in catalogue.fields]
        assert len(names) == len(set(names))
        assert not {"time", "changetime"} & set(names)
        kinds = {field.name: field.kind for field in catalogue.fields if not field.custom}
        assert kinds["summary"] is FieldKind.TEXT
        assert kinds["description"] is FieldKind.LONGTEXT
        assert kinds["status"] is FieldKind.STATUS
        assert {kinds[name] for name in ("type", "priority", "component", "milestone", "resolution")} == {
            FieldKind.SELECT
        }
        assert (kinds["keywords"], kinds["cc"]) == (FieldKind.LIST, FieldKind.LIST)
        assert (kinds["owner"], kinds["reporter"]) == (FieldKind.OWNER, FieldKind.REPORTER)

    def test_the_catalogue_lists_options(self, tracker: Tracker) -> None:
        """Fields with a choice list it without an empty entry; others have none."""
        fields = {field.name: field for field in tracker.catalogue().fields}
        assert "defect" in fields["type"].options
        assert {"new", "closed"} <= set(fields["status"].options)
        assert fields["summary"].options == ()
        assert all("" not in field.options for field in fields.values())
        assert all(field.label for field in fields.values())

    def test_what_users_do_is_read(self, tracker: Tracker, store: Store, users: TicketUsers) -> None:
        """A ticket made and edited by users shows their values, authors, texts and exact times."""
        number = users.user_create({"summary": "one", "type": "task"}, "alice", DAY)
        users.user_edit(number, {"summary": "two", "status": "accepted"}, TEXT, "bob", DAY + 1)
        snapshot = only(tracker, number)
        assert (snapshot.number, snapshot.created, snapshot.changed) == (number, DAY, DAY + 1)
        assert snapshot.values["summary"] == "two"
        assert snapshot.values["status"] == "accepted"
        assert snapshot.values["reporter"] == "alice"
        assert set(snapshot.log) == {
            LogEntry(DAY + 1, "bob", "summary", "one", "two"),
            LogEntry(DAY + 1, "bob", "status", "new", "accepted"),
            LogEntry(DAY + 1, "bob", "comment", "1", TEXT),
        }

    def test_a_users_comment_edit_is_read(self, tracker: Tracker, users: TicketUsers) -> None:
        """The edit is logged under the comment's old time, with the time of the edit as its new value."""
        number = users.user_create({"summary": "one"}, "alice", DAY)
        users.user_edit(number, {}, "first", "bob", DAY + 1)
        users.user_comment_edit(number, DAY + 1, "second", "carol", DAY + 9)
        snapshot = only(tracker, number)
        assert set(snapshot.log) == {
            LogEntry(DAY + 1, "bob", "comment", "1", "second"),
            LogEntry(DAY + 1, "carol", "_comment0", "first", str(DAY + 9)),
        }
        assert snapshot.changed == DAY + 9

    def test_the_log_is_in_order_of_time(self, tracker: Tracker, users: TicketUsers) -> None:
        """Rows ascend by time, also where somebody wrote one with an older time."""
        number = users.user_create({"summary": "one"}, "alice", DAY)
        for time in (DAY + 30, DAY + 10, DAY + 20):
            users.user_edit(number, {"summary": f"at {time}"}, "", "bob", time)
        times = [entry.time for entry in only(tracker, number).log]
        assert times == sorted(times)
        assert set(times) == {DAY + 10, DAY + 20, DAY + 30}

    def test_every_field_of_the_catalogue_has_a_value(self, tracker: Tracker, users: TicketUsers) -> None:
        """Values are text for exactly the fields of the catalogue, empty where nothing is set."""
        number = users.user_create({"summary": "one", "milestone": "", "keywords": ""}, "alice", DAY)
        values = only(tracker, number).values
        assert set(values) == {field.name for field in tracker.catalogue().fields}
        assert all(isinstance(value, str) for value in values.values())
        assert (values["milestone"], values["keywords"]) == ("", "")

    def test_tickets_that_do_not_exist_are_left_out(
        self, tracker: Tracker, store: Store, users: TicketUsers
    ) -> None:
        """Reading a missing or deleted ticket is no error, and it cannot be opened."""
        kept = users.user_create({"summary": "kept"}, "alice", DAY)
        gone = users.user_create({"summary": "gone"}, "alice", DAY)
        users.user_edit(gone, {}, "text", "bob", DAY + 1)
        users.user_attach(gone, "a.txt", b"x", "bob", DAY + 2)
        users.user_delete(gone)
        assert set(tracker.read([kept, gone, 9999])) == {kept}
        assert tracker.read([]) == {}
        assert tracker.numbers(0, 10) == [kept]
        assert tracker.open_attachment(gone, "a.txt") is None
        assert not tracker.changed_since(DAY + 1) | tracker.touched_since(DAY + 1)
        with store.transaction():
            assert tracker.open(gone) is None
            assert tracker.open(9999) is None

    def test_many_tickets_are_read_at_once(self, tracker: Tracker, store: Store) -> None:
        """More tickets than a database takes variables in one statement are no problem."""
        with store.transaction():
            numbers = [create(tracker, summary=f"number {n}").number for n in range(1200)]
        found = tracker.read(numbers)
        assert [found[number].values["summary"] for number in numbers] == [f"number {n}" for n in range(1200)]

    def test_numbers_are_paged(self, tracker: Tracker, store: Store) -> None:
        """Pages ascend, begin above the given number and end with an empty one."""
        with store.transaction():
            made = [create(tracker).number for _ in range(5)]
        assert made == sorted(made)
        assert tracker.numbers(0, 3) == made[:3]
        assert tracker.numbers(made[2], 3) == made[3:]
        assert tracker.numbers(made[4], 3) == []

    def test_new_log_rows_and_tickets_are_found_by_time(self, tracker: Tracker, users: TicketUsers) -> None:
        """Tickets created, or with a log row, at or after a time; the time itself counts."""
        old = users.user_create({"summary": "old"}, "alice", DAY)
        edited = users.user_create({"summary": "edited"}, "alice", DAY)
        new = users.user_create({"summary": "new"}, "alice", DAY + 5)
        users.user_edit(edited, {}, "text", "bob", DAY + 7)
        assert tracker.changed_since(DAY) == {old, edited, new}
        assert tracker.changed_since(DAY + 5) == {edited, new}
        assert tracker.changed_since(DAY + 7) == {edited}
        assert tracker.changed_since(DAY + 8) == set()

    def test_quiet_changes_are_found_by_the_slow_sweep(self, tracker: Tracker, users: TicketUsers) -> None:
        """A comment edit is logged under an old time and an attachment not at all: both are found."""
        comment = users.user_create({"summary": "comment"}, "alice", DAY)
        attached = users.user_create({"summary": "attached"}, "alice", DAY)
        users.user_edit(comment, {}, "text", "bob", DAY + 1)
        users.user_comment_edit(comment, DAY + 1, "other", "bob", DAY + 9)
        users.user_attach(attached, "a.txt", b"x", "bob", DAY + 9)
        assert tracker.touched_since(DAY + 9) == {comment, attached}
        assert tracker.touched_since(DAY + 10) == set()

    def test_only_what_a_user_may_view_is_visible(
        self, tracker: Tracker, users: TicketUsers, viewer: str
    ) -> None:
        """A user who may view every ticket sees those asked for."""
        number = users.user_create({"summary": "one"}, "alice", DAY)
        other = users.user_create({"summary": "two"}, "alice", DAY)
        assert tracker.visible([number, other], viewer) == {number, other}
        assert tracker.visible([other], viewer) == {other}
        assert tracker.visible([], viewer) == set()

    def test_a_stranger_sees_nothing(self, tracker: Tracker, users: TicketUsers, stranger: str) -> None:
        """Without the permission no ticket is visible."""
        number = users.user_create({"summary": "one"}, "alice", DAY)
        assert tracker.visible([number], stranger) == set()

    def test_permissions_are_told_per_ticket_and_project(
        self, tracker: Tracker, users: TicketUsers, viewer: str
    ) -> None:
        """What a user may do is told for a ticket and, with number 0, for the project."""
        number = users.user_create({"summary": "one"}, "alice", DAY)
        assert tracker.may(viewer, "TICKET_VIEW", number)
        assert tracker.may(viewer, "TICKET_VIEW", 0)

    def test_a_stranger_may_nothing(self, tracker: Tracker, users: TicketUsers, stranger: str) -> None:
        """Without the permission a ticket may neither be viewed nor changed."""
        number = users.user_create({"summary": "one"}, "alice", DAY)
        assert not tracker.may(stranger, "TICKET_VIEW", number)
        assert not tracker.may(stranger, "TICKET_CHGPROP", number)
        assert not tracker.may(stranger, "TICKET_CREATE", 0)

    def test_users_are_known_by_name(self, tracker: Tracker, known_user: str) -> None:
        """A user of the project is known; a name from elsewhere and none at all are not."""
        assert tracker.knows_user(known_user)
        assert not tracker.knows_user("nobody of this name")
        assert not tracker.knows_user("")

    @pytest.mark.parametrize("field", ["component", "version", "milestone", "priority", "resolution", "type"])
    def test_a_growing_field_takes_a_new_option(self, tracker: Tracker, store: Store, field: str) -> None:
        """The option is offered afterwards beside the others, and a ticket may have it."""
        before = tracker.catalogue().field(field)
        with store.transaction():
            assert tracker.add_option(field, "brand new Ω")
        after = tracker.catalogue().field(field)
        assert before is not None
        assert after is not None
        assert set(after.options) == {*before.options, "brand new Ω"}
        with store.transaction():
            number = create(tracker, **{field: "brand new Ω"}).number
        assert only(tracker, number).values[field] == "brand new Ω"

    @pytest.mark.parametrize("field", ["status", "summary", "no such field"])
    def test_other_fields_do_not_grow(self, tracker: Tracker, store: Store, field: str) -> None:
        """Workflow states, texts and unknown fields take no new option."""
        before = tracker.catalogue()
        with store.transaction():
            assert not tracker.add_option(field, "brand new")
        assert tracker.catalogue() == before

    def test_custom_choices_do_not_grow(self, tracker: Tracker, store: Store) -> None:
        """The options of custom fields stand in the configuration and are left alone."""
        for field in tracker.catalogue().fields:
            if field.custom and field.kind is FieldKind.SELECT:
                with store.transaction():
                    assert not tracker.add_option(field.name, "brand new")

    def test_limits_are_told(self, tracker: Tracker) -> None:
        """Limits are whole numbers; -1 is no limit for files, 0 none for texts and unlimited fields."""
        assert tracker.max_attachment() >= -1
        assert tracker.max_text("comment") >= 0
        assert tracker.max_text("no such field") == 0
