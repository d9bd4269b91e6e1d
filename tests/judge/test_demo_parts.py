# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the demo stands on: a project served by tracd, people who edit in it, and an end to both."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.judge import read

from tools import demo, demo_scenario, project, tracd
from tools.tracd import DemoError, Server
from tools.web_user import WebUser

PEOPLE = ("admin", "alice", "bob")


@dataclass(frozen=True)
class Served:
    """A project that runs under tracd."""

    server: Server
    url: str
    passwords: Mapping[str, str]

    def user(self, name: str) -> WebUser:
        return WebUser(self.url, name, self.passwords[name])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Project ``acme`` without the plugin, served until the module's tests are done."""
    # A comma in the path, since tracd splits one of its arguments there.
    server = Server(tmp_path_factory.mktemp("demo, one"), "acme")
    project.create(server.env, "ACME", PEOPLE)
    passwords = project.write_passwords(server.passwords, PEOPLE)
    yield Served(server, tracd.start(server), passwords)
    tracd.stop(server)


def test_user_creates_edits_and_attaches(served: Served) -> None:
    """What people do through Trac's own forms is in the database, under their names."""
    number = served.user("alice").create({"summary": "Größe 登录", "type": "task", "component": "server"})
    bob = served.user("bob")
    bob.edit(number, "I see it, too.", {"priority": "minor", "customer": "Kowalski"})
    bob.edit(number, action="accept")
    bob.attach(number, "a file.bin", b"\0\r\n--x\xff", "odd bytes")
    (ticket,) = (each for each in read(served.server.env) if each.number == number)
    assert (ticket.reporter, ticket.first_summary) == ("alice", "Größe 登录")
    assert ticket.fields["status"] == "accepted"
    assert ticket.fields["owner"] == "bob"
    assert ticket.fields["customer"] == "Kowalski"
    assert [(c.author, c.text) for c in ticket.comments] == [("bob", "I see it, too.")]
    assert [(f.name, f.size, f.author) for f in ticket.attachments] == [("a file.bin", 7, "bob")]


def test_refusals_are_told(served: Served) -> None:
    """A wrong password and a form that Trac refuses are errors with Trac's reason."""
    with pytest.raises(DemoError, match="401"):
        WebUser(served.url, "alice", "wrong")
    with pytest.raises(DemoError, match="summary"):
        served.user("alice").create({"summary": "", "type": "task"})
    with pytest.raises(DemoError, match="404"):
        served.user("alice").edit(10**6, "nobody there")


def test_server_is_ended_and_only_ours(tmp_path: Path) -> None:
    """Stop ends the tracd it started, once; a number that belongs to another process is left alone."""
    server = Server(tmp_path, "acme")
    project.create(server.env, "ACME", PEOPLE)
    project.write_passwords(server.passwords, PEOPLE)
    tracd.start(server)
    pid = int(server.pid_file.read_text())
    assert tracd.stop(server)
    assert not tracd.stop(server)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)

    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        server.pid_file.write_text(str(other.pid))
        assert not tracd.stop(server)
        assert other.poll() is None
    finally:
        other.communicate(b"\n")


def test_server_that_cannot_start_shows_its_log(tmp_path: Path) -> None:
    """A project that tracd refuses is an error that holds the end of its log, and no process is left."""
    server = Server(tmp_path, "nowhere")
    project.write_passwords(server.passwords, PEOPLE)
    with pytest.raises(DemoError, match="Path does not exist"):
        tracd.start(server)
    assert not server.pid_file.exists()


def test_folder_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """The demo never clears a folder that it did not make."""
    keep = tmp_path / "thesis.txt"
    keep.write_text("ten years of work")
    with pytest.raises(DemoError, match="holds other things"):
        demo_scenario.start(tmp_path, 1)
    assert keep.exists()


def test_unknown_channel_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A channel that cannot be shown is named, and nothing is built."""
    assert demo.main(["start", "--dir", str(tmp_path / "demo")], {"CHANNEL": "email"}) == 2
    assert "CHANNEL=email" in capsys.readouterr().err
    assert not (tmp_path / "demo").exists()


def test_stop_without_start_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Stopping what does not run is no error."""
    assert demo.main(["stop", "--dir", str(tmp_path)], {}) == 0
    assert capsys.readouterr().out.count("was not running") == 2
