# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""How our tables come and go: with a new environment, at ``trac-admin upgrade``, before uninstalling."""

from __future__ import annotations

import secrets
from typing import Any

from trac.core import Component, TracError, implements
from trac.db import DatabaseManager
from trac.env import IEnvironmentSetupParticipant

from trac_issuesync.tracker.schema import ENVIRONMENT_NAME, TABLES, VERSION, VERSION_NAME
from trac_issuesync.tracker.store.database import Database

__all__ = ["IssueSyncSetup", "needs_upgrade", "remove_tables", "upgrade"]


class IssueSyncSetup(Component):  # type: ignore[misc]
    """Keeps the tables of the issue synchronization as the installed code expects them."""

    implements(IEnvironmentSetupParticipant)

    # IEnvironmentSetupParticipant methods

    def environment_created(self) -> None:
        """Create the tables in a new environment."""
        upgrade(self.env)

    def environment_needs_upgrade(self) -> bool:
        """Tell Trac whether ``trac-admin <env> upgrade`` has to run before anything else."""
        return needs_upgrade(self.env)

    def upgrade_environment(self) -> None:
        """Create or alter the tables."""
        upgrade(self.env)


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
