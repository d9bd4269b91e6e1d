# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Store and tracker keep every promise on PostgreSQL too."""

from __future__ import annotations

import psycopg2
from databases.on_server import OnServer
from databases.real_contracts import SqlStoreContract, TracTrackerContract
from support.databases import POSTGRES


class TestPostgresStore(OnServer, SqlStoreContract):
    """``StoreContract`` over PostgreSQL."""

    kind = POSTGRES
    unique_error = psycopg2.IntegrityError


class TestPostgresTracker(OnServer, TracTrackerContract):
    """``TrackerContract`` over PostgreSQL."""

    kind = POSTGRES
    unique_error = psycopg2.IntegrityError
