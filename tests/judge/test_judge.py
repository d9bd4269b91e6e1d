# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The judge finds every single difference between two environments, and none between equal ones."""

from __future__ import annotations

import hashlib
import io
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from support.judge import compare, read
from trac.attachment import Attachment
from trac.env import Environment
from trac.ticket.model import Ticket

BIRTH = datetime(2025, 3, 1, 12, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
MARK = {"acme": " (ACME)", "globex": " (Globex)"}


@dataclass(frozen=True)
class Side:
    """One project; people of the other one are marked as the product marks them."""

    path: Path
    foreign: str

    def name(self, person: str, home: str) -> str:
        return person if home == self.path.name else person + MARK[home]

    def sql(self, statement: str, *values: object) -> None:
        """Change one thing behind Trac's back; exactly one row must be met."""
        with closing(sqlite3.connect(self.path / "db" / "trac.db")) as database, database:
            assert database.execute(statement, values).rowcount == 1


def write(side: Side) -> None:
    """Two tickets, one born on each side, with all kinds of edits by people of both."""
    env = Environment(str(side.path))
    try:
        for number, home in enumerate(("acme", "globex")):
            birth = BIRTH + MINUTE * 60 * number
            ticket = Ticket(env)
            ticket.populate({"summary": "Leerer Titel é", "type": "defect", "component": "component1"})
            ticket["reporter"] = side.name("alice", home)
            ticket.insert(when=birth)
            ticket["summary"] = "Neuer Titel 标题"
            ticket.save_changes(side.name("alice", "acme"), "first", birth + MINUTE)
            ticket["priority"] = "minor"
            ticket["keywords"] = "a b"
            ticket.save_changes(side.name("carol", "globex"), "", birth + 2 * MINUTE)
            ticket.save_changes(side.name("carol", "globex"), "second", birth + 3 * MINUTE)
            ticket.modify_comment(
                birth + MINUTE, side.name("carol", "globex"), "first, corrected", birth + 4 * MINUTE
            )
            ticket["owner"] = "admin"
            ticket["cc"] = side.path.name
            ticket.save_changes(side.name("alice", "acme"), "", birth + 5 * MINUTE)
            attachment = Attachment(env, "ticket", ticket.id)
            attachment.author, attachment.description = side.name("carol", "globex"), "what we saw"
            attachment.insert("größe 1.bin", io.BytesIO(b"\0\1\2"), 3, birth + 6 * MINUTE)
    finally:
        env.shutdown()


@pytest.fixture(scope="module")
def equal_pair(blank_environment: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two equal projects, ``acme`` and ``globex``; copied by every test."""
    folder = tmp_path_factory.mktemp("pair")
    for name, foreign in (("acme", "globex"), ("globex", "acme")):
        shutil.copytree(blank_environment, folder / name)
        write(Side(folder / name, foreign))
    return folder


@dataclass(frozen=True)
class Pair:
    """Both projects and the judge's verdict about them."""

    acme: Side
    globex: Side

    def findings(self, **rules: object) -> list[str]:
        return compare(self.acme.path, self.globex.path, label_a="ACME", label_b="Globex", **rules)


@pytest.fixture
def pair(equal_pair: Path, tmp_path: Path) -> Pair:
    shutil.copytree(equal_pair, tmp_path / "pair")
    folder = tmp_path / "pair"
    return Pair(Side(folder / "acme", "globex"), Side(folder / "globex", "acme"))


def micros(minutes: int) -> int:
    return int((BIRTH + MINUTE * minutes).timestamp()) * 1_000_000


def test_equal_projects_have_no_findings(pair: Pair) -> None:
    """Equal tickets, whose foreign people carry the other side's mark, and whose cc differs, are equal."""
    assert pair.findings() == []
    assert pair.findings(conflicts_allowed=True) == []
    assert [len(ticket.changes) for ticket in read(pair.acme.path)] == [5, 5]


def test_ignored_field_differs(pair: Pair) -> None:
    """The cc field differs in these projects, and is seen as soon as it is not ignored."""
    found = pair.findings(ignore_fields=())
    assert any("cc is 'acme' at ACME and 'globex' at Globex" in text for text in found)


COMMENT = "ticket=1 AND field='comment' AND newvalue='second'"

LOG = "UPDATE ticket_change SET {} WHERE ticket=1 AND field='{}'"
FILE = "UPDATE attachment SET {} WHERE id='1'"

PLANTS = {
    "missing comment": (f"UPDATE ticket_change SET newvalue='' WHERE {COMMENT}", "comment ('carol'"),
    "comment row gone": (f"DELETE FROM ticket_change WHERE {COMMENT}", "comment ('carol'"),
    "doubled comment": (
        "INSERT INTO ticket_change SELECT ticket, time + 1, author, field, oldvalue, newvalue"
        f" FROM ticket_change WHERE {COMMENT}",
        "0 times at ACME, 1 times at Globex",
    ),
    "comment by another": (f"UPDATE ticket_change SET author='eve' WHERE {COMMENT}", "comment ('eve'"),
    "comment at another time": (f"UPDATE ticket_change SET time=time+1 WHERE {COMMENT}", "comment ("),
    "author with the wrong mark": (LOG.format("author='alice (Globex)'", "summary"), "alice (Globex)"),
    "changed author": (LOG.format("author='eve'", "priority"), "change ('priority'"),
    "shifted time": (LOG.format("time=time-1", "priority"), "change ('priority'"),
    "other old value": (LOG.format("oldvalue='x'", "priority"), "change ('priority'"),
    "other new value": (LOG.format("newvalue='x'", "priority"), "change ('priority'"),
    "missing change": ("DELETE FROM ticket_change WHERE ticket=1 AND field='keywords'", "change ('keywords'"),
    "missing comment edit": (
        "DELETE FROM ticket_change WHERE ticket=1 AND field='_comment0'",
        "comment edit (",
    ),
    "other text before the edit": (LOG.format("oldvalue='x'", "_comment0"), "comment edit ("),
    "other time of the edit": (LOG.format("newvalue=newvalue+1", "_comment0"), "comment edit ("),
    "other editor": (LOG.format("author='eve'", "_comment0"), "comment edit ('eve'"),
    "field differs": ("UPDATE ticket SET milestone='m' WHERE id=2", "milestone is '' at ACME and 'm'"),
    "custom field differs": ("INSERT INTO ticket_custom VALUES (1, 'region', 'x')", "region is ''"),
    "owner differs": ("UPDATE ticket SET owner='carol' WHERE id=1", "owner is 'admin'"),
    "reporter differs": ("UPDATE ticket SET reporter='eve' WHERE id=1", "has no twin at"),
    "created at another time": ("UPDATE ticket SET time=time+2000 WHERE id=1", "has no twin at"),
    "missing attachment": ("DELETE FROM attachment WHERE id='1'", "attachment ('größe 1.bin'"),
    "attachment described otherwise": (FILE.format("description=''"), "attachment ("),
    "attachment at another time": (FILE.format("time=time+1"), "attachment ("),
    "attachment by another": (FILE.format("author='eve'"), "attachment ("),
    "attachment of another name": (FILE.format("filename='y'"), "of attachment 'y' is gone"),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_single_difference_is_found(pair: Pair, plant: str) -> None:
    """Each kind of difference, planted alone, is found and named."""
    statement, named = PLANTS[plant]
    pair.globex.sql(statement)
    assert any(named in text for text in pair.findings()), pair.findings()


def attachment_file(side: Side, number: int) -> Path:
    parent = hashlib.sha1(str(number).encode()).hexdigest()
    (path,) = (side.path / "files" / "attachments" / "ticket" / parent[:3] / parent).iterdir()
    return path


@pytest.mark.parametrize("conflicts", [False, True])
def test_changed_attachment_byte_is_found(pair: Pair, conflicts: bool) -> None:
    """One other byte in an attached file of the same size is a finding."""
    attachment_file(pair.globex, 1).write_bytes(b"\0\1\3")
    assert any("attachment (" in text for text in pair.findings(conflicts_allowed=conflicts))


def test_attachment_without_file_is_found_even_on_both_sides(pair: Pair) -> None:
    """A row whose file is gone is never equal to anything."""
    for side in (pair.acme, pair.globex):
        attachment_file(side, 2).unlink()
    assert len([text for text in pair.findings() if "is gone at" in text]) == 2


def test_doubled_and_missing_tickets_are_found(pair: Pair) -> None:
    """A ticket that was created twice is called doubled, one that was not created has no twin."""
    columns = "type, time, changetime, component, priority, reporter, status, summary"
    pair.globex.sql(f"INSERT INTO ticket ({columns}) SELECT {columns} FROM ticket WHERE id=2")
    pair.globex.sql("UPDATE ticket SET summary='Leerer Titel é' WHERE id=3")
    pair.acme.sql("DELETE FROM ticket WHERE id=1")
    found = pair.findings()
    assert any("#3 at Globex" in text and "is doubled" in text for text in found)
    assert any("#1 at Globex" in text and "has no twin at ACME" in text for text in found)


def moved(side: Side, table: str, columns: str, *values: object) -> None:
    """Record an original time as the product does."""
    with closing(sqlite3.connect(side.path / "db" / "trac.db")) as database, database:
        database.execute(f"CREATE TABLE IF NOT EXISTS {table} ({columns})")
        database.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


LOGGED = "sync, ticket, time, field, origin"


def test_moved_times_are_judged_by_the_original(pair: Pair) -> None:
    """An edit stored later than it was made is equal if its original time is on record, else not."""
    at = micros(2)
    pair.globex.sql("UPDATE ticket_change SET time=time+7 WHERE ticket=1 AND field='priority'")
    pair.globex.sql("UPDATE attachment SET time=time+9 WHERE id='1'")
    assert len(pair.findings()) == 4
    moved(pair.globex, "issuesync_logged", LOGGED, "s", 1, at + 7, "priority", at)
    moved(pair.globex, "issuesync_logged", LOGGED, "s", 1, at, "keywords", None)
    columns = "sync, ticket, filename, time, origin"
    moved(pair.globex, "issuesync_attachment", columns, "s", 1, "größe 1.bin", micros(6) + 9, micros(6))
    assert pair.findings() == []


def test_moved_time_of_a_comment_edit_is_its_own(pair: Pair) -> None:
    """A comment edit that was stored later is judged by the time of the edit, not of the comment."""
    pair.globex.sql(LOG.format("newvalue=newvalue+5", "_comment0"))
    assert pair.findings()
    moved(pair.globex, "issuesync_logged", LOGGED, "s", 1, micros(1), "_comment0", micros(4))
    assert pair.findings() == []


def test_owner_unknown_at_the_receiver_is_allowed_only_there(pair: Pair) -> None:
    """The owner may differ if, and only if, one side does not know the name."""
    for side, owner in ((pair.acme, "alice"), (pair.globex, "")):
        side.sql("UPDATE ticket SET owner=? WHERE id=1", owner)
    assert pair.findings()
    assert pair.findings(users_a=("alice", "admin"), users_b=("carol", "admin")) == []
    assert pair.findings(users_a=("alice", "admin"), users_b=("carol", "admin", "alice"))


def test_lost_conflict_is_allowed_but_nothing_doubled(pair: Pair) -> None:
    """With conflicts an edit may stand in one history only; doubled edits and lost comments stay findings."""
    again = (
        "INSERT INTO ticket_change SELECT ticket, time + 1, author, field, {old}, newvalue"
        " FROM ticket_change WHERE ticket=1 AND field='keywords'"
    )
    pair.acme.sql("UPDATE ticket_change SET newvalue='lost' WHERE ticket=1 AND field='priority'")
    assert pair.findings()
    assert pair.findings(conflicts_allowed=True) == []
    pair.globex.sql(again.format(old="'other'"))
    moved(pair.globex, "issuesync_logged", LOGGED, "s", 1, micros(2) + 1, "keywords", micros(2))
    assert any("is doubled at Globex" in text for text in pair.findings(conflicts_allowed=True))


def test_lost_comment_is_found_among_conflicts(pair: Pair) -> None:
    """No conflict excuses a comment that is missing on one side."""
    pair.globex.sql(f"DELETE FROM ticket_change WHERE {COMMENT}")
    assert any("comment (" in text for text in pair.findings(conflicts_allowed=True))


def test_files_of_one_name_may_be_numbered_otherwise_after_a_conflict(pair: Pair, equal_pair: Path) -> None:
    """Both sides attach ``a.txt`` at once: each keeps its own name, the other's becomes ``a.2.txt``."""
    for side, names in ((pair.acme, ("a.txt", "a.2.txt")), (pair.globex, ("a.2.txt", "a.txt"))):
        env = Environment(str(side.path))
        try:
            for name, data in zip(names, (b"mine", b"yours"), strict=True):
                attachment = Attachment(env, "ticket", 1)
                attachment.author = "nobody"
                attachment.insert(name, io.BytesIO(data), len(data), BIRTH + MINUTE * 30)
        finally:
            env.shutdown()
    assert pair.findings(conflicts_allowed=True) == []
    assert pair.findings()
