# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sweeps find every edit, also while the first comparison goes on and where a ticket cannot be read."""

from __future__ import annotations

import pytest
from engine.forging import MINUTE, SECOND, made, problems, tickets

from trac_issuesync.core.capture import Captured, Recorder, capture_twin
from trac_issuesync.core.model import TicketSnapshot, Twin
from trac_issuesync.engine import collect, sweep
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair


def test_an_edit_behind_the_first_comparison_is_found_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a large project the comparison takes hours; what it has passed is swept meanwhile."""
    monkeypatch.setattr(sweep, "_PAGE", 2)
    monkeypatch.setattr(sweep, "_PAGES_A_CYCLE", 1)
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
