# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The same as ``tests/fuzz``, with other seeds for as long as ``make soak`` has time."""

from __future__ import annotations

import pytest
from fuzz.folder import littered
from fuzz.stage import played
from fuzz.targets import TARGETS
from soak.budget import Soak

from trac_issuesync.core.model import Side


@pytest.mark.soak
def test_readers_answer_any_input_for_long(soak: Soak) -> None:
    """All targets in turn, and littered folders."""
    for seed in soak.seeds():
        for number in range(100):
            for target in TARGETS.values():
                target.check(target.input(100 * seed + number))
        littered(seed)
        soak.note(seed, inputs=100 * len(TARGETS), folders=1)


@pytest.mark.soak
def test_hostile_partners_do_no_harm_for_long(soak: Soak) -> None:
    """Both sides in turn, each run longer than in ``make test``."""
    for seed in soak.seeds():
        for attacker in Side:
            played(attacker, seed, messages=40)
        soak.note(seed, runs=2)
