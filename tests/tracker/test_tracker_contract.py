# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``TracTracker`` over a real Trac environment keeps every promise of a tracker."""

from __future__ import annotations

import sqlite3

import pytest
from databases.real_contracts import CUSTOM_OPTIONS, TracTrackerContract
from support.environments import MakeEnvironment
from trac.env import Environment


class TestTracTracker(TracTrackerContract):
    """``TrackerContract`` over SQLite, with custom fields of every kind."""

    unique_error = sqlite3.IntegrityError

    @pytest.fixture
    def env(self, trac_env: MakeEnvironment) -> Environment:
        return trac_env(options=CUSTOM_OPTIONS)
