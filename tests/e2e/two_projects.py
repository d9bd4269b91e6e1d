# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two real projects, made and driven as administrators and users would do it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

from support.judge import compare
from trac.env import Environment

from tools import project, sample
from tools.project import SYNC_USER, Status, admin
from tools.tracd import program
from trac_issuesync.tracker import status
from trac_issuesync.tracker.links import Links

__all__ = ["Party", "TwoProjects", "made", "worker_process"]

_ROUNDS = 40
ON_SQLITE = "sqlite:db/trac.db"


@dataclass(frozen=True)
class Party:
    """One project: ``sync`` is what the synchronization is called here, ``label`` its own mark elsewhere."""

    env: Path
    label: str
    people: tuple[str, ...]
    sync: str

    def admin(self, *words: str, ok: tuple[int, ...] = (0,)) -> str:
        """``trac-admin <env> issuesync <words>``, as a process of its own."""
        return admin(self.env, "issuesync", *words, ok=ok)

    @property
    def shown(self) -> Status:
        """What ``show --json`` tells."""
        return project.status(self.env, self.sync)

    def look(self) -> status.Status:
        """The same as ``show`` tells, without a process."""
        env = Environment(str(self.env))
        try:
            with Links(env) as links:
                return status.status(links, links.find(self.sync))
        finally:
            env.shutdown()

    def edit(self, seed: int, count: int) -> list[str]:
        """``count`` random edits of its people; says what they did."""
        rng, env = Random(seed), Environment(str(self.env))
        try:
            tickets = [number for (number,) in env.db_query("SELECT id FROM ticket ORDER BY id")]
            return [
                sample.random_edit(env, rng, tickets, rng.choice(self.people), people=self.people)
                for _ in range(count)
            ]
        finally:
            env.shutdown()


@dataclass(frozen=True)
class TwoProjects:
    """acme is the master, globex the slave."""

    acme: Party
    globex: Party

    @property
    def parties(self) -> tuple[Party, Party]:
        return self.acme, self.globex

    def connect(self, **settings: str) -> None:
        """Create, hand over, link the folders, and run both until they know each other."""
        file = self.acme.env.parent / "handshake.json"
        said = [f"{key}={value}" for key, value in settings.items()]
        self.acme.admin("create", "globex", "file", f"user={SYNC_USER}", "label=Globex", *said)
        self.acme.admin("handshake", "globex", str(file))
        self.globex.admin("accept", str(file), "name=acme", f"user={SYNC_USER}", "label=ACME")
        for sender, receiver in ((self.acme, self.globex), (self.globex, self.acme)):
            target, link = sender.shown.send, receiver.shown.receive
            link.rmdir()
            link.symlink_to(target)
        for _ in range(2):
            for party in (self.globex, self.acme):
                party.admin("run", party.sync)

    def start(self) -> None:
        for party in self.parties:
            party.admin("start", party.sync)

    def run_until_quiet(self) -> None:
        """Run both in turn, as cron does; fails if they never come to rest."""
        for _ in range(_ROUNDS):
            for party in self.parties:
                party.admin("run", party.sync, ok=(0, 1))
            found = [party.look() for party in self.parties]
            if not any(status.waiting or status.unacknowledged for status in found):
                return
        raise AssertionError(f"still not quiet: {found}")

    def differences(self, *, conflicts_allowed: bool = False) -> list[str]:
        """What the independent judge finds; nothing means that both are the same."""
        acme, globex = self.parties
        known = {party: {*party.people, SYNC_USER, "admin"} for party in self.parties}
        return compare(
            acme.env,
            globex.env,
            label_a=acme.label,
            label_b=globex.label,
            users_a=known[acme],
            users_b=known[globex],
            conflicts_allowed=conflicts_allowed,
        )


def made(
    folder: Path,
    tickets: int,
    options: tuple[tuple[str, str, str], ...] = (),
    databases: tuple[str, str] = (ON_SQLITE, ON_SQLITE),
) -> TwoProjects:
    """Both projects in ``folder`` with the plugin on; acme has ``tickets`` sample tickets.

    ``databases`` are Trac's addresses of the empty databases of acme and globex.
    """
    two = TwoProjects(
        Party(folder / "acme", "ACME", ("alice", "bob"), "globex"),
        Party(folder / "globex", "Globex", ("carol", "dave"), "acme"),
    )
    for party, database in zip(two.parties, databases, strict=True):
        project.create(party.env, party.label, party.people, database)
    sample.fill(str(two.acme.env), tickets)
    for party in two.parties:
        config = Environment(str(party.env)).config
        for option in (("issuesync", "worker", "external"), *options):
            config.set(*option)
        config.save()
        project.enable(party.env)
    return two


def worker_process(party: Party) -> subprocess.Popen[str]:
    """``trac-admin <env> issuesync worker``, running."""
    return subprocess.Popen(
        [sys.executable, program("trac-admin"), os.fspath(party.env), "issuesync", "worker"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
