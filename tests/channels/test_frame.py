# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The frame: a whole file is read back, and no half or damaged one ever passes for a whole one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trac_issuesync.channels.frame import HEADER_LIMIT, Flaw, frame, unframe


@given(st.binary(max_size=3000))
def test_round_trip(data: bytes) -> None:
    """Any bytes come back unchanged, and the header stays within its limit."""
    assert unframe(frame(data), 3000) == data
    assert len(frame(data)) - len(data) <= HEADER_LIMIT


def test_every_beginning_of_a_file_is_incomplete() -> None:
    """A copy that grows byte by byte is incomplete until its last byte."""
    raw = frame(bytes(range(256)))
    for length in range(len(raw)):
        found = unframe(raw[:length], 256)
        assert isinstance(found, Flaw), length
        assert (found.code, found.waits) == ("incomplete", True), length
    assert unframe(raw, 256) == bytes(range(256))


@given(st.binary(min_size=1, max_size=300), st.data())
def test_one_changed_byte_never_passes(data: bytes, draw: st.DataObject) -> None:
    """Whatever byte is changed, header or content, the file is not taken for a whole one."""
    raw = bytearray(frame(data))
    at = draw.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= draw.draw(st.integers(1, 255))
    assert isinstance(unframe(bytes(raw), 10**12), Flaw)


@given(st.binary(max_size=300), st.integers(1, 300))
def test_reserved_space_is_not_content(data: bytes, cut: int) -> None:
    """A file that has its length already but zeros for its end is still waited for."""
    raw = frame(data + b"\x01")
    half = raw[: max(0, len(raw) - cut)].ljust(len(raw), b"\0")
    found = unframe(half, 1000)
    assert isinstance(found, Flaw)
    assert found.waits


@given(st.binary(max_size=400))
def test_any_bytes_give_an_answer(raw: bytes) -> None:
    """No content makes reading fail with an error."""
    unframe(raw, 100)


@pytest.mark.parametrize(
    ("raw", "code", "waits"),
    [
        (frame(b"x" * 11), "too-large", False),
        (b"ISX1 99999999999 " + b"0" * 64 + b"\n", "too-large", False),
        (frame(b"abc") + b"d", "damaged", True),
        (b"ISX2 3 whatever\nabc", "unknown-frame", True),
        (b"ISX1 03 " + b"0" * 64 + b"\nabc", "damaged", True),
        (b"ISX1 -3 " + b"0" * 64 + b"\nabc", "damaged", True),
        (b"-----BEGIN PGP MESSAGE-----\n", "damaged", True),
        (b"\0" * 500, "damaged", True),
        (b"", "incomplete", True),
    ],
)
def test_flaws_by_name(raw: bytes, code: str, waits: bool) -> None:
    """Each way to be wrong has its name, and only size is final at once."""
    found = unframe(raw, 10)
    assert isinstance(found, Flaw)
    assert (found.code, found.waits) == (code, waits)
