# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Transactions on Trac's database: the write lock, the fence of a lease, and no half-work.

Trac's SQLite cursor rolls the transaction back as soon as one statement fails, and an error caught between a
nested and the outer block would let the outer one commit what came after. So an outermost transaction in
which anything failed is refused, whoever caught it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from trac.db import DatabaseManager

from trac_issuesync.core.errors import Transient
from trac_issuesync.tracker.store.failures import told_plainly, transient

__all__ = ["CHUNK", "Database", "Held", "Row"]

Row = tuple[Any, ...]

# Below SQLite's old limit of 999 parameters in a statement, with room for the others.
CHUNK = 500

_PAUSE = 0.02


@dataclass(frozen=True)
class Held:
    """A lease as this store object took it: ``generation`` is the fence."""

    owner: str
    generation: int


class _Local(threading.local):
    """What this thread is in: its connection while a transaction is open, and whether part of it failed."""

    connection: Any = None
    failed: bool = False


class Database:
    """Trac's database of one environment, as one store object uses it. Threads do not share transactions.

    ``lock_wait`` is how long, in seconds, to try for SQLite's write lock before giving up for now.
    """

    def __init__(self, env: Any, lock_wait: float = 30.0) -> None:
        self.env = env
        self.leases: dict[str, Held] = {}
        self._lock_wait = lock_wait
        self._local = _Local()
        self._sqlite = DatabaseManager(env).connection_uri.startswith("sqlite:")
        # SQLite has one writer at a time, so a row that is read inside a transaction is locked already.
        self.for_update = "" if self._sqlite else " FOR UPDATE"

    @contextmanager
    def transaction(self, *, fenced: bool = True) -> Iterator[Any]:
        """Yield the connection of one write transaction; nested blocks join the outermost.

        Raises Transient if the write lock cannot be had, if a lease that this store holds was taken over
        (code ``lease-lost``; not checked unless ``fenced``), or if the database fails in passing. Whatever
        flies out rolls everything back.
        """
        if self._local.connection is None:
            with told_plainly(), self._outermost(fenced) as db:
                yield db
            return
        try:
            yield self._local.connection
        except BaseException:
            self._local.failed = True
            raise

    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[Row]:
        """The rows of one SELECT: of the open transaction if there is one, else as committed."""
        db = self._local.connection
        with told_plainly():
            if db is None:
                with self.env.db_query as query:
                    return list(query(sql, args))
            try:
                return list(db(sql, args))
            except BaseException:
                self._local.failed = True
                raise

    def rows_in(self, sql: str, before: Sequence[Any], keys: Iterable[Any]) -> list[Row]:
        """The rows of a SELECT whose last condition ends in ``IN {}``, asked in pieces."""
        found: list[Row] = []
        for piece in _pieces(keys):
            found += self.rows(sql.format(_marks(piece)), (*before, *piece))
        return found

    def write_in(self, sql: str, before: Sequence[Any], keys: Iterable[Any]) -> None:
        """Run a DELETE or UPDATE whose last condition ends in ``IN {}``, in pieces."""
        with self.transaction() as db:
            for piece in _pieces(keys):
                db(sql.format(_marks(piece)), (*before, *piece))

    def write(self, sql: str, args: Sequence[Any]) -> None:
        """Run one statement that changes rows."""
        with self.transaction() as db:
            db(sql, args)

    def insert(self, table: str, columns: str, rows: Sequence[Row]) -> None:
        """Add rows; a key that is taken raises the driver's IntegrityError and undoes the transaction."""
        if not rows:
            return
        marks = ", ".join(["%s"] * len(rows[0]))
        with self.transaction() as db:
            db.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)

    @contextmanager
    def _outermost(self, fenced: bool) -> Iterator[Any]:
        local = self._local
        manager = self.env.db_transaction
        with manager as db:
            self._take_write_lock(db)
            if fenced:
                self._check_fence(db)
            local.connection, local.failed = db, False
            try:
                yield db
            finally:
                local.connection = None
            if local.failed:
                raise RuntimeError("A part of this transaction failed unheeded; nothing is stored.")
            # A commit that fails inside Trac's own exit would leave the transaction open in this thread's
            # connection, and the next one would commit it. Here the block still rolls back.
            if manager.db is not None:
                db.commit()

    def _take_write_lock(self, db: Any) -> None:
        if not self._sqlite or db.in_transaction:
            return
        deadline = time.monotonic() + self._lock_wait
        while True:
            try:
                db("BEGIN IMMEDIATE")
                return
            except Exception as error:
                if transient(error) is None or time.monotonic() >= deadline:
                    raise
            time.sleep(_PAUSE)

    def _check_fence(self, db: Any) -> None:
        for sync, held in self.leases.items():
            found = db(
                f"SELECT owner, generation FROM issuesync_lease WHERE sync=%s{self.for_update}", (sync,)
            )
            if not found or tuple(found[0]) != (held.owner, held.generation):
                raise Transient(
                    "Another worker has taken over this synchronization; nothing was stored here.",
                    "lease-lost",
                )


def _pieces(keys: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    everything = tuple(dict.fromkeys(keys))
    for start in range(0, len(everything), CHUNK):
        yield everything[start : start + CHUNK]


def _marks(piece: Sequence[Any]) -> str:
    return "(" + ", ".join(["%s"] * len(piece)) + ")"
