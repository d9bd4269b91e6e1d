# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``kill -9`` of the workers at random, while both sides are edited; here on SQLite."""

from __future__ import annotations

from pathlib import Path

from e2e.killing import check_kills
from e2e.two_projects import made


def test_killed_workers_lose_and_double_nothing(short_tmp: Path) -> None:
    """After a minute of kills and edits both sides end equal, judged straight from both databases."""
    check_kills(made(short_tmp, 25), seed=1)
