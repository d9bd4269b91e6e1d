# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What PostgreSQL and MariaDB want done otherwise than SQLite."""

from __future__ import annotations

from typing import Any

from trac.db import DatabaseManager

__all__ = ["begin", "raw_connection", "scheme_of"]

_LIMIT_SILENCE = {
    "postgres": "SET LOCAL idle_in_transaction_session_timeout = '{}s'",
    # It lasts for the connection, where Trac's own transactions never pause. MySQL knows no such limit and
    # takes it for a comment.
    "mysql": "SET @issuesync = 1 /*M!100300 , SESSION idle_transaction_timeout = {} */",
}


def scheme_of(env: Any) -> str:
    """``sqlite``, ``postgres`` or ``mysql`` (MariaDB too)."""
    return str(DatabaseManager(env).connection_uri).partition(":")[0]


def raw_connection(db: Any) -> Any:
    """The driver's own connection under Trac's wrappers."""
    while hasattr(db, "cnx"):
        db = db.cnx
    return db


def begin(db: Any, scheme: str, silence: int) -> None:
    """Prepare the outermost transaction of a connection, before its first statement.

    Each statement then sees what others committed before it: a row that was waited for (``FOR UPDATE``) would
    else be read as it was before the wait. A client from which the server hears nothing for ``silence``
    seconds, because it is frozen or its host is gone, loses the transaction and the locks others wait for.
    """
    # Trac's pool tries a connection out by a statement, which may have begun a transaction.
    db.rollback()
    db("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
    db(_LIMIT_SILENCE[scheme].format(silence))
