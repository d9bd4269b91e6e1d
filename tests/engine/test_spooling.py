# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A partner cannot fill the disk with bytes, the tables with stretches, or the channel with requests."""

from __future__ import annotations

import hashlib

import msgspec
import pytest
from engine.forging import MINUTE, SECOND, a_good_message_passes, made, problems, strange, utter
from engine.test_attachments import DATA, attach, bodies, carry, files, quiet, small_messages
from engine.test_bad_changes import send_parts

from trac_issuesync.core.model import AttachmentInfo, ChangeKind
from trac_issuesync.engine import attachments_in
from trac_issuesync.engine.link import Pace
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair, SimSide
from trac_issuesync.wire.codec import decode, decode_body
from trac_issuesync.wire.messages import Body, Missing, Part, Report

DAY = 24 * 60 * MINUTE


def bounded(pair: SimPair, **bounds: int) -> SimPair:
    """Both sides with other bounds."""
    for side in pair.sides:
        side.pace = msgspec.structs.replace(side.pace, **bounds)
    return pair


def spooled(side: SimSide) -> int:
    """Bytes in the spool."""
    return sum(len(data) for data in side.spool.files.values())


def stretches(side: SimSide) -> int:
    """Rows about bytes in the spool."""
    blobs = side.store.blobs(SYNC_ID, outgoing=False)
    return sum(len(side.store.parts(SYNC_ID, blob.sha256)) for blob in blobs)


def taken(pair: SimPair, parts: tuple[Part, ...], data: bytes) -> None:
    """The slave takes these bytes out of a message of their own."""
    send_parts(pair, parts, data)
    with pair.master.store.transaction():
        counters = pair.master.store.counters(SYNC_ID)
        pair.master.store.save_counters(
            SYNC_ID, msgspec.structs.replace(counters, message=counters.message + 1)
        )
    pair.slave.cycle()


def sha(number: int) -> str:
    """The digest of some content that no side has."""
    return hashlib.sha256(b"%d" % number).hexdigest()


def missing(pair: SimPair) -> set[str]:
    """The contents of which the slave has said that they are missing."""
    link = pair.master.link()
    told = [decode_body(decode(link.sealer.open(data))) for _, data in pair.wire.boxes["s"].history[1:]]
    return {item.sha256 for body in told for item in body.control if isinstance(item, Missing)}


def announce(pair: SimPair, size: int, digest: str) -> None:
    """The slave hears of an attachment on ticket 1."""
    info = AttachmentInfo("a.bin", size, digest)
    utter(pair.master, Body((strange(pair.master, kind=ChangeKind.ATTACHMENT, attachment=info),)))
    pair.master.cycle()
    pair.slave.cycle()
    pair.clock.advance(SECOND)


def test_bytes_that_nobody_announced_are_kept_within_bounds_and_the_rest_is_told() -> None:
    """They may have overtaken their announcement, but no more than may be under way; good messages pass."""
    pair = bounded(made(2), most_early=3 * 4096 - 1)
    utter(pair.master, Body())
    for number in range(50):
        taken(pair, (Part(sha(number), 0, 1000, 1000),), bytes(1000))
    assert spooled(pair.slave) == 2000
    assert len(pair.slave.store.blobs(SYNC_ID, outgoing=False)) == 2
    told = [line for line in pair.slave.store.log(SYNC_ID) if line.event == "passed"]
    assert len(told) == 48
    assert told[0].text.startswith("1 parts of attachments were not kept")


def test_a_file_that_overtook_its_announcement_and_did_not_fit_is_asked_for_again() -> None:
    """The bound costs time, never the file."""
    pair = bounded(made(1), most_early=3 * 4096 + 500)
    small_messages(pair, 1000)
    attach(pair, "a.bin")
    pair.master.cycle()
    parcels = pair.hold(pair.master)
    for parcel in parcels[::-1]:
        pair.release(pair.master, [parcel])
        pair.slave.cycle()
    assert files(pair.slave) == {}
    for _ in range(4):
        pair.clock.advance(11 * MINUTE)
        pair.settle()
    quiet(pair)
    assert files(pair.slave) == {"a.bin": DATA}


def test_bytes_that_were_announced_need_no_allowance() -> None:
    """However large the file is."""
    pair = bounded(made(1), most_early=0)
    small_messages(pair, 1000)
    attach(pair, "a.bin")
    carry(pair, lambda index, name, body: not body.parts)
    pair.clock.advance(2 * MINUTE)
    pair.settle()
    assert files(pair.slave) == {"a.bin": DATA}
    quiet(pair)


@pytest.mark.parametrize("length", [0, 1, 7])
def test_tiny_stretches_do_not_fill_the_table(length: int) -> None:
    """Nor do stretches of no length, or ones that are here already."""
    pair = made(2)
    announce(pair, 9000, sha(1))
    for first in range(0, 9000, 450):
        parts = tuple(Part(sha(1), (first + n) % 8990, length, 9000) for n in range(450))
        taken(pair, parts, bytes(450 * length))
    assert stretches(pair.slave) <= 100 + 9
    assert not pair.slave.sync.suspended


def test_a_part_that_tells_another_size_than_the_first_is_not_kept() -> None:
    """Or nobody could say how large the file may grow."""
    pair = made(2)
    announce(pair, 9, sha(1))
    taken(pair, (Part(sha(1), 0, 3, 9),), b"abc")
    taken(pair, (Part(sha(1), 100_000, 3, 200_000),), b"abc")
    assert spooled(pair.slave) == 3


