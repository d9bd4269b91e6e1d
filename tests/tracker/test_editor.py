# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Writing through Trac's model: what is stored is what was given, and what is told is what was stored."""

from __future__ import annotations

import pytest
from conftest import MakeEnvironment
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trac.core import Component, implements
from trac.env import Environment
from trac.ticket.api import ITicketChangeListener
from trac.ticket.model import Ticket
from trac.util.datefmt import from_utimestamp

from trac_issuesync.core.errors import Denied
from trac_issuesync.tracker.trac_tracker import TracTracker

START = 1_700_000_000_000_001
CUSTOM = [
    ("ticket-custom", "flag", "checkbox"),
    ("ticket-custom", "due", "time"),
    ("ticket-custom", "note", "text"),
    ("ticket-custom", "note.value", "none yet"),
    ("ticket", "default_version", "2.0"),
]
NEW = {"summary": "One", "type": "defect", "status": "new", "reporter": "joe (ACME)"}


class Seen(Component):
    """Another plugin: remembers what it is told and may write to the ticket itself."""

    implements(ITicketChangeListener)

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []
        self.answer = False

    def ticket_created(self, ticket) -> None:
        self.told.append(("created", ticket.id))

    def ticket_changed(self, ticket, comment, author, old_values) -> None:
        self.told.append(("changed", ticket.id))
        if self.answer and author != "robot":
            again = Ticket(self.env, ticket.id)
            again["keywords"] = "seen"
            again.save_changes("robot", "", from_utimestamp(START + 1_000_000))

    def ticket_deleted(self, ticket) -> None:
        self.told.append(("deleted", ticket.id))

    def ticket_comment_modified(self, ticket, cdate, author, comment, old_comment) -> None:
        self.told.append(("comment", ticket.id))


@pytest.fixture
def env(trac_env: MakeEnvironment) -> Environment:
    return trac_env("acme", options=CUSTOM, plugin=False)


@pytest.fixture
def tracker(env: Environment) -> TracTracker:
    return TracTracker(env)


def rows(env: Environment, number: int) -> set[tuple[int, str]]:
    return set(env.db_query("SELECT time, field FROM ticket_change WHERE ticket=%s", (number,)))


def test_no_default_gets_into_a_field_given_as_empty(env: Environment, tracker: TracTracker) -> None:
    """Neither Trac's defaults nor the component's owner; a field that is not shared gets its default."""
    given_empty = {"version": "", "priority": "", "owner": "", "note": "", "milestone": "", "due": ""}
    with env.db_transaction:
        made = tracker.create({**NEW, **given_empty, "component": "component1"}, START)
    stored = tracker.read([made.snapshot.number])[made.snapshot.number]
    assert stored == made.snapshot
    assert {name: stored.values[name] for name in given_empty} == given_empty
    assert (stored.created, stored.changed) == (START, START)
    with env.db_transaction:
        plain = tracker.create(NEW, START + 1).snapshot
    assert (plain.values["version"], plain.values["note"], plain.values["owner"]) == ("2.0", "none yet", "")


def test_an_edit_tells_exactly_the_rows_it_wrote(env: Environment, tracker: TracTracker) -> None:
    """Fields of each kind, a comment and the ticket's times arrive as given; the snapshot is the ticket."""
    with env.db_transaction:
        number = tracker.create(NEW, START).snapshot.number
    values = {
        "status": "closed",
        "resolution": "fixed",
        "due": "2026-01-02T03:04:05.000006Z",
        "flag": "1",
        "note": "",
        "cc": "ann,bob ann",
        "summary": "  Two ",
    }
    with env.db_transaction:
        editor = tracker.open(number)
        written = editor.edit(values, "Closed.\r\n", "ann (ACME)", START + 7)
        assert set(written) == rows(env, number)
        assert editor.snapshot == tracker.read([number])[number]
    shown = tracker.read([number])[number]
    assert {name: shown.values[name] for name in values} == {**values, "cc": "ann, bob", "summary": "Two"}
    assert shown.changed == START + 7
    assert {entry.author for entry in shown.log} == {"ann (ACME)"}
    assert env.db_query("SELECT value FROM ticket_custom WHERE name='due'") == [("001767323045000006",)]


