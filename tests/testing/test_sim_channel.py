# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The wire in memory keeps a channel's promises, and the faulty one breaks exactly what it should."""

from __future__ import annotations

from random import Random

import pytest

from trac_issuesync.testing.channel_contract import ChannelContract, ChannelPair
from trac_issuesync.testing.sim_channel import Faults, FaultyWire, SimWire
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.wire.naming import message_name

SYNC = "0123456789abcdef0123"
LIMIT = 5000
NONE = Faults(lose=0, double=0, reorder=0, delay=0, damage=0, replay=0)
ALWAYS_AND_ALL = Faults(lose=0.5, double=1, reorder=1, delay=1, damage=1, replay=1)


def _pair(wire: SimWire) -> ChannelPair:
    return ChannelPair(
        wire.slave,
        wire.master,
        SYNC,
        LIMIT,
        plant=lambda name, data: wire.plant("s", name, data),
        lying=lambda: {parcel.name for parcel in wire.boxes["s"].parcels},
        kept=lambda: [one.data for one in wire.boxes["s"].aside],
    )


class TestSimChannel(ChannelContract):
    """The faithful wire."""

    @pytest.fixture
    def pair(self) -> ChannelPair:
        """Two ends of it."""
        return _pair(SimWire(SYNC, LIMIT))


class TestFaultlessWire(ChannelContract):
    """The faulty wire with no faults."""

    @pytest.fixture
    def pair(self) -> ChannelPair:
        """Two ends of it."""
        return _pair(FaultyWire(SYNC, Random(1), SimClock(), NONE, LIMIT))


class TestHealedWire(ChannelContract):
    """The faulty wire once it is healed."""

    @pytest.fixture
    def pair(self) -> ChannelPair:
        """Two ends of it, after a bad time."""
        wire = FaultyWire(SYNC, Random(1), SimClock(), ALWAYS_AND_ALL, LIMIT)
        wire.heal()
        return _pair(wire)


def _run(
    faults: Faults, count: int = 200, seed: int = 7
) -> tuple[FaultyWire, SimClock, list[tuple[str, bytes]]]:
    clock = SimClock()
    wire = FaultyWire(SYNC, Random(seed), clock, faults)
    for number in range(1, count + 1):
        wire.slave.deliver(message_name(SYNC, "s", number), b"payload %d" % number)
    return wire, clock, [(found.name, found.data) for found in wire.master.fetch(10**6)]


SENT = [(message_name(SYNC, "s", number), b"payload %d" % number) for number in range(1, 201)]


def test_loss() -> None:
    """Some messages never come, the others come unharmed."""
    _, _, found = _run(Faults(lose=0.3, double=0, reorder=0, delay=0, damage=0, replay=0))
    assert 0 < len(found) < 200
    assert set(found) < set(SENT)


def test_doubling_and_replay() -> None:
    """Some come more than once, each copy under a handle of its own, and none is missing."""
    for faults in (
        Faults(lose=0, double=0.3, reorder=0, delay=0, damage=0, replay=0),
        Faults(lose=0, double=0, reorder=0, delay=0, damage=0, replay=0.3),
    ):
        wire, _, found = _run(faults)
        assert len(found) > 200
        assert set(found) == set(SENT)
        handles = [one.handle for one in wire.master.fetch(10**6)]
        assert len(set(handles)) == len(handles)


def test_replay_brings_back_what_was_done() -> None:
    """A message that was removed long ago can come again."""
    wire = FaultyWire(SYNC, Random(3), SimClock(), Faults(0, 0, 0, 0, 0, replay=1))
    seen: list[str] = []
    for number in range(1, 20):
        wire.slave.deliver(message_name(SYNC, "s", number), b"x")
        for found in wire.master.fetch(100):
            seen.append(found.name)
            wire.master.done(found.handle)
    assert len(seen) > len(set(seen)) == 19


def test_reordering() -> None:
    """The order is lost, nothing else is."""
    _, _, found = _run(Faults(lose=0, double=0, reorder=1, delay=0, damage=0, replay=0))
    assert found != SENT
    assert sorted(found) == SENT


def test_delay_ends_with_the_clock() -> None:
    """What is delayed comes when the clock has gone on, and not before."""
    wire, clock, found = _run(Faults(lose=0, double=0, reorder=0, delay=0.5, damage=0, replay=0, longest=100))
    assert 0 < len(found) < 200
    clock.advance(100)
    assert [(one.name, one.data) for one in wire.master.fetch(10**6)] == SENT


def test_damage() -> None:
    """Some contents differ, all names are right."""
    _, _, found = _run(Faults(lose=0, double=0, reorder=0, delay=0, damage=0.3, replay=0))
    assert [name for name, _ in found] == [name for name, _ in SENT]
    assert 0 < sum(one != other for one, other in zip(found, SENT, strict=True)) < 200


def test_heal_brings_the_delayed_and_no_new_faults() -> None:
    """After healing everything that still lies there comes in order, and what is sent comes once."""
    wire, _, before = _run(Faults(lose=0, double=0, reorder=0.5, delay=1, damage=0, replay=0))
    assert before == []
    wire.heal()
    assert [(one.name, one.data) for one in wire.master.fetch(10**6)] == SENT


def test_the_same_seed_gives_the_same_run() -> None:
    """A run is repeated exactly by its seed, and another seed gives another run."""
    assert _run(Faults())[2] == _run(Faults())[2]
    assert _run(Faults())[2] != _run(Faults(), seed=8)[2]
