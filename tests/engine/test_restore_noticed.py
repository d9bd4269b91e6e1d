# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whichever side is restored from a backup, both stop and say why; healthy synchronizations never do."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from engine.restoring import DAY, MINUTE, SECOND, ask, daily, edit, start_anew, suspended
from hypothesis import given, settings
from hypothesis import strategies as st

from trac_issuesync.testing.sim_judge import differences
from trac_issuesync.testing.sim_pair import SimPair, SimSide

Pick = Callable[[SimPair], SimSide]


def master(pair: SimPair) -> SimSide:
    return pair.master


def slave(pair: SimPair) -> SimSide:
    return pair.slave


BOTH = pytest.mark.parametrize("restored", [master, slave])


def partner(pair: SimPair, side: SimSide) -> SimSide:
    return pair.slave if side is pair.master else pair.master


@BOTH
def test_11a_other_content_under_a_number_that_was_used_is_noticed(restored: Pick) -> None:
    """S sends a message, is restored, sends another one under its number, which is lost: both stop."""
    pair = daily()
    side = restored(pair)
    backup = side.environment.backup()
    edit(pair, side, "first")
    side.cycle()
    partner(pair, side).cycle()
    acknowledgement = pair.hold(partner(pair, side))
    side.environment.restore(backup)
    edit(pair, side, "other")
    side.cycle()
    pair.hold(side)
    pair.release(partner(pair, side), acknowledgement)
    pair.settle(rounds=6)
    assert suspended(pair)


@BOTH
def test_11a_a_side_that_has_raced_ahead_is_noticed(restored: Pick) -> None:
    """The restored side has sent more than was sent before, and all of it has arrived: both stop."""
    pair = daily()
    side = restored(pair)
    backup = side.environment.backup()
    edit(pair, side, "first")
    side.cycle()
    partner(pair, side).cycle()
    pair.hold(partner(pair, side))
    side.environment.restore(backup)
    for value in ("one", "two", "three"):
        edit(pair, side, value)
        side.cycle()
    pair.settle(rounds=6)
    assert suspended(pair)


@BOTH
def test_11b_forgotten_receipts_are_noticed(restored: Pick) -> None:
    """M has acknowledged messages and is restored to before them; S has deleted them: both stop."""
    pair = daily()
    side = restored(pair)
    backup = side.environment.backup()
    for value in ("1", "2", "3"):
        edit(pair, partner(pair, side), value)
        pair.settle()
    side.environment.restore(backup)
    edit(pair, partner(pair, side), "4")
    pair.settle(rounds=6)
    assert suspended(pair)


@BOTH
def test_11b_receipts_that_come_late_and_were_forgotten_meanwhile_are_noticed(restored: Pick) -> None:
    """The receipt of a deleted message may come when its writer is restored and has newer ones already."""
    pair = daily()
    side = restored(pair)
    other = partner(pair, side)
    backup = side.environment.backup()
    edit(pair, other, "1")
    other.cycle()
    side.cycle()
    receipt = pair.hold(side)
    side.environment.restore(backup)
    for value in ("2", "3"):
        edit(pair, other, value)
        other.cycle()
    side.cycle()
    pair.hold(side)
    pair.release(side, receipt)
    other.cycle()
    pair.settle(rounds=6)
    assert suspended(pair)


@BOTH
def test_11c_idle_sides_notice_within_a_day(restored: Pick) -> None:
    """M has received an edit, is restored, and nobody edits again: both stop a day later."""
    pair = daily()
    side = restored(pair)
    backup = side.environment.backup()
    edit(pair, partner(pair, side), "unheard")
    pair.settle()
    side.environment.restore(backup)
    pair.settle()
    assert not suspended(pair)
    pair.clock.advance(DAY)
    pair.settle(rounds=6)
    assert suspended(pair)


@BOTH
def test_a_worker_that_starts_notices_at_once(restored: Pick) -> None:
    """The restored side's worker starts: both stop without waiting for a day."""
    pair = daily()
    side = restored(pair)
    backup = side.environment.backup()
    edit(pair, side, "forgotten")
    pair.settle()
    side.environment.restore(backup)
    start_anew(side)
    pair.settle(rounds=6)
    assert suspended(pair)


