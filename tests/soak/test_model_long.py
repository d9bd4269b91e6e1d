# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The model of ``tests/model``, for as long as ``make soak`` has time."""

from __future__ import annotations

import pytest
from model.ends import Failure
from model.shrink import told
from model.world import CHAIN, PAIR, RING, planned, run
from soak.budget import Soak

_RUNS = 100


@pytest.mark.soak
def test_the_model_finds_nothing_for_long(soak: Soak) -> None:
    """A hundred runs a round, of 40 to 120 rules; a failure is told with its seed and its shortest run."""
    for seed in soak.seeds():
        runs = deaths = 0
        for number in range(_RUNS * seed, _RUNS * (seed + 1)):
            plan = planned(number, edges=(PAIR, PAIR, CHAIN, RING), steps=40 + number % 81)
            try:
                world = run(plan)
            except Failure as failure:
                soak.note(number, str(failure))
                pytest.fail(f"run {number}: {told(plan)}")
            runs += 1
            deaths += sum(end.deaths for end in world.all_ends())
        soak.note(seed, runs=runs, deaths=deaths)
