# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``check``, and a heal of two real projects of which one was restored from a copy of its folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

from commands.two_consoles import Console, Two, ticket
from trac.db.api import DatabaseManager
from trac.ticket.model import Ticket


def back_up(console: Console, to: Path) -> None:
    """Copy the whole folder of an environment that nobody uses just now."""
    DatabaseManager(console.env).shutdown()
    shutil.copytree(console.env.path, to, symlinks=True)


def restore(console: Console, backup: Path) -> None:
    """Put the copy in the environment's place."""
    DatabaseManager(console.env).shutdown()
    shutil.rmtree(console.env.path)
    shutil.copytree(backup, console.env.path, symlinks=True)


def edit(console: Console, number: int, value: str, comment: str) -> None:
    """Save an edit as a user would."""
    saved = Ticket(console.env, number)
    saved["summary"] = value
    saved.save_changes("bob", comment)


@contextmanager
def working(console: Console) -> Iterator[None]:
    """A worker runs on this side."""
    done = Event()

    def work() -> None:
        while not done.wait(0.1):
            console.cycle()

    worker = Thread(target=work)
    worker.start()
    try:
        yield
    finally:
        done.set()
        worker.join()


def test_check_says_whether_the_partner_holds_everything(two: Two) -> None:
    """No answer yet, then in step; before the handshake there is nothing to check."""
    two.accepted()
    assert two.acme("check", "globex").status == 2
    for _ in range(4):
        two.globex.cycle()
        two.acme.cycle()
    said = two.acme("check", "globex")
    assert said.status == 3
    assert "No answer yet" in said.out
    assert two.acme.show("globex")["unacknowledged"] == 1
    assert two.acme("check", "globex", "--heal", "anywhere").status == 2


def test_check_waits_for_an_answer(two: Two) -> None:
    """The partner's worker runs, so the answer comes."""
    two.connected()
    with working(two.globex):
        said = two.acme("check", "globex", "--wait", "60")
    assert said.status == 0
    assert "is in step up to message" in said.out


def test_a_restored_project_is_noticed_explained_and_healed(two: Two) -> None:
    """The folder is copied, people go on, the copy comes back, nobody edits: check tells, --heal heals."""
    two.started()
    ticket(two.acme.env, "One")
    two.settle()
    back_up(two.acme, two.folder / "backup")
    edit(two.globex, 1, "Newer", "Said meanwhile")
    ticket(two.acme.env, "Two")
    two.settle()
    restore(two.acme, two.folder / "backup")
    assert two.acme("check", "globex").status == 3
    for _ in range(3):
        two.globex.cycle()
        two.acme.cycle()
    shown = two.acme.show("globex"), two.globex.show("acme")
    assert [side["state"] for side in shown] == ["suspended", "suspended"]
    assert "the master was restored from a backup" in shown[1]["suspended"]
    told = two.globex("check", "acme")
    assert told.status == 1
    assert "issuesync check acme --heal here|there" in told.out.replace("\n", " ")
    assert two.globex("check", "acme", "--heal", "there").status == 3
    two.settle()
    for console in (two.acme, two.globex):
        with console.env.db_query as db:
            assert db("SELECT summary FROM ticket ORDER BY id") == [("Newer",), ("Two",)]
            assert db("SELECT COUNT(*) FROM ticket_change WHERE newvalue='Said meanwhile'") == [(1,)]
    shown = two.acme.show("globex"), two.globex.show("acme")
    assert [side["state"] for side in shown] == ["running", "running"]