@BOTH
def test_a_command_that_asks_notices_at_once(restored: Pick) -> None:
    """A probe that a command asks for goes out with the next cycle, once."""
    pair = daily()
    side = restored(pair)
    before = side.store.counters(side.sync_id).message
    ask(side)
    pair.settle()
    assert side.store.counters(side.sync_id).message == before + 1


def test_both_sides_are_told_though_one_has_the_proof() -> None:
    """The side without a proof of its own hears the reason, shows it, and sends nothing any more."""
    pair = daily()
    backup = pair.master.environment.backup()
    edit(pair, pair.master, "lost here")
    pair.settle()
    pair.master.environment.restore(backup)
    start_anew(pair.master)
    pair.settle(rounds=6)
    for side in pair.sides:
        assert "the master was restored" in side.sync.suspended
        assert "check" in side.sync.suspended
    pair.settle(rounds=10)
    sent = [len(box.history) for box in pair.wire.boxes.values()]
    edit(pair, pair.slave, "later")
    pair.clock.advance(3 * DAY)
    pair.settle(rounds=6)
    assert [len(box.history) for box in pair.wire.boxes.values()] == sent


def test_a_partner_that_goes_on_is_told_again_but_rarely() -> None:
    """The word that a side has stopped was lost: it is said again while messages come, not each time."""
    pair = daily()
    backup = pair.master.environment.backup()
    edit(pair, pair.master, "lost here")
    pair.settle()
    pair.master.environment.restore(backup)
    edit(pair, pair.slave, "from the slave")
    pair.slave.cycle()
    pair.master.cycle()
    assert pair.master.sync.suspended
    assert len(pair.hold(pair.master)) == 1
    for value in ("2", "3", "4"):
        edit(pair, pair.slave, value)
        pair.slave.cycle()
        pair.master.cycle()
    assert not pair.hold(pair.master)
    pair.clock.advance(11 * MINUTE)
    edit(pair, pair.slave, "5")
    pair.settle(rounds=4)
    assert suspended(pair)


def test_idle_sides_say_one_thing_a_day_each() -> None:
    """Probes are acknowledged and not answered by probes: ten idle days, ten messages on each side."""
    pair = daily()
    before = [side.store.counters(side.sync_id).message for side in pair.sides]
    pair.clock.advance(2 * DAY)
    for _ in range(10 * 24 * 6):
        pair.settle(rounds=1, step=10 * MINUTE)
    for side, start in zip(pair.sides, before, strict=True):
        assert 10 <= side.store.counters(side.sync_id).message - start <= 11


def test_a_late_acknowledgement_is_answered_by_one_probe() -> None:
    """An old acknowledgement asks for a probe, and the answer shows that nothing is wrong."""
    pair = daily()
    edit(pair, pair.master, "1")
    pair.master.cycle()
    pair.slave.cycle()
    late = pair.hold(pair.slave)
    edit(pair, pair.master, "2")
    pair.settle()
    before = pair.master.store.counters(pair.master.sync_id).message
    for _ in range(3):
        pair.release(pair.slave, late)
    pair.settle()
    assert pair.master.store.counters(pair.master.sync_id).message == before + 1
    assert not any(side.sync.suspended for side in pair.sides)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32))
def test_a_healthy_synchronization_is_never_suspended(seed: int) -> None:
    """Messages lost, doubled, reordered, days late and replayed, workers starting: no proof of anything."""
    rng = Random(seed)
    pair = daily(tickets=2, faults=rng)
    for index in range(60):
        side = rng.choice(pair.sides)
        numbers = side.tracker.numbers(0, 2)
        if numbers and rng.random() < 0.4:
            edit(pair, side, str(index), rng.choice(numbers))
        side.cycle(fresh=rng.random() < 0.1)
        pair.clock.advance(rng.choice((SECOND, MINUTE, 90 * MINUTE, DAY)))
        assert not any(side.sync.suspended for side in pair.sides)
    pair.wire.heal()
    pair.settle(rounds=200)
    assert not any(side.sync.suspended for side in pair.sides)
    assert differences(pair) == []
