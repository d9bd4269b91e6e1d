# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Names of people: never an address on the other side, and a reporter comes home as who left."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trac_issuesync.core.authors import (
    author_label,
    author_name,
    partner_label,
    reporter_here,
    reporter_on_wire,
)
from trac_issuesync.core.model import Side
from trac_issuesync.core.text import clean_line

ODD = st.sampled_from("@() :<>,\n\x00\ud800ms")
ANY = st.text(st.characters(codec=None, categories=None) | ODD, max_size=120)
NAMES = st.from_regex(r"[a-z][a-z.:-]{0,10}( [a-z]{1,5})?", fullmatch=True)
LABELS = st.from_regex(r"[A-Za-z][A-Za-z .]{0,10}[A-Za-z]", fullmatch=True)


@given(ANY, ANY)
def test_a_label_never_looks_like_an_address(author: str, label: str) -> None:
    """Trac mails whatever holds an @ between other characters: no label holds one at all."""
    shown = author_label(author, label)
    assert "@" not in shown
    assert shown == clean_line(shown)
    assert len(shown) <= 203
    assert re.fullmatch(r".+ \([^()]+\)", shown)


@given(ANY, ANY)
def test_nobody_is_shown_under_a_bare_name(author: str, label: str) -> None:
    """A partner's author is never equal to a local login by accident: the label is always there."""
    assert author_label(author, label).endswith(f" ({partner_label(label)})")


@pytest.mark.parametrize(
    ("author", "name"),
    [
        ("alice", "alice"),
        ("alice@example.org", "alice"),
        ("Ann <ann@example.org>", "Ann <ann"),
        ("", "anonymous"),
        ("@example.org", "anonymous"),
        ("a\nb", "a b"),
        ("x" * 500, "x" * 100),
    ],
)
def test_the_domain_of_an_address_stays_at_home(author: str, name: str) -> None:
    """What leaves of an author is the name alone, in one line and bounded."""
    assert author_name(author) == name


@given(NAMES, LABELS, LABELS, st.sampled_from(Side))
def test_a_reporter_comes_home_as_who_left(name: str, label_there: str, label_here: str, side: Side) -> None:
    """A to B to A gives the very same name, and B shows it with A's label."""
    wire = reporter_on_wire(name, side, label_here)
    there = reporter_here(wire, side.other, label_there)
    assert there == author_label(name, label_there)
    again = reporter_on_wire(there, side.other, label_there)
    assert again == wire
    assert reporter_here(again, side, label_here) == name


@given(NAMES, LABELS, st.sampled_from(Side))
def test_a_partners_user_chosen_here_goes_home_without_our_label(name: str, label: str, side: Side) -> None:
    """Who picks "alice (ACME)" as the reporter here means the partner's alice."""
    assert reporter_on_wire(author_label(name, label), side, label) == f"{side.other.letter}:{name}"


@given(ANY, st.sampled_from(Side), LABELS)
def test_whatever_comes_as_a_reporter_is_shown_without_an_address(value: str, side: Side, label: str) -> None:
    """A hostile reporter cannot make this project mail a stranger."""
    assert "@" not in reporter_here(value, side, label)


def test_nobody_stays_nobody() -> None:
    """An empty reporter is empty on both sides."""
    assert reporter_on_wire("", Side.MASTER, "GLOBEX") == ""
    assert reporter_here("", Side.MASTER, "GLOBEX") == ""


def test_a_partner_without_a_usable_name_is_called_partner() -> None:
    """Brackets and signs cannot break the label open."""
    assert partner_label("(@)") == "partner"
    assert partner_label("A (B) @ C") == "A B C"
