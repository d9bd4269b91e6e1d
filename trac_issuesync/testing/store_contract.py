# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The promises of a store as tests, for whoever writes one: derive a test class and give it a ``store``.

    class TestMyStore(StoreContract):
        unique_error = sqlite3.IntegrityError

        @pytest.fixture
        def store(self) -> Store:
            return MyStore(...)

``store`` is an empty store. ``other_store`` is a second store object on the same database, as another
process has it; without it the tests of fencing are skipped. ``unique_error`` is what a taken key raises.
For readable failures call ``pytest.register_assert_rewrite("trac_issuesync.testing")`` in a conftest.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from trac_issuesync.core.errors import Transient
from trac_issuesync.core.model import ChangeKind
from trac_issuesync.engine.records import AtPartner, Blob, Counters, LoggedEntry, ReceivedNumber
from trac_issuesync.engine.storage import Store
from trac_issuesync.testing.store_contract_queues import StoreQueues
from trac_issuesync.testing.store_contract_rows import StoreRows
from trac_issuesync.testing.store_samples import (
    a_change,
    a_conflict,
    a_contract,
    a_line,
    a_message,
    a_record,
    a_sync,
    a_twin,
    received,
)

__all__ = ["StoreContract"]

A, B = "sync-a", "sync-b"
MINUTE = 60_000_000


class Died(BaseException):
    """The end of a process, which no ``except Exception`` sees."""


def fill(store: Store, sync: str) -> None:
    """Put one row of every kind into a synchronization."""
    store.save_sync(a_sync(sync, sync))
    store.save_counters(sync, Counters(message=3))
    store.publish(sync, a_contract(1), "", "", 1)
    store.save_twins(sync, [a_twin("t", 1)])
    store.add_logged(sync, [LoggedEntry(1, 5, "summary")])
    store.save_attachments(sync, [a_record("t", 1, 1)])
    store.save_blob(sync, Blob("aa", 1, True))
    store.save_blob(sync, Blob("aa", 1, False))
    store.add_part(sync, "aa", 0, 1)
    store.mark(sync, [1])
    store.add_changes(sync, [a_change(1, "t", ChangeKind.CREATE)])
    store.add_birth(sync, "t", 1)
    store.add_control(sync, b"x")
    store.add_message(sync, a_message(1))
    store.add_received(sync, ReceivedNumber(1, "d"))
    store.add_inbox(sync, [received(1, "t"), received(2, "u", parked=True)])
    store.set_partner_parked(sync, [AtPartner(1, "no")])
    store.add_conflicts(sync, [a_conflict("t")])
    store.add_log(sync, [a_line(1)])
    store.save_secret(sync, "key", "secret")


VIEWS: dict[str, Callable[[Store, str], object]] = {
    "sync": lambda store, sync: store.sync(sync),
    "counters": lambda store, sync: store.counters(sync),
    "versions": lambda store, sync: store.versions(sync),
    "twins": lambda store, sync: store.twins(sync, ["t"]),
    "twin of ticket": lambda store, sync: store.twins_of_tickets(sync, [1]),
    "logged": lambda store, sync: store.logged(sync, [1]),
    "attachments": lambda store, sync: store.attachments(sync, [1]),
    "inbox": lambda store, sync: store.inbox(sync, ["t", "u"]),
    "outgoing blobs": lambda store, sync: store.blobs(sync, outgoing=True),
    "incoming blobs": lambda store, sync: store.blobs(sync, outgoing=False),
    "parts": lambda store, sync: store.parts(sync, "aa"),
    "marks": lambda store, sync: {mark.ticket for mark in store.marks(sync, 9)},
    "outbox": lambda store, sync: store.waiting_changes(sync, 9),
    "births": lambda store, sync: store.births(sync, 9),
    "controls": lambda store, sync: [payload for _, payload in store.controls(sync)],
    "messages": lambda store, sync: store.messages(sync),
    "received": lambda store, sync: store.received(sync),
    "partner parked": lambda store, sync: store.partner_parked(sync),
    "conflicts": lambda store, sync: [record.uid for record in store.conflicts(sync)],
    "log": lambda store, sync: store.log(sync),
    "secret": lambda store, sync: store.secret(sync, "key"),
}
ON_ITS_WAY_IN = {"received", "inbox", "incoming blobs", "parts"}
ON_ITS_WAY_OUT = {"outbox", "births", "controls", "messages", "partner parked", "outgoing blobs"}
OF_TICKETS = {"twins", "twin of ticket", "logged", "attachments", "inbox"}
KEPT_WITHOUT_TICKETS = {"sync", "counters", "versions", "outbox", "messages", "received", "log", "secret"}


def view(store: Store, sync: str) -> dict[str, object]:
    """Everything that a store tells of a synchronization."""
    return {name: look(store, sync) for name, look in VIEWS.items()}


