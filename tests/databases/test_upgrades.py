# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Upgrades of our tables on each database."""

from __future__ import annotations

from databases.upgrading import Upgrading
from support.databases import MARIADB, POSTGRES, SQLITE


class TestSqliteUpgrades(Upgrading):
    kind = SQLITE


class TestPostgresUpgrades(Upgrading):
    kind = POSTGRES


class TestMariaDbUpgrades(Upgrading):
    kind = MARIADB
