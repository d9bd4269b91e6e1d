# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Attachments arrive whole, once, or are left out with a reason, whatever happens to their bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import BinaryIO

import pytest
from engine.forging import MINUTE, SECOND, made, problems, said, tickets
from msgspec import Raw
from msgspec.structs import replace

from trac_issuesync.core.errors import Denied, Transient
from trac_issuesync.core.model import AttachmentRow
from trac_issuesync.engine.records import AttachmentRecord, AttachmentState, Settings
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair, SimSide
from trac_issuesync.testing.sim_tickets import SimLimits
from trac_issuesync.wire.codec import decode, decode_body, encode
from trac_issuesync.wire.messages import Body

DATA = bytes(range(256)) * 40


def attach(pair: SimPair, name: str, data: bytes = DATA, side: SimSide | None = None) -> None:
    """A file on ticket 1 by alice; a second passes."""
    (side or pair.master).tracker.user_attach(1, name, data, "alice")
    pair.clock.advance(SECOND)


def files(side: SimSide, number: int = 1) -> dict[str, bytes]:
    """The attachments of a ticket with their bytes."""
    found = {}
    for row in tickets(side)[number].attachments:
        stream = side.tracker.open_attachment(number, row.filename)
        assert stream is not None
        found[row.filename] = stream.read()
        assert len(found[row.filename]) == row.size
    return found


def records(side: SimSide, number: int = 1) -> list[AttachmentRecord]:
    """What a side has on record of a ticket's attachments."""
    return side.store.attachments(SYNC_ID, [number]).get(number, [])


def small_messages(pair: SimPair, size: int) -> None:
    """Let the master's messages hold this many bytes."""
    with pair.master.store.transaction():
        sync = pair.master.sync
        pair.master.store.save_sync(replace(sync, settings=replace(sync.settings, max_message=size)))


def bodies(pair: SimPair) -> list[tuple[str, Body]]:
    """What the master has said so far, in order."""
    link = pair.slave.link()
    return [
        (name, decode_body(decode(link.sealer.open(data)))) for name, data in pair.wire.boxes["m"].history
    ]


def carry(pair: SimPair, passes: Callable[[int, str, Body], bool], rounds: int = 1) -> None:
    """Cycles in which only those of the master's messages arrive that pass; the others are lost."""
    link = pair.slave.link()
    for _ in range(rounds):
        pair.master.cycle()
        box = pair.wire.boxes["m"]
        opened = [(p, decode_body(decode(link.sealer.open(p.data)))) for p in box.parcels]
        box.parcels = [p for i, (p, body) in enumerate(opened) if passes(i, p.name, body)]
        pair.slave.cycle()
        pair.clock.advance(SECOND)


def quiet(pair: SimPair) -> None:
    """Everything is delivered, nothing is left over, and a day brings nothing new."""
    assert pair.settle() < 60
    before = [said(side) for side in pair.sides]
    for _ in range(30):
        pair.clock.advance(48 * MINUTE)
        for side in pair.sides:
            side.cycle()
    assert [said(side) for side in pair.sides] == before
    for side in pair.sides:
        assert not side.sync.suspended
        assert side.spool.files == {}
        assert side.store.blobs(SYNC_ID, outgoing=True) == side.store.blobs(SYNC_ID, outgoing=False) == []


@pytest.mark.parametrize("size", [0, 1, 1000, 1001, 10_240])
def test_a_file_of_any_size_arrives_in_parts(size: int) -> None:
    """Parts of a thousand bytes; an empty file is a file too."""
    pair = made(1)
    small_messages(pair, 1000)
    attach(pair, "a.bin", DATA[:size])
    quiet(pair)
    assert files(pair.slave) == {"a.bin": DATA[:size]}
    lengths = [part.length for _, body in bodies(pair) for part in body.parts]
    assert sum(lengths) == size
    assert max(lengths) <= 1000


