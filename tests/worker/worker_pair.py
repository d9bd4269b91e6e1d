# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two real projects that know each other, and workers to run beside the test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from handshake.handshake_pair import Pair
from msgspec.structs import replace
from trac.env import Environment
from trac.ticket.model import Ticket

from trac_issuesync.engine.link import Pace
from trac_issuesync.engine.records import Sync
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.turn import Ran, run_sync
from trac_issuesync.tracker.wakeup import Bell
from trac_issuesync.tracker.worker import Worker

__all__ = ["Aside", "Idle", "LaterClock", "beside", "connected", "cycle", "save", "summaries", "until"]


class LaterClock:
    """The machine's clock, ``ahead`` µs early."""

    def __init__(self, ahead: int = 0) -> None:
        self.ahead = ahead

    def now(self) -> int:
        return time.time_ns() // 1000 + self.ahead


def cycle(links: Links, sync: Sync, pace: Pace | None = None, **more: object) -> Ran:
    """One cycle as a worker runs it."""
    now = links.store.sync(sync.id) or sync
    return run_sync(links, now, "tester", pace=pace or Pace(), sleep=lambda seconds: None, **more)


def connected(pair: Pair, **settings: str) -> tuple[Sync, Sync]:
    """A synchronization that has shaken hands and is started on both sides."""
    master, slave = pair.join(**settings)
    for _ in range(3):
        cycle(pair.globex, slave)
        cycle(pair.acme, master)
    for links, sync in ((pair.acme, master), (pair.globex, slave)):
        now = links.find(sync.name)
        assert now.connected
        with links.store.transaction():
            links.store.save_sync(replace(now, enabled=True))
    return pair.acme.find(master.name), pair.globex.find(slave.name)


def save(env: Environment, summary: str, **values: str) -> int:
    """A user's new ticket."""
    ticket = Ticket(env)
    ticket.populate({"summary": summary, "reporter": "ann", **values})
    return int(ticket.insert())


def summaries(env: Environment) -> list[str]:
    """Of all tickets, in order."""
    return [summary for (summary,) in env.db_query("SELECT summary FROM ticket ORDER BY id")]


def until(true: Callable[[], bool]) -> None:
    """Wait for another thread or process; the limit only ends a test that has failed."""
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)


class Idle(Bell):
    """A bell that tells when its worker has nothing left to do; ``idle`` is cleared by the test."""

    def __init__(self) -> None:
        super().__init__()
        self.idle = threading.Event()

    def wait(self, seconds: float) -> bool:
        if seconds > 60:
            self.idle.set()
        return super().wait(seconds)


@dataclass(frozen=True)
class Aside:
    """A worker in a thread beside the test."""

    bell: Idle
    thread: threading.Thread

    def rest(self) -> None:
        """Wait until the worker has looked at everything and waits."""
        until(self.bell.idle.is_set)

    def look(self) -> None:
        """Have it look once more, and wait until it is done."""
        self.bell.idle.clear()
        self.bell.set()
        self.rest()


@contextmanager
def beside(path: str, *, inside: bool = False) -> Iterator[Aside]:
    """A worker for the environment at ``path``, stopped at the end."""
    bell = Idle()
    thread = threading.Thread(target=Worker(path, bell, inside=inside).run, daemon=True)
    thread.start()
    try:
        yield Aside(bell, thread)
    finally:
        bell.stop()
        thread.join(60)
        assert not thread.is_alive()
