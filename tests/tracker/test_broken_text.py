# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""SQLite keeps any bytes as text; one ticket that holds such bytes must not stop the others."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from conftest import MakeEnvironment
from trac.env import Environment
from trac.ticket.model import Ticket

from trac_issuesync.tracker.trac_tracker import TracTracker

BAD = b"caf\xe9 \xed\xa0\xbd end"
READ = "caf\N{REPLACEMENT CHARACTER} " + "\N{REPLACEMENT CHARACTER}" * 3 + " end"


def spoiled(env: Environment) -> tuple[int, int]:
    """Two tickets; the first has bytes that are no UTF-8 in a field, its log and an attachment's row."""
    numbers = []
    for summary in ("One", "Two"):
        ticket = Ticket(env)
        ticket["summary"], ticket["status"] = summary, "new"
        numbers.append(ticket.insert())
        ticket.save_changes("joe", "A comment.")
    with closing(sqlite3.connect(Path(env.path) / "db" / "trac.db")) as db, db:
        bad, first = (BAD, numbers[0]), str(numbers[0])
        db.execute("UPDATE ticket SET description=CAST(? AS TEXT) WHERE id=?", bad)
        db.execute("UPDATE ticket_change SET newvalue=CAST(? AS TEXT) WHERE ticket=?", bad)
        db.execute(
            "INSERT INTO attachment (type, id, filename, size, time, description, author)"
            " VALUES ('ticket', ?, 'a.txt', 0, 1, CAST(? AS TEXT), 'joe')",
            (first, BAD),
        )
    return numbers[0], numbers[1]


def test_text_that_is_no_utf_8_is_read_with_marks_in_its_place(trac_env: MakeEnvironment) -> None:
    """All tickets of the page are read; the bad bytes show as U+FFFD."""
    env = trac_env("acme", plugin=False)
    first, second = spoiled(env)
    found = TracTracker(env).read([first, second])
    assert found[second].values["summary"] == "Two"
    assert found[first].values["description"] == READ
    assert [entry.new for entry in found[first].log] == [READ]
    assert [row.description for row in found[first].attachments] == [READ]


def test_a_ticket_with_such_text_is_edited_within_the_running_transaction(trac_env: MakeEnvironment) -> None:
    """Opening it neither fails nor rolls back what the transaction has written already."""
    env = trac_env("acme", plugin=False)
    first, second = spoiled(env)
    tracker = TracTracker(env)
    with env.db_transaction as db:
        db("UPDATE ticket SET keywords='kept' WHERE id=%s", (second,))
        editor = tracker.open(first)
        assert editor is not None
        editor.edit({"keywords": "new"}, "More.", "bob (ACME)", editor.snapshot.changed + 1)
    found = tracker.read([first, second])
    assert found[second].values["keywords"] == "kept"
    assert found[first].values["keywords"] == "new"
    assert found[first].values["description"] == READ
    raw = sqlite3.connect(Path(env.path) / "db" / "trac.db")
    with closing(raw):
        raw.text_factory = bytes
        assert raw.execute("SELECT description FROM ticket WHERE id=?", (first,)).fetchone() == (BAD,)
