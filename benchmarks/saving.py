# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the plugin adds to saving a ticket: pairs of saves, one with and one without it, in turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from statistics import median

from trac.env import Environment
from trac.ticket.model import Ticket

from benchmarks.pair import bare, connected
from benchmarks.report import Bound, Kind, Row, row
from benchmarks.workload import plan
from trac_issuesync.tracker.hints import Hints
from trac_issuesync.tracker.wakeup import Bell

__all__ = ["saving_rows"]

AT_MOST = Bound(Kind.AT_MOST, 0.2, "ms more")
_WARM = 30


def saving_rows(folder: Path, pairs: int) -> list[Row]:
    """Insert and change, with the worker elsewhere (the hint is a line in a file) and in this process."""
    off = bare(folder / "off").acme
    on = connected(bare(folder / "on")).acme
    without, with_it = Environment(str(off)), Environment(str(on))
    try:
        made = _measure(without, with_it, pairs, "worker elsewhere")
        bell, hints = Bell(), Hints(str(on))
        hints.register(bell)
        try:
            return made + _measure(without, with_it, pairs, "worker in the process")
        finally:
            hints.unregister(bell)
    finally:
        without.shutdown()
        with_it.shutdown()


def _measure(without: Environment, with_it: Environment, pairs: int, where: str) -> list[Row]:
    rows = []
    for what, save in (("inserting a ticket", _insert), ("saving a change", _change)):
        ours, baseline = _pairs(without, with_it, save, pairs)
        more = median(a - b for a, b in zip(ours, baseline, strict=True))
        name = f"{what}, {where}, {pairs} pairs"
        middle = [median(ours)], [median(baseline)]
        rows.append(row(name, "ms", *middle, bound=AT_MOST, judged=more))
    return rows


def _pairs(
    without: Environment, with_it: Environment, save: Callable[[Environment, int], None], pairs: int
) -> tuple[list[float], list[float]]:
    """Milliseconds of each save with and without the plugin; which goes first is drawn for each pair."""
    rng = Random(3)
    taken: dict[bool, list[float]] = {True: [], False: []}
    for number in range(_WARM + pairs):
        order = [(True, with_it), (False, without)]
        rng.shuffle(order)
        for plugin, env in order:
            begun = time.perf_counter()
            save(env, number)
            taken[plugin].append((time.perf_counter() - begun) * 1e3)
    return taken[True][_WARM:], taken[False][_WARM:]


_VALUES = plan(1)[0].values


def _insert(env: Environment, number: int) -> None:
    ticket = Ticket(env)
    ticket.populate(_VALUES | {"summary": f"Ticket {number}", "reporter": "alice"})
    ticket.insert()


def _change(env: Environment, number: int) -> None:
    ticket = Ticket(env, number + 1)
    ticket["summary"] = f"{ticket['summary'][:40]} {number}"
    ticket["customer"] = f"Customer {number}"
    ticket.save_changes("alice", f"A comment with the number {number}. " * 10)
