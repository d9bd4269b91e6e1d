# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Store and tracker keep every promise on MariaDB too."""

from __future__ import annotations

import pymysql
from databases.on_server import OnServer
from databases.real_contracts import SqlStoreContract, TracTrackerContract
from support.databases import MARIADB


class TestMariaDbStore(OnServer, SqlStoreContract):
    """``StoreContract`` over MariaDB."""

    kind = MARIADB
    unique_error = pymysql.err.IntegrityError


class TestMariaDbTracker(OnServer, TracTrackerContract):
    """``TrackerContract`` over MariaDB."""

    kind = MARIADB
    unique_error = pymysql.err.IntegrityError
