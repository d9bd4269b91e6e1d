# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The same as ``test_kill.py`` between a project on PostgreSQL and one on MariaDB."""

from __future__ import annotations

from pathlib import Path

from e2e.killing import check_kills
from e2e.two_projects import made
from support.databases import MARIADB, POSTGRES, Servers


def test_killed_workers_on_servers_lose_and_double_nothing(short_tmp: Path, servers: Servers) -> None:
    """What a killed worker left locked or half done on a server is no trouble either."""
    databases = servers.address(POSTGRES), servers.address(MARIADB)
    check_kills(made(short_tmp, 25, databases=databases), seed=2)
