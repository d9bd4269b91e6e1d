# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The model is worth something: it finds each of these bugs in no more runs than it does every time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from model.bugs import BUGS, RESTORES, plant
from model.ends import Failure
from model.test_model import RUNS
from model.world import planned, run


@pytest.fixture
def patch() -> Iterator[pytest.MonkeyPatch]:
    """Undone as soon as the test ends, before anything else runs."""
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.mark.parametrize("bug", BUGS)
def test_the_model_finds_a_planted_bug(bug: str, patch: pytest.MonkeyPatch) -> None:
    """Taking out one protection makes a run fail."""
    maker = plant(bug, patch)
    for seed in range(RUNS):
        try:
            run(planned(seed, restores=bug in RESTORES), maker)
        except Failure:
            return
    pytest.fail(f"{RUNS} runs did not find: {bug}")
