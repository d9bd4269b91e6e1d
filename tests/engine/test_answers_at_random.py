# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Edits, refusals, skips and answers to conflicts in any order over a faulty wire: both sides end equal."""

from __future__ import annotations

from random import Random

import pytest

from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.model import Policy
from trac_issuesync.engine.resolve import resolve
from trac_issuesync.engine.skip import skip
from trac_issuesync.testing.sim_channel import FaultyWire
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.testing.sim_judge import differences
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair, SimSide

MINUTE = 60_000_000
STATES = (("new", ""), ("accepted", ""), ("closed", "fixed"), ("closed", "invalid"), ("reopened", ""))


class People:
    """Users and administrators of both sides; each side has a component that the other one lacks."""

    def __init__(self, pair: SimPair, rng: Random) -> None:
        self.pair, self.rng, self.said = pair, rng, 0
        for side in pair.sides:
            self._offer(side, f"only {side.side.value}")

    def act(self, side: SimSide) -> None:
        """One of them does something."""
        acts = [self._field, self._state, self._component, self._text]
        self.rng.choice(acts * 3 + [self.answer, self.skip])(side)

    def answer(self, side: SimSide) -> None:
        """Settle one open conflict, if there is one."""
        found = side.store.conflicts(SYNC_ID, unresolved=True)
        if not found:
            return
        number, mine = self.rng.choice(found).id, self.rng.random() < 0.5
        try:
            resolve(side.link(), number, "admin", mine=mine)
        except Invalid:
            # The partner's value does not exist here.
            resolve(side.link(), number, "admin", mine=not mine)

    def skip(self, side: SimSide) -> None:
        """Skip what is parked first, if anything is."""
        for row in side.store.parked(SYNC_ID)[:1]:
            skip(side.link(), row.change.number, "admin")

    def _offer(self, side: SimSide, name: str) -> None:
        known = side.tracker.catalogue().field("component").options
        side.tracker.set_options("component", (*known, name))

    def _edit(self, side: SimSide, values: dict[str, str]) -> None:
        self.said += 1
        number = self.rng.choice(side.tracker.numbers(0, 9))
        side.tracker.user_edit(number, values, f"said {self.said}", side.side.value)

    def _field(self, side: SimSide) -> None:
        self._edit(side, {"customer": str(self.rng.randint(0, 9))})

    def _state(self, side: SimSide) -> None:
        status, resolution = self.rng.choice(STATES)
        self._edit(side, {"status": status, "resolution": resolution})

    def _component(self, side: SimSide) -> None:
        names = ("component1", "component2", f"only {side.side.value}")
        self._edit(side, {"component": self.rng.choice(names)})

    def _text(self, side: SimSide) -> None:
        self._edit(side, {"description": f"{self.rng.randint(0, 9)}\nsame\n{self.rng.randint(0, 9)}"})


def _waits(side: SimSide) -> int:
    """Questions and refusals that wait for a person."""
    return side.store.count_conflicts(SYNC_ID) + len(side.store.refused(SYNC_ID))


def heal(pair: SimPair) -> None:
    """Everything arrives, and both are quiet."""
    pair.settle(rounds=200, step=26 * 60 * MINUTE)


@pytest.mark.parametrize("policy", list(Policy))
@pytest.mark.parametrize("seed", [3, 4, 5, 13, 17, 19, 20])
def test_answers_and_skips_in_any_order_end_equal(policy: Policy, seed: int) -> None:
    """Nothing is parked for ever, nothing differs, each comment is there once, and no question is left."""
    rng, clock = Random(f"{policy.value} {seed}"), SimClock(1_800_000_000_000_000)
    wire = FaultyWire(SYNC_ID, rng, clock)
    pair = SimPair(wire, clock=clock, policy=policy)
    pair.connect(rounds=200)
    for name in ("one", "two"):
        pair.master.tracker.user_create({"summary": name}, "master")
        clock.advance(MINUTE)
    wire.heal()
    heal(pair)
    people = People(pair, rng)
    for _ in range(40):
        people.act(rng.choice(pair.sides))
        if rng.random() < 0.6:
            rng.choice(pair.sides).cycle()
        clock.advance(rng.choice((1, 1000, MINUTE, 90 * MINUTE)))
    heal(pair)
    for _ in range(60):
        if not any(sum(side.store.count_inbox(SYNC_ID)) for side in pair.sides):
            break
        for side in pair.sides:
            people.skip(side)
        heal(pair)
    assert differences(pair) == []
    for side in pair.sides:
        assert (side.store.count_inbox(SYNC_ID), side.store.refused(SYNC_ID)) == ((0, 0), [])
        assert not side.sync.suspended
    for _ in range(60):
        if not any(_waits(side) for side in pair.sides):
            break
        for side in pair.sides:
            people.answer(side)
            people.skip(side)
        heal(pair)
    assert differences(pair) == []
    assert [_waits(side) for side in pair.sides] == [0, 0]
    for side in pair.sides:
        said = [
            entry.new
            for ticket in side.tracker.read(side.tracker.numbers(0, 9)).values()
            for entry in ticket.log
            if entry.field == "comment" and entry.new
        ]
        assert sorted(said) == sorted(f"said {number + 1}" for number in range(people.said))
        for ticket in side.tracker.read(side.tracker.numbers(0, 9)).values():
            assert (ticket.values["status"], ticket.values["resolution"]) in STATES
