# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Routing names: what is built is read back, sorts by number, and nothing else passes for a name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trac_issuesync.wire.naming import (
    Name,
    ack_name,
    file_name,
    hello_name,
    message_name,
    parse,
    parse_file_name,
)

SYNC = "0123456789abcdef0123"
DIGEST = "00ff00ff00ff00ff"

sync_ids = st.text("0123456789abcdef", min_size=20, max_size=20)
digests = st.text("0123456789abcdef", min_size=16, max_size=16)
numbers = st.integers(1, 9_999_999_999)


def test_the_documented_forms() -> None:
    """The names are exactly those the protocol documents."""
    assert message_name(SYNC, "m", 7) == f"{SYNC}-m-0000000007"
    assert ack_name(SYNC, "s", DIGEST) == f"{SYNC}-s-ack-{DIGEST}"
    assert hello_name(SYNC, DIGEST) == f"{SYNC}-s-hello-{DIGEST}"
    assert file_name(message_name(SYNC, "m", 7)) == f"{SYNC}-m-0000000007.isx"


@given(sync_ids, st.sampled_from("ms"), numbers, digests)
def test_what_is_built_is_read_back(sync: str, side: str, number: int, digest: str) -> None:
    """Parsing a built name gives its parts again, with and without the file's ending."""
    expected = {
        message_name(sync, side, number): Name(sync, side, "number", number=number),  # type: ignore[arg-type]
        ack_name(sync, side, digest): Name(sync, side, "ack", digest=digest),  # type: ignore[arg-type]
        hello_name(sync, digest): Name(sync, "s", "hello", digest=digest),
    }
    for name, parts in expected.items():
        assert parse(name) == parts
        assert parse_file_name(file_name(name)) == parts


@given(numbers, numbers)
def test_names_sort_as_numbers(one: int, other: int) -> None:
    """Sorting by name is sorting by number."""
    assert (message_name(SYNC, "m", one) < message_name(SYNC, "m", other)) == (one < other)


@pytest.mark.parametrize(
    "name",
    [
        "",
        SYNC,
        f"{SYNC}-m-0000000000",
        f"{SYNC}-m-7",
        f"{SYNC}-m-00000000071",
        f"{SYNC}-x-0000000007",
        f"{SYNC.upper()}-m-0000000007",
        f"{SYNC[1:]}-m-0000000007",
        f"{SYNC}-m-0000000007\n",
        f"{SYNC}-m-000000000٧",
        f"{SYNC}-m-hello-{DIGEST}",
        f"{SYNC}-m-ack-{DIGEST}0",
        f"../{SYNC}-m-0000000007",
        f".{SYNC}-m-0000000007",
        f"{SYNC}-m-0000000007 (conflicted copy)",
        f"{SYNC}-m-0000000007.isx",
        "\udcff",
    ],
)
def test_anything_else_is_not_a_name(name: str) -> None:
    """Copies, temporary names, other digits and paths are no message names."""
    assert parse(name) is None
    assert parse_file_name(name + ".tmp") is None


@pytest.mark.parametrize("number", [0, -1, 10**10])
def test_numbers_out_of_range_are_refused(number: int) -> None:
    """A number that would break the order of names is an error of the caller."""
    with pytest.raises(ValueError, match="out of range"):
        message_name(SYNC, "m", number)


def test_a_wrong_part_is_refused() -> None:
    """A sync id, side or digest of the wrong form cannot get into a name."""
    with pytest.raises(ValueError, match="not a message name"):
        message_name("../../etc", "m", 1)
    with pytest.raises(ValueError, match="not a message name"):
        message_name(SYNC, "master", 1)
    with pytest.raises(ValueError, match="not a message name"):
        ack_name(SYNC, "m", "xyz")
    with pytest.raises(ValueError, match="not a message name"):
        hello_name(SYNC, "")
