# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Promises of a store about what comes and goes: marks, outbox, messages, inbox, reports, log."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from trac_issuesync.core.model import AttachmentInfo, ChangeKind
from trac_issuesync.engine.records import AtPartner, InboxChange, InboxState, Mark, ReceivedNumber
from trac_issuesync.engine.storage import Store
from trac_issuesync.testing.store_samples import (
    HARD,
    HUGE,
    LATE,
    a_change,
    a_conflict,
    a_hold,
    a_line,
    a_message,
    received,
)

__all__ = ["StoreQueues"]

A, B = "sync-a", "sync-b"


def tickets_of(marks: list[Mark]) -> set[int]:
    """The ticket numbers of marks."""
    return {mark.ticket for mark in marks}


class StoreQueues:
    """See ``store_contract.StoreContract``."""

    unique_error: type[Exception] | tuple[type[Exception], ...] = Exception

    def test_marks_name_each_ticket_once(self, store: Store) -> None:
        """A ticket marked twice is listed once; the list ends at its limit."""
        store.mark(A, [1, 2, 3])
        store.mark(A, iter([2]))
        assert tickets_of(store.marks(A, 10)) == {1, 2, 3}
        assert len(store.marks(A, 10)) == 3
        assert len(store.marks(A, 2)) == 2
        assert store.marks(B, 10) == []

    def test_a_mark_set_anew_survives_unmark(self, store: Store) -> None:
        """A ticket that changed while it was being read stays marked; the others are cleared."""
        store.mark(A, [1, 2])
        read = store.marks(A, 10)
        store.mark(A, [1])
        store.unmark(A, read)
        assert tickets_of(store.marks(A, 10)) == {1}
        store.unmark(A, store.marks(A, 10))
        assert store.marks(A, 10) == []

    def test_a_stamp_is_never_given_again(self, store: Store) -> None:
        """A mark cleared and set again has another stamp, so an old list cannot clear it."""
        store.mark(A, [1])
        read = store.marks(A, 10)
        store.unmark(A, read)
        store.mark(A, [1])
        store.unmark(A, read)
        assert tickets_of(store.marks(A, 10)) == {1}

    def test_resend_is_kept_until_it_is_cleared(self, store: Store) -> None:
        """A plain mark does not take away the wish to send everything again, and the other way round."""
        store.mark(A, [1], resend=True)
        store.mark(A, [1])
        store.mark(A, [2])
        store.mark(A, [2], resend=True)
        store.mark(A, [3])
        assert {mark.ticket: mark.resend for mark in store.marks(A, 10)} == {1: True, 2: True, 3: False}
        store.unmark(A, store.marks(A, 10))
        store.mark(A, [1])
        assert [mark.resend for mark in store.marks(A, 10)] == [False]

    def test_the_outbox_is_in_order_of_number(self, store: Store) -> None:
        """Captured changes are read back whole, lowest number first, up to a limit."""
        create = a_change(3, "env/2/1", ChangeKind.CREATE)
        store.add_changes(A, [a_change(12), create])
        store.add_changes(A, [replace(a_change(7), comment=HUGE, fields=(), attachment=None)])
        waiting = store.waiting_changes(A, 10)
        assert [change.number for change in waiting] == [3, 7, 12]
        assert waiting[0] == create
        assert waiting[1].comment == HUGE
        assert waiting[2] == a_change(12)
        assert store.waiting_changes(A, 1) == [create]
        assert store.count_waiting(A) == 3
        assert store.count_waiting(B) == 0

    def test_a_change_is_captured_once(self, store: Store) -> None:
        """A waiting change's id a second time raises, and none of the changes beside it is stored."""
        store.add_changes(A, [a_change(1)])
        with pytest.raises(self.unique_error):
            store.add_changes(A, [a_change(2), replace(a_change(3), id="id-1")])
        with pytest.raises(self.unique_error):
            store.add_changes(A, [replace(a_change(1), id="another")])
        assert [change.id for change in store.waiting_changes(A, 10)] == ["id-1"]
        store.add_changes(B, [a_change(1)])

    def test_a_change_taken_out_may_come_back_under_a_new_number(self, store: Store) -> None:
        """After its message was void, a change is queued again with the same id."""
        store.add_changes(A, [a_change(1), a_change(2)])
        store.drop_changes(A, [1, 99])
        assert store.count_waiting(A) == 1
        store.add_changes(A, [replace(a_change(8), id="id-1")])
        assert [change.number for change in store.waiting_changes(A, 10)] == [2, 8]

    def test_a_held_change_waits_beside_the_others(self, store: Store) -> None:
        """It is not handed out to be sent but still counts; the last word about it is kept."""
        store.add_changes(A, [a_change(number) for number in (1, 2, 3)])
        store.hold(A, [replace(a_hold(2), reason="")])
        store.hold(A, [a_hold(3), a_hold(2)])
        assert store.held(A) == [a_hold(2), a_hold(3)]
        assert [change.number for change in store.waiting_changes(A, 2)] == [1]
        assert store.count_waiting(A) == 3
        assert store.outbox(A, [3, 1, 9]) == [a_change(1), a_change(3)]
        assert store.outbox(B, [1]) == []
        assert store.held(B) == []

    def test_a_ticket_is_let_go_whole(self, store: Store) -> None:
        """All changes held of the named tickets can leave, those of others stay."""
        store.add_changes(A, [a_change(1), a_change(2), a_change(3, "env/2/1")])
        store.hold(A, [a_hold(1), a_hold(2), a_hold(3, "env/2/1")])
        store.hold(B, [a_hold(1)])
        assert store.unhold(A, ["env/1/1", "nobody"]) == 2
        assert store.unhold(A, ["env/1/1"]) == 0
        assert store.held(A) == [a_hold(3, "env/2/1")]
        assert store.held(B) == [a_hold(1)]
        assert [change.number for change in store.waiting_changes(A, 9)] == [1, 2]

    def test_nothing_is_held_of_a_change_that_is_taken_out(self, store: Store) -> None:
        """A number that comes back later, as after a void message, is not held by an old word."""
        store.add_changes(A, [a_change(1)])
        store.hold(A, [a_hold(1)])
        store.drop_changes(A, [1])
        assert store.held(A) == []

    def test_the_log_can_be_followed(self, store: Store) -> None:
        """From a mark on exactly the lines added since are told, in their order, whatever their times."""
        store.add_log(A, [a_line(9)])
        mark = store.log_mark(A)
        store.add_log(B, [a_line(1)])
        store.add_log(A, [a_line(7), a_line(5)])
        assert [line.time for line in store.log_after(A, mark)] == [7, 5]
        assert [line.time for line in store.log_after(A, 0)] == [9, 7, 5]
        assert store.log_after(A, store.log_mark(A)) == []
        assert store.log_mark("nobody") == 0

    def test_births_wait_until_dropped(self, store: Store) -> None:
        """News of ticket numbers are listed up to a limit; the last number given for a uid counts."""
        store.add_birth(A, "env/1/1", 5)
        store.add_birth(A, "env/2/1", 6)
        store.add_birth(A, "env/1/1", 7)
        assert sorted(store.births(A, 10)) == [("env/1/1", 7), ("env/2/1", 6)]
        assert len(store.births(A, 1)) == 1
        store.drop_births(A, ["env/1/1", "nobody"])
        assert store.births(A, 10) == [("env/2/1", 6)]

    def test_controls_are_in_the_order_they_were_queued(self, store: Store) -> None:
        """Control items keep their bytes and order, equal ones too; only the named ones are dropped."""
        for payload in (b"b\x00\xff", b"a", b"a"):
            store.add_control(A, payload)
        items = store.controls(A)
        assert [payload for _, payload in items] == [b"b\x00\xff", b"a", b"a"]
        store.drop_controls(A, [items[1][0]])
        assert store.controls(A) == [items[0], items[2]]
        assert store.controls(B) == []

    def test_messages_are_in_order_of_number(self, store: Store) -> None:
        """Unacknowledged messages are read back byte by byte, all or those asked for."""
        for number in (10, 9, 11):
            store.add_message(A, a_message(number))
        assert store.messages(A) == [a_message(9), a_message(10), a_message(11)]
        assert store.messages(A, [11, 9, 99]) == [a_message(9), a_message(11)]
        assert store.message_heads(A) == [replace(a_message(n), body=b"") for n in (9, 10, 11)]
        assert store.message_heads(B) == []
        assert store.messages(A, []) == []
        store.drop_messages(A, [9, 10, 99])
        assert store.messages(A) == [a_message(11)]

    def test_a_large_message_is_kept(self, store: Store) -> None:
        """A body of some megabytes is no problem."""
        body = bytes(range(256)) * 12_288
        store.add_message(A, replace(a_message(1), body=body))
        assert store.messages(A)[0].body == body

    def test_a_message_number_is_given_once(self, store: Store) -> None:
        """A second message under a number raises and leaves the first."""
        store.add_message(A, a_message(1))
        with pytest.raises(self.unique_error):
            store.add_message(A, replace(a_message(1), body=b"other"))
        assert store.messages(A) == [a_message(1)]

    def test_saving_a_message_does_not_bring_it_back(self, store: Store) -> None:
        """A message is changed in place; one that was acknowledged meanwhile stays away."""
        store.add_message(A, a_message(1))
        changed = replace(a_message(1), body=b"void", attempts=9, problem="", changes=0)
        store.save_message(A, changed)
        assert store.messages(A) == [changed]
        store.drop_messages(A, [1])
        store.save_message(A, changed)
        assert store.messages(A) == []

    def test_messages_are_due_from_their_time_on(self, store: Store) -> None:
        """Due are those whose next try is not later than now, lowest number first, up to a limit."""
        for number, next_try in ((4, LATE), (3, 0), (2, LATE + 1), (1, LATE - 1)):
            store.add_message(A, a_message(number, next_try=next_try))
        assert [message.number for message in store.due_messages(A, LATE, 10)] == [1, 3, 4]
        assert [message.number for message in store.due_messages(A, LATE, 2)] == [1, 3]

    def test_messages_changes_and_parts_are_counted(self, store: Store) -> None:
        """Counts are whole numbers, also where there is nothing."""
        assert store.count_messages(A) == (0, 0, 0)
        store.add_message(A, a_message(1, changes=5))
        store.add_message(A, a_message(2, changes=0, part=True))
        assert store.count_messages(A) == (2, 5, 1)

    def test_received_numbers_ascend_and_are_taken_in_once(self, store: Store) -> None:
        """A number taken in twice raises; dropped ones may be taken in again."""
        store.add_received(A, ReceivedNumber(9, "d9"))
        store.add_received(A, ReceivedNumber(4, "d4", HARD))
        with pytest.raises(self.unique_error):
            store.add_received(A, ReceivedNumber(4, "other"))
        assert store.received(A) == [ReceivedNumber(4, "d4", HARD), ReceivedNumber(9, "d9")]
        store.drop_received(A, [4, 99])
        store.add_received(A, ReceivedNumber(4, "void"))
        assert store.received(A) == [ReceivedNumber(4, "void"), ReceivedNumber(9, "d9")]

    def test_received_changes_are_grouped_by_ticket(self, store: Store) -> None:
        """Changes of the tickets asked for are read back whole, by number; other tickets are left out."""
        store.add_inbox(A, [received(7, "t"), received(3, "t", parked=True), received(5, "u")])
        assert store.inbox(A, ["t", "nobody"]) == {"t": [received(3, "t", parked=True), received(7, "t")]}
        assert store.inbox(A, []) == {}
        assert store.inbox(B, ["t"]) == {}

    def test_a_change_received_twice_is_passed_over(self, store: Store) -> None:
        """A number that is there already keeps its first content and state; what said else is told."""
        assert store.add_inbox(A, [received(1, "t", parked=True)]) == []
        assert store.add_inbox(A, [received(1, "t")]) == []
        assert store.add_inbox(A, [received(2, "u"), received(2, "v"), received(1, "u")]) == [1, 2]
        assert store.inbox(A, ["t", "u", "v"]) == {
            "t": [received(1, "t", parked=True)],
            "u": [received(2, "u")],
        }

    def test_tickets_wait_oldest_first(self, store: Store) -> None:
        """The ticket whose first change was received first comes first, whatever came for it later."""
        store.add_inbox(A, [received(2, "b"), received(1, "c"), received(3, "a"), received(4, "c")])
        assert store.inbox_tickets(A, 10) == ["c", "b", "a"]
        assert store.inbox_tickets(A, 2) == ["c", "b"]
        assert store.inbox_tickets(B, 10) == []

    def test_a_parked_first_change_holds_back_its_ticket_only(self, store: Store) -> None:
        """Later changes queue behind a parked one; one parked behind a waiting one holds back nothing."""
        store.add_inbox(A, [received(1, "held", parked=True), received(2, "held")])
        store.add_inbox(A, [received(3, "free"), received(4, "free", parked=True)])
        store.add_inbox(A, [received(5, "only", parked=True)])
        assert store.inbox_tickets(A, 10) == ["free"]
        store.drop_inbox(A, [1])
        assert store.inbox_tickets(A, 10) == ["held", "free"]

    def test_parked_changes_are_listed_and_counted(self, store: Store) -> None:
        """Counts are (waiting, parked); the list of parked ones is by number."""
        assert store.count_inbox(A) == (0, 0)
        store.add_inbox(A, [received(9, "t", parked=True), received(2, "u", parked=True), received(4, "u")])
        assert store.parked(A) == [received(2, "u", parked=True), received(9, "t", parked=True)]
        assert store.count_inbox(A) == (1, 2)

    def test_a_change_is_parked_in_place(self, store: Store) -> None:
        """Saving a received change replaces its state and reason; one dropped meanwhile stays away."""
        store.add_inbox(A, [received(1, "t"), received(2, "t")])
        held = replace(received(1, "t"), state=InboxState.PARKED, reason=HARD)
        store.save_inbox(A, [held])
        assert store.parked(A) == [held]
        store.drop_inbox(A, [1, 99])
        store.save_inbox(A, [held])
        assert store.inbox(A, ["t"]) == {"t": [received(2, "t")]}

    def test_parked_changes_wait_again_when_asked(self, store: Store) -> None:
        """One or all are set waiting and keep their reasons; the number of them is told."""
        store.add_inbox(A, [received(n, f"t{n}", parked=True) for n in (1, 2, 3)])
        store.add_inbox(A, [received(4, "t4")])
        assert store.unpark(A, 2) == 1
        assert store.unpark(A, 4) == 0
        assert store.unpark(A, 99) == 0
        assert store.inbox(A, ["t2"]) == {"t2": [replace(received(2, "t2"), reason=HARD)]}
        assert store.unpark(A) == 2
        assert store.unpark(A) == 0
        assert store.count_inbox(A) == (4, 0)

    def test_the_partners_report_replaces_the_last_one(self, store: Store) -> None:
        """What the partner cannot apply is exactly what it said last."""
        whole = AtPartner(1, HARD, "env/1/1", HARD, True)
        store.set_partner_parked(A, [whole, AtPartner(2, "two")])
        assert store.partner_parked(A) == {1: whole, 2: AtPartner(2, "two")}
        store.set_partner_parked(A, [AtPartner(2, "still"), AtPartner(3, "three")])
        assert store.partner_parked(A) == {2: AtPartner(2, "still"), 3: AtPartner(3, "three")}
        store.set_partner_parked(A, [])
        assert store.partner_parked(A) == {}

    def test_what_queued_changes_announce_is_known(self, store: Store) -> None:
        """Of those that wait and that are parked; not of what was skipped or belongs to another one."""
        info = AttachmentInfo("f", 1, "")

        def announcing(number: int, digest: str, state: InboxState = InboxState.WAITING) -> InboxChange:
            row = received(number, "t")
            change = replace(row.change, attachment=replace(info, sha256=digest))
            return replace(row, change=change, state=state)

        lines = replace(received(4, "u").change, comment='"attachment":{"sha256":"no"}', attachment=None)
        rows = [
            announcing(1, "a"),
            announcing(2, "b", InboxState.PARKED),
            announcing(3, "c", InboxState.SKIPPED),
        ]
        store.add_inbox(A, [*rows, replace(received(4, "u"), change=lines)])
        store.add_inbox(B, [announcing(1, "d")])
        assert store.announced(A) == {"a", "b"}

    def test_what_was_skipped_is_on_record_and_holds_back_nothing(self, store: Store) -> None:
        """Later changes of its ticket go on; it neither waits nor is parked, but is refused with a reason."""
        skipped = replace(received(1, "t"), state=InboxState.SKIPPED, reason=HARD)
        again = replace(received(3, "u"), reason="tried again")
        store.add_inbox(A, [received(2, "t"), again, received(4, "v", parked=True)])
        store.add_inbox(A, [skipped])
        assert store.inbox_tickets(A, 10) == ["t", "u"]
        assert store.inbox(A, ["t"]) == {"t": [received(2, "t")]}
        assert store.count_inbox(A) == (2, 1)
        assert store.refused(A) == [skipped, again, received(4, "v", parked=True)]
        assert store.parked(A) == [received(4, "v", parked=True)]
        assert store.unpark(A, 1) == 0
        assert store.refused(B) == []

    def test_conflicts_get_ids_of_their_own(self, store: Store) -> None:
        """Stored conflicts keep both values and have distinct ids in the order they were added."""
        store.add_conflicts(A, [a_conflict("t"), a_conflict("t")])
        store.add_conflicts(A, [a_conflict("u")])
        found = store.conflicts(A)
        assert [replace(record, id=0) for record in found] == [
            a_conflict("t"),
            a_conflict("t"),
            a_conflict("u"),
        ]
        assert len({record.id for record in found} - {0}) == 3
        assert store.conflicts(B) == []

    def test_conflicts_are_open_until_resolved(self, store: Store) -> None:
        """They are counted and found by ticket; resolving one leaves the others, and all stay on record."""
        store.add_conflicts(A, [replace(a_conflict("t"), resolved=False, ticket=n) for n in (7, 8, 7)])
        store.add_conflicts(A, [a_conflict("t")])
        first, second, third, done = store.conflicts(A)
        assert done.resolved
        assert store.count_conflicts(A) == 3
        assert store.conflicts(A, ticket=7) == [first, third]
        store.resolve_conflicts(A, [first.id, done.id, 10_000])
        assert store.conflicts(A, ticket=7, unresolved=True) == [third]
        assert store.conflicts(A, unresolved=True) == [second, third]
        assert len(store.conflicts(A)) == 4
        store.resolve_conflicts(B, [second.id])
        store.resolve_conflicts(A, [])
        assert (store.count_conflicts(A), store.count_conflicts(B)) == (2, 0)

    def test_the_log_is_read_newest_first(self, store: Store) -> None:
        """Lines are sorted by time; of equal times the one added last comes first. Limit 0 is all."""
        first, second = a_line(LATE, 5), replace(a_line(LATE, 5), text="later")
        store.add_log(A, [a_line(LATE + 1, 4), first])
        store.add_log(A, [second, a_line(LATE - 1)])
        assert store.log(A) == [a_line(LATE + 1, 4), second, first, a_line(LATE - 1)]
        assert store.log(A, limit=2) == [a_line(LATE + 1, 4), second]
        assert store.log(A, ticket=5) == [second, first]
        assert store.log(A, ticket=5, limit=1) == [second]
        assert store.log(B) == []

    def test_the_log_is_trimmed_for_all(self, store: Store) -> None:
        """Lines older than a time go, of every synchronization; those of that time stay."""
        store.add_log(A, [a_line(1), a_line(2)])
        store.add_log(B, [a_line(1), a_line(3)])
        store.trim_log(2)
        assert (store.log(A), store.log(B)) == ([a_line(2)], [a_line(3)])
