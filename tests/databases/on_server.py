# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the tests on a database server have in common: one environment, put back for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from databases.real_contracts import CUSTOM_OPTIONS
from support.databases import Servers
from support.environments import Saved, copy_environment
from trac.env import Environment

__all__ = ["OnServer"]


class OnServer:
    """Gives ``env``, an environment with ``CUSTOM_OPTIONS`` on the server named by ``kind``."""

    kind: ClassVar[str]

    @pytest.fixture(scope="class")
    @classmethod
    def saved(
        cls, servers: Servers, blank_environment: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[Saved]:
        path = tmp_path_factory.mktemp(cls.kind) / "env"
        address = servers.address(cls.kind)
        env = copy_environment(blank_environment, path, CUSTOM_OPTIONS, address=address)
        yield Saved(env)
        env.shutdown()

    @pytest.fixture
    def env(self, saved: Saved) -> Environment:
        saved.put_back()
        return saved.env
