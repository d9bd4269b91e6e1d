# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Twins shown in two columns: what differs is marked, and no script pushes the columns apart."""

from __future__ import annotations

import pytest

from tools.side_by_side import Shown, render, width_of


def shown(**fields: str) -> Shown:
    return Shown("acme #1", tuple(fields.items()), ("alice: hello",), ())


def test_only_differing_fields_carry_the_mark() -> None:
    """What differs or is there on one side only is marked; equal values are not; empty ones are left out."""
    lines = render(
        shown(status="new", type="task", keywords="a", cc=""), shown(status="closed", type="task"), 80
    )
    marked = {line.split(":")[0].strip() for line in lines if "≠" in line}
    assert marked == {"status", "keywords"}
    assert any(line.startswith("type: task") for line in lines)
    assert not any(line.startswith("cc") for line in lines)


@pytest.mark.parametrize(
    "text", ["登录页面在保存后显示空白" * 6, "e\u0301" * 90, "plain words " * 20, "🎉" * 70]
)
def test_columns_stay_in_line(text: str) -> None:
    """The dividing line stands in the same terminal column in every row, and no row is too wide."""
    lines = render(shown(summary=text), shown(summary=text), 90)
    places = {width_of(line.partition("│")[0]) for line in lines if "│" in line}
    assert len(places) == 1
    assert max(map(width_of, lines)) <= 90
    assert any("alice: hello" in line for line in lines)


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("登录", 4), ("e\u0301", 1), ("🎉", 2), ("a\u200bb", 2)]
)
def test_width_in_a_terminal(text: str, width: int) -> None:
    """Wide letters take two columns, marks and invisible letters none."""
    assert width_of(text) == width
