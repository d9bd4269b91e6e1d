# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The budget of a soak test, as set by ``make soak``."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from soak.budget import Soak, seconds_each

LOGS = Path(__file__).resolve().parents[2] / "build" / "soak"


@pytest.fixture
def soak(request: pytest.FixtureRequest) -> Iterator[Soak]:
    """This test's share of ``SOAK_SECONDS``, its first seed (``SOAK_SEED``, else any) and its log file."""
    tests = sum(item.get_closest_marker("soak") is not None for item in request.session.items)
    seed = int(os.environ.get("SOAK_SEED") or secrets.randbelow(10**6))
    name = request.node.name
    made = Soak(name, seconds_each(os.environ, tests), seed, LOGS / f"{name.replace('/', '-')}.log")
    yield made
    made.end()
