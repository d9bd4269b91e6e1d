# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two projects for each test of the commands."""

from __future__ import annotations

from pathlib import Path

import pytest
from commands.two_consoles import Two
from support.environments import MakeEnvironment


@pytest.fixture
def two(trac_env: MakeEnvironment, capsys: pytest.CaptureFixture[str], short_tmp: Path) -> Two:
    """acme and globex, not joined yet."""
    return Two.make(trac_env, capsys, short_tmp)
