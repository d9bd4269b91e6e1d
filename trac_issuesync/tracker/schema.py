# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Our tables in Trac's database: their names, their version, and how they come and go.

Step by step in ``tracker.upgrades``; a new database runs the same steps as an old one, so that there is one
way only in which a table comes into being. The version stands in Trac's ``system`` table.
"""

from __future__ import annotations

import secrets
from typing import Any

from trac.core import TracError
from trac.db import DatabaseManager

from trac_issuesync.tracker.store.database import Database

__all__ = [
    "ENVIRONMENT_NAME",
    "TABLES",
    "VERSION",
    "VERSION_NAME",
    "needs_upgrade",
    "remove_tables",
    "upgrade",
]

VERSION = 1
VERSION_NAME = "issuesync_version"
ENVIRONMENT_NAME = "issuesync_environment"

TABLES: tuple[str, ...] = (
    "issuesync_sync",
    "issuesync_counters",
    "issuesync_published",
    "issuesync_bound",
    "issuesync_secret",
    "issuesync_lease",
    "issuesync_twin",
    "issuesync_logged",
    "issuesync_attachment",
    "issuesync_blob",
    "issuesync_part",
    "issuesync_mark",
    "issuesync_stamp",
    "issuesync_outbox",
    "issuesync_birth",
    "issuesync_control",
    "issuesync_message",
    "issuesync_rejected",
    "issuesync_received",
    "issuesync_inbox",
    "issuesync_conflict",
    "issuesync_log",
)


def needs_upgrade(env: Any) -> bool:
    """Tell whether the tables are older than the code.

    Raises TracError if they are newer: this code does not know what else they hold.
    """
    found = DatabaseManager(env).get_database_version(VERSION_NAME) or 0
    if found > VERSION:
        raise TracError(
            f"The tables of the issue synchronization have version {found}, but the installed trac_issuesync "
            f"knows version {VERSION} only. Install the newer trac_issuesync again, or restore the database "
            "from a backup made before the upgrade."
        )
    return found < VERSION


def upgrade(env: Any) -> None:
    """Bring the tables to ``VERSION`` and give the environment its id, all in one transaction.

    MariaDB commits each statement that alters a table, so a step there has to bear being begun again.
    """
    # SQLite would commit each statement too if the transaction were not begun before the first one.
    with Database(env).transaction(fenced=False) as db:
        DatabaseManager(env).upgrade(VERSION, VERSION_NAME, "trac_issuesync.tracker.upgrades")
        system = db.quote("system")
        if not db(f"SELECT value FROM {system} WHERE name=%s", (ENVIRONMENT_NAME,)):
            db(
                f"INSERT INTO {system} (name, value) VALUES (%s, %s)",
                (ENVIRONMENT_NAME, secrets.token_hex(8)),
            )


def remove_tables(env: Any) -> None:
    """Drop our tables, their version and the environment id: what remains is as if we had never been here."""
    manager = DatabaseManager(env)
    with env.db_transaction as db:
        manager.drop_tables(TABLES)
        db(
            f"DELETE FROM {db.quote('system')} WHERE name IN (%s, %s, %s)",
            (VERSION_NAME, ENVIRONMENT_NAME, "initial_" + VERSION_NAME),
        )
