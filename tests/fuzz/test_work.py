# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""One message costs work and memory in proportion to what it holds, counted and not timed."""

from __future__ import annotations

import hashlib
import tracemalloc
from collections import Counter
from typing import Any

import pytest
from engine.forging import head, made, name_of, sealed, strange
from msgspec.structs import replace

from trac_issuesync.core.model import ChangeKind, FieldChange
from trac_issuesync.engine.storage import Store
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair
from trac_issuesync.wire.messages import Ack, Birth, Body, Message, Parked, Part, Report, Unreadable


class Counting:
    """A store that counts what is asked of it."""

    def __init__(self, store: Store) -> None:
        self.store, self.calls = store, Counter[str]()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self.store, name)


def edits(pair: SimPair, count: int) -> Message:
    """Many edits of one ticket."""
    first = strange(pair.master, fields=(FieldChange("customer", "0", 1),))
    more = [
        replace(first, number=first.number + n, after=first.number + n - 1, id=f"e{n}") for n in range(count)
    ]
    return head(pair, Body((first, *more[1:])))


def creates(pair: SimPair, count: int) -> Message:
    """Many tickets."""
    fields = (FieldChange("type", "task", 1), FieldChange("summary", "s", 1))
    first = strange(pair.master, ticket="acme/1/1", kind=ChangeKind.CREATE, fields=fields)
    made = [replace(first, number=100 + n, ticket=f"acme/{100 + n}/1", id=f"c{n}") for n in range(count)]
    return head(pair, Body(tuple(made)))


def births(pair: SimPair, count: int) -> Message:
    """Many births of unknown tickets."""
    return head(pair, Body(births=tuple(Birth(f"globex/{n}/1", n + 1) for n in range(count))))


def report(pair: SimPair, count: int) -> Message:
    """Much that is parked and wanted."""
    digests = tuple(hashlib.sha256(b"%d" % n).hexdigest() for n in range(count))
    return head(pair, Body(report=Report(tuple(Parked(n + 1, "x" * 500) for n in range(count)), digests)))


def parts(pair: SimPair, count: int) -> Message:
    """Many files of a byte each."""
    stretches = tuple(Part(hashlib.sha256(b"%d" % n).hexdigest(), 0, 1, 1) for n in range(count))
    return head(pair, Body(parts=stretches), data=bytes(count))


def acknowledgement(pair: SimPair, count: int) -> Message:
    """Many gaps and numbers that could not be read."""
    counters = pair.slave.store.counters(SYNC_ID)
    unreadable = tuple(Unreadable(n + 1, "x") for n in range(count))
    ack = Ack(1, counters.acked, counters.acked_digest, ((1, 2**53),) * count, unreadable)
    return head(pair, Body(), ack=ack)


KINDS = {made_of.__name__: made_of for made_of in (edits, creates, births, report, parts, acknowledgement)}


def cost(kind: str, count: int) -> tuple[int, int]:
    """Calls of the store, and bytes of memory at the peak, while the slave takes such a message."""
    pair = made(2)
    for number in range(5):
        pair.slave.tracker.user_edit(1, {"customer": f"{number}"}, "", "bob")
        pair.slave.cycle()
    message = KINDS[kind](pair, count)
    pair.wire.plant("m", name_of(message), sealed(message))
    counting = Counting(pair.slave.store)
    pair.slave.environment.store = counting
    tracemalloc.start()
    try:
        pair.slave.cycle()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert pair.wire.boxes["m"].aside == []
    assert not pair.slave.sync.suspended
    return sum(counting.calls.values()), peak


@pytest.mark.parametrize("kind", KINDS)
def test_work_grows_no_faster_than_the_message(kind: str) -> None:
    """Four times as much in it costs no more than four times the calls, and memory in proportion."""
    few, small = cost(kind, 60)
    many, large = cost(kind, 240)
    assert many <= 4.2 * few + 60
    assert large <= 5 * small + (1 << 20)


@pytest.mark.parametrize(
    ("kind", "most"), [("births", 10_000), ("report", 10_000), ("parts", 500), ("acknowledgement", 10_000)]
)
def test_the_largest_messages_are_taken_with_bounded_work(kind: str, most: int) -> None:
    """As many items as the limits allow."""
    calls, peak = cost(kind, most)
    assert calls < 6000
    assert peak < 64 << 20
