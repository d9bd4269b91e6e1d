# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""One life of a synchronization for all tests of a file, with the moments at which its stages begin."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.life import Life
from faults.taps import Tap, tapped
from faults.world import World, made_world


@pytest.fixture(scope="module")
def life(blank_environment: Path) -> Iterator[Life]:
    """Two projects that have not spoken yet; files travel in parts of 12 kB."""
    root = Path(tempfile.mkdtemp(prefix="is", dir="/tmp"))
    with tapped() as tap:
        world = made_world(blank_environment, root, tap, max_message=12_000)
        yield Life(world)
        world.close()
    shutil.rmtree(root)


@pytest.fixture
def world(blank_environment: Path) -> Iterator[World]:
    """Two projects that are connected and started, with nothing wrapped."""
    root = Path(tempfile.mkdtemp(prefix="is", dir="/tmp"))
    world = made_world(blank_environment, root, Tap(), max_message=12_000)
    world.settle()
    for side in world.sides:
        side.save(enabled=True)
    world.settle()
    world.told.clear()
    yield world
    world.close()
    shutil.rmtree(root)
