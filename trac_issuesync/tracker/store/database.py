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
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from trac.db.pool import PooledConnection

from trac_issuesync.core.errors import Transient
from trac_issuesync.tracker.store.failures import told_plainly, transient
from trac_issuesync.tracker.store.servers import begin, scheme_of

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

    ``lock_wait`` is how long, in seconds, to try for SQLite's write lock before giving up for now;
    ``silence`` how long a server keeps a transaction from whose client it hears nothing.
    """

    def __init__(self, env: Any, lock_wait: float = 30.0, silence: int = 20) -> None:
        self.env = env
        self.leases: dict[str, Held] = {}
        self._lock_wait = lock_wait
        self._silence = silence
        self._local = _Local()
        self._scheme = scheme_of(env)
        # SQLite has one writer at a time, so a row that is read inside a transaction is locked already.
        self.for_update = "" if self._scheme == "sqlite" else " FOR UPDATE"

    @property
    def locking(self) -> str:
        """What to put behind a SELECT of a row that is about to be replaced if a transaction is open."""
        return "" if self._local.connection is None else self.for_update

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

    def write(self, sql: str, *rows: Sequence[Any]) -> None:
        """Run one statement that changes rows, once for each row of values."""
        with self.transaction() as db:
            db.executemany(sql, rows)

    def insert(self, table: str, columns: str, rows: Sequence[Row]) -> None:
        """Add rows; a key that is taken raises the driver's IntegrityError and undoes the transaction."""
        if not rows:
            return
        marks = _marks(rows[0])
        with self.transaction() as db:
            if self._scheme != "postgres":
                db.executemany(f"INSERT INTO {table} ({columns}) VALUES {marks}", rows)
                return
            # Its driver would send one statement for each row.
            for start in range(0, len(rows), CHUNK):
                piece = rows[start : start + CHUNK]
                values = ", ".join([marks] * len(piece))
                db(
                    f"INSERT INTO {table} ({columns}) VALUES {values}",
                    [each for row in piece for each in row],
                )

    def replace(self, table: str, key: Mapping[str, Any], values: Mapping[str, Any]) -> None:
        """Update the row with this key, or insert it.

        Never by deleting it first: whoever waits for its lock would then find no row.
        """
        where = " AND ".join(f"{name}=%s" for name in key)
        with self.transaction():
            if self.rows(f"SELECT 1 FROM {table} WHERE {where}{self.for_update}", tuple(key.values())):
                new = ", ".join(f"{name}=%s" for name in values)
                self.write(f"UPDATE {table} SET {new} WHERE {where}", (*values.values(), *key.values()))
            else:
                names = ", ".join((*key, *values))
                self.insert(table, names, [(*key.values(), *values.values())])

    @contextmanager
    def _outermost(self, fenced: bool) -> Iterator[Any]:
        manager = self.env.db_transaction
        try:
            with manager as db:
                # Trac sets this for its outermost block only; inside one of Trac's own all is begun already.
                if manager.db is not None:
                    self._begin(db)
                yield from self._work(db, fenced)
                # A commit that fails inside Trac's own exit would leave the transaction open in this
                # thread's connection, and the next one would commit it. Here the block still rolls back.
                if manager.db is not None:
                    db.commit()
        finally:
            # Where the rollback fails, because the connection is lost, Trac would go on using it. To close
            # it may fail too; it is out of use all the same.
            if isinstance(manager.db, PooledConnection):
                with suppress(Exception):
                    manager.db.close()

    def _work(self, db: Any, fenced: bool) -> Iterator[Any]:
        local = self._local
        if fenced:
            self._check_fence(db)
        local.connection, local.failed = db, False
        try:
            yield db
        finally:
            local.connection = None
        if local.failed:
            raise RuntimeError("A part of this transaction failed unheeded; nothing is stored.")

    def _begin(self, db: Any) -> None:
        if self._scheme == "sqlite":
            self._take_write_lock(db)
        else:
            begin(db, self._scheme, self._silence)

    def _take_write_lock(self, db: Any) -> None:
        if db.in_transaction:
            return
        deadline = time.monotonic() + self._lock_wait
        while True:
            try:
                db("BEGIN IMMEDIATE")
                return
            except Exception as error:
                plain = transient(error)
                if plain is None or plain.code != "database-busy" or time.monotonic() >= deadline:
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
