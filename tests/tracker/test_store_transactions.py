# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A transaction of the store has the write lock, commits all or nothing, and fails in plain words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from trac.env import Environment

import trac_issuesync.tracker.environment  # noqa: F401  (Trac knows the components of imported modules only)
from trac_issuesync.core.errors import Transient
from trac_issuesync.engine.records import LoggedEntry
from trac_issuesync.testing.store_samples import a_change, a_message, a_sync, a_twin
from trac_issuesync.tracker.store import SqlStore

A = "sync-a"
# SQLite itself does not wait here, so that waiting is ours to do.
IMPATIENT = ("trac", "database", "sqlite:db/trac.db?timeout=0")


def no_box() -> object:
    raise AssertionError("No secret is touched here.")


@pytest.fixture
def env(trac_env: Callable[..., Environment]) -> Environment:
    return trac_env(options=[IMPATIENT])


@pytest.fixture
def store(env: Environment) -> SqlStore:
    return SqlStore(env, no_box, lock_wait=0.05)


@pytest.fixture
def stranger(env: Environment) -> Iterator[sqlite3.Connection]:
    """A connection of somebody else, who does not wait either; it may be used by any thread."""
    path = Path(env.path) / "db" / "trac.db"
    connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    yield connection
    connection.close()


def marked(store: SqlStore) -> list[int]:
    return sorted(mark.ticket for mark in store.marks(A, 99))


def test_the_write_lock_is_taken_at_once(store: SqlStore, stranger: sqlite3.Connection) -> None:
    """From its first line on, and until its end, nobody else can write."""
    with store.transaction(), pytest.raises(sqlite3.OperationalError, match="locked"):
        stranger.execute("BEGIN IMMEDIATE")
    stranger.execute("BEGIN IMMEDIATE")


def test_a_locked_database_is_told_plainly(store: SqlStore, stranger: sqlite3.Connection) -> None:
    """If the lock cannot be had in time it is tried later, and the store works as soon as it is free."""
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(Transient, match="busy") as busy:
        store.mark(A, [1])
    assert busy.value.code == "database-busy"
    stranger.execute("ROLLBACK")
    store.mark(A, [2])
    assert marked(store) == [2]


def test_the_write_lock_is_waited_for(env: Environment, stranger: sqlite3.Connection) -> None:
    """A web user who is saving meanwhile costs a moment, not an error."""
    stranger.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.3, stranger.execute, ["ROLLBACK"])
    release.start()
    patient = SqlStore(env, no_box, lock_wait=60)
    patient.mark(A, [1])
    release.join()
    assert marked(patient) == [1]


def test_a_commit_that_fails_leaves_nothing_behind(store: SqlStore, stranger: sqlite3.Connection) -> None:
    """What could not be committed is not committed by the next transaction of the same thread either."""
    reading = stranger.execute("SELECT name FROM `system`")
    reading.fetchone()
    with pytest.raises(Transient) as busy:
        store.mark(A, [1])
    reading.close()
    stranger.execute("BEGIN IMMEDIATE")
    stranger.execute("ROLLBACK")
    del busy
    store.mark(A, [2])
    assert marked(store) == [2]


def test_a_failure_passed_over_inside_stores_nothing(store: SqlStore) -> None:
    """SQLite has rolled back what came before the failed statement; committing the rest would tear it."""
    store.add_logged(A, [LoggedEntry(1, 5, "summary")])
    with pytest.raises(RuntimeError), store.transaction():  # noqa: PT012 - the block is what is tested
        store.mark(A, [1])
        try:
            store.add_logged(A, [LoggedEntry(1, 5, "summary")])
        except sqlite3.IntegrityError:
            store.mark(A, [2])
    assert marked(store) == []
    store.mark(A, [3])
    assert marked(store) == [3]


def test_a_transaction_of_trac_around_ours_decides(env: Environment, store: SqlStore) -> None:
    """Inside somebody else's transaction nothing of ours is committed before theirs."""
    with pytest.raises(ValueError, match="theirs"), env.db_transaction:  # noqa: PT012 - as above
        with store.transaction():
            store.mark(A, [1])
        raise ValueError("theirs")
    assert marked(store) == []


def test_tickets_and_our_rows_stand_or_fall_together(env: Environment, store: SqlStore) -> None:
    """What Trac writes inside our transaction vanishes with it."""
    with pytest.raises(ValueError, match="ours"), store.transaction():  # noqa: PT012 - as above
        with env.db_transaction as db:
            db("INSERT INTO ticket (summary) VALUES ('torn')")
        raise ValueError("ours")
    assert env.db_query("SELECT id FROM ticket") == []


