# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Transactions side by side, deadlocks and lost connections on MariaDB."""

from __future__ import annotations

from databases.server_promises import ServerPromises
from support.databases import MARIADB


class TestMariaDbPromises(ServerPromises):
    """``ServerPromises`` over MariaDB."""

    kind = MARIADB
