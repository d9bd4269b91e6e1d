# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Snapshots equal what Trac's own model shows, and all parts of one come from one moment."""

from __future__ import annotations

import threading

import pytest
from conftest import MakeEnvironment
from trac.env import Environment
from trac.ticket.model import Ticket
from trac.util.datefmt import from_utimestamp

from trac_issuesync.core.model import FieldKind, LogEntry
from trac_issuesync.engine.link import Pace
from trac_issuesync.tracker import reader
from trac_issuesync.tracker.snapshot import one_snapshot
from trac_issuesync.tracker.trac_tracker import TracTracker

START = 1_700_000_000_000_001
CUSTOM = [
    ("ticket-custom", name, value)
    for name, value in {
        "plan": "textarea",
        "tags": "text",
        "tags.format": "list",
        "link": "text",
        "link.format": "wiki",
        "link.max_size": "40",
        "size": "select",
        "size.options": "S|M|L",
        "size.value": "1",
        "shade": "radio",
        "shade.options": "|red|blue",
        "flag": "checkbox",
        "flag.value": "yes",
        "due": "time",
        "due.format": "datetime",
    }.items()
]


@pytest.fixture
def env(trac_env: MakeEnvironment) -> Environment:
    return trac_env("acme", options=CUSTOM, plugin=False)


def insert(env: Environment, when: int = START, **values: object) -> int:
    """A ticket as a user makes it."""
    ticket = Ticket(env)
    for name, value in {"summary": "One", "status": "new", "reporter": "joe", **values}.items():
        ticket[name] = value
    return ticket.insert(from_utimestamp(when))


def test_the_catalogue_names_every_field_with_its_kind(env: Environment) -> None:
    """All fields that people can edit are offered, with options, labels and defaults as Trac has them."""
    catalogue = TracTracker(env).catalogue()
    kinds = {field.name: field.kind for field in catalogue.fields}
    assert kinds == {
        "summary": FieldKind.TEXT,
        "reporter": FieldKind.REPORTER,
        "owner": FieldKind.OWNER,
        "description": FieldKind.LONGTEXT,
        "type": FieldKind.SELECT,
        "status": FieldKind.STATUS,
        "priority": FieldKind.SELECT,
        "milestone": FieldKind.SELECT,
        "component": FieldKind.SELECT,
        "version": FieldKind.SELECT,
        "resolution": FieldKind.SELECT,
        "keywords": FieldKind.LIST,
        "cc": FieldKind.LIST,
        "plan": FieldKind.LONGTEXT,
        "tags": FieldKind.LIST,
        "link": FieldKind.TEXT,
        "size": FieldKind.SELECT,
        "shade": FieldKind.SELECT,
        "flag": FieldKind.CHECKBOX,
        "due": FieldKind.TIME,
    }
    fields = {field.name: field for field in catalogue.fields}
    assert fields["size"].custom
    assert fields["size"].options == ("S", "M", "L")
    assert set(fields["status"].options) >= {"new", "assigned", "closed"}
    assert fields["type"].options == ("defect", "enhancement", "task")
    assert fields["milestone"].label == "Milestone"
    defaults = {name: fields[name].default for name in ("size", "flag", "owner", "priority", "status")}
    assert defaults == {"size": "M", "flag": "1", "owner": "", "priority": "major", "status": "new"}


def test_a_snapshot_shows_what_trac_shows(env: Environment) -> None:
    """Every value in canonical form, NULL as empty, and the default where a custom field has no row."""
    number = insert(env, keywords="a b", due=from_utimestamp(START + 5), flag="0")
    env.db_transaction("DELETE FROM ticket_custom WHERE name='size'")
    env.db_transaction("UPDATE ticket SET milestone=NULL, time=%s", (START,))
    snapshot = TracTracker(env).read([number, 999])[number]
    model = Ticket(env, number)
    assert {name: snapshot.values[name] for name in ("size", "milestone", "flag", "due", "keywords")} == {
        "size": model["size"],
        "milestone": "",
        "flag": "0",
        "due": "2023-11-14T22:13:20.000006Z",
        "keywords": "a b",
    }
    assert model["size"] == "M"
    assert not {"time", "changetime"} & set(snapshot.values)
    assert (snapshot.number, snapshot.created, snapshot.changed) == (number, START, START)


