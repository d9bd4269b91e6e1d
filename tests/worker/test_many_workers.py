# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Several worker processes on one environment: one at a time, whatever happens to them, and users first."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import pytest
from e2e.two_projects import Party, worker_process
from handshake.handshake_pair import Pair, made_pair
from support.databases import KINDS
from support.environments import MakeEnvironment
from support.plain_database import PlainDatabase
from trac.env import Environment
from worker.worker_pair import LaterClock, connected, cycle, save, summaries, until

from trac_issuesync.engine.link import Pace
from trac_issuesync.engine.records import Sync
from trac_issuesync.tracker.lease import TTL
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.turn import run_sync

EXTERNAL = ("issuesync", "worker", "external")


@pytest.fixture(params=KINDS)
def pair_on(request: pytest.FixtureRequest, trac_env: MakeEnvironment, short_tmp: Path) -> Iterator[Pair]:
    """acme and globex, not joined yet, acme on each of the databases in turn."""

    def make(name: str) -> Environment:
        database = request.param if name == "acme" else KINDS[0]
        return trac_env(name, options=[EXTERNAL], database=database)

    with made_pair(make, short_tmp) as made:
        yield made


@contextmanager
def workers(env_path: str, count: int) -> Iterator[list[subprocess.Popen[str]]]:
    """``count`` processes of ``issuesync worker``, killed at the end."""
    running = [worker_process(Party(Path(env_path), "", (), "")) for _ in range(count)]
    try:
        yield running
    finally:
        for worker in running:
            worker.kill()
            worker.communicate()


class Lease:
    """The row of a lease, as it is now."""

    def __init__(self, env_path: str, sync: Sync) -> None:
        self._database, self._sync = PlainDatabase(Path(env_path)), sync
        self._file = Path(env_path) / "db" / "trac.db"

    def row(self) -> tuple[str, int]:
        """Owner (empty if free) and generation."""
        rows = self._database.rows(
            "SELECT owner, generation FROM issuesync_lease WHERE sync=?", self._sync.id
        )
        self._database.fresh()
        return (str(rows[0][0]), int(rows[0][1])) if rows else ("", 0)

    def holder(self) -> int:
        """The number of the process that holds it, or 0."""
        return int(([*self.row()[0].split(":"), "0"])[1])

    def writable(self) -> bool:
        """False if somebody has the one write lock of an SQLite file."""
        if self._database.scheme != "sqlite":
            return True
        with closing(sqlite3.connect(self._file, timeout=0, isolation_level=None)) as connection:
            try:
                connection.execute("BEGIN EXCLUSIVE")
            except sqlite3.OperationalError:
                return False
            return True

    def close(self) -> None:
        self._database.__exit__(None, None, None)


def test_three_workers_take_turns(pair_on: Pair) -> None:
    """No two of them ever hold one generation of the lease, and each ticket leaves once."""
    master, slave = connected(pair_on)
    path = pair_on.acme.env.path
    lease, owners = Lease(path, master), dict[int, set[str]]()

    def watched(count: int) -> bool:
        owner, generation = lease.row()
        owners.setdefault(generation, set()).update({owner} - {""})
        return captured(pair_on.acme, master) == count

    with workers(path, 3):
        for number in range(8):
            save(pair_on.acme.env, f"Ticket {number}")
            until(partial(watched, number + 1))
    lease.close()
    assert max(len(names) for names in owners.values()) == 1
    assert arrived(pair_on, master, slave) == [f"Ticket {number}" for number in range(8)]


def test_a_frozen_worker_is_fenced(pair_on: Pair) -> None:
    """Stopped with the lease in its hands, it stores nothing when it goes on after another took over."""
    master, slave = connected(pair_on)
    for number in range(100):
        save(pair_on.acme.env, f"Ticket {number}")
    path = pair_on.acme.env.path
    lease = Lease(path, master)
    with workers(path, 1) as (frozen,):
        until(lambda: stopped_with(lease, frozen))
        generation = lease.row()[1]
        with Links(pair_on.acme.env) as other:
            other.clock = LaterClock(TTL + 1)
            # Where it was stopped inside a transaction, a server has to throw it out first.
            until(lambda: cycle(other, master) is not None and lease.row()[1] > generation)
        taken = lease.row()[1]
        assert taken > generation
        save(pair_on.acme.env, "Ticket 100")
        frozen.send_signal(signal.SIGCONT)
        # It finds that it has lost the lease, and takes it anew in its next round.
        until(lambda: lease.row()[1] > taken and captured(pair_on.acme, master) == 101)
    lease.close()
    assert arrived(pair_on, master, slave) == [f"Ticket {number}" for number in range(101)]


def captured(links: Links, sync: Sync) -> int:
    return links.store.count_twins(sync.id)


def arrived(pair: Pair, master: Sync, slave: Sync) -> list[str]:
    """The summaries at globex when all that acme's workers left is sent and applied."""
    for _ in range(20):
        cycle(pair.acme, master)
        cycle(pair.globex, slave)
    return summaries(pair.globex.env)


def stopped_with(lease: Lease, frozen: subprocess.Popen[str]) -> bool:
    """Stop a process that holds the lease; on SQLite outside transactions, whose lock nobody could break."""
    frozen.send_signal(signal.SIGCONT)
    until(lambda: lease.holder() == frozen.pid)
    frozen.send_signal(signal.SIGSTOP)
    return lease.writable() and lease.holder() == frozen.pid


def test_the_lease_of_a_dead_process_of_this_host_is_free_at_once(pair: Pair) -> None:
    """A worker that was killed a moment ago does not keep the next one waiting."""
    master, _ = connected(pair)
    save(pair.acme.env, "One")
    code = "from trac_issuesync.tracker.lease import owner_name; print(owner_name())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert Links(pair.acme.env).store.acquire(master.id, told.stdout.strip(), pair.acme.clock.now(), TTL)
    assert cycle(pair.acme, master).report.collected == 1


def test_the_lease_of_a_host_that_vanished_passes_on_after_a_minute(pair: Pair) -> None:
    """Of another host nobody can tell whether it lives, so it has the time that it has not renewed for."""
    master, _ = connected(pair)
    save(pair.acme.env, "One")
    owner = f"elsewhere:{os.getpid()}:0-0"
    assert Links(pair.acme.env).store.acquire(master.id, owner, pair.acme.clock.now(), TTL)
    assert cycle(pair.acme, master).holder == f"elsewhere:{os.getpid()}"
    pair.acme.clock = LaterClock(60_000_000)
    ran = cycle(pair.acme, master)
    assert (ran.holder, ran.report.collected) == ("", 1)


def test_users_save_while_a_worker_applies(pair: Pair) -> None:
    """No save fails or runs into Trac's own time-out while a great many changes come in."""
    master, slave = connected(pair)
    for number in range(200):
        save(pair.acme.env, f"Ticket {number}")
    cycle(pair.acme, master)
    now = pair.globex.find(slave.name)
    done = threading.Event()
    with ThreadPoolExecutor(1) as user:
        saving = user.submit(save_until, pair.globex.env, done)
        try:
            applied = 0
            while applied < 200:
                ran = run_sync(pair.globex, now, "tester", pace=Pace())
                assert ran.report.applied
                applied += ran.report.applied
        finally:
            done.set()
    count = saving.result()
    assert count > 0
    assert len(summaries(pair.globex.env)) == 200 + count


def save_until(env: Environment, done: threading.Event) -> int:
    """Save new tickets, as a user without any patience of his own, and tell how many."""
    count = 0
    while not done.is_set():
        save(env, "By hand")
        count += 1
    return count
