# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The same as ``tests/e2e/test_kill.py``, for as long as ``SOAK_SECONDS`` says (10 minutes by default)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from e2e.killing import Havoc
from e2e.two_projects import made

SECONDS = float(os.environ.get("SOAK_SECONDS", "600"))


@pytest.mark.soak
def test_killed_workers_lose_and_double_nothing_for_long(short_tmp: Path) -> None:
    """Round after round of kills and edits, compared after each."""
    two = made(short_tmp, 60)
    two.connect()
    two.start()
    for seed in range(max(1, round(SECONDS / 60))):
        havoc = Havoc(two, seed=100 * seed)
        havoc.run(60)
        assert havoc.problems == []
        two.run_until_quiet()
        assert two.differences(conflicts_allowed=True) == [], f"in round {seed}"