@pytest.mark.parametrize("lost", range(11))
def test_a_lost_part_is_sent_again(lost: int) -> None:
    """Whichever it is, the announcement too."""
    pair = made(1)
    small_messages(pair, 1000)
    attach(pair, "a.bin")
    carry(pair, lambda index, name, body: index != lost)
    quiet(pair)
    assert files(pair.slave) == {"a.bin": DATA}


def test_parts_may_come_before_their_announcement_doubled_and_backwards() -> None:
    """The bytes wait for the change; once stored, nothing of them is left in the spool."""
    pair = made(1)
    small_messages(pair, 1000)
    attach(pair, "a.bin")
    pair.master.cycle()
    box = pair.wire.boxes["m"]
    parcels = [(parcel.name, parcel.data) for parcel in box.parcels]
    box.parcels.clear()
    for name, data in parcels[::-1]:
        pair.wire.plant("m", name, data)
        pair.wire.plant("m", name, data)
        pair.slave.cycle()
        pair.wire.plant("m", name, data)
        pair.slave.cycle()
    quiet(pair)
    assert files(pair.slave) == {"a.bin": DATA}


def test_bytes_damaged_in_the_spool_are_asked_for_again() -> None:
    """A disk that forgets: thrown away, told in the log, and sent once more."""
    pair = made(1)
    small_messages(pair, 1000)
    attach(pair, "a.bin")
    carry(pair, lambda index, name, body: index != 5)
    (digest,) = pair.slave.spool.files
    pair.slave.spool.files[digest][17] ^= 1
    quiet(pair)
    assert files(pair.slave) == {"a.bin": DATA}
    assert any(line.event == "damaged" for line in problems(pair.slave))


def test_identical_content_travels_once() -> None:
    """Under other names, on another ticket, and back from the partner."""
    pair = made(2)
    attach(pair, "a.bin")
    attach(pair, "b.bin")
    pair.master.tracker.user_attach(2, "c.bin", DATA, "alice")
    quiet(pair)
    attach(pair, "d.bin", side=pair.slave)
    quiet(pair)
    assert files(pair.slave) == files(pair.master) == dict.fromkeys(("a.bin", "b.bin", "d.bin"), DATA)
    assert files(pair.slave, 2) == {"c.bin": DATA}
    assert sum(part.length for _, body in bodies(pair) for part in body.parts) == len(DATA)
    assert all(len(data) < len(DATA) for _, data in pair.wire.boxes["s"].history)


def test_two_files_of_the_same_microsecond_both_arrive() -> None:
    """Time and side name an attachment on the wire; a program that attaches two at once needs two names."""
    pair = made(1)
    at = pair.clock.now()
    for name in ("a.txt", "b.txt", "c.txt"):
        pair.master.tracker.user_attach(1, name, name.encode(), "alice", at)
    pair.clock.advance(SECOND)
    quiet(pair)
    assert files(pair.slave) == {name: name.encode() for name in ("a.txt", "b.txt", "c.txt")}
    times = sorted(row.time for row in tickets(pair.slave)[1].attachments)
    assert times == [at, at + 1, at + 2]


def test_a_replaced_file_is_replaced() -> None:
    """The old bytes go, the new ones stand under the same name."""
    pair = made(1)
    attach(pair, "a.bin")
    quiet(pair)
    pair.master.tracker.user_detach(1, "a.bin")
    attach(pair, "a.bin", b"new")
    quiet(pair)
    assert files(pair.slave) == {"a.bin": b"new"}


def test_a_file_that_is_only_removed_stays_at_the_partner() -> None:
    """Deletion is not mirrored; nothing is said of it."""
    pair = made(1)
    attach(pair, "a.bin")
    quiet(pair)
    pair.master.tracker.user_detach(1, "a.bin")
    quiet(pair)
    assert files(pair.slave) == {"a.bin": DATA}
    assert files(pair.master) == {}