class StoreContract(StoreRows, StoreQueues):
    """Every test is one promise of ``engine.storage.Store``."""

    unique_error: type[Exception] | tuple[type[Exception], ...] = Exception

    @pytest.fixture
    def other_store(self) -> Store:
        """A second store on the database of ``store``."""
        pytest.skip("There is no second store object on the same database.")

    def test_removing_a_synchronization_removes_every_row_of_it_only(self, store: Store) -> None:
        """Afterwards it is as if it had never been, and another one is untouched."""
        nothing = view(store, A)
        fill(store, B)
        before = view(store, B)
        fill(store, A)
        assert all(view(store, A)[name] != nothing[name] for name in VIEWS)
        store.remove_sync(A)
        assert view(store, A) == nothing
        assert view(store, B) == before
        fill(store, A)

    def test_forgetting_tickets_keeps_what_is_on_its_way_out(self, store: Store) -> None:
        """Twins, log marks, attachment records and the inbox go; outbox, messages, keys and log stay."""
        nothing = view(store, A)
        fill(store, A)
        fill(store, B)
        before, other = view(store, A), view(store, B)
        store.forget_tickets(A)
        after = view(store, A)
        assert {name: after[name] for name in OF_TICKETS} == {name: nothing[name] for name in OF_TICKETS}
        kept = KEPT_WITHOUT_TICKETS
        assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
        assert view(store, B) == other

    def test_beginning_anew_forgets_what_is_on_its_way(self, store: Store) -> None:
        """What was received and what was to be sent go, each by itself; tickets, keys and log stay."""
        nothing = view(store, A)
        fill(store, A)
        fill(store, B)
        before, other = view(store, A), view(store, B)
        store.forget_received(A)
        changed = {name for name, told in view(store, A).items() if told != before[name]}
        assert changed == ON_ITS_WAY_IN
        store.forget_unsent(A)
        after = view(store, A)
        changed = {name for name, told in after.items() if told != before[name]}
        assert changed == ON_ITS_WAY_IN | ON_ITS_WAY_OUT
        assert all(after[name] == nothing[name] for name in changed)
        store.add_changes(A, [a_change(1, "t", ChangeKind.CREATE)])
        assert view(store, B) == other

    def test_a_transaction_commits_at_its_end(self, store: Store) -> None:
        """What was written inside is read inside at once, and stays."""
        with store.transaction():
            fill(store, A)
            inside = view(store, A)
        assert view(store, A) == inside

    @pytest.mark.parametrize("kind", [ValueError, Transient, Died])
    def test_whatever_flies_out_undoes_everything(self, store: Store, kind: type[BaseException]) -> None:
        """Errors of ours, of others and the end of the process leave no row of the transaction behind."""
        fill(store, B)
        nothing, before = view(store, A), view(store, B)
        with pytest.raises(kind), store.transaction():  # noqa: PT012 - the block is what is tested
            fill(store, A)
            store.remove_sync(B)
            raise kind("on purpose")
        assert view(store, A) == nothing
        assert view(store, B) == before

    def test_a_taken_key_undoes_the_whole_outer_transaction(self, store: Store) -> None:
        """Capturing a change twice leaves nothing of what was written before it in the same transaction."""
        store.add_changes(A, [a_change(1)])
        with pytest.raises(self.unique_error), store.transaction():  # noqa: PT012 - the block is tested
            store.save_twins(A, [a_twin("t", 1)])
            with store.transaction():
                store.add_logged(A, [LoggedEntry(1, 5, "summary")])
            store.add_changes(A, [a_change(1)])
        assert store.twins(A, ["t"]) == {}
        assert store.logged(A, [1]) == {}
        assert [change.number for change in store.waiting_changes(A, 9)] == [1]

    def test_an_inner_transaction_ends_with_the_outer_one(self, store: Store) -> None:
        """The end of an inner block commits nothing yet; the end of the outer one commits both."""
        with pytest.raises(ValueError, match="late"), store.transaction():  # noqa: PT012 - as above
            with store.transaction():
                store.mark(A, [1])
            raise ValueError("late")
        assert store.marks(A, 9) == []
        with store.transaction():
            with store.transaction():
                store.mark(A, [1])
            store.mark(A, [2])
        assert {mark.ticket for mark in store.marks(A, 9)} == {1, 2}

    def test_a_failed_transaction_leaves_the_store_usable(self, store: Store) -> None:
        """After an error the next transaction works and stamps and ids go on."""
        with pytest.raises(ValueError, match="first"), store.transaction():  # noqa: PT012 - as above
            store.mark(A, [1])
            store.add_conflicts(A, [a_conflict("t")])
            raise ValueError("first")
        fill(store, A)
        assert len(store.conflicts(A)) == 1

    def test_a_lease_is_held_by_one_until_it_expires(self, store: Store, other_store: Store) -> None:
        """Another worker gets the lease only when it has expired, and each synchronization has its own."""
        assert store.lease_holder(A, 0) is None
        assert store.acquire(A, "one", 100, MINUTE)
        assert store.lease_holder(A, 100) == "one"
        assert not other_store.acquire(A, "two", 100 + MINUTE - 1, MINUTE)
        assert other_store.acquire(B, "two", 100, MINUTE)
        assert other_store.lease_holder(A, 100 + MINUTE + 1) is None
        assert other_store.acquire(A, "two", 100 + MINUTE + 1, MINUTE)
        assert store.lease_holder(A, 100 + MINUTE + 2) == "two"

    def test_a_lease_is_renewed_by_its_holder(self, store: Store, other_store: Store) -> None:
        """Renewing moves the end; also a lease that ran out is renewed if nobody took it."""
        assert store.acquire(A, "one", 0, MINUTE)
        assert store.acquire(A, "one", MINUTE - 1, MINUTE)
        assert not other_store.acquire(A, "two", MINUTE + 1, MINUTE)
        assert store.acquire(A, "one", 5 * MINUTE, MINUTE)
        assert not other_store.acquire(A, "two", 5 * MINUTE + 1, MINUTE)
        store.mark(A, [1])

    def test_a_released_lease_is_free_at_once(self, store: Store, other_store: Store) -> None:
        """After the release nobody holds it, and its former holder may write as anybody may."""
        assert store.acquire(A, "one", 0, MINUTE)
        store.release(A)
        assert store.lease_holder(A, 1) is None
        assert other_store.acquire(A, "two", 1, MINUTE)
        store.mark(A, [1])
        store.release(A)
        assert other_store.lease_holder(A, 2) == "two"

    def test_the_lease_of_a_dead_owner_can_be_freed(self, store: Store, other_store: Store) -> None:
        """Only that owner's: whoever holds it by now keeps it. One that was not dead is fenced."""
        assert store.acquire(A, "one", 0, MINUTE)
        other_store.free_lease(A, "somebody")
        assert store.lease_holder(A, 1) == "one"
        other_store.free_lease(A, "one")
        assert other_store.acquire(A, "two", 1, MINUTE)
        other_store.free_lease(A, "one")
        assert other_store.lease_holder(A, 2) == "two"
        with pytest.raises(Transient) as lost, store.transaction():
            store.mark(A, [2])
        assert lost.value.code == "lease-lost"

    def test_a_worker_whose_lease_was_taken_cannot_commit(self, store: Store, other_store: Store) -> None:
        """The fence is the generation, not the clock: only the taking over shuts the former holder out."""
        assert store.acquire(A, "one", 0, MINUTE)
        store.mark(A, [1])
        assert other_store.acquire(A, "two", 9 * MINUTE, MINUTE)
        with pytest.raises(Transient) as lost, store.transaction():
            store.mark(A, [2])
        assert lost.value.code == "lease-lost"
        with other_store.transaction():
            other_store.mark(A, [3])
        assert {mark.ticket for mark in other_store.marks(A, 9)} == {1, 3}

    def test_a_lost_lease_stays_lost_when_it_is_free_again(self, store: Store, other_store: Store) -> None:
        """Somebody else has worked meanwhile, so what the former holder has read is of no use."""
        assert store.acquire(A, "one", 0, MINUTE)
        assert other_store.acquire(A, "two", 9 * MINUTE, MINUTE)
        other_store.release(A)
        with pytest.raises(Transient) as lost, store.transaction():
            store.mark(A, [2])
        assert lost.value.code == "lease-lost"

    def test_a_worker_that_was_told_may_write_again(self, store: Store, other_store: Store) -> None:
        """Once a worker knows that it does not hold a lease, it is fenced by it no more."""
        assert store.acquire(A, "one", 0, MINUTE)
        assert other_store.acquire(A, "two", 9 * MINUTE, MINUTE)
        assert not store.acquire(A, "one", 9 * MINUTE + 1, MINUTE)
        store.mark(B, [1])
        assert other_store.acquire(A, "two", 9 * MINUTE + 2, MINUTE)

    def test_a_worker_may_go_on_after_removing_a_synchronization(self, store: Store) -> None:
        """The end of a synchronization is the end of its lease."""
        fill(store, A)
        assert store.acquire(A, "one", 0, MINUTE)
        store.remove_sync(A)
        assert store.lease_holder(A, 1) is None
        store.mark(B, [1])

    def test_a_second_store_sees_what_the_first_committed(self, store: Store, other_store: Store) -> None:
        """Two processes share all tables."""
        fill(store, A)
        assert view(other_store, A) == view(store, A)
        assert other_store.environment() == store.environment()
