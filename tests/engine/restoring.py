# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Helpers for tests of the restore guard: a running pair, backups, and what both sides say."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from trac_issuesync.core.model import Policy
from trac_issuesync.engine.link import Pace
from trac_issuesync.testing.sim_channel import Faults, FaultyWire
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.testing.sim_judge import differences
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair, SimSide

SECOND = 1_000_000
MINUTE = 60 * SECOND
DAY = 24 * 60 * MINUTE


def daily(policy: Policy = Policy.NEWEST, tickets: int = 1, faults: Random | None = None) -> SimPair:
    """A running pair with tickets on both sides, which speak at least once a day; ``faults`` of the wire."""
    clock = SimClock(1_800_000_000_000_000)
    pace = Pace(sweep_overlap=60 * MINUTE, slow_sweep_every=MINUTE)
    wire = FaultyWire(SYNC_ID, faults, clock, Faults(reorder=0.4, delay=0.3, replay=0.3)) if faults else None
    pair = SimPair(wire, clock=clock, policy=policy, pace=pace).connect(rounds=200)
    for index in range(tickets):
        pair.master.tracker.user_create({"summary": f"t{index}", "customer": "0"}, "alice")
        pair.clock.advance(SECOND)
    pair.settle(rounds=6 if faults else 60)
    return pair


def edit(pair: SimPair, side: SimSide, value: str, number: int = 1, comment: str = "") -> None:
    """Someone sets the field customer of a ticket, a second later than what was before."""
    pair.clock.advance(SECOND)
    author = "alice" if side is pair.master else "bob"
    side.tracker.user_edit(number, {"customer": value}, comment, author)


def start_anew(side: SimSide) -> None:
    """The first cycle of a worker that was just started."""
    side.cycle(fresh=True)


def ask(side: SimSide) -> None:
    """As a command that asks for a probe."""
    with side.store.transaction():
        side.store.save_sync(replace(side.sync, probes=side.sync.probes + 1))


def heal(pair: SimPair, side: SimSide, word: str = "here", rounds: int = 30) -> None:
    """As `issuesync check <name> --heal`, run on ``side``; then both sides come to rest."""
    yields = side.side if word == "here" else side.side.other
    with side.store.transaction():
        side.store.save_sync(replace(side.sync, heal_asked=yields))
    pair.settle(rounds=rounds)


def healed(pair: SimPair) -> None:
    """Both sides run and are equal, and one more round moves nothing."""
    assert not any(side.sync.suspended for side in pair.sides)
    assert differences(pair) == []
    assert not pair.settle(rounds=3) > 2


def value(side: SimSide, number: int = 1, name: str = "customer") -> str:
    """What a ticket shows."""
    return side.tracker.read([number])[number].values[name]


def comments(side: SimSide, number: int = 1) -> list[tuple[str, str]]:
    """The comments of a ticket with their authors, by text."""
    log = side.tracker.read([number])[number].log
    return sorted((e.new, e.author) for e in log if e.field == "comment" and e.new)


def suspended(pair: SimPair) -> bool:
    """True if the guard has stopped both sides, which then say the same."""
    master, slave = (side.sync.suspended for side in pair.sides)
    assert master.split(". ")[0] == slave.split(". ")[0]
    return "restored from a backup" in master