def test_the_same_name_on_both_sides_keeps_both_files() -> None:
    """Each side's own stays; the other's takes the next free name."""
    pair = made(1)
    attach(pair, "a.txt", b"master's")
    attach(pair, "a.txt", b"slave's", pair.slave)
    quiet(pair)
    assert files(pair.master) == {"a.txt": b"master's", "a.2.txt": b"slave's"}
    assert files(pair.slave) == {"a.txt": b"slave's", "a.2.txt": b"master's"}


@pytest.mark.parametrize(("over", "arrives"), [(0, True), (1, False)])
def test_a_file_over_the_receivers_limit_is_left_out_with_a_reason(over: int, arrives: bool) -> None:
    """Told in the sender's log, where the limit is known from the handshake; no byte travels."""
    pair = SimPair()
    pair.slave.tracker.limits = SimLimits(attachment=1000)
    pair.connect()
    pair.master.tracker.user_create({"summary": "t"}, "alice")
    pair.settle()
    attach(pair, "big.bin", DATA[: 1000 + over])
    attach(pair, "small.bin", b"small")
    quiet(pair)
    assert ("big.bin" in files(pair.slave)) is arrives
    assert files(pair.slave)["small.bin"] == b"small"
    if not arrives:
        assert any(
            line.event == "skipped" and "the partner takes at most 1000" in line.text
            for line in problems(pair.master)
        )


def test_a_limit_lowered_since_the_handshake_counts_at_the_receiver() -> None:
    """Announced and refused there: a reason on record, the rest goes on, nothing is asked for."""
    pair = made(1)
    pair.slave.tracker.limits = SimLimits(attachment=1000)
    attach(pair, "big.bin")
    attach(pair, "small.bin", b"small")
    quiet(pair)
    assert files(pair.slave) == {"small.bin": b"small"}
    skipped = {r.filename: r.reason for r in records(pair.slave) if r.state is AttachmentState.SKIPPED}
    assert skipped == {"big.bin": "it has 10240 bytes, more than the 1000 allowed in this project"}
    assert any(line.event == "skipped" and "big.bin" in line.text for line in problems(pair.slave))


def test_without_permission_to_append_the_file_is_left_out() -> None:
    """The synchronization user's permissions bound the partner."""
    pair = made(1)
    pair.slave.tracker.denied.add(("issuesync", "TICKET_APPEND"))
    attach(pair, "a.bin")
    quiet(pair)
    assert files(pair.slave) == {}
    assert "TICKET_APPEND" in records(pair.slave)[0].reason


def test_a_file_missing_in_the_project_is_told_and_skipped() -> None:
    """A row without its file: the others of the ticket go."""
    pair = made(1)
    attach(pair, "gone.bin")
    attach(pair, "b.bin", b"b")
    with pair.master.environment.database.transaction():
        pair.master.environment.database.content.drop(1, "gone.bin")
    quiet(pair)
    assert files(pair.slave) == {"b.bin": b"b"}
    assert any("its file is missing" in line.text for line in problems(pair.master))


def announced(pair: SimPair, name: str, data: bytes = DATA) -> None:
    """A file of which the announcement has arrived; the disk of the channel is full at its bytes."""
    attach(pair, name, data)
    real, full = pair.wire.accept, [False]

    def accept(side: str, name: str, data: bytes) -> None:
        if full[0]:
            raise Transient("The disk is full.")
        full[0] = True
        real(side, name, data)  # type: ignore[arg-type]

    pair.wire.accept = accept  # type: ignore[method-assign]
    pair.master.cycle()
    pair.wire.accept = real  # type: ignore[method-assign]
    pair.slave.cycle()


