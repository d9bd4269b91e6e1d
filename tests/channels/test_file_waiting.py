# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A sync tool that copies without renaming: half a copy is waited for, and one given up is set aside."""

from __future__ import annotations

from pathlib import Path

import pytest
from channels.file_pair import HOUR, LIMIT, MINUTE, SECOND, Exchange

from trac_issuesync.channels.frame import HEADER_LIMIT, frame


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    """Two ends."""
    return Exchange(tmp_path)


def _codes(exchange: Exchange) -> list[str]:
    return [code for code, _ in exchange.log]


def test_a_copy_that_grows_byte_by_byte(exchange: Exchange) -> None:
    """It is never taken before its last byte, never set aside while it grows, and then taken at once."""
    raw = frame(b"a sealed message")
    exchange.path(1).touch()
    for byte in raw:
        assert exchange.fetched() == []
        exchange.clock.advance(9 * MINUTE)
        with exchange.path(1).open("ab") as file:
            file.write(bytes([byte]))
    assert exchange.fetched() == [b"a sealed message"]
    assert exchange.kept() == []
    assert _codes(exchange) == ["incomplete"]


def test_half_a_copy_is_set_aside_after_ten_minutes(exchange: Exchange) -> None:
    """At rest for ten minutes it is moved away with its reason, and not a second earlier."""
    half = frame(b"a sealed message")[:-3]
    exchange.path(1).write_bytes(half)
    assert exchange.fetched() == []
    exchange.clock.advance(10 * MINUTE - SECOND)
    assert exchange.fetched() == []
    assert exchange.path(1).exists()
    exchange.clock.advance(SECOND)
    assert exchange.fetched() == []
    assert not exchange.path(1).exists()
    assert [path.read_bytes() for path in exchange.kept()] == [half]
    assert _codes(exchange) == ["incomplete", "incomplete"]
    assert str(exchange.kept()[0]) in exchange.log[-1][1]


def test_waiting_is_told_once(exchange: Exchange) -> None:
    """The log says once that a file is waited for, not at every look."""
    exchange.path(1).write_bytes(b"ISX1 ")
    for _ in range(5):
        assert exchange.fetched() == []
        exchange.clock.advance(MINUTE)
    assert _codes(exchange) == ["incomplete"]


def test_half_a_copy_holds_back_no_other(exchange: Exchange) -> None:
    """Messages beside it are taken, before and after it is set aside, and it does not count for the limit."""
    exchange.path(1).write_bytes(b"half")
    exchange.a.deliver(exchange.path(2).stem, b"two")
    assert [found.data for found in exchange.b.fetch(1)] == [b"two"]
    exchange.clock.advance(HOUR)
    assert [found.data for found in exchange.b.fetch(1)] == [b"two"]
    assert len(exchange.kept()) == 1


def test_reserved_length(exchange: Exchange) -> None:
    """A copy whose whole length is reserved first is waited for while it is filled, at the same size."""
    raw = frame(b"x" * 200)
    exchange.path(1).write_bytes(bytes(len(raw)))
    for filled in range(40, len(raw), 40):
        assert exchange.fetched() == []
        exchange.clock.advance(9 * MINUTE)
        with exchange.path(1).open("r+b") as file:
            file.write(raw[:filled])
    exchange.path(1).write_bytes(raw)
    assert exchange.fetched() == [b"x" * 200]
    assert exchange.kept() == []


def test_completed_before_it_is_due(exchange: Exchange) -> None:
    """A file completed since the last look is taken when its time is up, and not set aside unread."""
    raw = frame(b"mapped")
    exchange.path(1).write_bytes(bytes(len(raw)))
    assert exchange.fetched() == []
    exchange.path(1).write_bytes(raw)
    exchange.clock.advance(10 * MINUTE)
    assert exchange.fetched() == [b"mapped"]


def test_a_clock_set_back_starts_anew(exchange: Exchange) -> None:
    """A clock that jumps back does not make a file wait until the old time is reached again."""
    exchange.path(1).write_bytes(b"half")
    assert exchange.fetched() == []
    exchange.clock.advance(-1000 * HOUR)
    assert exchange.fetched() == []
    exchange.clock.advance(10 * MINUTE)
    assert exchange.fetched() == []
    assert len(exchange.kept()) == 1


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": 1}', b"\xff\xfe", b"null", b'{"a": [1, 2]}'])
def test_a_damaged_note_does_no_harm(exchange: Exchange, content: bytes) -> None:
    """If the notes cannot be read the waiting starts anew."""
    exchange.path(1).write_bytes(b"half")
    assert exchange.fetched() == []
    (note,) = exchange.aside.glob(".waiting-*")
    note.write_bytes(content)
    exchange.clock.advance(HOUR)
    assert exchange.fetched() == []
    assert exchange.kept() == []
    exchange.clock.advance(HOUR)
    assert exchange.fetched() == []
    assert len(exchange.kept()) == 1


def test_damaged_content(exchange: Exchange) -> None:
    """A file of the right length with one bit wrong is never taken for a message and is set aside in time."""
    raw = bytearray(frame(b"a sealed message"))
    raw[-1] ^= 1
    exchange.path(1).write_bytes(raw)
    assert exchange.fetched() == []
    assert _codes(exchange) == ["damaged"]
    exchange.clock.advance(10 * MINUTE)
    assert exchange.fetched() == []
    assert len(exchange.kept()) == 1


@pytest.mark.parametrize("size", [LIMIT + HEADER_LIMIT + 1, 10**8])
def test_too_large_is_set_aside_at_once_and_not_read(exchange: Exchange, size: int) -> None:
    """A file that cannot be a message by its size alone goes at once."""
    with exchange.path(1).open("wb") as file:
        file.truncate(size)
    assert exchange.fetched() == []
    assert _codes(exchange) == ["too-large"]
    assert [path.stat().st_size for path in exchange.kept()] == [size]


def test_ten_thousand_files(exchange: Exchange) -> None:
    """A long queue is taken in order, a limited part at a time, to its end."""
    for number in range(1, 10_001):
        exchange.path(number).write_bytes(frame(b"%d" % number))
    seen: list[int] = []
    channel = exchange.b
    while found := list(channel.fetch(700)):
        assert len(found) <= 700
        for one in found:
            seen.append(int(one.data))
            channel.done(one.handle)
    assert seen == list(range(1, 10_001))
