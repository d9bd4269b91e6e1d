# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two real projects with the plugin, connected, and looked at from outside."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from trac.admin.console import TracAdmin
from trac.config import Configuration
from trac.env import Environment

from benchmarks.workload import PEOPLE
from tools import project
from tools.project import SYNC_USER
from tools.tracd import program
from trac_issuesync.engine.cycle import run_cycle
from trac_issuesync.engine.link import Pace
from trac_issuesync.tracker import accepting
from trac_issuesync.tracker.creation import create_master
from trac_issuesync.tracker.links import Links

__all__ = ["Pair", "Used", "Worker", "bare", "connected", "difference", "workers"]

_WAITS = (
    "SELECT (SELECT count(*) FROM issuesync_outbox) + (SELECT count(*) FROM issuesync_message)"
    " + (SELECT count(*) FROM issuesync_inbox) + (SELECT count(*) FROM issuesync_mark)"
    " + (SELECT count(*) FROM issuesync_birth) + (SELECT count(*) FROM issuesync_control)"
    " + (SELECT count(*) FROM issuesync_blob WHERE outgoing=1)"
    " + (SELECT count(*) FROM issuesync_attachment WHERE state='pending')"
)
_TWINS = "SELECT count(*) FROM issuesync_twin"
_LONGEST = 600.0


@dataclass(frozen=True)
class Pair:
    """Paths of both environments; the synchronization is called globex at acme and acme at globex."""

    acme: Path
    globex: Path

    def start(self) -> None:
        """``issuesync start`` on both sides, by the real command but without a process for it."""
        for path, name in ((self.globex, "acme"), (self.acme, "globex")):
            console = TracAdmin(str(path))
            # What the command says is for people.
            with open(os.devnull, "w") as nowhere, _said_to(nowhere):
                console.onecmd(f"issuesync start {name}")

    def quiet(self, twins: int) -> bool:
        """True if both sides know that many twins and nothing waits or is unacknowledged."""
        return all(
            number(path, _TWINS) == twins and not number(path, _WAITS) for path in (self.acme, self.globex)
        )

    def wait_until_quiet(self, twins: int, pause: float = 0.1) -> None:
        """Raises TimeoutError after ten minutes."""
        end = time.monotonic() + _LONGEST
        while not self.quiet(twins):
            if time.monotonic() > end:
                raise TimeoutError(f"{self.acme.parent}: the two projects do not come to rest")
            time.sleep(pause)


@dataclass(frozen=True)
class Used:
    """What a worker's process used: seconds of processor with those of gpg, and megabytes at most."""

    cpu: float
    peak: float


class Worker:
    """``trac-admin <env> issuesync worker`` as a process."""

    def __init__(self, env: Path) -> None:
        command = [sys.executable, program("trac-admin"), os.fspath(env), "issuesync", "worker"]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        self._stat = Path(f"/proc/{self._process.pid}")

    def used(self) -> Used:
        """So far."""
        words = (self._stat / "stat").read_text().rpartition(")")[2].split()
        lines = (self._stat / "status").read_text().splitlines()
        peak = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
        return Used(sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK"), peak / 1024)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(60)


@contextmanager
def workers(pair: Pair) -> Iterator[tuple[Worker, Worker]]:
    """Both workers, up and at rest."""
    both = Worker(pair.acme), Worker(pair.globex)
    try:
        for path in (pair.acme, pair.globex):
            while not number(path, "SELECT count(*) FROM issuesync_lease WHERE generation > 0"):
                time.sleep(0.05)
        # A first cycle reads keys and looks around.
        time.sleep(2)
        yield both
    finally:
        for worker in both:
            worker.stop()


def bare(folder: Path) -> Pair:
    """Two projects without the plugin, in a folder that this makes."""
    folder.mkdir(parents=True)
    pair = Pair(folder / "acme", folder / "globex")
    for path in (pair.acme, pair.globex):
        project.create(path, path.name, (*PEOPLE, "admin"))
    return pair


def connected(pair: Pair, worker: str = "external") -> Pair:
    """Switch the plugin on in both and bring them together; stopped still."""
    for path in (pair.acme, pair.globex):
        config = Configuration(str(path / "conf" / "trac.ini"))
        config.set("issuesync", "worker", worker)
        config.save()
        project.enable(path)
    envs = Environment(str(pair.acme)), Environment(str(pair.globex))
    with Links(envs[0]) as ours, Links(envs[1]) as theirs:
        master = create_master(ours, "globex", "file", {"user": SYNC_USER, "label": "Globex"})
        told = accepting.read_handshake(accepting.write_handshake(ours, master, None), None)
        accepting.accept_slave(theirs, told, {"user": SYNC_USER, "name": "acme", "label": "ACME"})
        for sender, receiver in ((ours, theirs), (theirs, ours)):
            target, link = sender.paths.exchange(master.id)[0], receiver.paths.exchange(master.id)[1]
            link.rmdir()
            link.symlink_to(target)
        sides = (theirs, "acme"), (ours, "globex")
        while not all(links.find(name).connected for links, name in sides):
            for links, name in sides:
                run_cycle(links.open(links.find(name), pace=Pace()))
    for env in envs:
        env.shutdown()
    return pair


def number(env: Path, statement: str, *values: object) -> int:
    """One number from an environment's database, which is only read."""
    return project.count(env, statement, *values)


def difference(pair: Pair) -> list[str]:
    """What the independent judge of the tests finds different, in sentences."""
    from support.judge import compare

    known = {*PEOPLE, "admin", SYNC_USER}
    found: list[str] = compare(
        pair.acme, pair.globex, label_a="ACME", label_b="Globex", users_a=known, users_b=known
    )
    return found


@contextmanager
def _said_to(stream: TextIO) -> Iterator[None]:
    before, sys.stdout = sys.stdout, stream
    try:
        yield
    finally:
        sys.stdout = before


def rows(env: Path, statement: str, *values: object) -> list[tuple[object, ...]]:
    """Rows from an environment's database, which is only read."""
    database = sqlite3.connect(f"{(env / 'db' / 'trac.db').resolve().as_uri()}?mode=ro", uri=True, timeout=30)
    with closing(database):
        return database.execute(statement, values).fetchall()
