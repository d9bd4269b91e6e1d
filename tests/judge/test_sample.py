# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The sample holds what makes mirroring hard, follows its seed, and edits survive a busy database."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path
from random import Random

import pytest
from support.judge import TicketFacts, read
from trac.config import Configuration
from trac.env import Environment
from trac.ticket.api import TicketSystem

from tools.random_edit import retrying
from tools.sample import configure, fill, random_edit
from tools.sample_files import BIG

UNTIL = datetime(2025, 6, 1, tzinfo=timezone.utc)


def sample(blank: Path, path: Path, tickets: int, seed: int = 1) -> Path:
    shutil.copytree(blank, path)
    configure(str(path))
    fill(str(path), tickets, seed, until=UNTIL)
    return path


@pytest.fixture(scope="module")
def filled(blank_environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment with 220 sample tickets; not written to."""
    return sample(blank_environment, tmp_path_factory.mktemp("sample") / "acme", 220)


@pytest.fixture(scope="module")
def facts(filled: Path) -> list[TicketFacts]:
    return read(filled)


def test_same_seed_gives_the_same_tickets(blank_environment: Path, tmp_path: Path) -> None:
    """The sample depends on its arguments only."""
    one, same, other = (
        read(sample(blank_environment, tmp_path / name, 15, seed))
        for name, seed in (("one", 7), ("same", 7), ("other", 8))
    )
    assert one == same
    assert one != other


def test_histories_are_long_and_lie_in_the_past_year(facts: list[TicketFacts]) -> None:
    """At least 200 tickets, more than half with five and more changes, none outside the year."""
    edits = [len({(c.author, c.time) for c in (*t.changes, *t.comments)}) for t in facts]
    assert len(facts) >= 200
    assert sum(count >= 5 for count in edits) > len(facts) / 2
    times = [item.time for t in facts for item in (*t.changes, *t.comments, *t.edits, *t.attachments)]
    year = 365 * 86_400 * 1_000_000
    end = int(UNTIL.timestamp()) * 1_000_000
    assert all(end - year <= time <= end for time in times)
    assert max(times) - min(times) > year * 0.9


def test_all_statuses_resolutions_and_types_occur(facts: list[TicketFacts]) -> None:
    """Every status of the default workflow, several types, and a resolution exactly where closed."""
    assert {t.fields["status"] for t in facts} == {"new", "assigned", "accepted", "reopened", "closed"}
    assert len({t.fields["type"] for t in facts}) == 4
    assert all(("resolution" in t.fields) == (t.fields["status"] == "closed") for t in facts)


def test_custom_fields_of_every_kind_hold_values(filled: Path, facts: list[TicketFacts]) -> None:
    """Trac knows the kinds it has, and each of the sample's fields is set somewhere and changed somewhere."""
    env = Environment(str(filled))
    try:
        custom = TicketSystem(env).get_custom_fields()
    finally:
        env.shutdown()
    assert {f["type"] for f in custom} == {"text", "checkbox", "select", "radio", "textarea", "time"}
    assert {f["format"] for f in custom if f["type"] == "text"} == {"plain", "list"}
    names = {f["name"] for f in custom}
    assert names <= {name for t in facts for name in t.fields}
    assert names <= {change.field for t in facts for change in t.changes}


def test_attachments_are_odd(facts: list[TicketFacts]) -> None:
    """A big one, identical content twice, an empty one, and names beyond ASCII with blanks and quotes."""
    files = [file for t in facts for file in t.attachments]
    assert all(file.sha256 for file in files)
    assert max(file.size for file in files) == BIG
    assert min(file.size for file in files) == 0
    assert max(Counter(file.sha256 for file in files).values()) == 2
    names = "".join(file.name for file in files)
    assert not names.isascii()
    assert all(mark in names for mark in ' "#%🎉')


def test_texts_hold_other_scripts_code_and_corrections(facts: list[TicketFacts]) -> None:
    """Chinese, Arabic, Greek, emoji and loose combining marks, code blocks, replies and edited comments."""
    text = "".join(t.fields["description"] + "".join(c.text for c in t.comments) for t in facts)
    assert all(mark in text for mark in ("登", "الص", "Η σελίδα", "🎉", "q\u0307\u0323", "{{{", "||="))
    assert "Replying to [comment:" in text
    assert Counter(bool(t.edits) for t in facts)[True] > 50


def test_every_kind_of_edit_is_made_and_seen(filled: Path, tmp_path: Path) -> None:
    """100 random edits: each is described, changes the facts, and new tickets join the list."""
    path = tmp_path / "acme"
    shutil.copytree(filled, path)
    env = Environment(str(path))
    rng, numbers = Random(3), [1, 2, 3]
    try:
        said = [random_edit(env, rng, numbers, "bob") for _ in range(100)]
    finally:
        env.shutdown()
    assert {word for text in said for word in text.split()} >= {
        "set",
        "made",
        "commented",
        "edited",
        "attached",
    }
    assert len(numbers) > 3
    before, after = {t.number: t for t in read(filled)}, {t.number: t for t in read(path)}
    assert {number for number in after if after[number] != before.get(number)} == set(numbers)
    assert all("bob" in text for text in said)


def test_edit_is_tried_again_while_the_database_is_locked(blank_environment: Path, tmp_path: Path) -> None:
    """What meets a lock is made as soon as the lock is gone; any other error flies out at once."""
    path = tmp_path / "acme"
    shutil.copytree(blank_environment, path)
    # With no patience of its own SQLite refuses at once, so that the first tries fail for certain.
    config = Configuration(str(path / "conf" / "trac.ini"))
    config.set("trac", "database", "sqlite:db/trac.db?timeout=0")
    config.save()
    env = Environment(str(path))
    tries = []
    with closing(sqlite3.connect(path / "db" / "trac.db", isolation_level=None)) as database:

        def work(statement: str) -> str:
            tries.append(statement)
            if len(tries) == 3:
                database.execute("ROLLBACK")
            env.db_transaction(statement)
            return "made"

        database.execute("BEGIN EXCLUSIVE")
        assert retrying(env, lambda: work("UPDATE ticket SET keywords='x'")) == "made"
        assert len(tries) == 3
        with pytest.raises(env.db_exc.OperationalError, match="no such table"):
            retrying(env, lambda: work("UPDATE no_table SET keywords='x'"))
        assert len(tries) == 4
    env.shutdown()
