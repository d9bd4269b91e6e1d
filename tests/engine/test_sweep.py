# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sweeps find every edit, also while the first comparison goes on and where a ticket cannot be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import pytest
from engine.forging import MINUTE, SECOND, made, problems, tickets

from trac_issuesync.core.capture import Captured, Recorder, capture_twin
from trac_issuesync.core.model import TicketSnapshot, Twin
from trac_issuesync.engine import collect, sweep
from trac_issuesync.engine.link import Pace, Report
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair, SimSide

DAY = 24 * 60 * MINUTE
MILLISECOND = SECOND // 1000


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Reads:
    """The pages of tickets that a side reads, each ticket taking ``cost`` µs; ends it before page ``end``."""

    side: SimSide
    cost: int = 0
    end: int = 0
    pages: list[list[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._read = self.side.tracker.read
        self.side.tracker.read = self.read

    def read(self, numbers: Sequence[int]) -> dict[int, TicketSnapshot]:
        if self.end and len(self.pages) == self.end:
            raise Killed
        self.pages.append(list(numbers))
        self.side.environment.clock.advance(self.cost * len(numbers))
        found: dict[int, TicketSnapshot] = self._read(numbers)
        return found

    def taken(self) -> list[list[int]]:
        """The pages since the last call."""
        pages, self.pages = self.pages, []
        return pages


def compared(tickets: int, **pace: int) -> tuple[SimPair, Reads]:
    """A pair at rest, the reads of whose master are noted; its next comparison is due."""
    pair = made(tickets)
    pair.clock.advance(DAY)
    pair.master.pace = Pace(sweep_overlap=MINUTE, slow_sweep_every=100 * DAY, **pace)
    return pair, Reads(pair.master)


def test_an_edit_behind_the_first_comparison_is_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a large project the comparison takes hours; what it has passed is swept meanwhile."""
    monkeypatch.setattr(sweep, "_MOST_MARKS", 2)
    pair = SimPair().connect()
    for index in range(8):
        pair.master.tracker.user_create({"summary": f"t{index}", "customer": "0"}, "alice")
        pair.clock.advance(SECOND)
    pair.clock.advance(120 * MINUTE)
    pair.master.cycle()
    assert pair.master.store.counters(SYNC_ID).compared_upto == 2
    pair.master.tracker.user_edit(1, {"customer": "new"}, "", "alice")
    for _ in range(8):
        pair.clock.advance(90 * MINUTE)
        pair.master.cycle()
        pair.slave.cycle()
    assert pair.master.store.counters(SYNC_ID).compared
    assert tickets(pair.slave)[1].values["customer"] == "new"


def test_a_ticket_that_cannot_be_read_holds_back_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told by its number; sweeps and the daily comparison go on past it."""
    pair = made(3)

    def capture(
        recorder: Recorder, twin: Twin, snapshot: TicketSnapshot, logged: dict[tuple[int, str], int | None]
    ) -> Captured:
        if snapshot.number == 2 and recorder.side is pair.master.side:
            raise ValueError("odd data")
        return capture_twin(recorder, twin, snapshot, logged)

    monkeypatch.setattr(collect, "capture_twin", capture)
    for number in (1, 2, 3):
        pair.master.tracker.user_edit(number, {"customer": "new"}, "", "alice")
        pair.clock.advance(SECOND)
    pair.settle()
    shown = {number: ticket.values["customer"] for number, ticket in tickets(pair.slave).items()}
    assert shown == {1: "new", 2: "0", 3: "new"}
    unread = [line for line in problems(pair.master) if line.event == "unread"]
    assert {(line.ticket, line.text) for line in unread} == {
        (2, "Its changes could not be read: ValueError: odd data")
    }
    compared = pair.master.store.counters(SYNC_ID).compared
    pair.clock.advance(25 * 60 * MINUTE)
    pair.settle()
    assert pair.master.store.counters(SYNC_ID).compared > compared


def test_a_comparison_reads_pages_that_fit_their_slice_of_time() -> None:
    """What a page costs decides how large the next one is, so that no reading keeps others waiting."""
    pair, reads = compared(60, slice=20 * MILLISECOND, compare_turn=10 * SECOND)
    reads.cost = 4 * MILLISECOND
    assert not pair.master.cycle().comparing
    first, *later = map(len, reads.taken())
    assert first == 8
    assert set(later[:-1]) == {5}
    pair.clock.advance(DAY)
    reads.cost = 0
    pair.master.cycle()
    assert [len(page) for page in reads.taken()] == [8, 16, 32, 4]


def test_no_page_holds_more_tickets_than_a_batch() -> None:
    """Memory is bounded by a page, also for cheap tickets and for many edits at once."""
    pair, reads = compared(60, batch=10, compare_turn=10 * SECOND)
    pair.master.cycle()
    pages = reads.taken()
    assert list(chain(*pages)) == list(range(1, 61))
    assert max(map(len, pages)) == 10
    for number in range(1, 61):
        pair.master.tracker.user_edit(number, {"customer": "bulk"}, "", "alice")
    pair.master.cycle()
    assert max(map(len, reads.taken())) == 10
    pair.settle()
    assert {ticket.values["customer"] for ticket in tickets(pair.slave).values()} == {"bulk"}


def test_a_comparison_takes_turns_with_everything_else() -> None:
    """One cycle compares for a turn and says that there is more; what people edit meanwhile goes at once."""
    pair, reads = compared(60, slice=20 * MILLISECOND, compare_turn=30 * MILLISECOND)
    reads.cost = 4 * MILLISECOND
    assert pair.master.cycle().comparing
    assert list(chain(*reads.taken())) == list(range(1, 9))
    pair.master.tracker.user_edit(60, {"customer": "now"}, "", "alice")
    assert pair.master.cycle().sent == 1
    while pair.master.cycle().comparing:
        pass
    seen = {number for page in reads.taken() for number in page if number < 60}
    assert seen == set(range(9, 60))
    assert pair.master.store.counters(SYNC_ID).compared > pair.clock.now() - MINUTE


def test_a_comparison_goes_on_where_a_kill_stopped_it() -> None:
    """Turns that were stored are not done again; the one that was not is."""
    pair, reads = compared(40, batch=4, compare_turn=10 * MILLISECOND)
    reads.cost = 4 * MILLISECOND
    reads.end = 3
    for _ in range(3):
        pair.master.cycle()
    with pytest.raises(Killed):
        pair.master.cycle()
    assert list(chain(*reads.taken())) == list(range(1, 13))
    reads.end = 0
    while pair.master.cycle().comparing:
        pass
    assert list(chain(*reads.taken())) == list(range(13, 41))


def test_a_comparison_waits_for_what_it_has_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edit of a person never queues behind a whole project."""
    monkeypatch.setattr(sweep, "_MOST_MARKS", 5)
    pair = SimPair().connect()
    for index in range(30):
        pair.master.tracker.user_create({"summary": f"t{index}"}, "alice")
    pair.clock.advance(DAY)
    link = pair.master.link()
    for _ in range(3):
        sweep.sweep(link, Report())
        assert len(pair.master.store.marks(SYNC_ID, 100)) == 5


def test_a_clock_that_stepped_back_begins_the_comparison_anew() -> None:
    """Edits stamped below the watermark may lie in the part that was looked at already."""
    pair, reads = compared(40, batch=4, compare_turn=10 * MILLISECOND)
    reads.cost = 4 * MILLISECOND
    for _ in range(3):
        pair.master.cycle()
    pair.clock.advance(-10 * MINUTE)
    pair.master.tracker.user_edit(2, {"customer": "below"}, "", "alice")
    while pair.master.cycle().comparing:
        pass
    pair.settle()
    assert tickets(pair.slave)[2].values["customer"] == "below"


def test_an_idle_sweep_stores_nothing() -> None:
    """The watermark may lag a little, which saves a commit in each cycle; what happens then is found."""
    pair, _ = compared(3, compare_every=100 * DAY)
    pair.master.cycle()
    swept = pair.master.store.counters(SYNC_ID).swept
    pair.clock.advance(5 * SECOND)
    pair.master.cycle()
    assert pair.master.store.counters(SYNC_ID).swept == swept
    pair.master.tracker.user_edit(2, {"customer": "new"}, "", "alice")
    pair.clock.advance(SECOND)
    assert pair.master.cycle().sent == 1
    pair.clock.advance(MINUTE)
    pair.master.cycle()
    assert pair.master.store.counters(SYNC_ID).swept == pair.clock.now()
