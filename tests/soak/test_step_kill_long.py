# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""As ``tests/faults/test_step_kill.py``, but at any point, and the next worker dies, too."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path

import pytest
from faults.life import Life
from faults.scenario import STAGES
from faults.taps import tapped
from faults.world import made_world
from soak.budget import Soak

from trac_issuesync.testing.steps import Steps


@pytest.mark.soak
def test_killed_before_any_effects(blank_environment: Path, soak: Soak) -> None:
    """A worker, the one after it and the one after that end before whatever they do."""
    root = Path(tempfile.mkdtemp(prefix="is", dir="/tmp"))
    with tapped() as tap:
        world = made_world(blank_environment, root, tap, max_message=12_000)
        life = Life(world)
        for seed in soak.seeds():
            chance = random.Random(seed)
            stage = chance.choice(STAGES)
            most = len(life.undisturbed(stage).passed)
            steps = [Steps(chance.randint(1, most)), *(Steps(chance.randint(1, most // 2)) for _ in range(2))]
            life.live(stage, *steps)
            wrong = life.differences(stage)
            soak.note(seed, wrong, kills=sum(each.fired for each in steps))
            assert wrong == [], f"in {stage.__name__} of seed {seed}"
        world.close()
    shutil.rmtree(root)
