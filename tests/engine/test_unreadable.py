# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the partner cannot read, for reasons that only it knows, costs little and holds back one ticket."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from engine.forging import MINUTE, SECOND, made, problems, tickets

from trac_issuesync.core.errors import Invalid, Refused
from trac_issuesync.engine import receive
from trac_issuesync.engine.records import OutMessage
from trac_issuesync.engine.skip import skip_held
from trac_issuesync.testing.sim_judge import differences
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair, SimSide
from trac_issuesync.wire.codec import decode_body
from trac_issuesync.wire.messages import Body, Message

Refuse = Callable[[Callable[[Body], bool]], None]


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> Refuse:
    """Let both sides find bodies unreadable, as a peer with limits of its own does."""

    def refuse(which: Callable[[Body], bool]) -> None:
        def judge(message: Message) -> Body:
            body = decode_body(message)
            if which(body):
                raise Refused("The message is nonsensical: not with us.", "nonsense")
            return body

        monkeypatch.setattr(receive, "decode_body", judge)

    return refuse


def evil(body: Body) -> bool:
    """Any body that has a change with this comment."""
    return any(change.comment == "evil" for change in body.changes)


def comments(side: SimSide, number: int) -> list[str]:
    """Texts of the comments of a ticket, by time."""
    return [e.new for e in tickets(side)[number].log if e.field == "comment" and e.new]


def quiet(pair: SimPair) -> None:
    """Long enough for every back-off on the way to a single change."""
    for _ in range(4):
        pair.settle()
        pair.clock.advance(60 * MINUTE)


def spoilt(count: int, unreadable: Refuse) -> SimPair:
    """Alice comments on ``count`` tickets at once; that on ticket 2 cannot be read, and she goes on there."""
    pair = made(count)
    unreadable(evil)
    for number in range(1, count + 1):
        pair.master.tracker.user_edit(number, {}, "evil" if number == 2 else f"c{number}", "alice")
    pair.master.cycle()
    pair.clock.advance(SECOND)
    quiet(pair)
    pair.master.tracker.user_edit(2, {"customer": "behind"}, "behind", "alice")
    quiet(pair)
    return pair


def test_one_change_that_cannot_be_read_holds_back_its_ticket_only(unreadable: Refuse) -> None:
    """All others arrive; it is held with the reason, and its ticket's later changes wait behind it."""
    pair = spoilt(9, unreadable)
    said = [comments(pair.slave, number) for number in range(1, 10)]
    assert said == [[] if number == 2 else [f"c{number}"] for number in range(1, 10)]
    held, behind = pair.master.store.held(SYNC_ID)
    assert held.reason == "the partner cannot read it: The message is nonsensical: not with us."
    assert (held.uid, behind.uid) == (pair.master.twin_of(2).uid,) * 2
    assert behind.reason == ""
    (line,) = [line for line in problems(pair.master) if line.event == "held"]
    assert (line.ticket, held.reason in line.text) == (2, True)
    assert pair.master.store.count_messages(SYNC_ID) == (0, 0, 0)
    pair.slave.tracker.user_edit(2, {"priority": "minor"}, "from the slave", "bob")
    quiet(pair)
    assert comments(pair.master, 2)[-1] == "from the slave"


@pytest.mark.parametrize("count", [2, 17, 60])
def test_the_search_for_it_is_bounded(count: int, unreadable: Refuse) -> None:
    """At most two messages for each halving, however long the partner refuses; then there is peace."""
    before = made(count).master.store.counters(SYNC_ID).message
    pair = spoilt(count, unreadable)
    number = pair.master.store.counters(SYNC_ID).message
    assert number - before <= 2 * count.bit_length() + 6
    for _ in range(10):
        pair.clock.advance(25 * 60 * MINUTE)
        pair.settle()
    days = 10 + 1
    assert pair.master.store.counters(SYNC_ID).message - number <= 2 * days


def test_once_the_partner_can_read_it_a_retry_sends_it_and_what_waits_behind(unreadable: Refuse) -> None:
    """The partner was upgraded: everything arrives in its order."""
    pair = spoilt(3, unreadable)
    unreadable(lambda body: False)
    uids = [row.uid for row in pair.master.store.held(SYNC_ID)]
    pair.master.store.unhold(SYNC_ID, uids)
    quiet(pair)
    assert comments(pair.slave, 2) == ["evil", "behind"]
    assert differences(pair) == []


def test_a_retry_in_vain_holds_it_again(unreadable: Refuse) -> None:
    """Nothing is lost and nothing doubled."""
    pair = spoilt(3, unreadable)
    for _ in range(2):
        pair.master.store.unhold(SYNC_ID, [row.uid for row in pair.master.store.held(SYNC_ID)])
        quiet(pair)
    (held,) = [row for row in pair.master.store.held(SYNC_ID) if row.reason]
    assert held.uid == pair.master.twin_of(2).uid
    assert comments(pair.slave, 2) == []
    assert comments(pair.slave, 3) == ["c3"]


