# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Version 2: changes that are held back, and more about changes that the partner cannot apply."""

from __future__ import annotations

from typing import Any

from trac.db import Column, DatabaseManager, Index, Table

__all__ = ["TABLES", "do_upgrade"]

_WHOLE = "bigint NOT NULL DEFAULT 0"

TABLES: tuple[Table, ...] = (
    Table("issuesync_held", key=("sync", "number"))[
        Column("sync", key_size=64),
        Column("number", type=_WHOLE),
        Column("uid", key_size=120),
        Column("reason"),
        Column("plugin"),
        Column("since", type=_WHOLE),
        Index(["sync", "uid"]),
    ],
)


_REJECTED = (("uid", "text"), ("author", "text"), ("skipped", _WHOLE))


def do_upgrade(env: Any, version: int, cursor: Any) -> None:
    """Make the tables and columns that are missing.

    MariaDB commits each one, so a first try may have made some.
    """
    manager = DatabaseManager(env)
    manager.create_tables(table for table in TABLES if not manager.has_table(table))
    known = manager.get_column_names("issuesync_rejected")
    for name, kind in _REJECTED:
        if name not in known:
            cursor.execute(f"ALTER TABLE issuesync_rejected ADD COLUMN {name} {kind}")
