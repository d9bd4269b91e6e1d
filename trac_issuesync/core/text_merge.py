# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Three-way merge of text and merge of lists, over common lines and words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

__all__ = ["list_items", "merge_lists", "merge_text"]

_SEPARATORS = re.compile(r"[\s,;]+")
# Even where equal and different lines take turns, which is the worst, that is a matter of seconds.
_MOST_PAIRS = 40_000


def list_items(value: str) -> list[str]:
    """The words of a list field, in order, each once."""
    return list(dict.fromkeys(item for item in _SEPARATORS.split(value) if item))


def merge_lists(base: str, mine: str, theirs: str) -> str:
    """``mine`` with what ``theirs`` added to and removed from ``base``; in my order and style."""
    old, new = set(list_items(base)), list_items(theirs)
    removed = old - set(new)
    kept = [item for item in list_items(mine) if item not in removed]
    there = old.union(kept)
    added = [item for item in new if item not in there]
    separator = ", " if "," in mine or ("," in theirs and not mine.strip()) else " "
    return separator.join(kept + added)


def merge_text(base: str, mine: str, theirs: str) -> str | None:
    """Both edits of ``base`` joined by whole lines, or None where they touch the same lines differently.

    None also where lines repeat so often that comparing them would take long.
    """
    if mine == theirs or theirs == base:
        return mine
    if mine == base:
        return theirs
    old, ours, others = (text.splitlines(keepends=True) for text in (base, mine, theirs))
    in_mine, in_theirs = _positions(old, ours), _positions(old, others)
    if in_mine is None or in_theirs is None:
        return None
    merged: list[str] = []
    start = (0, 0, 0)
    for stable in _stable_runs((len(old), len(ours), len(others)), in_mine, in_theirs):
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
    ends: tuple[int, int, int], in_mine: Mapping[int, int], in_theirs: Mapping[int, int]
) -> list[tuple[int, int, int, int]]:
    """Runs of lines common to all three: (in base, in mine, in theirs, length); the ends as an empty run."""
    runs: list[tuple[int, int, int, int]] = []
    for at in sorted(in_mine.keys() & in_theirs.keys()):
        here = (at, in_mine[at], in_theirs[at])
        if runs:
            last = runs[-1]
            if all(last[i] + last[3] == here[i] for i in range(3)):
                runs[-1] = (*last[:3], last[3] + 1)
                continue
        runs.append((*here, 1))
    runs.append((*ends, 0))
    return runs


def _positions(base: Sequence[str], other: Sequence[str]) -> dict[int, int] | None:
    """Where the lines of ``base`` stand in ``other``; None if that would take too long to find out.

    difflib's time grows with the pairs of equal lines, and a partner may send a quarter of a million blank
    ones while the ticket is locked. Equal ends are paired without it, so most edits leave little to compare.
    """
    most = min(len(base), len(other))
    head = next((i for i in range(most) if base[i] != other[i]), most)
    most -= head
    tail = next((i for i in range(most) if base[-1 - i] != other[-1 - i]), most)
    old, new = base[head : len(base) - tail], other[head : len(other) - tail]
    counts = Counter(new)
    if sum(counts[line] for line in old) > _MOST_PAIRS:
        return None
    found = {i: i for i in range(head)}
    for a, b, size in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        found.update((head + a + i, head + b + i) for i in range(size))
    found.update((len(base) - 1 - i, len(other) - 1 - i) for i in range(tail))
    return found
