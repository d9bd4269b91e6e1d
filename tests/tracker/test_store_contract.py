# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The store in a real Trac database keeps every promise of a store."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from trac.env import Environment

# Trac knows the components of imported modules only.
import trac_issuesync.tracker.environment  # noqa: F401
from trac_issuesync.crypto.secretbox import SecretBox
from trac_issuesync.engine.storage import Store
from trac_issuesync.testing.store_contract import StoreContract
from trac_issuesync.tracker.store import SqlStore


class TestSqlStore(StoreContract):
    """``StoreContract`` over SQLite; the second store has an ``Environment`` of its own, as a process has."""

    unique_error = sqlite3.IntegrityError

    @pytest.fixture
    def env(self, trac_env: Callable[..., Environment]) -> Environment:
        return trac_env()

    @pytest.fixture
    def store(self, env: Environment) -> Store:
        return made(env)

    @pytest.fixture
    def other_store(self, env: Environment) -> Iterator[Store]:
        second = Environment(env.path)
        yield made(second)
        second.shutdown()


def made(env: Environment) -> SqlStore:
    """A store that seals secrets with the environment's key file."""
    return SqlStore(env, lambda: SecretBox(str(Path(env.path) / "conf" / "issuesync.key")))
