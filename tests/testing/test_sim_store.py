# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The simulated store keeps the promises of a store, and has the odd corners of Trac's transactions."""

from __future__ import annotations

import pytest

from trac_issuesync.core.contract import Bound
from trac_issuesync.engine.storage import Store
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.testing.sim_database import Killed, SimDatabase, UniqueViolation
from trac_issuesync.testing.sim_store import SimStore
from trac_issuesync.testing.store_contract import StoreContract, fill, view


@pytest.fixture
def database() -> SimDatabase:
    """The database that the stores of a test share."""
    return SimDatabase("here")


class TestSimStore(StoreContract):
    """The same promises as every store's."""

    unique_error = UniqueViolation

    @pytest.fixture
    def store(self, database: SimDatabase) -> Store:
        """An empty store."""
        return SimStore(database, SimClock())

    @pytest.fixture
    def other_store(self, database: SimDatabase) -> Store:
        """Another process."""
        return SimStore(database, SimClock())


def test_a_caught_exception_leaves_half_work(database: SimDatabase) -> None:
    """As in Trac, what an inner block wrote before its exception was caught is committed (fact F5)."""
    store = SimStore(database, SimClock())
    with store.transaction():
        try:
            with store.transaction():
                store.mark("s", [1])
                raise ValueError("caught")
        except ValueError:
            store.mark("s", [2])
    assert {mark.ticket for mark in store.marks("s", 9)} == {1, 2}


def test_the_order_of_writes_is_undone_backwards(database: SimDatabase) -> None:
    """A row dropped, added and changed in one transaction is the old one again after a kill."""
    store = SimStore(database, SimClock())
    fill(store, "s")
    before = view(store, "s")
    with pytest.raises(Killed), store.transaction():  # noqa: PT012 - the block is what is tested
        store.remove_sync("s")
        fill(store, "s")
        store.forget_tickets("s")
        raise Killed
    assert view(store, "s") == before
    assert not database.in_transaction


def test_a_write_outside_a_transaction_is_a_mistake(database: SimDatabase) -> None:
    """The tables cannot be written past the transactions."""
    with pytest.raises(RuntimeError):
        database.secrets.put("s", "key", "x")
    assert database.secrets.get("s", "key") is None


def test_a_restore_brings_everything_back_as_often_as_wanted(database: SimDatabase) -> None:
    """A backup is a copy: later work does not alter it, and neither does work after a restore."""
    store = SimStore(database, SimClock())
    fill(store, "s")
    before = view(store, "s")
    backup = database.snapshot()
    for _ in range(2):
        store.remove_sync("s")
        store.mark("other", [7])
        database.restore(backup)
        assert view(store, "s") == before
        assert store.marks("other", 9) == []


def test_a_backup_is_made_between_transactions_only(database: SimDatabase) -> None:
    """Half a transaction is never saved or overwritten."""
    backup = database.snapshot()
    with database.transaction():
        with pytest.raises(RuntimeError):
            database.snapshot()
        with pytest.raises(RuntimeError):
            database.restore(backup)


def test_binding_an_unknown_version_is_a_mistake(database: SimDatabase) -> None:
    """A binding that would be lost is refused."""
    with pytest.raises(LookupError):
        SimStore(database, SimClock()).bind("s", Bound(4, (), ()), ours=True)
