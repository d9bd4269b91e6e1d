# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What has to hold where transactions run side by side; one class per server runs it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest
from databases.on_server import OnServer
from databases.real_contracts import made
from msgspec.structs import replace
from support.plain_database import PlainDatabase
from trac.env import Environment
from trac.ticket.model import Ticket
from trac.util.datefmt import from_utimestamp

from trac_issuesync.core.errors import Transient
from trac_issuesync.engine.records import Counters, Sync
from trac_issuesync.testing.store_samples import a_sync
from trac_issuesync.tracker import reader
from trac_issuesync.tracker.store import SqlStore
from trac_issuesync.tracker.store.database import Database
from trac_issuesync.tracker.trac_tracker import TracTracker

__all__ = ["ServerPromises"]

T = TypeVar("T")
A = "sync-a"
START = 1_700_000_000_000_000
_WAITING = {
    "postgres": "SELECT 1 FROM pg_stat_activity WHERE datname=current_database() AND wait_event_type='Lock'",
    "mysql": "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state='LOCK WAIT'",
}
_ITSELF = {"postgres": "SELECT pg_backend_pid()", "mysql": "SELECT connection_id()"}
_DROP = {"postgres": "SELECT pg_terminate_backend({}, 10000)", "mysql": "KILL {}"}


class Elsewhere:
    """Another process, as far as the database can tell: a thread with an environment of its own.

    Trac gives one connection to everything that one thread does with one database.
    """

    def __init__(self, path: str) -> None:
        self.env = Environment(path)
        self.store = made(self.env)
        self._pool = ThreadPoolExecutor(1)

    def begin(self, work: Callable[..., T], *args: object) -> Future[T]:
        """Do something there; its result can be waited for."""
        return self._pool.submit(work, *args)

    def do(self, work: Callable[..., T], *args: object) -> T:
        """Do something there and wait for it."""
        return self.begin(work, *args).result()

    def close(self) -> None:
        # The environment is not shut down: Trac would close the connections of all threads.
        self._pool.shutdown()


