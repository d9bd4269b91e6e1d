# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Transactions side by side, deadlocks and lost connections on PostgreSQL."""

from __future__ import annotations

from databases.server_promises import ServerPromises
from support.databases import POSTGRES


class TestPostgresPromises(ServerPromises):
    """``ServerPromises`` over PostgreSQL."""

    kind = POSTGRES
