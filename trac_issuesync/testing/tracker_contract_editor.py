# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Promises of a tracker about writing: what is created, edited and commented, and what the log then holds."""

from __future__ import annotations

import pytest

from trac_issuesync.core.model import FieldKind, LogEntry, TicketSnapshot
from trac_issuesync.engine.storage import Store, Tracker
from trac_issuesync.testing.tracker_samples import DAY, TEXT, create, only, opened, rows

__all__ = ["TrackerEditing"]

FULL = {
    "summary": "Größe 漢字 \U0001f600",
    "description": TEXT,
    "reporter": "alice",
    "owner": "bob (ACME)",
    "type": "task",
    "status": "closed",
    "priority": "minor",
    "milestone": "milestone1",
    "component": "component2",
    "version": "1.0",
    "resolution": "fixed",
    "keywords": "a, b c",
}

CUSTOM = {
    FieldKind.TEXT: "one line Ω",
    FieldKind.LONGTEXT: TEXT,
    FieldKind.LIST: "x y",
    FieldKind.CHECKBOX: "1",
    FieldKind.TIME: "2026-01-02T03:04:05.000006Z",
}


def custom_values(tracker: Tracker) -> dict[str, str]:
    """A value for each custom field that the project has."""
    found: dict[str, str] = {}
    for field in tracker.catalogue().fields:
        if field.custom and field.kind is FieldKind.SELECT:
            found[field.name] = field.options[-1]
        elif field.custom:
            found[field.name] = CUSTOM[field.kind]
    return found


def written(before: TicketSnapshot, after: TicketSnapshot) -> set[tuple[int, str]]:
    """The keys of the log rows that are new."""
    return set(rows(after)) - set(rows(before))


