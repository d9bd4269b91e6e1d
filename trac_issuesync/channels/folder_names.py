# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the entries of an exchange directory are, judged by name and kind. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from trac_issuesync.wire.naming import parse_file_name

__all__ = ["Census", "Entry", "census"]

_HOUR = 3600 * 1_000_000


class Entry(Struct, frozen=True):
    """One entry: its name, whether it is a plain file, and when it was last written (microseconds)."""

    file: str
    plain: bool
    written: int


class Census(Struct, frozen=True):
    """The messages that belong here, those that run the wrong way, and what is no message at all."""

    messages: tuple[str, ...]
    wrong_side: tuple[str, ...]
    foreign: tuple[str, ...]


def census(entries: Iterable[Entry], sync_id: str, side: str, now: int) -> Census:
    """Sort the entries of a folder that should hold messages written by ``side`` of ``sync_id``.

    Messages of other synchronizations may share the folder and are in none of the lists, nor are dot-names
    younger than an hour: somebody may be writing under them.
    """
    messages: list[str] = []
    wrong_side: list[str] = []
    foreign: list[str] = []
    for entry in entries:
        name = parse_file_name(entry.file)
        if name is None or not entry.plain:
            if not _in_work(entry, now):
                foreign.append(entry.file)
        elif name.sync == sync_id:
            (messages if name.side == side else wrong_side).append(entry.file)
    return Census(tuple(messages), tuple(wrong_side), tuple(foreign))


def _in_work(entry: Entry, now: int) -> bool:
    return entry.plain and entry.file.startswith(".") and now - entry.written < _HOUR
