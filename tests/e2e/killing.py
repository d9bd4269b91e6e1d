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
from trac.env import Environment

from tools import sample

__all__ = ["Havoc"]


@dataclass
class Havoc:
    """``run`` for some seconds; then ``kills`` and ``edits`` say what happened."""

    two: TwoProjects
    seed: int
    kills: int = 0
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
            time.sleep(rng.uniform(0.6, 2.2))
            victim = rng.randrange(2)
            _end(workers[victim])
            self.kills += 1
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


def _end(worker: subprocess.Popen[str]) -> None:
    worker.kill()
    worker.communicate()
