# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sides restored at random, over a wire with every fault: equal at rest, or stopped and equal once healed."""

from __future__ import annotations

from random import Random

import pytest
from engine.restoring import DAY, MINUTE, SECOND, daily, heal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trac_issuesync.core.model import Policy
from trac_issuesync.testing.sim_judge import differences
from trac_issuesync.testing.sim_pair import SimPair, SimSide
from trac_issuesync.testing.sim_world import Backup


class Life:
    """People, workers, backups and restores on both sides."""

    def __init__(self, pair: SimPair, rng: Random) -> None:
        self.pair, self.rng, self.said = pair, rng, 0
        self.backups: dict[str, list[Backup]] = {side.side.value: [] for side in pair.sides}

    def act(self) -> None:
        """One thing that somebody does, and then perhaps a cycle of either side."""
        side = self.rng.choice(self.pair.sides)
        self.rng.choice([self._edit] * 8 + [self._text, self._create, self._attach, self._comment_edit])(side)
        if side.sync.connected and self.rng.random() < 0.15:
            self.backups[side.side.value].append(side.environment.backup())
        if self.rng.random() < 0.7:
            self.rng.choice(self.pair.sides).cycle(fresh=self.rng.random() < 0.05)
        self.pair.clock.advance(self.rng.choice((1, SECOND, MINUTE, 90 * MINUTE, DAY)))

    def restore(self) -> None:
        """One side, or both, go back to one of their backups."""
        for side in self.rng.sample(self.pair.sides, self.rng.randint(1, 2)):
            backups = self.backups[side.side.value]
            if backups:
                side.environment.restore(self.rng.choice(backups))

    def texts(self) -> set[str]:
        """What was said and is there on at least one side."""
        return {text for side in self.pair.sides for text in said(side)}

    def _edit(self, side: SimSide) -> None:
        self.said += 1
        text = f"said {self.said}" if self.rng.random() < 0.5 else ""
        values = {self.rng.choice(("customer", "summary", "keywords")): self.rng.choice("abcdef")}
        number = self._number(side)
        if number:
            side.tracker.user_edit(number, values, text, self._author(side))

    def _text(self, side: SimSide) -> None:
        number = self._number(side)
        if number:
            lines = [self.rng.choice("xyz") for _ in range(3)]
            side.tracker.user_edit(number, {"description": "\n".join(lines)}, "", self._author(side))

    def _create(self, side: SimSide) -> None:
        if len(side.tracker.numbers(0, 99)) < 5:
            side.tracker.user_create({"summary": f"T{self.rng.randint(0, 99)}"}, self._author(side))

    def _attach(self, side: SimSide) -> None:
        number = self._number(side)
        if number:
            data = self.rng.choice((b"", b"same", b"x" * 3000))
            side.tracker.user_attach(number, f"f{self.rng.randint(0, 99)}.txt", data, self._author(side))

    def _comment_edit(self, side: SimSide) -> None:
        number = self._number(side)
        log = side.tracker.read([number])[number].log if number else ()
        comments = [e for e in log if e.field == "comment" and e.new.startswith("note")]
        if comments:
            at = self.rng.choice(comments).time
            side.tracker.user_comment_edit(number, at, f"note {self.rng.randint(0, 99)}", self._author(side))
        elif number:
            side.tracker.user_edit(number, {"customer": "n"}, "note", self._author(side))

    def _number(self, side: SimSide) -> int:
        return self.rng.choice(side.tracker.numbers(0, 99) or [0])

    def _author(self, side: SimSide) -> str:
        return "alice" if side is self.pair.master else "bob"


def said(side: SimSide) -> list[str]:
    """The comments on a side that nobody edits."""
    tickets = side.tracker.read(side.tracker.numbers(0, 99)).values()
    return [e.new for t in tickets for e in t.log if e.field == "comment" and e.new.startswith("said")]


@pytest.mark.parametrize("policy", list(Policy))
@settings(
    max_examples=16,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(seed=st.integers(0, 2**32))
def test_restored_sides_are_equal_or_stopped_and_then_healed(policy: Policy, seed: int) -> None:
    """And nothing that was said and is there on one side is lost or doubled by the heal."""
    rng = Random(seed)
    pair = daily(policy, tickets=2, faults=rng)
    life = Life(pair, rng)
    for at in range(40):
        life.act()
        if at in (20, 30):
            life.restore()
        if rng.random() < 0.03:
            # A heal in the midst of it all, by whoever has lost patience.
            side = rng.choice([side for side in pair.sides if side.sync.connected] or [pair.master])
            heal(pair, side, rng.choice(("here", "there")), rounds=0)
    pair.wire.heal()
    pair.clock.advance(30 * DAY)
    pair.settle(rounds=40, step=DAY)
    for _ in range(3):
        if not any(side.sync.suspended for side in pair.sides):
            break
        heal(pair, rng.choice(pair.sides), rng.choice(("here", "there")), rounds=0)
        there = life.texts()
        pair.settle(rounds=30)
        for side in pair.sides:
            assert set(said(side)) >= there
    assert not any(side.sync.suspended for side in pair.sides)
    assert differences(pair) == []
    for side in pair.sides:
        assert len(said(side)) == len(set(said(side)))
