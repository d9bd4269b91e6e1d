# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""One end of a synchronization in the model: workers with leases that die, freeze and are taken over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from random import Random

from trac_issuesync.core.errors import Transient
from trac_issuesync.engine.cycle import run_cycle
from trac_issuesync.engine.link import Link, Report
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.testing.sim_database import Killed
from trac_issuesync.testing.sim_pair import SimSide
from trac_issuesync.testing.sim_steps import (
    Fate,
    SteppedChannel,
    SteppedSealer,
    SteppedSpool,
    SteppedStore,
)

__all__ = ["LEASE", "MINUTE", "End", "Failure", "SkewedClock", "StoreMaker", "Surprise"]

MINUTE = 60_000_000
LEASE = MINUTE
StoreMaker = Callable[["End"], SteppedStore]


class Failure(AssertionError):
    """Something that must hold does not."""


class SkewedClock(SimClock):
    """One machine's wall clock: true time and an offset that can jump."""

    def __init__(self, true: SimClock, offset: int = 0) -> None:
        super().__init__(true.now())
        self.true, self.offset = true, offset

    def now(self) -> int:
        return self.true.now() + self.offset


def _nothing() -> None:
    """What happens meanwhile, usually."""


@dataclass
class Surprise:
    """What is to happen in one cycle: at step ``at`` the worker dies, or freezes while another one runs.

    ``meanwhile`` is done while it is frozen. ``budget`` is how often a cycle may ask whether it is to stop
    before the answer is yes (0: never).
    """

    at: int = 0
    freezes: bool = False
    meanwhile: Callable[[], None] = _nothing
    budget: int = 0


class End:
    """A side with its workers. One process runs at a time, except while one is frozen in its middle."""

    def __init__(self, side: SimSide, make_store: StoreMaker, clock: SkewedClock) -> None:
        self.side, self.clock, self._make = side, clock, make_store
        self.store = make_store(self)
        self.passed: set[str] = set()
        self.deaths = self.takeovers = 0
        self._processes = 0

    @property
    def name(self) -> str:
        """Environment and role, for messages."""
        return f"{self.side.environment.name}/{self.side.sync.name}"

    def cycle(self, surprise: Surprise | None = None) -> Report | None:
        """One cycle of the process that is alive; None if it died or lost its lease, or could not have it."""
        surprise = surprise or Surprise()
        fate = Fate(surprise.at, outside=surprise.freezes)
        taken: list[int] = []
        if surprise.at:
            fate.event = partial(self._freeze, surprise, fate, taken) if surprise.freezes else _die
        if not self.store.acquire(self.side.sync_id, self._owner(), self.clock.now(), LEASE):
            return None
        self.store.point = fate.at
        try:
            return run_cycle(self._link(self.store, fate, surprise.budget))
        except Killed:
            self.deaths += 1
            self.restart()
        except Transient as problem:
            if problem.code != "lease-lost":
                raise
            self.takeovers += 1
            self.restart()
        finally:
            self.passed |= set(fate.passed)
            self.store.point = Fate().at
            if taken and "committed" in fate.passed[taken[0] :]:
                raise Failure(f"{self.name}: a worker that had lost its lease has committed")
        return None

    def restart(self) -> None:
        """A new process, which knows nothing of the old one but that it is dead."""
        self._processes += 1
        self.side.store.free_lease(self.side.sync_id, f"process {self._processes - 1}")
        self.store = self._make(self)

    def _owner(self) -> str:
        return f"process {self._processes}"

    def _freeze(self, surprise: Surprise, fate: Fate, taken: list[int], step: str) -> None:
        """Sleep past the end of the lease while another process takes over and does a cycle."""
        self.clock.true.advance(2 * LEASE)
        surprise.meanwhile()
        other = self._make(self)
        if other.acquire(self.side.sync_id, "another process", self.clock.now(), LEASE):
            taken.append(len(fate.passed))
            run_cycle(self._link(other, Fate(), 0))
            other.release(self.side.sync_id)

    def _link(self, store: SteppedStore, fate: Fate, budget: int) -> Link:
        link = self.side.link()
        link.store = store
        link.channel = SteppedChannel(link.channel, fate.at)
        link.sealer = SteppedSealer(link.sealer, fate.at)
        link.spool = SteppedSpool(link.spool, fate.at)
        if budget:
            asked = iter(range(budget))
            link.stopping = lambda: next(asked, None) is None
        link.random = Random(self._processes)
        return link


def _die(step: str) -> None:
    raise Killed(step)
