# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two projects whose workers are killed at random while people edit both."""

from __future__ import annotations

import subprocess
import threading
import time
from dataclasses import dataclass, field
from random import Random

from e2e.two_projects import Party, TwoProjects, worker_process
from support.judge_read import read
from trac.env import Environment

from tools import sample

__all__ = ["Havoc", "check_kills"]

SECONDS = 60
KILLS = 15


@dataclass
class Havoc:
    """``run`` for some seconds; then ``kills`` (master, slave) and ``edits`` say what happened."""

    two: TwoProjects
    seed: int
    kills: list[int] = field(default_factory=lambda: [0, 0])
    edits: int = 0
    problems: list[str] = field(default_factory=list)

    def run(self, seconds: float) -> None:
        """Edit both sides and kill a worker, again and again; at the end no worker runs."""
        over = threading.Event()
        editors = [
            threading.Thread(target=self._edit, args=(party, self.seed + index, over))
            for index, party in enumerate(self.two.parties)
        ]
        for editor in editors:
            editor.start()
        try:
            self._kill(seconds)
        finally:
            over.set()
            for editor in editors:
                editor.join()

    def _kill(self, seconds: float) -> None:
        rng = Random(self.seed)
        workers = [worker_process(party) for party in self.two.parties]
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(rng.uniform(0.4, 2.0))
            # Each as often as the other, in no foreseeable order.
            victim = rng.randrange(2) if self.kills[0] == self.kills[1] else self.kills.index(min(self.kills))
            _end(workers[victim])
            self.kills[victim] += 1
            workers[victim] = worker_process(self.two.parties[victim])
        for worker in workers:
            _end(worker)

    def _edit(self, party: Party, seed: int, over: threading.Event) -> None:
        rng, env = Random(seed), Environment(str(party.env))
        while not over.wait(rng.uniform(0.02, 0.2)):
            tickets = [number for (number,) in env.db_query("SELECT id FROM ticket ORDER BY id")]
            try:
                sample.random_edit(env, rng, tickets, rng.choice(party.people), people=party.people)
                self.edits += 1
            except Exception as error:
                self.problems.append(f"{party.label}: an edit failed: {type(error).__name__}: {error}")


def check_kills(two: TwoProjects, seed: int) -> None:
    """A minute with at least ``KILLS`` kills on each side, and what must be true afterwards."""
    two.connect()
    two.start()
    havoc = Havoc(two, seed)
    havoc.run(SECONDS)
    assert havoc.problems == []
    assert min(havoc.kills) >= KILLS
    assert havoc.edits >= 100
    two.run_until_quiet()
    assert two.differences(conflicts_allowed=True) == []
    assert [party.shown.quarantined for party in two.parties] == [0, 0]
    busy = [ticket for ticket in read(two.acme.env) if len(ticket.changes) + len(ticket.comments) >= 5]
    assert len(busy) >= 10


def _end(worker: subprocess.Popen[str]) -> None:
    worker.kill()
    worker.communicate()
