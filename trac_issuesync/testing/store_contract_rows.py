# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Promises of a store about what it keeps for long: synchronizations, contracts, twins, attachments, keys."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from trac_issuesync.core.contract import Bound
from trac_issuesync.core.model import Shadow, Side, Twin, TwinState
from trac_issuesync.engine.records import AttachmentState, Blob, Counters, LoggedEntry, Published
from trac_issuesync.engine.storage import Store
from trac_issuesync.testing.store_samples import (
    HARD,
    HUGE,
    LATE,
    a_contract,
    a_counters,
    a_record,
    a_sync,
    a_twin,
)

__all__ = ["StoreRows"]

A, B = "sync-a", "sync-b"


class StoreRows:
    """See ``store_contract.StoreContract``."""

    unique_error: type[Exception] | tuple[type[Exception], ...] = Exception

    def test_the_environment_id_is_made_once(self, store: Store) -> None:
        """The id of the environment is never empty and always the same."""
        assert store.environment()
        assert store.environment() == store.environment()

    def test_a_synchronization_is_read_back_whole(self, store: Store) -> None:
        """Every member of a synchronization survives, by id and in the list; an unknown id is None."""
        store.save_sync(a_sync(A, "acme"))
        store.save_sync(a_sync(B, "globex", Side.SLAVE))
        assert store.sync(A) == a_sync(A, "acme")
        assert sorted(store.syncs(), key=lambda sync: sync.id) == [
            a_sync(A, "acme"),
            a_sync(B, "globex", Side.SLAVE),
        ]
        assert store.sync("nobody") is None

    def test_saving_a_synchronization_again_replaces_it(self, store: Store) -> None:
        """There is one row by id, with the last content."""
        store.save_sync(a_sync(A))
        changed = replace(a_sync(A), enabled=False, suspended="")
        store.save_sync(changed)
        assert store.syncs() == [changed]

    def test_counters_start_at_nought_and_are_kept(self, store: Store) -> None:
        """A synchronization without saved counters has the default ones; each has its own."""
        counters = a_counters()
        assert store.counters(A) == Counters()
        store.save_counters(A, counters)
        store.save_counters(A, replace(counters, message=LATE + 1))
        assert store.counters(A) == replace(counters, message=LATE + 1)
        assert store.counters(B) == Counters()

    def test_contract_versions_are_read_back_in_order(self, store: Store) -> None:
        """Published versions keep contract, note, author and time; an unknown version is None."""
        store.publish(A, a_contract(2), HARD, "Åsa", LATE)
        store.publish(A, a_contract(1), "", "", 1)
        assert store.published(A, 2) == Published(a_contract(2), HARD, "Åsa", LATE)
        assert [row.contract.version for row in store.versions(A)] == [1, 2]
        assert store.published(A, 3) is None
        assert store.versions(B) == []

    def test_a_version_is_published_once(self, store: Store) -> None:
        """Publishing a number again raises and leaves the first as it is."""
        store.publish(A, a_contract(1), "first", "a", 1)
        with pytest.raises(self.unique_error):
            store.publish(A, a_contract(1), "second", "b", 2)
        assert [row.note for row in store.versions(A)] == ["first"]

    def test_each_side_binds_a_version_for_itself(self, store: Store) -> None:
        """Our binding and the partner's stand side by side; binding again replaces only one's own."""
        store.publish(A, a_contract(1), "", "", 1)
        ours, theirs = Bound(1, ("summary", HARD), ("defect", HARD)), Bound(1, (), ())
        store.bind(A, Bound(1, ("x",), ()), ours=True)
        store.bind(A, theirs, ours=False)
        store.bind(A, ours, ours=True)
        assert store.published(A, 1) == Published(a_contract(1), "", "", 1, ours, theirs)

    def test_twins_are_found_by_uid_and_by_ticket(self, store: Store) -> None:
        """A twin with its whole shadow is read back both ways; unknown ones are left out."""
        store.save_twins(A, [a_twin("env/1/1", 1), a_twin("env/2/1", 2)])
        assert store.twins(A, ["env/1/1", "nobody"]) == {"env/1/1": a_twin("env/1/1", 1)}
        assert store.twins_of_tickets(A, [2, 99]) == {2: a_twin("env/2/1", 2)}
        assert store.twins(B, ["env/1/1"]) == {}
        assert store.twins(A, []) == {}
        assert store.twins_of_tickets(A, []) == {}

    def test_saving_a_twin_again_replaces_it(self, store: Store) -> None:
        """There is one twin by uid; a field that the new shadow lacks is gone."""
        store.save_twins(A, [a_twin("env/1/1", 1)])
        changed = replace(a_twin("env/1/1", 4), shadow={"owner": Shadow(HUGE, 2)})
        store.save_twins(A, [changed])
        assert store.twins(A, ["env/1/1"]) == {"env/1/1": changed}
        assert store.twins_of_tickets(A, [1, 4]) == {4: changed}
        assert store.count_twins(A) == 1

    def test_a_twin_that_was_read_is_the_callers_own(self, store: Store) -> None:
        """Altering a shadow in memory alters nothing stored until it is saved."""
        mine = a_twin("env/1/1", 1)
        store.save_twins(A, [mine])
        mine.shadow["summary"] = Shadow("altered", 1)
        store.twins(A, ["env/1/1"])["env/1/1"].shadow.clear()
        store.twins_of_tickets(A, [1])[1].shadow.clear()
        assert store.twins(A, ["env/1/1"]) == {"env/1/1": a_twin("env/1/1", 1)}

    def test_a_reused_ticket_number_finds_the_living_twin(self, store: Store) -> None:
        """A twin whose ticket is gone is not found by number, so the next ticket of that number is new."""
        store.save_twins(A, [a_twin("old", 1, TwinState.GONE), a_twin("new", 1)])
        store.save_twins(A, [a_twin("left", 2, TwinState.GONE), a_twin("partner", 3, TwinState.PARTNER_GONE)])
        found = store.twins_of_tickets(A, [1, 2, 3])
        assert {number: twin.uid for number, twin in found.items()} == {1: "new", 3: "partner"}
        assert set(store.twins(A, ["old", "new", "left"])) == {"old", "new", "left"}

    def test_the_uid_of_a_ticket_in_another_synchronization_is_found(self, store: Store) -> None:
        """By number and creation time, in other synchronizations only, and only while the ticket is there."""
        for sync in (A, B):
            store.save_sync(a_sync(sync, sync))
        here, gone = a_twin("env/1/1", 1), a_twin("env/2/1", 2, TwinState.GONE)
        left, apart = a_twin("env/3/1", 3, TwinState.PARTNER_GONE), a_twin("env/4/1", 4, TwinState.DECLINED)
        store.save_twins(A, [here, gone, left, apart])
        alive = {(twin.ticket, twin.created): twin.uid for twin in (here, left, apart)}
        assert store.origins(B, [1, 2, 3, 4, 5]) == alive
        assert store.origins(A, [1, 2, 3, 4]) == store.origins(B, []) == {}

    def test_a_twin_elsewhere_is_found_by_uid(self, store: Store) -> None:
        """In other synchronizations only; one whose ticket is gone counts if there is no better one."""
        third = "sync-c"
        for sync in (A, B, third):
            store.save_sync(a_sync(sync, sync))
        gone, here = a_twin("env/1/1", 1, TwinState.GONE), a_twin("env/1/1", 7)
        store.save_twins(A, [gone, a_twin("env/2/1", 2, TwinState.GONE)])
        store.save_twins(third, [here])
        store.save_twins(B, [a_twin("env/3/1", 3)])
        with store.transaction():
            found = store.twins_elsewhere(B, ["env/1/1", "env/2/1", "env/3/1", "nobody"])
            assert found == {"env/1/1": here, "env/2/1": a_twin("env/2/1", 2, TwinState.GONE)}
            assert store.twins_elsewhere(B, []) == {}

    def test_paired_and_declined_twins_are_counted_apart(self, store: Store) -> None:
        """A twin whose ticket is gone counts as neither."""
        states = (*[TwinState.ACTIVE] * 3, TwinState.PARTNER_GONE, *[TwinState.DECLINED] * 2, TwinState.GONE)
        store.save_twins(A, [a_twin(f"env/{n}/1", n, state) for n, state in enumerate(states, 1)])
        assert (store.count_twins(A), store.count_declined(A)) == (4, 2)
        assert (store.count_twins(B), store.count_declined(B)) == (0, 0)

    def test_declined_twins_that_nobody_else_carries_are_counted(self, store: Store) -> None:
        """Only a twin that is active in another synchronization carries a ticket."""
        for sync in (A, B):
            store.save_sync(a_sync(sync))
        assert store.count_stranded(A) == 0
        store.save_twins(A, [a_twin(f"env/{n}/1", n, TwinState.DECLINED) for n in range(1, 6)])
        store.save_twins(A, [a_twin("env/9/1", 9)])
        assert store.count_stranded(A) == 5
        states = enumerate(TwinState, 1)
        store.save_twins(B, [a_twin(f"env/{n}/1", n, state) for n, state in states])
        assert store.count_stranded(A) == 4
        assert store.count_stranded(B) == 1

    def test_active_twins_are_paged_by_ticket_number(self, store: Store) -> None:
        """Pages ascend, begin above the given number and hold active twins only."""
        store.save_twins(A, [a_twin(f"env/{n}/1", n) for n in (30, 4, 200)])
        store.save_twins(A, [a_twin("gone", 5, TwinState.GONE), a_twin("partner", 6, TwinState.PARTNER_GONE)])
        assert store.twin_numbers(A, 0, 2) == [4, 30]
        assert store.twin_numbers(A, 30, 2) == [200]
        assert store.twin_numbers(A, 200, 2) == []
        assert store.twin_numbers(B, 0, 2) == []

    def test_twins_in_every_state_are_paged_by_uid(self, store: Store) -> None:
        """Each is met exactly once, whatever the order of the database."""
        made = {f"env/{n}/1": a_twin(f"env/{n}/1", n, state) for n, state in enumerate(TwinState, 1)}
        store.save_twins(A, list(made.values()))
        met: list[Twin] = []
        while page := store.twins_above(A, met[-1].uid if met else "", 3):
            assert len(page) <= 3
            met += page
        assert len(met) == len(made)
        assert {twin.uid: twin for twin in met} == made
        assert store.twins_above(B, "", 3) == []

    def test_many_keys_can_be_asked_for_at_once(self, store: Store) -> None:
        """More keys than a database takes variables in one statement are no problem."""
        with store.transaction():
            store.save_twins(A, [replace(a_twin(f"env/{n}/1", n), shadow={}) for n in range(1, 2501)])
        assert len(store.twins(A, [f"env/{n}/1" for n in range(1, 2501)])) == 2500
        assert len(store.twins_of_tickets(A, range(1, 2501))) == 2500
        assert store.logged(A, range(1, 2501)) == {}

    def test_log_rows_are_remembered_with_their_original_time(self, store: Store) -> None:
        """Captured rows have no original time, applied ones have theirs; tickets without are left out."""
        entries = [
            LoggedEntry(1, LATE, "comment", None),
            LoggedEntry(1, LATE, "summary", LATE - 5),
            LoggedEntry(2, 5, "_comment0", 0),
        ]
        store.add_logged(A, entries)
        assert store.logged(A, [1, 3]) == {1: {(LATE, "comment"): None, (LATE, "summary"): LATE - 5}}
        assert store.logged(A, [2]) == {2: {(5, "_comment0"): 0}}
        assert store.logged(B, [1]) == {}

    def test_what_is_recorded_of_a_log_can_be_forgotten(self, store: Store) -> None:
        """Of the given tickets of one synchronization; a row of the same time may be recorded again then."""
        for sync in (A, B):
            store.add_logged(sync, [LoggedEntry(1, 5, "summary"), LoggedEntry(2, 5, "summary")])
        store.drop_logged(A, [1, 3])
        assert store.logged(A, [1, 2]) == {2: {(5, "summary"): None}}
        assert set(store.logged(B, [1, 2])) == {1, 2}
        store.drop_logged(A, [])
        store.add_logged(A, [LoggedEntry(1, 5, "summary", 4)])

    def test_a_log_row_is_captured_once(self, store: Store) -> None:
        """The same row of a ticket's log a second time raises; in another synchronization it may stand."""
        store.add_logged(A, [LoggedEntry(1, 5, "summary")])
        with pytest.raises(self.unique_error):
            store.add_logged(A, [LoggedEntry(1, 6, "summary"), LoggedEntry(1, 5, "summary", 9)])
        assert store.logged(A, [1]) == {1: {(5, "summary"): None}}
        store.add_logged(B, [LoggedEntry(1, 5, "summary")])

    def test_attachments_are_read_back_by_ticket(self, store: Store) -> None:
        """Every member of an attachment record survives; tickets without are left out."""
        records = [a_record("env/1/1", 7, 1), a_record("env/1/1", 8, 1), a_record("env/2/1", 7, 2)]
        store.save_attachments(A, records)
        found = store.attachments(A, [1, 2, 3])
        assert sorted(found[1], key=lambda record: record.origin) == records[:2]
        assert found[2] == records[2:]
        assert set(found) == {1, 2}

    def test_saving_an_attachment_again_replaces_it(self, store: Store) -> None:
        """There is one record by uid, side and original time; the other side's of the same time stands."""
        record = a_record("env/1/1", 7, 1, AttachmentState.PENDING)
        other = replace(record, side=Side.MASTER, state=AttachmentState.KNOWN)
        store.save_attachments(A, [record, other])
        store.save_attachments(A, [replace(record, state=AttachmentState.SKIPPED, ticket=4)])
        assert store.attachments(A, [1]) == {1: [other]}
        assert store.attachments(A, [4]) == {4: [replace(record, state=AttachmentState.SKIPPED, ticket=4)]}

    def test_attachments_are_found_by_content_and_by_state(self, store: Store) -> None:
        """Equal bytes are found by digest; those still without bytes are listed up to a limit."""
        records = [a_record("env/1/1", n, 1, AttachmentState.PENDING, f"{n:064x}") for n in (1, 2, 3)]
        known = a_record("env/1/1", 4, 1, AttachmentState.KNOWN, f"{1:064x}")
        store.save_attachments(A, [*records, known])
        assert {record.origin for record in store.attachments_with(A, f"{1:064x}")} == {1, 4}
        assert store.attachments_with(B, f"{1:064x}") == []
        assert {record.origin for record in store.pending_attachments(A, 10)} == {1, 2, 3}
        assert len(store.pending_attachments(A, 2)) == 2

    def test_blobs_of_both_directions_are_kept_apart(self, store: Store) -> None:
        """The same content may be on its way out and in at once; saving again replaces, dropping is exact."""
        out = Blob("aa", 1 << 33, True, 3, HARD, 1 << 32)
        back = Blob("aa", 1 << 33, False, done=True)
        store.save_blob(A, replace(out, queued=0))
        store.save_blob(A, out)
        store.save_blob(A, back)
        assert store.blobs(A, outgoing=True) == [out]
        assert store.blobs(A, outgoing=False) == [back]
        store.drop_blob(A, "aa", outgoing=True)
        assert store.blobs(A, outgoing=True) == []
        assert store.blobs(A, outgoing=False) == [back]

    def test_parts_are_recorded_once_and_ascend(self, store: Store) -> None:
        """A repeated part changes nothing; a longer one at the same place is recorded too."""
        for offset, length in ((1 << 33, 5), (0, 5), (1 << 33, 5), (0, 9)):
            store.add_part(A, "aa", offset, length)
        assert store.parts(A, "aa") == [(0, 5), (0, 9), (1 << 33, 5)]
        assert store.parts(A, "bb") == []
        assert store.parts(B, "aa") == []

    def test_dropping_an_incoming_blob_forgets_its_parts(self, store: Store) -> None:
        """When the bytes are off the disk no part of them counts as present."""
        store.save_blob(A, Blob("aa", 9, False))
        store.save_blob(A, Blob("aa", 9, True))
        store.add_part(A, "aa", 0, 9)
        store.drop_blob(A, "aa", outgoing=True)
        assert store.parts(A, "aa") == [(0, 9)]
        store.drop_blob(A, "aa", outgoing=False)
        assert store.parts(A, "aa") == []

    def test_secrets_are_kept_replaced_and_dropped(self, store: Store) -> None:
        """A secret is read back as it was saved, by synchronization and kind; none is None."""
        store.save_secret(A, "key", "old")
        store.save_secret(A, "key", HARD + HUGE[:20_000])
        store.save_secret(A, "password", "")
        assert store.secret(A, "key") == HARD + HUGE[:20_000]
        assert store.secret(A, "password") == ""
        assert store.secret(B, "key") is None
        store.drop_secret(A, "key")
        store.drop_secret(A, "never there")
        assert store.secret(A, "key") is None
        assert store.secret(A, "password") == ""
