# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The store in a real Trac database keeps every promise of a store."""

from __future__ import annotations

import sqlite3

import pytest
from databases.real_contracts import SqlStoreContract
from support.environments import MakeEnvironment
from trac.env import Environment


class TestSqlStore(SqlStoreContract):
    """``StoreContract`` over SQLite."""

    unique_error = sqlite3.IntegrityError

    @pytest.fixture
    def env(self, trac_env: MakeEnvironment) -> Environment:
        return trac_env()