def test_a_skip_lets_an_empty_change_leave_in_its_place(unreadable: Refuse) -> None:
    """The ticket goes on; what was left out is on record here."""
    pair = spoilt(3, unreadable)
    (number,) = [row.number for row in pair.master.store.held(SYNC_ID) if row.reason]
    told = skip_held(pair.master.link(), number, "admin")
    assert told.startswith(f"admin let change {number} of alice leave without comment: the partner cannot")
    quiet(pair)
    assert comments(pair.slave, 2) == ["behind"]
    assert tickets(pair.slave)[2].values["customer"] == "behind"
    assert pair.master.store.held(SYNC_ID) == []
    assert any(line.event == "skipped" and line.text == told for line in problems(pair.master))
    with pytest.raises(Invalid, match="is held back here"):
        skip_held(pair.master.link(), number, "admin")


def test_a_creation_is_not_skipped(unreadable: Refuse) -> None:
    """Without it the partner would have no ticket for what follows."""
    pair = made(1)
    unreadable(lambda body: any(f.value == "evil" for c in body.changes for f in c.fields))
    pair.master.tracker.user_create({"summary": "evil"}, "alice")
    quiet(pair)
    (row,) = pair.master.store.held(SYNC_ID)
    with pytest.raises(Invalid, match="creates the ticket"):
        skip_held(pair.master.link(), row.number, "admin")
    assert len(pair.master.store.held(SYNC_ID)) == 1


def test_two_that_cannot_be_read_are_both_found(unreadable: Refuse) -> None:
    """Each for itself, with everything between them delivered."""
    pair = made(8)
    unreadable(evil)
    for number in range(1, 9):
        text = "evil" if number in (1, 6) else "good"
        pair.master.tracker.user_edit(number, {}, text, "alice")
    quiet(pair)
    assert [row.uid for row in pair.master.store.held(SYNC_ID)] == [
        pair.master.twin_of(number).uid for number in (1, 6)
    ]
    assert [bool(comments(pair.slave, number)) for number in range(1, 9)] == [
        number not in (1, 6) for number in range(1, 9)
    ]


def test_a_report_that_cannot_be_read_does_not_go_for_ever(unreadable: Refuse) -> None:
    """It is left out; edits go on in both directions."""
    pair = made(2)
    unreadable(lambda body: body.report is not None)
    known = pair.master.tracker.catalogue().field("component").options
    pair.master.tracker.set_options("component", (*known, "engine"))
    pair.master.tracker.user_edit(1, {"component": "engine"}, "", "alice")
    quiet(pair)
    number = pair.slave.store.counters(SYNC_ID).message
    for side in pair.sides:
        side.tracker.user_edit(2, {}, f"from the {side.side.value}", "someone")
    quiet(pair)
    assert sorted(comments(pair.master, 2)) == ["from the master", "from the slave"]
    assert sorted(comments(pair.slave, 2)) == ["from the master", "from the slave"]
    assert pair.slave.store.counters(SYNC_ID).message - number <= 4


def test_bytes_that_cannot_be_read_are_given_up_and_hold_back_nothing(unreadable: Refuse) -> None:
    """The partner leaves the attachment out with a note instead of waiting for it."""
    pair = made(2)
    unreadable(lambda body: bool(body.parts))
    pair.master.tracker.user_attach(1, "a.bin", b"abc", "alice")
    pair.master.tracker.user_edit(2, {"customer": "good"}, "", "alice")
    quiet(pair)
    assert tickets(pair.slave)[1].attachments == ()
    assert tickets(pair.slave)[2].values["customer"] == "good"
    assert any("a.bin was left out" in line.text for line in problems(pair.slave))
    assert pair.master.store.count_messages(SYNC_ID) == (0, 0, 0)


def test_large_messages_that_cannot_be_read_are_not_all_in_memory(
    unreadable: Refuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what is kept for a partner that is away for long few bodies are read at a time, also to void one."""
    pair = made(9)
    unreadable(evil)
    for number in range(1, 10):
        pair.master.tracker.user_edit(number, {}, "evil", "alice")
        pair.master.cycle()
        pair.clock.advance(SECOND)
    store, most = type(pair.master.store), 0
    read = store.messages

    def counted(self: Any, sync: str, numbers: Sequence[int] | None = None) -> list[OutMessage]:
        nonlocal most
        found = read(self, sync, numbers)
        most = max(most, len(found))
        return found

    monkeypatch.setattr(store, "messages", counted)
    quiet(pair)
    assert len([row for row in pair.master.store.held(SYNC_ID) if row.reason]) == 9
    assert not any(side.sync.suspended for side in pair.sides)
    assert 1 <= most <= 4