def test_bytes_that_are_here_are_not_written_over() -> None:
    """A stretch that comes again, changed, changes nothing."""
    pair = made(2)
    announce(pair, 6, hashlib.sha256(b"abcdef").hexdigest())
    digest = hashlib.sha256(b"abcdef").hexdigest()
    taken(pair, (Part(digest, 0, 3, 6),), b"abc")
    taken(pair, (Part(digest, 1, 2, 6),), b"XX")
    taken(pair, (Part(digest, 3, 3, 6),), b"def")
    assert files(pair.slave) == {"a.bin": b"abcdef"}


def test_more_files_than_there_is_room_for_come_one_after_the_other() -> None:
    """One of any size may be under way; the others are asked for when it has arrived."""
    pair = bounded(made(1), most_spooled=15_000)
    small_messages(pair, 1000)
    contents = {f"{n}.bin": bytes([n]) * 10_000 for n in range(3)}
    for name, data in contents.items():
        attach(pair, name, data)
    pair.master.cycle()
    # The last part of each is late, so that all three would lie in the spool at once.
    parcels = pair.hold(pair.master)
    late = [name for name, body in bodies(pair) if any(p.offset + p.length == p.total for p in body.parts)]
    pair.release(pair.master, [parcel for parcel in parcels if parcel[0] not in late])
    pair.slave.cycle()
    assert spooled(pair.slave) <= 15_000
    pair.settle(rounds=200)
    assert files(pair.slave) == contents
    quiet(pair)


def test_a_file_of_which_a_stretch_never_comes_is_asked_for_again() -> None:
    """The sender believes that all has arrived; ten quiet minutes later the receiver asks."""
    pair = made(1)
    announce(pair, 6, hashlib.sha256(b"abcdef").hexdigest())
    pair.master.tracker.user_attach(1, "own.bin", b"abcdef", "alice")
    taken(pair, (Part(hashlib.sha256(b"abcdef").hexdigest(), 0, 3, 6),), b"abc")
    pair.clock.advance(11 * MINUTE)
    for _ in range(3):
        pair.slave.cycle()
        pair.clock.advance(11 * MINUTE)
    asked = pair.slave.store.messages(SYNC_ID)
    assert any(hashlib.sha256(b"abcdef").hexdigest().encode() in message.body for message in asked)


def test_requests_are_answered_up_to_so_many_a_report_and_a_day() -> None:
    """The log says what has to wait; the next day brings new room."""
    pair = bounded(made(2), most_wanted=10, most_wanted_a_day=25)

    def ask(first: int) -> int:
        """How many answers a report brings that asks for 100 contents."""
        before = len(missing(pair))
        utter(pair.master, Body(report=Report(wanted=tuple(sha(first + n) for n in range(100)))))
        pair.master.cycle()
        pair.slave.cycle()
        pair.clock.advance(SECOND)
        return len(missing(pair)) - before

    assert [ask(first) for first in (0, 100, 200, 300)] == [10, 10, 5, 0]
    assert problems(pair.slave)[0].text.endswith("of 100 attachments; 100 of them have to wait.")
    pair.clock.advance(DAY)
    assert ask(400) == 10
    a_good_message_passes(pair)


def test_a_clock_that_was_set_back_ends_the_day() -> None:
    """Or nothing would be answered until it is right again."""
    pair = bounded(made(2), most_wanted_a_day=0)
    with pair.slave.store.transaction():
        counters = pair.slave.store.counters(SYNC_ID)
        ahead = msgspec.structs.replace(counters, asked=2000, asked_since=pair.clock.now() + 9 * DAY)
        pair.slave.store.save_counters(SYNC_ID, ahead)
    bounded(pair, most_wanted_a_day=2000)
    utter(pair.master, Body(report=Report(wanted=(sha(1),))))
    pair.master.cycle()
    pair.slave.cycle()
    assert missing(pair) == {sha(1)}


def test_bounds_leave_room_for_what_an_honest_partner_has_under_way() -> None:
    """As many parts as may be unacknowledged, each as large as messages are by default."""
    pace = Pace()
    assert pace.most_early >= pace.parts_under_way * (1 << 20)


def test_bytes_for_what_is_not_taken_are_not_kept() -> None:
    """Or they would lie here for ever, and use up what may come before it is announced."""
    pair = made(3)
    pair.slave.tracker.user_delete(1)
    attach(pair, "a.bin")
    attach(pair, "b.bin", DATA * 2)
    pair.settle()
    assert spooled(pair.slave) == stretches(pair.slave) == 0
    quiet(pair)
    a_good_message_passes(pair)


def test_bytes_wait_for_their_announcement_however_many_changes_wait_before_it() -> None:
    """A whole project may come faster than it can be applied; its files must not be sent twice for that."""
    pair = bounded(made(1), most_early=0, turn=-1)
    small_messages(pair, 1000)
    contents = {f"{n}.bin": bytes([n]) * 3000 for n in range(5)}
    for name, data in contents.items():
        pair.master.tracker.user_attach(1, name, data, "alice")
    bounded(pair, turn=SECOND)
    pair.master.cycle()
    bounded(pair, turn=-1)
    pair.slave.cycle()
    assert spooled(pair.slave) == 15_000
    bounded(pair, turn=SECOND)
    pair.slave.cycle()
    assert files(pair.slave) == contents
    quiet(pair)


def test_what_is_here_is_stored_however_much_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes come in an order of their own; those for later attachments must not fill the spool meanwhile."""
    monkeypatch.setattr(attachments_in, "_PENDING", 2)
    pair = made(1)
    for number in range(3):
        announce(pair, 100 + number, sha(number))
    attach(pair, "late.bin")
    pair.master.cycle()
    pair.slave.cycle()
    assert files(pair.slave) == {"late.bin": DATA}
    pair.slave.cycle()
    assert spooled(pair.slave) == 0
