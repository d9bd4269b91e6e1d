# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Transactions stay short and leave room for others, whatever one ticket and one commit cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from trac_issuesync.engine.link import Link, Pace
from trac_issuesync.engine.pacing import Batches

PACE = Pace(batch=100, slice=20_000, stretch=120_000, rest=26_000)


@dataclass
class Rests:
    """A link's way to sleep that only notes for how long."""

    taken: list[float] = field(default_factory=list)

    def link(self, pace: Pace) -> Link:
        nothing: Any = SimpleNamespace()
        ports = dict.fromkeys(("sync", "store", "tracker", "channel", "sealer", "spool", "clock"), nothing)
        return Link(**ports, pace=pace, sleep=self.taken.append)


def test_the_first_transaction_is_small_and_cheap_items_make_the_next_larger():
    batches, sizes = Batches(PACE), []
    for _ in range(6):
        sizes.append(batches.size)
        batches.learn(batches.size, 100, 1000)
    assert sizes == [8, 16, 32, 64, 100, 100]


def test_a_transaction_that_took_too_long_makes_the_next_one_fit_its_slice():
    batches = Batches(PACE)
    batches.learn(8, 160_000, 1000)
    assert batches.size == 1
    batches = Batches(PACE)
    batches.learn(8, 32_000, 1000)
    assert batches.size == 5


@given(st.integers(1, 100), st.integers(0, 10**9), st.integers(0, 10**9))
def test_there_is_always_a_next_item_and_never_more_than_a_batch(count: int, worked: int, commit: int):
    batches = Batches(PACE)
    batches.learn(count, worked, commit)
    assert 1 <= batches.size <= PACE.batch


def test_a_slow_commit_is_shared_by_more_work_but_the_lock_is_still_given_back():
    batches = Batches(PACE)
    batches.learn(8, 10_000, 30_000)
    assert batches.slice == 60_000
    batches.learn(8, 10_000, 10_000_000)
    assert batches.slice == 100_000
    batches.learn(8, 10_000, 1000)
    assert batches.slice == PACE.slice


def test_a_rest_comes_after_each_stretch_of_work_and_not_before():
    rests = Rests()
    link = rests.link(PACE)
    for _ in range(5):
        link.breathe(20_000)
    assert rests.taken == []
    link.breathe(20_000)
    assert rests.taken == [0.026]
    link.breathe(119_000)
    assert rests.taken == [0.026]
    link.breathe(1_000)
    assert rests.taken == [0.026, 0.026]


def test_without_a_rest_there_is_none():
    rests = Rests()
    link = rests.link(Pace(rest=0))
    link.breathe(10_000_000)
    assert rests.taken == []