def test_threads_have_transactions_of_their_own(store: SqlStore) -> None:
    """A second thread that uses the same store does not see, or join, what is not committed."""
    with store.transaction(), ThreadPoolExecutor(1) as other:
        store.mark(A, [1])
        assert other.submit(marked, store).result() == []
        with pytest.raises(Transient):
            other.submit(store.mark, A, [2]).result()
    assert marked(store) == [1]


def test_a_log_row_is_captured_once_even_after_it_was_sent(store: SqlStore) -> None:
    """When the change has left the outbox in a message, capturing its log row again still stores nothing."""
    with store.transaction():
        store.add_logged(A, [LoggedEntry(1, 5, "summary")])
        store.add_changes(A, [a_change(1)])
    with store.transaction():
        store.add_message(A, a_message(1))
        store.drop_changes(A, [1])
    with pytest.raises(sqlite3.IntegrityError), store.transaction():  # noqa: PT012 - as above
        store.add_changes(A, [a_change(2)])
        store.add_logged(A, [LoggedEntry(1, 5, "summary")])
    assert store.waiting_changes(A, 9) == []
    assert store.messages(A) == [a_message(1)]


def test_a_lease_taken_by_many_at_once_is_taken_by_one_each_time(
    trac_env: Callable[..., Environment],
) -> None:
    """Leases that run out at once are always free, and every taking has a generation of its own."""
    env = trac_env()

    def take(worker: int) -> int:
        own = Environment(env.path)
        return sum(SqlStore(own, no_box).acquire(A, f"w{worker}", 1, 0) for _ in range(20))

    with ThreadPoolExecutor(4) as pool:
        wins = sum(pool.map(take, range(4)))
    assert wins == 80
    assert env.db_query("SELECT generation FROM issuesync_lease") == [(wins,)]


def test_of_two_synchronizations_asked_at_once_one_takes_a_ticket_in(
    trac_env: Callable[..., Environment],
) -> None:
    """Whoever asks second, in the same moment, is told of the twin that the first is about to store."""
    env = trac_env()
    store = SqlStore(env, no_box)
    for sync in (A, "sync-b"):
        store.save_sync(a_sync(sync, sync))
    barrier = threading.Barrier(2)

    def take(sync: str) -> int:
        own = SqlStore(Environment(env.path), no_box)
        taken = 0
        for number in range(10):
            uid = f"env/{number}/1"
            barrier.wait(60)
            with own.transaction():
                if not own.twins_elsewhere(sync, [uid]):
                    own.save_twins(sync, [a_twin(uid, number)])
                    taken += 1
        return taken

    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(take, (A, "sync-b"))) == 10


def test_a_worker_that_lost_its_lease_inside_a_batch_stores_nothing(env: Environment) -> None:
    """The worker that slept wakes up in the middle of its work: the whole batch is refused."""
    first, second = SqlStore(env, no_box), SqlStore(env, no_box)
    assert first.acquire(A, "first", 0, 10)
    with first.transaction():
        first.mark(A, [1])
    assert second.acquire(A, "second", 10, 10)
    with pytest.raises(Transient, match="taken over") as lost, first.transaction():
        pytest.fail("The batch must not even begin.")
    assert lost.value.code == "lease-lost"
    assert marked(second) == [1]


def test_workers_of_one_name_are_told_apart(env: Environment) -> None:
    """The generation is what counts, never reset: a process may get the name that a dead one had."""
    first, second, third = (SqlStore(env, no_box) for _ in range(3))
    assert first.acquire(A, "same", 0, 10)
    assert not second.acquire(A, "same", 5, 10)
    assert second.acquire(A, "same", 10, 10)
    second.release(A)
    assert third.acquire(A, "same", 11, 10)
    with pytest.raises(Transient, match="taken over"):
        first.mark(A, [1])
    third.mark(A, [2])


def test_renewing_is_no_new_taking(env: Environment, store: SqlStore) -> None:
    """A holder that renews stays of the same generation, whatever else reads the lease."""
    assert store.acquire(A, "one", 0, 10)
    assert store.acquire(A, "one", 5, 10)
    assert env.db_query("SELECT owner, generation, expires FROM issuesync_lease") == [("one", 1, 15)]
