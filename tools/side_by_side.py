# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A ticket and its twin next to each other in a terminal, with what differs marked."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

from trac.attachment import Attachment
from trac.env import Environment
from trac.ticket.model import Ticket

__all__ = ["Shown", "load", "render", "width_of"]

HIDDEN = frozenset({"description", "test_plan", "time", "changetime", "cc"})
COMMENTS = 3
DIFFERENT = "≠"


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of one ticket: its fields as text, and its last comments and files, newest last."""

    title: str
    fields: tuple[tuple[str, str], ...]
    comments: tuple[str, ...]
    files: tuple[str, ...]


def load(env: Environment, number: int, project: str) -> Shown:
    """Read ticket ``number``. Raises Trac's ResourceNotFound if there is none."""
    ticket = Ticket(env, number)
    names = [field["name"] for field in ticket.fields if field["name"] not in HIDDEN]
    talk = [(author, text) for _, author, field, _, text, _ in ticket.get_changelog() if field == "comment"]
    files = Attachment.select(env, "ticket", number)
    return Shown(
        title=f"{project} #{number}",
        fields=tuple((name, _text(ticket[name])) for name in names),
        comments=tuple(f"{author}: {' '.join(text.split())}" for author, text in talk if text)[-COMMENTS:],
        files=tuple(f"{file.filename} ({file.size} bytes, {file.author})" for file in files)[-COMMENTS:],
    )


def render(left: Shown, right: Shown, width: int) -> list[str]:
    """Lines of two columns, together at most ``width`` (at least 60) wide; differing fields carry a mark."""
    column = (max(width, 60) - 5) // 2
    lines = [_row(left.title, right.title, " ", column), "─" * column + "─┬─" + "─" * (column + 2)]
    theirs = dict(right.fields)
    mine = dict(left.fields)
    for name in dict.fromkeys((*mine, *theirs)):
        a, b = mine.get(name, ""), theirs.get(name, "")
        if a or b:
            lines += _rows(f"{name}: {a}", f"{name}: {b}", a != b, column)
    for heading, ours, others in (
        ("last comments", left.comments, right.comments),
        ("files", left.files, right.files),
    ):
        if ours or others:
            lines.append(_row(f"── {heading}", "", " ", column))
        for a, b in zip_longest(ours, others, fillvalue=""):
            lines += _rows(a, b, False, column)
    return [line.rstrip() for line in lines]


def width_of(text: str) -> int:
    """Columns that ``text`` takes in a terminal: wide letters two, combining marks none."""
    return sum(_letter_width(letter) for letter in text)


def _letter_width(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _text(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())


def _rows(a: str, b: str, different: bool, column: int) -> Iterator[str]:
    mark = DIFFERENT if different else " "
    for left, right in zip_longest(_wrap(a, column), _wrap(b, column), fillvalue=""):
        yield _row(left, right, mark, column)


def _wrap(text: str, column: int) -> list[str]:
    """Lines that fit; text in wide letters is cut between letters."""
    lines: list[str] = []
    for part in textwrap.wrap(text, column) or [""]:
        line = ""
        for letter in part:
            if width_of(line) + _letter_width(letter) > column:
                lines.append(line)
                line = ""
            line += letter
        lines.append(line)
    return lines


def _row(a: str, b: str, mark: str, column: int) -> str:
    return f"{a}{' ' * (column - width_of(a))} │ {mark} {b}"
