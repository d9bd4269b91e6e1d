# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Reading several tables as of one moment, on each of Trac's databases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from trac.db.api import DatabaseManager
from trac.env import Environment

from trac_issuesync.tracker.store.servers import raw_connection, scheme_of

__all__ = ["any_text", "chunks", "marks", "one_snapshot"]

Item = TypeVar("Item")

# Older SQLite takes at most 999 parameters in a statement.
_AT_ONCE = 500
_BEGIN = {
    "sqlite": ("BEGIN",),
    "postgres": ("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",),
    # The level comes first: at another one, MariaDB begins without a snapshot and only warns of it.
    "mysql": (
        "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ",
        "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
    ),
}


def _any_text(data: bytes) -> str:
    # Called for each text of a query; ``str`` with the same arguments takes twice as long.
    return data.decode("utf-8", "replace")


def chunks(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Parts of a sequence short enough for the parameters of one statement."""
    return (items[start : start + _AT_ONCE] for start in range(0, len(items), _AT_ONCE))


def marks(items: Sequence[object]) -> str:
    """Placeholders for an IN list."""
    return ",".join(["%s"] * len(items))


@contextmanager
def one_snapshot(env: Environment, tickets: Sequence[int] = ()) -> Iterator[Any]:
    """A connection on which all reads see the same moment, however many statements they take.

    Outside a transaction one is begun for reading and ended. Inside a write transaction SQLite gives this
    by itself; elsewhere ``tickets`` are locked first, so that no save of them commits between two reads.
    """
    scheme = scheme_of(env)
    # Trac says nowhere else whether this thread is inside ``env.db_transaction``.
    writing = DatabaseManager(env)._transaction_local.wdb is not None
    with env.db_query as db:
        if writing:
            if scheme != "sqlite":
                _lock(db, tickets)
            yield db
            return
        # Trac's pool tries a connection out by a statement, which on PostgreSQL begins a transaction; the
        # level can be set before the first statement only.
        connection = raw_connection(db)
        connection.rollback()
        for statement in _BEGIN[scheme]:
            db.cursor().execute(statement)
        try:
            yield db
        finally:
            connection.rollback()


@contextmanager
def any_text(db: Any) -> Iterator[None]:
    """Inside, what a database holds as text though it is no UTF-8 is read with U+FFFD in its place.

    SQLite takes any bytes. Reading them would fail for all tickets of a query, and Trac answers a failed
    statement with a rollback, also of a transaction that writes.
    """
    raw = raw_connection(db)
    if not hasattr(raw, "text_factory"):
        yield
        return
    before, raw.text_factory = raw.text_factory, _any_text
    try:
        yield
    finally:
        raw.text_factory = before


def _lock(db: Any, tickets: Sequence[int]) -> None:
    # In one order everywhere, or two transactions could wait for each other.
    for part in chunks(sorted(tickets)):
        db(f"SELECT id FROM ticket WHERE id IN ({marks(part)}) ORDER BY id FOR UPDATE", part)
