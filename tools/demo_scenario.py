# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the demo does, step by step, each as a user or an administrator would do it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools import demo_tell as tell
from tools import project, sample, tracd
from tools.project import SYNC_USER, admin
from tools.tracd import DemoError, Server
from tools.web_user import WebUser

__all__ = ["start", "stop"]

MARKER = ".trac-issuesync-demo"
ROUNDS = 12
CONNECT = ("stopped", "running")
FIRST_SECONDS = 600
ASK_SECONDS = 5
MIRROR_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Party:
    """One of the two projects. ``partner`` is the synchronization's name here, ``label`` its own mark."""

    server: Server
    label: str
    people: tuple[str, ...]
    partner: str

    @property
    def env(self) -> Path:
        return self.server.env


@dataclass(frozen=True, slots=True)
class Demo:
    """Both parties."""

    folder: Path
    acme: Party
    globex: Party

    @property
    def parties(self) -> tuple[Party, Party]:
        return self.acme, self.globex


def start(folder: Path, tickets: int) -> None:
    """Build everything anew, show it, and leave both servers running. Raises DemoError."""
    demo = _demo(folder)
    begun = time.monotonic()
    stop(folder, quietly=True)
    _clear(folder)
    try:
        passwords = _build(demo, tickets)
        _connect(demo)
        urls = {party.server.name: tracd.start(party.server) for party in demo.parties}
        _first_synchronization(demo)
        pairs = _edit_both(demo, urls, passwords)
        tell.pairs(demo.acme.env, demo.globex.env, pairs)
        tell.farewell(folder, urls, passwords, time.monotonic() - begun)
    except (DemoError, OSError, sqlite3.Error) as error:
        logs = [log for party in demo.parties for log in (party.server.log, party.env / "log" / "trac.log")]
        ends = "\n".join(f"\nThe end of {log}:\n{tracd.tail(log)}" for log in logs if log.exists())
        stop(folder, quietly=True)
        raise DemoError(f"{error}\n{ends}") from error


def stop(folder: Path, *, quietly: bool = False) -> None:
    """End both servers, if they are ours and run."""
    for party in _demo(folder).parties:
        ran = tracd.stop(party.server)
        if not quietly:
            print(f"{party.server.name}: {'ended' if ran else 'was not running'}.")


def _demo(folder: Path) -> Demo:
    return Demo(
        folder,
        Party(Server(folder, "acme"), "ACME", ("admin", "alice", "bob"), "globex"),
        Party(Server(folder, "globex"), "Globex", ("admin", "carol", "dave"), "acme"),
    )