class ServerPromises(OnServer):
    """Concurrency, lost connections, and locks that outlive their holder."""

    @pytest.fixture
    def other(self, env: Environment) -> Iterator[Elsewhere]:
        made = Elsewhere(env.path)
        yield made
        made.close()

    @pytest.fixture
    def server(self, env: Environment) -> Iterator[PlainDatabase]:
        with PlainDatabase(Path(env.path)) as database:
            yield database

    @pytest.fixture
    def store(self, env: Environment) -> SqlStore:
        store = made(env)
        store.save_sync(a_sync(A, "acme"))
        return store

    def test_an_edit_that_we_waited_for_is_seen(
        self, env: Environment, other: Elsewhere, store: SqlStore, server: PlainDatabase
    ) -> None:
        """A ticket that a user is just saving is seen as the user leaves it, whatever was read before."""
        number = insert(env)
        with env.db_transaction:
            save(env, number)
            looking = other.begin(comments_seen, other.env, other.store, number)
            until_somebody_waits(server)
        assert looking.result() == ["Meanwhile"]

    def test_a_ticket_is_read_as_of_one_moment(
        self, env: Environment, other: Elsewhere, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A save that commits between reading a ticket and its log is in neither."""
        number = insert(env)
        tracker = TracTracker(env)
        assert not tracker.read([number])[number].log

        def log_after_a_save(*args: object) -> object:
            other.do(save, other.env, number)
            return read_log(*args)

        read_log = reader._log
        monkeypatch.setattr(reader, "_log", log_after_a_save)
        snapshot = tracker.read([number])[number]
        assert (snapshot.changed, snapshot.log) == (START, ())
        monkeypatch.undo()
        assert [entry.new for entry in tracker.read([number])[number].log] == ["Meanwhile"]

    def test_two_commands_at_once_do_not_undo_each_other(
        self, other: Elsewhere, store: SqlStore, server: PlainDatabase
    ) -> None:
        """Starting and editing one synchronization at the same time keeps what both changed."""
        with store.transaction():
            store.save_sync(replace(needed(store), enabled=True))
            editing = other.begin(describe, other.store)
            until_somebody_waits(server)
        editing.result()
        now = needed(store)
        assert (now.enabled, now.description) == (True, "edited")

    def test_counters_are_counted_one_after_the_other(self, other: Elsewhere, store: SqlStore) -> None:
        """Two that raise the same counter in a transaction each do not give the same number twice."""
        store.save_counters(A, Counters())

        def count(counted: SqlStore) -> None:
            for _ in range(25):
                with counted.transaction():
                    counters = counted.counters(A)
                    counted.save_counters(A, replace(counters, message=counters.message + 1))

        counting = other.begin(count, other.store)
        count(store)
        counting.result()
        assert store.counters(A).message == 50

    def test_a_deadlock_is_told_plainly_and_passes(
        self, env: Environment, other: Elsewhere, store: SqlStore
    ) -> None:
        """Of two that wait for each other one is told to try again, and nothing of it is stored."""
        first, last = insert(env), insert(env)
        meet = threading.Barrier(2)

        def lock_both(where: SqlStore, one: int, two: int) -> None:
            with where.transaction():
                lock(where, one)
                where.mark(f"{A}{one}", [one])
                meet.wait(60)
                lock(where, two)

        crossing = other.begin(trouble, lambda: lock_both(other.store, last, first))
        found = {first: trouble(lambda: lock_both(store, first, last)), last: crossing.result()}
        ((loser, problem),) = ((number, code) for number, code in found.items() if code)
        assert problem == "database-busy"
        winner = first if loser == last else last
        assert [mark.ticket for mark in store.marks(f"{A}{winner}", 9)] == [winner]
        assert store.marks(f"{A}{loser}", 9) == []

    def test_a_lost_connection_is_told_plainly_and_passes(
        self, env: Environment, store: SqlStore, server: PlainDatabase
    ) -> None:
        """When the server drops us in the middle nothing is stored; the next transaction has a connection."""

        def dropped() -> None:
            with store.transaction():
                store.mark(A, [1])
                ((number,),) = env.db_query(_ITSELF[server.scheme])
                server.rows(_DROP[server.scheme].format(number))
                store.mark(A, [2])

        assert trouble(dropped) == "database-lost"
        store.mark(A, [3])
        assert [mark.ticket for mark in store.marks(A, 9)] == [3]

    def test_a_frozen_client_loses_its_locks(
        self, env: Environment, other: Elsewhere, store: SqlStore
    ) -> None:
        """Who is silent inside a transaction is thrown out: the lease passes on, and it stores nothing."""
        frozen = made(env)
        frozen._db = Database(env, silence=1)
        assert frozen.acquire(A, "frozen", 0, 10)

        def freeze() -> None:
            with frozen.transaction():
                # Nothing is written yet, but the row of the lease is locked. This waits for it, until the
                # server has thrown the holder out.
                assert other.do(other.store.acquire, A, "next", 10, 10)
                frozen.mark(A, [1])

        assert trouble(freeze) == "database-lost"
        assert trouble(lambda: frozen.mark(A, [2])) == "lease-lost"
        assert store.marks(A, 9) == []

    def test_a_lease_taken_by_many_at_once_is_taken_by_one_each_time(self, env: Environment) -> None:
        """Every taking of a lease that is always free has a generation of its own."""
        made(env).acquire(A, "first", 1, 0)
        workers = [Elsewhere(env.path) for _ in range(3)]

        def take(worker: Elsewhere) -> int:
            return sum(made(worker.env).acquire(A, "worker", 1, 0) for _ in range(10))

        takings = [worker.begin(take, worker) for worker in workers]
        wins = [taking.result() for taking in takings]
        for worker in workers:
            worker.close()
        assert wins == [10, 10, 10]
        assert env.db_query("SELECT generation FROM issuesync_lease") == [(31,)]


def insert(env: Environment) -> int:
    ticket = Ticket(env)
    ticket.populate({"summary": "One", "reporter": "ann", "status": "new"})
    return int(ticket.insert(from_utimestamp(START)))


def save(env: Environment, number: int) -> None:
    """As the ticket page does it."""
    Ticket(env, number).save_changes("ann", "Meanwhile", from_utimestamp(START + 10))


def comments_seen(env: Environment, store: SqlStore, number: int) -> list[str]:
    """The comments of a ticket to a transaction that has read something else before it locks the ticket."""
    tracker = TracTracker(env)
    with store.transaction():
        store.versions(A)
        ticket = tracker.open(number)
        assert ticket is not None
        return [entry.new for entry in ticket.snapshot.log]


def trouble(work: Callable[[], None]) -> str:
    """The code of the passing trouble that some work runs into, or nothing.

    Trac holds a lost connection as long as anybody holds the error.
    """
    try:
        work()
    except Transient as error:
        return error.code
    return ""


def until_somebody_waits(server: PlainDatabase) -> None:
    """Return when somebody waits for a lock of this database."""
    end = time.monotonic() + 60
    while not server.rows(_WAITING[server.scheme]):
        assert time.monotonic() < end, "nobody ever waited"
        # MariaDB tells the same again to who asks more often.
        time.sleep(0.15)
        server.fresh()


def needed(store: SqlStore) -> Sync:
    found = store.sync(A)
    assert found is not None
    return found


def describe(store: SqlStore) -> None:
    with store.transaction():
        store.save_sync(replace(needed(store), description="edited"))


def lock(store: SqlStore, number: int) -> None:
    store._db.rows("SELECT id FROM ticket WHERE id=%s FOR UPDATE", (number,))