@pytest.mark.parametrize("moment", ["before it was sent", "after it was sent", "after it arrived"])
def test_a_file_removed_before_its_bytes_are_acknowledged_is_left_out_and_told(moment: str) -> None:
    """Nobody waits for ever, nothing suspends, and the other attachments and edits go on."""
    pair = made(1)
    if moment == "before it was sent":
        announced(pair, "gone.bin")
    elif moment == "after it was sent":
        attach(pair, "gone.bin")
        carry(pair, lambda index, name, body: bool(body.changes))
    else:
        attach(pair, "gone.bin")
        carry(pair, lambda index, name, body: True)
        pair.wire.boxes["s"].parcels.clear()
    pair.master.tracker.user_detach(1, "gone.bin")
    pair.clock.advance(10 * MINUTE)
    attach(pair, "b.bin", b"b")
    pair.master.tracker.user_edit(1, {"customer": "on"}, "", "alice")
    quiet(pair)
    arrived = moment == "after it arrived"
    assert files(pair.slave) == {**({"gone.bin": DATA} if arrived else {}), "b.bin": b"b"}
    assert tickets(pair.slave)[1].values["customer"] == "on"
    if not arrived:
        (record,) = [r for r in records(pair.slave) if r.state is AttachmentState.SKIPPED]
        assert (record.filename, record.reason) == ("gone.bin", "the partner no longer has its bytes")
        assert any(line.event == "skipped" and "gone.bin" in line.text for line in problems(pair.slave))


def test_a_file_altered_on_disk_after_its_announcement_ends_in_a_reason_not_in_a_loop() -> None:
    """Its bytes never match; they are sent, asked for once more, found to be others, and left out."""
    pair = made(1)
    attach(pair, "a.bin")
    announced(pair, "b.bin", b"before")
    with pair.master.environment.database.transaction():
        pair.master.environment.database.content.put(1, "b.bin", b"behind")
    quiet(pair)
    assert files(pair.slave) == {"a.bin": DATA}
    assert "b.bin" in {r.filename for r in records(pair.slave) if r.state is AttachmentState.SKIPPED}
    assert any(line.event == "missing" and "b.bin" in line.text for line in problems(pair.master))


def test_a_ticket_deleted_while_the_bytes_are_under_way_takes_no_file() -> None:
    """The attachment is skipped with that reason, and the spool is emptied."""
    pair = made(2)
    small_messages(pair, 1000)
    attach(pair, "a.bin")
    carry(pair, lambda index, name, body: index != 3)
    pair.slave.tracker.user_delete(1)
    pair.settle()
    pair.clock.advance(25 * 60 * MINUTE)
    quiet(pair)
    assert set(tickets(pair.slave)) == {2}
    assert [record.reason for record in records(pair.slave)] == ["the ticket was deleted here"]


def test_a_message_that_cannot_be_read_becomes_void_and_its_changes_travel_under_new_numbers() -> None:
    """Damaged at its source, so that every repetition is refused: nothing waits for ever."""
    pair = made(1)
    before = pair.master.store.counters(SYNC_ID).message
    pair.master.tracker.user_edit(1, {"customer": "x" * 20}, "said", "alice")
    attach(pair, "a.bin")
    pair.master.cycle()
    spoilt = {m.number: m for m in pair.master.store.messages(SYNC_ID)}
    first = spoilt[before + 1]
    real = pair.wire.accept

    def spoil(side: str, name: str, data: bytes) -> None:
        link = pair.slave.link()
        if side == "m" and name.endswith(f"{first.number:010d}"):
            message = decode(link.sealer.open(data))
            if bytes(message.body) == first.body:
                data = pair.master.link().sealer.seal(_nonsense(message))
        real(side, name, data)  # type: ignore[arg-type]

    pair.wire.boxes["m"].parcels.clear()
    pair.wire.accept = spoil  # type: ignore[method-assign]
    pair.clock.advance(30 * MINUTE)
    quiet(pair)
    assert tickets(pair.slave)[1].values["customer"] == "x" * 20
    assert [e.new for e in tickets(pair.slave)[1].log if e.field == "comment"] == ["said"]
    assert files(pair.slave) == {"a.bin": DATA}
    assert any(line.event == "unreadable" for line in problems(pair.master))
    assert any("is void" in line.text for line in pair.slave.store.log(SYNC_ID))


def _nonsense(message: object) -> bytes:
    return encode(replace(message, body=Raw(b'{"changes":[7]}')))  # type: ignore[type-var]


