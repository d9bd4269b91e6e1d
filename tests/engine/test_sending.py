# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What waits to be acknowledged goes again when it should; what lies in the way holds back nothing."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from engine.forging import MINUTE, SECOND, head, made, sealed, tickets
from msgspec.structs import replace

from trac_issuesync.core.errors import Transient
from trac_issuesync.engine.link import Report
from trac_issuesync.engine.receive import receive
from trac_issuesync.engine.records import OutMessage
from trac_issuesync.testing.sim_judge import differences
from trac_issuesync.testing.sim_pair import SYNC_ID
from trac_issuesync.wire.messages import Ack, Unreadable
from trac_issuesync.wire.naming import ack_name


def test_a_folder_that_was_gone_for_hours_is_used_within_a_minute_of_its_return(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What could not be handed over was not sent, so its pauses do not grow."""
    pair = made(1)

    def gone(name: str, data: bytes) -> None:
        raise Transient("The folder SEND is missing.", "folder-missing")

    link = pair.master.link()
    with monkeypatch.context() as patched:
        patched.setattr(type(link.channel), "deliver", lambda self, name, data: gone(name, data))
        pair.master.tracker.user_edit(1, {"customer": "new"}, "", "alice")
        for _ in range(6 * 60):
            assert pair.master.cycle() is not None
            pair.clock.advance(MINUTE)
        (waiting,) = pair.master.store.messages(SYNC_ID)
        assert waiting.problem == "The folder SEND is missing."
        assert waiting.attempts == 0
    pair.clock.advance(MINUTE)
    pair.master.cycle()
    pair.slave.cycle()
    assert tickets(pair.slave)[1].values["customer"] == "new"
    assert pair.master.store.messages(SYNC_ID)[0].problem == ""


def test_an_acknowledgement_never_reads_all_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before a partner that is away for weeks the messages of a whole project may wait."""
    pair = made(1)
    for _ in range(3):
        pair.master.tracker.user_edit(1, {}, "one more", "alice")
        pair.clock.advance(SECOND)
        pair.master.cycle()
    store = pair.master.store
    plain = store.messages

    def some(sync: str, numbers: Sequence[int] | None = None) -> list[OutMessage]:
        assert numbers is not None
        return plain(sync, numbers)

    pair.slave.cycle()
    pair.clock.advance(MINUTE)
    with monkeypatch.context() as patched:
        patched.setattr(store, "messages", some)
        receive(pair.master.link(), Report())
    assert store.messages(SYNC_ID) == []
    pair.settle()
    assert differences(pair) == []


def test_a_message_both_acknowledged_and_called_unreadable_counts_as_stored() -> None:
    """A partner that contradicts itself stops nothing."""
    pair = made(2)
    pair.slave.tracker.user_edit(1, {"customer": "new"}, "", "bob")
    pair.clock.advance(SECOND)
    pair.slave.cycle()
    pair.master.cycle()
    pair.wire.boxes["m"].parcels.clear()
    (waiting,) = pair.slave.store.messages(SYNC_ID)
    ack = Ack(1, waiting.number, waiting.digest, ((1, 2**53),), (Unreadable(waiting.number, "no"),))
    message = replace(head(pair), number=0, ack=ack)
    pair.wire.plant("m", ack_name(SYNC_ID, "m", "0" * 16), sealed(message))
    pair.slave.cycle()
    assert pair.slave.store.messages(SYNC_ID) == []
    pair.settle()
    assert differences(pair) == []


def test_a_message_that_cannot_be_removed_holds_back_none_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is stored, told as a problem, and dropped as a duplicate once it can be removed."""
    pair = made(2)
    box = pair.wire.boxes["m"]
    for text in ("one", "two", "three"):
        pair.master.tracker.user_edit(1, {}, text, "alice")
        pair.clock.advance(SECOND)
        pair.master.cycle()
    first = min(parcel.name for parcel in box.parcels)
    link = pair.slave.link()
    plain = type(link.channel).done

    def done(channel: object, handle: str) -> None:
        if first in [parcel.name for parcel in box.parcels if parcel.handle == handle]:
            raise Transient("The first one cannot be removed.", "no-permission")
        plain(link.channel, handle)

    with monkeypatch.context() as patched:
        patched.setattr(type(link.channel), "done", done)
        report = pair.slave.cycle()
    assert report.problems == ["The first one cannot be removed."]
    assert [e.new for e in tickets(pair.slave)[1].log] == ["one", "two", "three"]
    assert [parcel.name for parcel in box.parcels] == [first]
    pair.settle()
    assert differences(pair) == []


def test_stopping_counts_before_the_next_step_of_a_cycle(monkeypatch: pytest.MonkeyPatch) -> None:
    """What arrives in a cycle during which somebody says stop does not enter any more, nor do edits leave."""
    pair = made(1)
    pair.master.tracker.user_edit(1, {}, "from the master", "alice")
    pair.master.cycle()
    pair.slave.tracker.user_edit(1, {}, "from the slave", "bob")
    link = pair.slave.link()
    plain = type(link.channel).done

    def done(channel: object, handle: str) -> None:
        plain(link.channel, handle)
        pair.slave.stop()

    with monkeypatch.context() as patched:
        patched.setattr(type(link.channel), "done", done)
        pair.slave.cycle()
    assert [e.new for e in tickets(pair.slave)[1].log] == ["from the slave"]
    assert pair.slave.store.count_inbox(SYNC_ID) == (1, 0)
    assert pair.slave.store.count_waiting(SYNC_ID) == 0
    pair.slave.start()
    pair.settle()
    assert differences(pair) == []