def test_the_log_is_in_canonical_form(env: Environment) -> None:
    """Times and checkboxes read as in the ticket itself; comments and their edits as they are."""
    number = insert(env, flag="0")
    ticket = Ticket(env, number)
    ticket["due"] = from_utimestamp(0)
    ticket["flag"] = "1"
    ticket.save_changes("ann", "Done\r\nso far", from_utimestamp(START + 10))
    Ticket(env, number).modify_comment(
        from_utimestamp(START + 10), "bob", "Done", from_utimestamp(START + 20)
    )
    assert TracTracker(env).read([number])[number].log == (
        LogEntry(START + 10, "bob", "_comment0", "Done\r\nso far", str(START + 20)),
        LogEntry(START + 10, "ann", "comment", "1", "Done"),
        LogEntry(START + 10, "ann", "due", "", "1970-01-01T00:00:00.000000Z"),
        LogEntry(START + 10, "ann", "flag", "0", "1"),
    )


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("2024-05-06", "2024-05-06T00:00:00.000000Z"),
        ("-0000000001000000", "1969-12-31T23:59:59.000000Z"),
        ("next week", ""),
        ("999999999999999999999", ""),
        ("", ""),
    ],
)
def test_odd_times_never_stop_the_reading(env: Environment, stored: str, shown: str) -> None:
    """A time field may hold what was text before; what is no time reads as empty."""
    number = insert(env)
    env.db_transaction("DELETE FROM ticket_custom WHERE name='due'")
    env.db_transaction("INSERT INTO ticket_custom VALUES (%s,'due',%s)", (number, stored))
    assert TracTracker(env).read([number])[number].values["due"] == shown


def test_many_tickets_are_read_in_few_statements(env: Environment) -> None:
    """Hundreds of tickets cost four statements for each five hundred, whatever their number."""
    tracker = TracTracker(env)
    with env.db_transaction:
        numbers = [insert(env, START + index) for index in range(1100)]
    statements: list[str] = []
    tracker.catalogue()
    with env.db_query as db:
        db.cnx.cnx.set_trace_callback(statements.append)
        found = tracker.read(numbers)
        db.cnx.cnx.set_trace_callback(None)
    assert sorted(found) == numbers
    assert len([text for text in statements if text.startswith("SELECT")]) == 4 * 3


def test_all_parts_of_a_snapshot_are_of_one_moment(trac_env: MakeEnvironment) -> None:
    """A save that commits between two of our statements is seen in none of them."""
    # With its write-ahead log SQLite lets others commit while somebody reads.
    env = trac_env("wal", options=[("trac", "database", "sqlite:db/trac.db?journal_mode=wal")], plugin=False)
    number = insert(env)

    def save() -> None:
        Ticket(env, number).save_changes("ann", "Meanwhile", from_utimestamp(START + 10))

    with one_snapshot(env) as db:
        before = db("SELECT changetime FROM ticket")
        saver = threading.Thread(target=save)
        saver.start()
        saver.join()
        assert not db("SELECT * FROM ticket_change")
        assert db("SELECT changetime FROM ticket") == before
    assert env.db_query("SELECT newvalue FROM ticket_change") == [("Meanwhile",)]


def test_reading_ends_what_it_began(env: Environment) -> None:
    """After reading nothing holds the database back, and inside a transaction nothing is undone."""
    tracker = TracTracker(env)
    with env.db_query as db:
        tracker.read([1])
        assert not db.in_transaction
    with env.db_transaction:
        number = insert(env)
        assert number in tracker.read([number])
    assert number in tracker.read([number])


def test_sweeps_find_what_they_promise(env: Environment) -> None:
    """A save without a listener is found by its log row; comment edits and attachments by the wide sweep."""
    first, second, third = (insert(env, START + index) for index in range(3))
    tracker = TracTracker(env)
    assert tracker.numbers(first, 1) == [second]
    assert tracker.changed_since(START + 1) == {second, third}
    Ticket(env, first).save_changes("ann", "Hm", from_utimestamp(START + 50))
    assert tracker.changed_since(START + 50) == {first}
    Ticket(env, first).modify_comment(from_utimestamp(START + 50), "ann", "Ah", from_utimestamp(START + 90))
    env.db_transaction(
        "INSERT INTO attachment VALUES ('ticket',%s,'a.txt',1,%s,'','joe')", (second, START + 95)
    )
    env.db_transaction("INSERT INTO attachment VALUES ('wiki','7','a.txt',1,%s,'','joe')", (START + 95,))
    assert tracker.changed_since(START + 60) == set()
    assert tracker.touched_since(START + 60) == {first, second}


@pytest.mark.parametrize("stretch", [Pace(batch=1), Pace(batch=3), Pace(batch=1000)])
def test_the_wide_sweep_reads_whole_tables_in_stretches(
    env: Environment, monkeypatch: pytest.MonkeyPatch, stretch: Pace
) -> None:
    """However long a statement may read, no ticket and no attachment is passed over, gaps included."""
    monkeypatch.setattr(reader, "_STRETCH", stretch)
    assert TracTracker(env).touched_since(0) == set()
    numbers = [insert(env, START + index) for index in range(12)]
    env.db_transaction("DELETE FROM ticket WHERE id IN (1, 5, 6, 7, 8)")
    for number in (2, 10, 12):
        for name in ("a", "b"):
            row = (str(number), name, START + 50 + number)
            env.db_transaction("INSERT INTO attachment VALUES ('ticket',%s,%s,1,%s,'','joe')", row)
    tracker = TracTracker(env)
    assert tracker.touched_since(0) == set(numbers) - {1, 5, 6, 7, 8}
    assert tracker.touched_since(START + 10) == {2, 10, 11, 12}
    assert tracker.touched_since(START + 61) == {12}
