# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Merging lists and text: nothing that both sides kept is lost, and nothing is made up."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trac_issuesync.core.text_merge import list_items, merge_lists, merge_text

WORDS = st.lists(st.sampled_from("abcdefg"), max_size=6, unique=True)
STYLES = st.sampled_from([" ", ", ", ",", "; ", "\t"])
LISTS = st.builds(lambda words, style: style.join(words), WORDS, STYLES)
SMALL = st.text("ab\n", max_size=12)
TEXTS = st.one_of(SMALL, st.text(max_size=40), st.lists(st.sampled_from(["x", "y", "z", ""])).map("\n".join))


def test_list_items_are_the_words_each_once_in_order() -> None:
    """Commas, semicolons, blanks and line ends separate; nothing empty is an item."""
    assert list_items(" b, a;;a\n\tc,, b ") == ["b", "a", "c"]
    assert list_items(" ,; ") == []


@given(LISTS, LISTS, LISTS)
def test_a_merged_list_is_what_both_want(base: str, mine: str, theirs: str) -> None:
    """Exactly: what both have, what either added, and nothing that either took away."""
    b, m, t = (set(list_items(text)) for text in (base, mine, theirs))
    merged = list_items(merge_lists(base, mine, theirs))
    assert set(merged) == (m & t) | (m - b) | (t - b)
    assert Counter(merged) == Counter(set(merged))


@given(LISTS, LISTS, LISTS)
def test_merging_lists_from_either_side_gives_the_same_words(base: str, mine: str, theirs: str) -> None:
    """Only order and style follow the side that merges."""
    one, other = merge_lists(base, mine, theirs), merge_lists(base, theirs, mine)
    assert set(list_items(one)) == set(list_items(other))


@given(LISTS, LISTS)
def test_a_list_nobody_else_touched_is_theirs_or_mine(base: str, edited: str) -> None:
    """An edit on one side only is the result."""
    assert set(list_items(merge_lists(base, base, edited))) == set(list_items(edited))
    assert list_items(merge_lists(base, edited, base)) == list_items(edited)


@pytest.mark.parametrize(
    ("base", "mine", "theirs", "merged"),
    [
        ("", "x, y", "z", "x, y, z"),
        ("", "x y", "z", "x y z"),
        ("", "", "p, q", "p, q"),
        ("", " ", "p q", "p q"),
        ("a, b", "b, a", "a, b, c", "b, a, c"),
    ],
)
def test_a_merged_list_keeps_my_style_and_order(base: str, mine: str, theirs: str, merged: str) -> None:
    """A list with commas stays one with commas; where mine is empty, theirs gives the style."""
    assert merge_lists(base, mine, theirs) == merged


@given(TEXTS, TEXTS, TEXTS)
def test_merging_text_never_raises_and_does_not_depend_on_the_side(base: str, mine: str, theirs: str) -> None:
    """Any three texts merge or do not, and both sides see it alike."""
    assert merge_text(base, mine, theirs) == merge_text(base, theirs, mine)


@given(TEXTS, TEXTS)
def test_an_edit_on_one_side_only_is_the_result(base: str, edited: str) -> None:
    """So are two equal edits."""
    assert merge_text(base, edited, base) == edited
    assert merge_text(base, base, edited) == edited
    assert merge_text(base, edited, edited) == edited


@given(SMALL, SMALL, SMALL)
def test_a_merge_loses_no_line_that_both_kept_and_invents_none(base: str, mine: str, theirs: str) -> None:
    """Each line of the result comes from one of the edits; what each side added is there."""
    merged = merge_text(base, mine, theirs)
    if merged is None:
        return
    b, m, t, r = (Counter(text.splitlines(keepends=True)) for text in (base, mine, theirs, merged))
    assert r <= m + t
    assert set(r) <= set(m) | set(t)
    kept_by_both = b & m & t
    assert kept_by_both <= r


@given(
    lines=st.lists(st.integers(0, 999), min_size=6, max_size=12, unique=True),
    data=st.data(),
)
def test_edits_of_lines_apart_both_stand(lines: list[int], data: st.DataObject) -> None:
    """One edit in the first third and one in the last, of any kind: both are in the result."""
    third = len(lines) // 3
    first, middle, last = lines[:third], lines[third:-third], lines[-third:]
    edit = st.sampled_from(["replace", "insert", "delete"])
    mine_first = _edited(first, data.draw(edit), 1001)
    their_last = _edited(last, data.draw(edit), 2002)
    base, mine, theirs, wanted = (
        _text(part)
        for part in (
            first + middle + last,
            mine_first + middle + last,
            first + middle + their_last,
            mine_first + middle + their_last,
        )
    )
    assert merge_text(base, mine, theirs) == wanted


def _edited(lines: list[int], how: str, new: int) -> list[int]:
    if how == "replace":
        return [new, *lines[1:]]
    return [new, *lines] if how == "insert" else lines[1:]


def _text(lines: list[int]) -> str:
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize(
    ("base", "mine", "theirs"),
    [
        ("a\n", "m\n", "s\n"),  # one line, two edits
        ("a\nb\n", "m\nb\n", "s\nb\n"),
        ("a\n", "", "s\n"),  # removed against edited
        ("", "m", "s"),  # both wrote the first text
        ("a", "a\nm", "a\ns"),  # both added at the end
        ("a\nb\nc\n", "a\nm\nb\nc\n", "a\ns\nb\nc\n"),  # both added at the same place
    ],
)
def test_two_edits_of_the_same_place_are_not_joined(base: str, mine: str, theirs: str) -> None:
    """None says so: the policy decides, and nothing is silently doubled or dropped."""
    assert merge_text(base, mine, theirs) is None


def test_line_ends_of_browsers_survive() -> None:
    """CR LF stays CR LF in the lines that carry it."""
    assert merge_text("a\r\nb\r\nc\r\n", "A\r\nb\r\nc\r\n", "a\r\nb\r\nC\r\n") == "A\r\nb\r\nC\r\n"


def test_lines_that_repeat_by_the_thousand_are_not_compared() -> None:
    """A partner must not lock the database for hours; such texts count as edited in the same place."""
    base, mine, theirs = "\n" * 50_000, "a\n" + "\n" * 60_000 + "a", "b\n" + "\n" * 70_000 + "b"
    assert merge_text(base, mine, theirs) is None


def test_a_small_edit_of_a_long_text_with_many_equal_lines_is_merged() -> None:
    """Equal beginnings and ends cost nothing, however often their lines repeat."""
    lines = ["\n"] * 100_000
    mine, theirs = ["first\n", *lines], [*lines, "last\n"]
    merged = merge_text("".join(lines), "".join(mine), "".join(theirs))
    assert merged == "".join(["first\n", *lines, "last\n"])


def test_long_lists_merge_in_a_moment() -> None:
    """Each of a hundred thousand words is looked up, not searched for."""
    mine = " ".join(f"m{i}" for i in range(100_000))
    theirs = " ".join(f"t{i}" for i in range(100_000))
    assert len(list_items(merge_lists("", mine, theirs))) == 200_000
