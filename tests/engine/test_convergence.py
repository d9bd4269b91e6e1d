# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""However messages are lost, doubled, reordered, delayed, damaged or replayed, both sides end equal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trac_issuesync.core.model import Policy
from trac_issuesync.testing.sim_channel import FaultyWire
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.testing.sim_database import UniqueViolation
from trac_issuesync.testing.sim_judge import differences
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair, SimSide
from trac_issuesync.testing.sim_tracker import Pending

MINUTE = 60_000_000
WORDS = ("red", "green", "blue", "grey")


class Users:
    """People on both sides who do one thing after another, and remember what they said."""

    def __init__(self, pair: SimPair, rng: Random) -> None:
        self.pair, self.rng, self.said = pair, rng, 0
        self.pending: list[Pending] = []

    def act(self) -> None:
        side = self.rng.choice(self.pair.sides)
        numbers = side.tracker.numbers(0, 1000)
        if not numbers or (self.rng.random() < 0.15 and len(numbers) < 6):
            side.tracker.user_create({"summary": f"T{self.rng.randint(0, 99)}"}, self._author(side))
            return
        number = self.rng.choice(numbers)
        self.rng.choice(self._acts())(side, number)

    def _acts(self) -> list[Callable[[SimSide, int], None]]:
        often = [self._field, self._comment, self._list, self._text, self._edit_comment]
        return often * 4 + [self._attach, self._slow, self._delete]

    def finish(self) -> None:
        """Requests that were under way commit."""
        for pending in self.pending:
            with suppress(LookupError, UniqueViolation):
                pending.commit()

    def _author(self, side: SimSide) -> str:
        return "alice" if side is self.pair.master else "bob"

    def _field(self, side: SimSide, number: int) -> None:
        name = self.rng.choice(("priority", "summary", "customer", "urgent"))
        value = self.rng.choice({"priority": ("minor", "major"), "urgent": ("0", "1")}.get(name, WORDS))
        side.tracker.user_edit(number, {name: value}, "", self._author(side))

    def _comment(self, side: SimSide, number: int) -> None:
        self.said += 1
        side.tracker.user_edit(number, {"priority": "critical"}, f"said {self.said}", self._author(side))

    def _list(self, side: SimSide, number: int) -> None:
        words = self.rng.sample(WORDS, self.rng.randint(0, 3))
        side.tracker.user_edit(number, {"keywords": " ".join(words)}, "", self._author(side))

    def _text(self, side: SimSide, number: int) -> None:
        lines = side.tracker.read([number])[number].values["description"].split("\n")
        lines = ([*lines, "", "", ""])[:4]
        lines[self.rng.randint(0, 3)] = f"line {self.rng.randint(0, 9)}"
        side.tracker.user_edit(number, {"description": "\n".join(lines)}, "", self._author(side))

    def _attach(self, side: SimSide, number: int) -> None:
        data = self.rng.choice((b"", b"same", b"x" * 5000))
        side.tracker.user_attach(number, f"f{self.rng.randint(0, 9)}.txt", data, self._author(side))

    def _slow(self, side: SimSide, number: int) -> None:
        self.said += 1
        text = f"said {self.said}"
        self.pending.append(side.tracker.begin_edit(number, {"customer": text}, text, self._author(side)))

    def _delete(self, side: SimSide, number: int) -> None:
        if self.rng.random() < 0.3:
            side.tracker.user_delete(number)

    def _edit_comment(self, side: SimSide, number: int) -> None:
        comments = [e for e in side.tracker.read([number])[number].log if e.field == "comment" and e.new]
        if comments:
            text = f"edited {self.rng.randint(0, 999)}"
            side.tracker.user_comment_edit(number, self.rng.choice(comments).time, text, self._author(side))


@pytest.mark.parametrize("policy", list(Policy))
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(seed=st.integers(0, 2**32), skew=st.sampled_from([0, 0, 3600, -86_400]))
def test_both_sides_end_equal_over_a_faulty_wire(policy: Policy, seed: int, skew: int) -> None:
    """Random edits on both sides over a wire with every fault; healed and quiet, nothing differs."""
    rng = Random(seed)
    clock = SimClock(1_800_000_000_000_000)
    pair = SimPair(FaultyWire(SYNC_ID, rng, clock), clock=clock, policy=policy)
    pair.connect(rounds=200)
    users = Users(pair, rng)
    for _ in range(30):
        users.act()
        if rng.random() < 0.5:
            rng.choice(pair.sides).cycle()
        clock.advance(rng.choice((1, MINUTE, 90 * MINUTE)))
        if skew and rng.random() < 0.1:
            clock.set(clock.now() + skew * 1_000_000)
    users.finish()
    pair.wire.heal()
    clock.advance(30 * 24 * 60 * MINUTE)
    pair.settle(rounds=200, step=26 * 60 * MINUTE)
    assert differences(pair) == []
    assert not any(side.sync.suspended for side in pair.sides)
    said = Counter(
        entry.new
        for side in pair.sides
        for n in side.tracker.numbers(0, 99)
        for entry in side.tracker.read([n])[n].log
        if entry.field == "comment" and entry.new.startswith("said")
    )
    assert all(count <= 2 for count in said.values())
