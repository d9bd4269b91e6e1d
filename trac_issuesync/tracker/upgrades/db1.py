# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Version 1: all tables of the first release."""

from __future__ import annotations

from typing import Any

from trac.db import Column, DatabaseManager, Index, Table

__all__ = ["TABLES", "do_upgrade"]

# Trac maps "int64" only where it stands alone; this spelling is understood by all three databases.
_WHOLE = "bigint NOT NULL DEFAULT 0"


def _int(name: str) -> Column:
    return Column(name, type=_WHOLE)


def _key(name: str, size: int) -> Column:
    """A text column that is part of a key: MariaDB indexes at most 191 characters of it."""
    return Column(name, key_size=size)


def _sync() -> Column:
    return _key("sync", 64)


def _uid() -> Column:
    return _key("uid", 120)


_SYNCS = [
    Table("issuesync_sync", key="id")[_key("id", 64), Column("data")],
    Table("issuesync_counters", key="sync")[_sync(), Column("data")],
    Table("issuesync_published", key=("sync", "version"))[
        _sync(), _int("version"), Column("contract"), Column("note"), Column("author"), _int("time")
    ],
    Table("issuesync_bound", key=("sync", "version", "ours"))[
        _sync(), _int("version"), _int("ours"), Column("data")
    ],
    Table("issuesync_secret", key=("sync", "kind"))[_sync(), _key("kind", 100), Column("sealed")],
    Table("issuesync_lease", key="sync")[_sync(), Column("owner"), _int("generation"), _int("expires")],
]

_TICKETS = [
    Table("issuesync_twin", key=("sync", "uid"))[
        _sync(),
        _uid(),
        _int("ticket"),
        _int("created"),
        _int("partner"),
        _int("seen_change"),
        _int("last_change"),
        _key("state", 20),
        Column("shadow"),
        Index(["sync", "ticket"]),
    ],
    Table("issuesync_logged", key=("sync", "ticket", "time", "field"))[
        _sync(),
        _int("ticket"),
        _int("time"),
        _key("field", 191),
        Column("origin", type="int64"),
        Index(["sync", "time"]),
    ],
    Table("issuesync_attachment", key=("sync", "uid", "side", "origin"))[
        _sync(),
        _int("ticket"),
        Column("filename"),
        _int("time"),
        _int("origin"),
        _uid(),
        _key("side", 10),
        _int("size"),
        _key("sha256", 64),
        _key("state", 20),
        Column("author"),
        Column("description"),
        _int("replaces"),
        Column("reason"),
        Index(["sync", "ticket"]),
        Index(["sync", "sha256"]),
        Index(["sync", "state", "origin"]),
    ],
    Table("issuesync_blob", key=("sync", "sha256", "outgoing"))[
        _sync(),
        _key("sha256", 64),
        _int("outgoing"),
        _int("size"),
        _int("ticket"),
        Column("filename"),
        _int("queued"),
        _int("done"),
    ],
    Table("issuesync_part", key=("sync", "sha256", "first_byte", "byte_count"))[
        _sync(), _key("sha256", 64), _int("first_byte"), _int("byte_count")
    ],
    Table("issuesync_mark", key=("sync", "ticket"))[
        _sync(), _int("ticket"), _int("stamp"), _int("resend"), Index(["sync", "stamp"])
    ],
    Table("issuesync_stamp", key="sync")[_sync(), _int("stamp")],
]

_OUT = [
    Table("issuesync_outbox", key=("sync", "number"))[
        _sync(), _int("number"), _key("id", 100), Column("data"), Index(["sync", "id"], unique=True)
    ],
    Table("issuesync_birth", key=("sync", "uid"))[_sync(), _uid(), _int("ticket")],
    Table("issuesync_control", key="id")[
        Column("id", auto_increment=True), _sync(), Column("payload"), Index(["sync"])
    ],
    Table("issuesync_message", key=("sync", "number"))[
        _sync(),
        _int("number"),
        Column("body"),
        Column("digest"),
        _int("changes"),
        _int("part"),
        _int("made"),
        _int("attempts"),
        _int("next_try"),
        _int("sent"),
        _int("size"),
        Column("problem"),
        Index(["sync", "next_try"]),
    ],
    Table("issuesync_rejected", key=("sync", "number"))[_sync(), _int("number"), Column("reason")],
]

_IN = [
    Table("issuesync_received", key=("sync", "number"))[
        _sync(), _int("number"), Column("digest"), Column("problem")
    ],
    Table("issuesync_inbox", key=("sync", "number"))[
        _sync(),
        _int("number"),
        _uid(),
        _int("message"),
        _int("received"),
        _key("state", 20),
        Column("reason"),
        Column("data"),
        Index(["sync", "uid", "number"]),
        Index(["sync", "state", "received", "number"]),
    ],
    Table("issuesync_conflict", key="id")[
        Column("id", auto_increment=True),
        _sync(),
        _int("ticket"),
        _int("time"),
        _int("resolved"),
        Column("data"),
        Index(["sync", "ticket"]),
    ],
    Table("issuesync_log", key="id")[
        Column("id", auto_increment=True),
        _sync(),
        _int("ticket"),
        _int("time"),
        Column("data"),
        Index(["sync", "time"]),
        Index(["sync", "ticket", "time"]),
        Index(["time"]),
    ],
]

TABLES: tuple[Table, ...] = (*_SYNCS, *_TICKETS, *_OUT, *_IN)


def do_upgrade(env: Any, version: int, cursor: Any) -> None:
    """Create the tables that are missing; MariaDB commits each one, so a first try may have made some."""
    manager = DatabaseManager(env)
    manager.create_tables(table for table in TABLES if not manager.has_table(table))
