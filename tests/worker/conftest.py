# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two projects for each test of the worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from handshake.handshake_pair import Pair, made_pair
from support.environments import MakeEnvironment


@pytest.fixture
def pair(trac_env: MakeEnvironment, short_tmp: Path) -> Iterator[Pair]:
    """acme and globex, not joined yet."""
    with made_pair(trac_env, short_tmp) as made:
        yield made
