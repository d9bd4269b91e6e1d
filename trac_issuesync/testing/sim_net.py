# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Several simulated environments joined by synchronizations, two and two: chains, rings, stars."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable

from trac_issuesync.core.model import Policy
from trac_issuesync.testing.sim_channel import SimWire
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.testing.sim_pair import SimPair, SimSide
from trac_issuesync.testing.sim_world import SimEnvironment

__all__ = ["SimNet"]

_MINUTE = 60_000_000


class SimNet:
    """Environments by name, and a pair for each edge ``(master, slave)``; all share one clock.

    ``wire`` makes the wire of an edge from its synchronization id; without it wires are faithful.
    """

    def __init__(
        self,
        edges: Iterable[tuple[str, str]],
        *,
        policy: Policy = Policy.NEWEST,
        clock: SimClock | None = None,
        wire: Callable[[str], SimWire] = SimWire,
    ) -> None:
        self.clock = clock or SimClock(1_800_000_000_000_000)
        self.environments: dict[str, SimEnvironment] = {}
        self.pairs: dict[tuple[str, str], SimPair] = {}
        for master, slave in edges:
            sync_id = hashlib.sha256(f"{master} {slave}".encode()).hexdigest()[:20]
            self.pairs[master, slave] = SimPair(
                wire(sync_id),
                clock=self.clock,
                policy=policy,
                master=self._environment(master),
                slave=self._environment(slave),
            )

    @property
    def sides(self) -> list[SimSide]:
        """Both ends of every edge, in the order of the edges."""
        return [side for pair in self.pairs.values() for side in pair.sides]

    def connect(self, rounds: int = 12) -> SimNet:
        """Run every handshake to its end and start both ends of every edge."""
        for pair in self.pairs.values():
            pair.connect(rounds)
        return self

    def settle(self, rounds: int = 80, step: int = 5 * _MINUTE) -> int:
        """Cycle every side, letting time pass, until nothing moves any more; the number of rounds."""
        quiet = 0
        for count in range(1, rounds + 1):
            moved = [pair.round() for pair in self.pairs.values()]
            self.clock.advance(step)
            waiting = any(pair.pending() for pair in self.pairs.values())
            quiet = 0 if any(moved) or waiting else quiet + 1
            if quiet >= 2:
                return count
        return rounds

    def _environment(self, name: str) -> SimEnvironment:
        return self.environments.setdefault(name, SimEnvironment(name, self.clock))
