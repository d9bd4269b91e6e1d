# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Three-way merge of text and merge of lists, over common lines and words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

__all__ = ["list_items", "merge_lists", "merge_text"]

_SEPARATORS = re.compile(r"[\s,;]+")


def list_items(value: str) -> list[str]:
    """The words of a list field, in order, each once."""
    return list(dict.fromkeys(item for item in _SEPARATORS.split(value) if item))


def merge_lists(base: str, mine: str, theirs: str) -> str:
    """``mine`` with what ``theirs`` added to and removed from ``base``; in my order and style."""
    old, new = set(list_items(base)), list_items(theirs)
    removed = old - set(new)
    kept = [item for item in list_items(mine) if item not in removed]
    added = [item for item in new if item not in old and item not in kept]
    separator = ", " if "," in mine or ("," in theirs and not mine.strip()) else " "
    return separator.join(kept + added)


def merge_text(base: str, mine: str, theirs: str) -> str | None:
    """Both edits of ``base`` joined by whole lines, or None where they touch the same lines differently."""
    if mine == theirs or theirs == base:
        return mine
    if mine == base:
        return theirs
    old, ours, others = (text.splitlines(keepends=True) for text in (base, mine, theirs))
    merged: list[str] = []
    start = (0, 0, 0)
    for stable in _stable_runs(old, ours, others):
        upto, length = stable[:3], stable[3]
        part = _join(old[start[0] : upto[0]], ours[start[1] : upto[1]], others[start[2] : upto[2]])
        if part is None:
            return None
        merged += part
        merged += old[upto[0] : upto[0] + length]
        start = (upto[0] + length, upto[1] + length, upto[2] + length)
    return "".join(merged)


def _join(base: list[str], mine: list[str], theirs: list[str]) -> list[str] | None:
    if mine == theirs or theirs == base:
        return mine
    return theirs if mine == base else None


def _stable_runs(
    base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]
) -> list[tuple[int, int, int, int]]:
    """Runs of lines common to all three: (in base, in mine, in theirs, length); the ends as an empty run."""
    in_mine = _positions(base, mine)
    in_theirs = _positions(base, theirs)
    runs: list[tuple[int, int, int, int]] = []
    for at in sorted(in_mine.keys() & in_theirs.keys()):
        here = (at, in_mine[at], in_theirs[at])
        if runs:
            last = runs[-1]
            if all(last[i] + last[3] == here[i] for i in range(3)):
                runs[-1] = (*last[:3], last[3] + 1)
                continue
        runs.append((*here, 1))
    runs.append((len(base), len(mine), len(theirs), 0))
    return runs


def _positions(base: Sequence[str], other: Sequence[str]) -> dict[int, int]:
    blocks = SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()
    return {a + i: b + i for a, b, size in blocks for i in range(size)}
