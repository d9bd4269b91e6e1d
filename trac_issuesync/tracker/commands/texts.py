# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""How numbers, times, names and tables read in a terminal. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

__all__ = ["count", "grouped", "listed", "moment", "paragraph", "printable", "size", "table"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_WIDTH = 79


def printable(text: str) -> str:
    """The text with everything that could steer a terminal shown as a question mark."""
    return "".join(char if char.isprintable() else "?" for char in text)


def moment(time: int) -> str:
    """A time in microseconds for a person, to the second, or ``never`` for 0."""
    if not time:
        return "never"
    return (_EPOCH + timedelta(microseconds=time)).strftime("%Y-%m-%d %H:%M:%S UTC")


def count(number: int, one: str, many: str = "") -> str:
    """``1 ticket``, ``2 tickets``."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def size(number: int) -> str:
    """Bytes for a person."""
    if number < 10_000:
        return f"{number} bytes"
    return f"{number / 1e6:.1f} MB" if number >= 1_000_000 else f"{number / 1e3:.0f} kB"


def grouped(fingerprint: str) -> str:
    """A fingerprint in groups of four digits."""
    return " ".join(textwrap.wrap(fingerprint, 4))


def listed(label: str, items: Sequence[str]) -> list[str]:
    """A list of names under a label, wrapped."""
    text = ", ".join(printable(item) for item in items) or "none"
    wrapped = textwrap.wrap(text, _WIDTH - 14, break_long_words=False, break_on_hyphens=False)
    return [f"  {label if not at else '':<12}{line}" for at, line in enumerate(wrapped)]


def paragraph(text: str, indent: str = "") -> list[str]:
    """Prose, wrapped for a terminal."""
    return textwrap.wrap(
        printable(text),
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns as wide as their widest cell; the last one as long as it is."""
    cells = [tuple(map(printable, row)) for row in (head, *rows)]
    widths = [max(len(row[at]) for row in cells) for at in range(len(head))]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in cells
    ]
