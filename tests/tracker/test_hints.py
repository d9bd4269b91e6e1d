# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Hints reach the worker, wherever it runs, and never hurt who gives them."""

from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest
from conftest import MakeEnvironment
from hypothesis import given, settings
from hypothesis import strategies as st
from trac.attachment import Attachment
from trac.env import Environment
from trac.ticket.model import Ticket
from trac.util.datefmt import from_utimestamp

from trac_issuesync.tracker.hints import Hints, hint_file
from trac_issuesync.tracker.listeners import TicketListener
from trac_issuesync.tracker.trac_tracker import TracTracker

START = 1_700_000_000_000_001


@pytest.fixture
def env(trac_env: MakeEnvironment) -> Environment:
    env = trac_env("acme")
    assert env[TicketListener]
    return env


def save(env: Environment) -> int:
    ticket = Ticket(env)
    ticket["summary"] = "One"
    return ticket.insert(from_utimestamp(START))


def test_a_worker_elsewhere_finds_the_hint_in_a_file(env: Environment) -> None:
    """Every kind of change is told: ticket, change, comment edit, deletion of a change, attachment."""
    hints = Hints(env.path)
    number = save(env)
    assert hints.take() == {number}
    ticket = Ticket(env, number)
    when = from_utimestamp(START + 5)
    steps = [
        lambda: ticket.save_changes("ann", "Hm", when),
        lambda: ticket.modify_comment(when, "ann", "Ah"),
        lambda: Attachment(env, "ticket", number).insert("a.txt", io.BytesIO(b"x"), 1),
        lambda: Attachment(env, "ticket", number, "a.txt").move(new_filename="b.txt"),
        lambda: Attachment(env, "ticket", number, "b.txt").delete(),
        lambda: ticket.delete_change(cdate=when),
        lambda: ticket.delete(),
    ]
    for step in steps:
        step()
        assert hints.take() == {number}
    Attachment(env, "wiki", "WikiStart").insert("a.txt", io.BytesIO(b"x"), 1)
    assert hints.take() == set()


def test_a_worker_in_the_same_process_is_woken(env: Environment) -> None:
    """The thread is woken though it holds another Environment object; nothing is written to disk."""
    wake = threading.Event()
    hints = Hints(os.path.join(env.path, "..", os.path.basename(env.path)))
    hints.register(wake)
    try:
        number = save(env)
        assert wake.is_set()
        assert not hint_file(env.path).exists()
        assert hints.take() == {number}
        assert hints.take() == set()
        number = save(env)
    finally:
        hints.unregister(wake)
    assert hints.take() == {number}
    wake.clear()
    assert save(env) in hints.take()
    assert not wake.is_set()


def test_a_forked_server_does_not_talk_to_a_worker_that_it_does_not_have(env: Environment) -> None:
    """After a fork the child's hints go to the file, for the worker lives in the parent only."""
    hints, wake = Hints(env.path), threading.Event()
    hints.register(wake)
    try:
        child = os.fork()
        if child == 0:
            hints.tell(7)
            os._exit(0)
        os.waitpid(child, 0)
        assert hint_file(env.path).read_bytes() == b"7\n"
        assert hints.take() == {7}
    finally:
        hints.unregister(wake)


def test_what_a_synchronization_writes_is_no_news(env: Environment) -> None:
    """Applying a partner's change gives no hint: the engine marks such tickets itself."""
    tracker, hints = TracTracker(env), Hints(env.path)
    with env.db_transaction:
        editor = tracker.create({"summary": "One", "status": "new"}, START)
        editor.edit({"summary": "Two"}, "Hm", "ann", START + 1)
    assert hints.take() == set()
    assert save(env) in hints.take()


def test_a_hint_that_cannot_be_given_never_reaches_the_user(env: Environment) -> None:
    """With the folder in the way of the file the save works, and the sweep finds the ticket."""
    folder = Path(env.path, "files", "issuesync")
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("in the way")
    number = save(env)
    assert TracTracker(env).changed_since(START) == {number}


def test_a_save_without_the_plugin_is_found(trac_env: MakeEnvironment) -> None:
    """With the plugin switched off there is no hint at all; the sweep needs none."""
    env = trac_env("plain", plugin=False)
    number = save(env)
    assert Hints(env.path).take() == set()
    assert TracTracker(env).changed_since(START) == {number}


def test_hints_survive_a_kill_and_a_late_writer(tmp_path: Path) -> None:
    """What was taken but perhaps not used comes again after a restart; a late line is read a call later."""
    hints = Hints(str(tmp_path))
    hints.tell(1)
    writer = os.open(hint_file(str(tmp_path)), os.O_WRONLY | os.O_APPEND)
    assert hints.take() == {1}
    assert Hints(str(tmp_path)).take() == {1}
    hints = Hints(str(tmp_path))
    hints.tell(2)
    late = os.open(hint_file(str(tmp_path)), os.O_WRONLY | os.O_APPEND)
    assert hints.take() == {2}
    os.write(late, b"3\n")
    os.close(late)
    os.close(writer)
    hints.tell(4)
    assert hints.take() == {3, 4}
    assert hints.take() == set()


def test_an_unread_file_stays_small(tmp_path: Path) -> None:
    """Where no worker ever runs the file does not fill the disk."""
    hints = Hints(str(tmp_path))
    hints.tell(1)
    hint_file(str(tmp_path)).write_bytes(b"123456\n" * 50_000)
    before = hint_file(str(tmp_path)).stat().st_size
    hints.tell(2)
    assert hint_file(str(tmp_path)).stat().st_size == before


@settings(max_examples=50)
@given(data=st.binary(max_size=200))
def test_a_damaged_file_stops_nothing(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Whatever lies in the file, only whole numbers are taken from it."""
    path = tmp_path_factory.mktemp("hints")
    hints = Hints(str(path))
    hints.tell(5)
    hint_file(str(path)).write_bytes(b"5\n" + data + b"\n")
    assert 5 in hints.take()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_hints_of_roots_commands_are_for_the_web_servers_account(tmp_path: Path) -> None:
    """Whatever root's umask is; also the folders that are made on the way."""
    os.chown(tmp_path, 4321, 4322)
    before = os.umask(0o077)
    try:
        Hints(str(tmp_path)).wake()
    finally:
        os.umask(before)
    file = hint_file(str(tmp_path))
    for path in (file, file.parent, file.parent.parent):
        assert (path.stat().st_uid, path.stat().st_gid) == (4321, 4322), path


@pytest.mark.parametrize("which", ["hints", "hints.taken"])
def test_hints_that_cannot_be_read_do_not_stop_the_worker(tmp_path: Path, which: str) -> None:
    """Another account left them behind, or somebody made a folder of that name: the sweeps make up for it."""
    hints = Hints(str(tmp_path))
    hint_file(str(tmp_path)).with_name(which).mkdir(parents=True)
    for _ in range(3):
        assert hints.take() == set()