def test_nothing_new_writes_nothing(env: Environment, tracker: TracTracker) -> None:
    """The same values again, also in another spelling, and an empty comment leave no trace."""
    with env.db_transaction:
        editor = tracker.create({**NEW, "note": "x"}, START)
        assert editor.edit({"summary": "One ", "flag": "0", "due": ""}, " ", "ann", START + 5) == []
    env.db_transaction("DELETE FROM ticket_custom WHERE name='note'")
    number = editor.snapshot.number
    with env.db_transaction:
        editor = tracker.open(number)
        assert editor.snapshot.values["note"] == "none yet"
        assert editor.edit({"note": "none yet"}, "", "ann", START + 6) == []
    assert rows(env, number) == set()
    assert tracker.read([number])[number].changed == START


def test_several_edits_in_one_transaction(env: Environment, tracker: TracTracker) -> None:
    """A history is written edit by edit; comments are numbered as Trac numbers them."""
    with env.db_transaction:
        editor = tracker.create(NEW, START)
        for index in range(1, 6):
            editor.edit({"note": str(index)}, f"Step {index}", "ann", START + index)
        assert editor.snapshot == tracker.read([editor.snapshot.number])[editor.snapshot.number]
    comments = [entry.old for entry in editor.snapshot.log if entry.field == "comment"]
    assert comments == ["1", "2", "3", "4", "5"]


def test_a_comment_is_edited_and_keeps_its_history(env: Environment, tracker: TracTracker) -> None:
    """The new row is told, the same text again is none, and a comment that is gone is refused."""
    with env.db_transaction:
        editor = tracker.create(NEW, START)
        editor.edit({}, "Frist", "ann", START + 5)
        editor.edit({}, "Second", "ann", START + 6)
        assert editor.edit_comment(START + 5, "First", "bob", START + 9) == [(START + 5, "_comment0")]
        assert editor.edit_comment(START + 5, "First", "bob", START + 10) == []
        number = editor.snapshot.number
        assert editor.snapshot == tracker.read([number])[number]
    history = list(Ticket(env, number).get_comment_history(cdate=from_utimestamp(START + 5)))
    assert [entry[3] for entry in history] == ["Frist", "First"]
    assert editor.snapshot.changed == START + 9
    with pytest.raises(Denied, match="no longer there"), env.db_transaction:
        tracker.open(number).edit_comment(START + 77, "x", "bob", START + 99)


def test_other_plugins_are_told_and_may_answer(env: Environment, tracker: TracTracker) -> None:
    """Listeners of other plugins are called; what they write is in the snapshot, not in our rows."""
    env.enable_component(Seen)
    seen = Seen(env)
    with env.db_transaction:
        editor = tracker.create(NEW, START)
        seen.answer = True
        written = editor.edit({"summary": "Two"}, "", "ann", START + 3)
        number = editor.snapshot.number
        assert editor.snapshot == tracker.read([number])[number]
        editor.edit({"summary": "Three"}, "", "robot", START + 2_000_000)
        editor.edit_comment(START + 3, "Why", "robot", START + 3_000_000)
    assert written == [(START + 3, "comment"), (START + 3, "summary")]
    assert tracker.read([number])[number].values["keywords"] == "seen"
    assert seen.told == [
        *(("created", number), ("changed", number), ("changed", number), ("changed", number)),
        ("comment", number),
    ]


def test_what_does_not_exist_is_said(env: Environment, tracker: TracTracker) -> None:
    """No ticket, no field, no time: in plain words, never an SQL error."""
    with env.db_transaction:
        assert tracker.open(4711) is None
        editor = tracker.create(NEW, START)
    for values, words in ({"gone": "x"}, "no field gone"), ({"due": "tomorrow"}, "holds a time"):
        with pytest.raises(Denied, match=words), env.db_transaction:
            editor.edit(values, "", "ann", START + 5)


def test_a_rollback_takes_everything_back(env: Environment, tracker: TracTracker) -> None:
    """What was written vanishes with the transaction of the caller."""

    def fail_after_writing() -> None:
        with env.db_transaction:
            made.append(tracker.create(NEW, START).snapshot.number)
            raise ZeroDivisionError

    made: list[int] = []
    with pytest.raises(ZeroDivisionError):
        fail_after_writing()
    assert made
    assert tracker.read(made) == {}


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec=None, categories=None), max_size=30))
def test_no_text_whatever_makes_trac_fail(env: Environment, tracker: TracTracker, text: str) -> None:
    """NUL, surrogates and controls in any place are cleaned; the snapshot is still what is stored."""
    with env.db_transaction:
        editor = tracker.create({**NEW, "summary": text, "description": text, "note": text}, START)
        editor.edit({"keywords": text, "owner": text}, text, text, START + 5)
        number = editor.snapshot.number
        assert editor.snapshot == tracker.read([number])[number]