def test_a_hundred_attachments_of_a_new_ticket_all_arrive() -> None:
    """In few messages, each file once, with author and time."""
    pair = SimPair(settings=Settings(max_message=1 << 20))
    number = pair.master.tracker.user_create({"summary": "t"}, "alice")
    for index in range(100):
        pair.clock.advance(SECOND)
        attach(pair, f"{index}.txt", hashlib.sha256(bytes([index])).digest())
    pair.connect()
    quiet(pair)
    assert files(pair.slave, 1) == files(pair.master, number)
    assert len([body for _, body in bodies(pair)[1:] if body.parts]) <= 2


def test_a_copy_that_was_altered_here_does_not_stand_in_for_the_content() -> None:
    """Identical content is taken from a file of our own only while that still has the digest."""
    pair = made(1)
    attach(pair, "a.bin")
    quiet(pair)
    with pair.slave.environment.database.transaction():
        pair.slave.environment.database.content.put(1, "a.bin", bytes(len(DATA)))
    attach(pair, "b.bin")
    quiet(pair)
    assert files(pair.slave) == {"a.bin": bytes(len(DATA)), "b.bin": DATA}


def arriving(pair: SimPair, name: str = "a.bin", data: bytes = DATA) -> None:
    """An attachment of ticket 1 is announced to the slave, whose next cycle gets its bytes."""
    attach(pair, name, data)
    carry(pair, lambda index, name, body: not body.parts)


def test_a_file_that_cannot_be_stored_holds_back_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused by the tracker: left out with the reason; other files and edits go on."""
    pair = made(2)
    tracker = pair.slave.tracker
    plain = tracker.attach

    def refuse(number: int, row: AttachmentRow, content: BinaryIO, replaces: str) -> str:
        if row.filename == "a.bin":
            raise Denied("Trac refused the attachment a.bin: no.", "attachment")
        return plain(number, row, content, replaces)

    monkeypatch.setattr(tracker, "attach", refuse)
    attach(pair, "a.bin")
    attach(pair, "b.bin", b"others")
    pair.master.tracker.user_edit(2, {"customer": "new"}, "", "alice")
    quiet(pair)
    assert files(pair.slave) == {"b.bin": b"others"}
    assert tickets(pair.slave)[2].values["customer"] == "new"
    (skipped,) = [r for r in records(pair.slave) if r.state is AttachmentState.SKIPPED]
    assert skipped.reason == "storing it in this project failed: Trac refused the attachment a.bin: no"
    assert any("a.bin was left out" in line.text for line in problems(pair.slave))


def test_a_folder_that_cannot_be_written_now_holds_back_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file waits, is told as a problem, and is stored once that is possible."""
    pair = made(2)
    tracker = pair.slave.tracker

    def full(number: int, row: AttachmentRow, content: BinaryIO) -> AbstractContextManager[BinaryIO]:
        raise Transient("The disk is full; it is tried again by itself.", "disk-full")

    with monkeypatch.context() as patched:
        patched.setattr(tracker, "staged", full)
        attach(pair, "a.bin")
        pair.master.tracker.user_edit(2, {"customer": "new"}, "", "alice")
        pair.master.cycle()
        assert "The disk is full" in " ".join(pair.slave.cycle().problems)
        pair.settle()
        assert tickets(pair.slave)[2].values["customer"] == "new"
        assert files(pair.slave) == {}
    quiet(pair)
    assert files(pair.slave) == {"a.bin": DATA}


def test_bytes_that_come_after_a_deletion_do_not_land_on_the_next_ticket_of_that_number() -> None:
    """SQLite gives the newest deleted ticket's number again; the stranger gets no file."""
    pair = made(1)
    arriving(pair)
    pair.slave.tracker.user_delete(1)
    assert pair.slave.tracker.user_create({"summary": "a stranger"}, "bob") == 1
    pair.settle()
    quiet(pair)
    assert files(pair.slave, 1) == {}