class TrackerEditing:
    """See ``tracker_contract.TrackerContract``."""

    unique_error: type[Exception] | tuple[type[Exception], ...] = Exception

    def test_a_created_ticket_is_read_back(self, tracker: Tracker, store: Store) -> None:
        """Values, also status and custom ones, and the time are stored as given; the log is empty."""
        given = {**FULL, **custom_values(tracker)}
        with store.transaction():
            editor = tracker.create(given, DAY)
            snapshot = editor.snapshot
        assert snapshot.values | given == snapshot.values
        assert (snapshot.created, snapshot.changed) == (DAY, DAY)
        assert (snapshot.log, snapshot.attachments) == ((), ())
        assert only(tracker, snapshot.number) == snapshot

    def test_empty_values_stay_empty(self, tracker: Tracker, store: Store) -> None:
        """No default of the project is put where the partner's ticket has nothing."""
        names = ("description", "owner", "priority", "milestone", "component", "version", "resolution")
        customs = tuple(custom_values(tracker))
        with store.transaction():
            number = create(tracker, **dict.fromkeys((*names, *customs), "")).number
        values = only(tracker, number).values
        assert {name: values[name] for name in (*names, *customs)} == dict.fromkeys((*names, *customs), "")

    def test_values_the_project_does_not_offer_are_stored(self, tracker: Tracker, store: Store) -> None:
        """Whether an option is known is the engine's to check; the tracker stores what it is told."""
        with store.transaction():
            number = create(tracker, component="left over", status="strange").number
        assert only(tracker, number).values["component"] == "left over"
        assert only(tracker, number).values["status"] == "strange"

    def test_an_edit_logs_each_changed_field_and_the_comment(self, tracker: Tracker, store: Store) -> None:
        """The rows told are exactly the rows written, and values, log and change time follow."""
        with store.transaction():
            before = create(tracker, component="component1", keywords="a")
        values = {"component": "component2", "keywords": "", "owner": "bob", "summary": "one"}
        with store.transaction():
            editor = opened(tracker, before.number)
            told = editor.edit(values, TEXT, "carol (ACME)", DAY + 1)
            inside = editor.snapshot
        after = only(tracker, before.number)
        assert inside == after
        assert after.changed == DAY + 1
        assert after.created == DAY
        assert after.values == {**before.values, **values}
        assert set(after.log) == {
            LogEntry(DAY + 1, "carol (ACME)", "component", "component1", "component2"),
            LogEntry(DAY + 1, "carol (ACME)", "keywords", "a", ""),
            LogEntry(DAY + 1, "carol (ACME)", "owner", "", "bob"),
            LogEntry(DAY + 1, "carol (ACME)", "comment", "1", TEXT),
        }
        assert sorted(told) == sorted(written(before, after))

    def test_custom_fields_are_edited_like_others(self, tracker: Tracker, store: Store) -> None:
        """Custom values of every kind are set and emptied, and the log tells old and new in the same form."""
        given = custom_values(tracker)
        with store.transaction():
            before = create(tracker, **dict.fromkeys(given, ""))
            editor = opened(tracker, before.number)
            editor.edit(given, "", "bob", DAY + 1)
            editor.edit(dict.fromkeys(given, ""), "", "bob", DAY + 2)
            inside = editor.snapshot
        after = only(tracker, before.number)
        assert inside == after
        log = rows(after)
        for name, value in given.items():
            assert (log[DAY + 1, name].old, log[DAY + 1, name].new) == ("", value)
            assert (log[DAY + 2, name].old, log[DAY + 2, name].new) == (value, "")
            assert after.values[name] == ""

    def test_an_edit_without_effect_writes_nothing(self, tracker: Tracker, store: Store) -> None:
        """Equal values and no comment leave ticket and log alone, and no row is told."""
        with store.transaction():
            before = create(tracker, **FULL, **custom_values(tracker))
        with store.transaction():
            editor = opened(tracker, before.number)
            assert editor.edit({**FULL, **custom_values(tracker)}, "", "bob", DAY + 1) == []
            assert editor.edit({}, " \r\n", "bob", DAY + 2) == []
            assert editor.snapshot == before
        assert only(tracker, before.number) == before

    def test_a_comment_alone_and_fields_alone_are_changes(self, tracker: Tracker, store: Store) -> None:
        """Each change has a comment row with the next comment number, its text may be empty."""
        with store.transaction():
            number = create(tracker).number
            editor = opened(tracker, number)
            assert editor.edit({}, "words", "bob", DAY + 1) == [(DAY + 1, "comment")]
            told = editor.edit({"summary": "two"}, "", "carol", DAY + 2)
        with store.transaction():
            assert opened(tracker, number).edit({}, "again", "bob", DAY + 3) == [(DAY + 3, "comment")]
        assert sorted(told) == [(DAY + 2, "comment"), (DAY + 2, "summary")]
        comments = [entry for entry in only(tracker, number).log if entry.field == "comment"]
        assert [(entry.old, entry.new) for entry in comments] == [("1", "words"), ("2", ""), ("3", "again")]

    def test_one_line_values_are_told_as_they_are_stored(self, tracker: Tracker, store: Store) -> None:
        """If the tracker trims a value, snapshot and log tell the trimmed one."""
        with store.transaction():
            editor = opened(tracker, create(tracker, keywords="k").number)
            editor.edit({"summary": "  two  ", "cc": "b;a,  b"}, "", "bob", DAY + 1)
            inside = editor.snapshot
        after = only(tracker, inside.number)
        assert inside == after
        assert after.values["summary"] == "two"
        assert rows(after)[DAY + 1, "summary"].new == "two"
        assert rows(after)[DAY + 1, "cc"].new == after.values["cc"]

    def test_odd_text_is_stored_clean_and_told_as_stored(self, tracker: Tracker, store: Store) -> None:
        """NUL, lone surrogates, controls and line breaks in one line never reach the project's own code."""
        with store.transaction():
            editor = tracker.create(
                {"summary": "a\r\nb\x00\ud800", "reporter": "al\x00ice", "type": "task", "status": "new"}, DAY
            )
            assert editor.snapshot.values["summary"] == "a b"
            assert editor.snapshot.values["reporter"] == "alice"
            editor.edit(
                {"description": "c\x00\r\nd\ud800\x07", "summary": "e\nf"}, "g\x00\r\nh", "bob", DAY + 1
            )
            editor.edit_comment(DAY + 1, "i\ud800", "bob", DAY + 2)
            inside = editor.snapshot
        after = only(tracker, inside.number)
        assert inside == after
        assert (after.values["description"], after.values["summary"]) == ("c\r\nd", "e f")
        log = rows(after)
        assert (log[DAY + 1, "_comment0"].old, log[DAY + 1, "comment"].new) == ("g\r\nh", "i")

    def test_long_texts_keep_every_character(self, tracker: Tracker, store: Store) -> None:
        """Blanks and line ends at both ends of descriptions and comments survive."""
        text = "  " + TEXT + "\r\n \n"
        with store.transaction():
            editor = opened(tracker, create(tracker, description=text).number)
            editor.edit({"description": text + text}, text, "bob", DAY + 1)
            number = editor.snapshot.number
        after = only(tracker, number)
        assert after.values["description"] == text + text
        assert rows(after)[DAY + 1, "comment"].new == text
        assert rows(after)[DAY + 1, "description"].old == text

    def test_a_comment_edit_keeps_the_old_text(self, tracker: Tracker, store: Store) -> None:
        """Each edit adds one row under the comment's time: old text, editor, and the edit's time."""
        with store.transaction():
            number = create(tracker).number
            opened(tracker, number).edit({"summary": "two"}, "first", "bob", DAY + 1)
        with store.transaction():
            editor = opened(tracker, number)
            assert editor.edit_comment(DAY + 1, TEXT, "carol", DAY + 8) == [(DAY + 1, "_comment0")]
            assert editor.edit_comment(DAY + 1, "third", "dave", DAY + 9) == [(DAY + 1, "_comment1")]
            inside = editor.snapshot
        after = only(tracker, number)
        assert inside == after
        assert after.changed == DAY + 9
        assert set(after.log) == {
            LogEntry(DAY + 1, "bob", "summary", "one", "two"),
            LogEntry(DAY + 1, "bob", "comment", "1", "third"),
            LogEntry(DAY + 1, "carol", "_comment0", "first", str(DAY + 8)),
            LogEntry(DAY + 1, "dave", "_comment1", TEXT, str(DAY + 9)),
        }

    def test_a_comment_edit_without_effect_writes_nothing(self, tracker: Tracker, store: Store) -> None:
        """The same text again adds no row and moves no time."""
        with store.transaction():
            editor = opened(tracker, create(tracker).number)
            editor.edit({}, "text", "bob", DAY + 1)
            before = editor.snapshot
            assert editor.edit_comment(DAY + 1, "text", "carol", DAY + 8) == []
            assert editor.snapshot == before
        assert only(tracker, before.number) == before

    def test_an_empty_comment_can_be_given_a_text_and_emptied(self, tracker: Tracker, store: Store) -> None:
        """A change without words gets some, and they may go again."""
        with store.transaction():
            editor = opened(tracker, create(tracker).number)
            editor.edit({"summary": "two"}, "", "bob", DAY + 1)
            editor.edit_comment(DAY + 1, "words", "bob", DAY + 8)
            editor.edit_comment(DAY + 1, "", "bob", DAY + 9)
            inside = editor.snapshot
        log = rows(only(tracker, inside.number))
        assert (log[DAY + 1, "_comment0"].old, log[DAY + 1, "_comment1"].old) == ("", "words")
        assert log[DAY + 1, "comment"].new == ""
        assert log == rows(inside)

    def test_a_time_already_taken_undoes_the_transaction(self, tracker: Tracker, store: Store) -> None:
        """Two changes of a ticket at one microsecond collide; neither fields nor marks of it remain."""
        with store.transaction():
            number = create(tracker).number
            opened(tracker, number).edit({}, "text", "bob", DAY + 1)
        before = only(tracker, number)
        with pytest.raises(self.unique_error), store.transaction():  # noqa: PT012 - the block is tested
            store.mark("sync", [number])
            opened(tracker, number).edit({"summary": "two"}, "text", "carol", DAY + 1)
        assert only(tracker, number) == before
        assert store.marks("sync", 9) == []

    def test_tickets_and_tables_vanish_together(self, tracker: Tracker, store: Store) -> None:
        """A new ticket, an edit and a mark of one failed transaction are all undone."""
        with store.transaction():
            number = create(tracker).number
        before = only(tracker, number)
        with pytest.raises(ValueError, match="late"), store.transaction():  # noqa: PT012 - as above
            store.mark("sync", [number])
            opened(tracker, number).edit({"summary": "two"}, "text", "carol", DAY + 1)
            opened(tracker, number).edit_comment(DAY + 1, "other", "carol", DAY + 2)
            create(tracker, summary="lost")
            raise ValueError("late")
        assert tracker.numbers(0, 9) == [number]
        assert only(tracker, number) == before
        assert store.marks("sync", 9) == []

    def test_an_editor_sees_what_was_written_before_it(self, tracker: Tracker, store: Store) -> None:
        """A ticket opened again in the same transaction shows the earlier edits of it."""
        with store.transaction():
            number = create(tracker).number
            opened(tracker, number).edit({"summary": "two"}, "text", "bob", DAY + 1)
            again = opened(tracker, number)
            assert again.snapshot.values["summary"] == "two"
            assert len(again.snapshot.log) == 2
            assert only(tracker, number) == again.snapshot

    def test_a_snapshot_is_not_altered_by_later_writes(self, tracker: Tracker, store: Store) -> None:
        """What was read stays as it was read."""
        with store.transaction():
            editor = opened(tracker, create(tracker).number)
            before = editor.snapshot
            editor.edit({"summary": "two"}, "text", "bob", DAY + 1)
            assert before.values["summary"] == "one"
            assert before.log == ()
            assert editor.snapshot.values["summary"] == "two"