def _clear(folder: Path) -> None:
    """An empty folder that is marked as ours; a folder of somebody else's is left alone."""
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARKER).exists():
            raise DemoError(f"{folder} holds other things: choose an empty folder by --dir.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()


def _build(demo: Demo, tickets: int) -> Mapping[str, Mapping[str, str]]:
    """Both projects with people and plugin; the master with its tickets. Returns the passwords."""
    passwords = {}
    for party in demo.parties:
        tell.step(f"Creating the Trac project {party.server.name}")
        project.create(party.env, party.label, party.people)
        passwords[party.server.name] = project.write_passwords(party.server.passwords, party.people)
    tell.step(f"Filling acme with {tickets} sample tickets")
    changes = sample.fill(str(demo.acme.env), tickets)
    tell.step(f"... which have {changes} changes, comment edits and attachments")
    for party in demo.parties:
        tell.step(f"Switching the plugin on in {party.server.name}")
        project.enable(party.env)
    return passwords


def _connect(demo: Demo) -> None:
    """Create, hand over, link the exchange directories, and run until both know each other."""
    acme, globex = demo.parties
    file = demo.folder / "acme-globex.handshake"
    tell.step("Creating the synchronization at acme and handing it over to globex")
    admin(
        acme.env,
        "issuesync",
        "create",
        acme.partner,
        "file",
        f"user={SYNC_USER}",
        "encrypt=yes",
        "label=Globex",
    )
    admin(acme.env, "issuesync", "handshake", acme.partner, str(file))
    admin(
        globex.env,
        "issuesync",
        "accept",
        str(file),
        f"name={globex.partner}",
        f"user={SYNC_USER}",
        "label=ACME",
    )
    paths = {party.server.name: project.status(party.env, party.partner) for party in demo.parties}
    tell.step("Linking the exchange directories: what one sends is what the other receives")
    for sender, receiver in ((acme, globex), (globex, acme)):
        shared = demo.folder / "exchange" / f"{sender.server.name}-to-{receiver.server.name}"
        shared.mkdir(parents=True, mode=0o700)
        _link(paths[sender.server.name].send, shared)
        _link(paths[receiver.server.name].receive, shared)
    for _ in range(ROUNDS):
        for party in demo.parties:
            admin(party.env, "issuesync", "run", party.partner, ok=(0, 1, 3))
        states = [project.status(party.env, party.partner).state for party in demo.parties]
        if all(state in CONNECT for state in states):
            break
    else:
        raise DemoError(f"After {ROUNDS} rounds the projects do not know each other: {' and '.join(states)}.")
    for party in demo.parties:
        admin(party.env, "issuesync", "start", party.partner)


def _link(path: Path, shared: Path) -> None:
    """Put a symbolic link to ``shared`` in place of an exchange directory; what lies in it moves along."""
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        for item in path.iterdir():
            os.rename(item, shared / item.name)
        path.rmdir()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(shared, target_is_directory=True)


def _first_synchronization(demo: Demo) -> None:
    """Wait, telling how far it is, until both sides have nothing left to say."""
    wanted = project.count(demo.acme.env)
    end = time.monotonic() + FIRST_SECONDS
    asked = 0.0
    with tell.Progress("Tickets mirrored", wanted) as progress:
        while time.monotonic() < end:
            there = project.count(demo.globex.env)
            progress.show(there)
            # Asking starts two programs, which would slow down what we are waiting for.
            if there >= wanted or time.monotonic() > asked + ASK_SECONDS:
                asked = time.monotonic()
                if _quiet(demo) and there >= wanted:
                    return
            time.sleep(0.3)
    found = [project.status(party.env, party.partner) for party in demo.parties]
    raise DemoError(f"The first synchronization is not done after {FIRST_SECONDS} s: {found}.")


def _quiet(demo: Demo) -> bool:
    """Whether neither side has anything left to send. Raises DemoError when something is parked."""
    quiet = True
    for party in demo.parties:
        found = project.status(party.env, party.partner)
        if found.quarantined:
            texts = "; ".join(found.problems) or "see issuesync queue"
            raise DemoError(f"{found.quarantined} changes are parked at {party.server.name}: {texts}.")
        quiet = quiet and found.quiet
    return quiet


def _edit_both(
    demo: Demo, urls: Mapping[str, str], passwords: Mapping[str, Mapping[str, str]]
) -> list[tuple[int, int]]:
    """Edit on both sides in the browser's way and wait for the mirror image; returns twins' numbers."""
    acme, globex = demo.parties
    alice = WebUser(urls["acme"], "alice", passwords["acme"]["alice"])
    carol = WebUser(urls["globex"], "carol", passwords["globex"]["carol"])
    first, second = _two_open_tickets(acme.env)
    twin_first, twin_second = _twin(acme.env, first, globex.env), _twin(acme.env, second, globex.env)
    tell.step(f"alice comments on acme #{first} and sets its priority and keywords")
    said = "Seen again in the night run: it is the ''second'' pass. 你好!"
    alice.edit(first, said, {"priority": "critical", "keywords": "demo night-run"})
    tell.step(f"carol accepts globex #{twin_second} and attaches a file")
    carol.edit(twin_second, "Mine: I can look at it today.", action="accept")
    carol.attach(twin_second, "notes of carol.txt", "What I found so far: ✓ cause ✗ cure\n".encode(), "notes")
    tell.step("carol creates a ticket at globex")
    new = carol.create({
        "summary": "Typing error on the invoice, found at Globex",
        "description": "It says ''recieve''.",
        "type": "defect",
        "component": "web pages",
    })  # fmt: skip
    begun = time.monotonic()
    _await(globex.env, "alice's comment", "SELECT count(*) FROM ticket_change WHERE newvalue=?", said)
    _await(
        acme.env, "carol's acceptance", "SELECT count(*) FROM ticket WHERE id=? AND status='accepted'", second
    )
    _await(acme.env, "carol's file", "SELECT count(*) FROM attachment WHERE filename=?", "notes of carol.txt")
    _await(acme.env, "carol's ticket", "SELECT count(*) FROM ticket WHERE summary LIKE '%found at Globex'")
    tell.step(f"All of it is mirrored after {time.monotonic() - begun:.1f} s")
    return [(first, twin_first), (second, twin_second), (_twin(globex.env, new, acme.env), new)]


def _await(env: Path, what: str, statement: str, *values: object) -> None:
    if not tracd.wait_until(lambda: project.count(env, statement, *values) > 0, MIRROR_SECONDS, 0.2):
        raise DemoError(f"{what} did not reach {env.name} within {MIRROR_SECONDS} s.")


def _two_open_tickets(env: Path) -> tuple[int, int]:
    """The last two tickets that may be accepted and whose summaries tell them apart."""
    open_ticket = (
        "status IN ('new', 'assigned', 'reopened') AND summary IN"
        " (SELECT summary FROM ticket GROUP BY summary HAVING count(*) = 1)"
    )
    first = project.count(env, f"SELECT max(id) FROM ticket WHERE {open_ticket}")
    return first, project.count(env, f"SELECT max(id) FROM ticket WHERE id < ? AND {open_ticket}", first)


def _twin(env: Path, number: int, other: Path) -> int:
    """The other project's number of a ticket whose time of creation is its own."""
    created = project.count(env, "SELECT time FROM ticket WHERE id=?", number)
    twin = project.count(other, "SELECT id FROM ticket WHERE time=?", created)
    if not twin:
        raise DemoError(f"Ticket #{number} of {env.name} has no twin in {other.name}.")
    return twin
