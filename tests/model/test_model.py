# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Random runs of two and three projects with every fault: nothing lost, doubled or unexpected, all equal.

``model.world`` has the rules, ``model.judge`` what must hold. A seed that fails is printed with the shortest
run that fails. ``tests/soak/test_model_long.py`` runs as many as there is time for.
"""

from __future__ import annotations

import pytest
from model.ends import Failure
from model.shrink import told
from model.world import CHAIN, PAIR, RING, World, planned, run

from trac_issuesync.testing.sim_steps import STEPS

# How many runs are normal; planted bugs are found within as many.
RUNS = 300
BLOCK = 50


def ran(seed: int, *shapes: tuple[tuple[str, str], ...], restores: bool = False) -> World:
    """One run, told at length if it fails."""
    plan = planned(seed, edges=shapes, restores=restores)
    try:
        return run(plan)
    except Failure:
        pytest.fail(f"seed {seed}: {told(plan)}")


@pytest.mark.parametrize("first", range(0, RUNS, BLOCK))
def test_two_projects_end_equal(first: int) -> None:
    """Every run ends at rest with the invariants kept; together they die and are taken over at every step."""
    passed: set[str] = set()
    deaths = takeovers = 0
    for seed in range(first, first + BLOCK):
        for end in ran(seed, PAIR).all_ends():
            passed |= end.passed
            deaths += end.deaths
            takeovers += end.takeovers
    assert passed == set(STEPS)
    assert deaths > 10
    assert takeovers > 5


@pytest.mark.parametrize("first", range(0, 100, BLOCK))
def test_three_projects_end_equal(first: int) -> None:
    """In a chain and in a ring, too."""
    for seed in range(first, first + BLOCK):
        ran(seed, CHAIN, RING)


@pytest.mark.parametrize("first", range(0, 150, BLOCK))
def test_after_restores_they_are_equal_or_have_stopped_themselves(first: int) -> None:
    """Backups come back on either side, on both, to any day: nobody goes on with sides that differ."""
    worlds = [ran(seed, PAIR, restores=True) for seed in range(first, first + BLOCK)]
    assert sum(world.restored for world in worlds) > 10
    assert any(end.side.sync.suspended for world in worlds for end in world.all_ends())


@pytest.mark.parametrize("seed", [211, 303])
def test_restores_that_once_went_unnoticed(seed: int) -> None:
    """A receipt that came after its writer was restored hid what the writer had forgotten."""
    ran(seed, PAIR, restores=True)


def test_a_run_can_be_repeated() -> None:
    """The same seed gives the same tickets to the last row, so that a failure can be looked at again."""
    one, two = (run(planned(7)) for _ in range(2))
    for name, environment in one.environments.items():
        assert environment.database.snapshot() == two.environments[name].database.snapshot()
