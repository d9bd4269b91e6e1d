# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a cycle costs when there is nothing to do, in projects of several sizes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from trac.ticket.model import Ticket

from benchmarks.large import Resident, grow, resident, settle
from benchmarks.pair import Pair
from benchmarks.report import Bound, Kind, Row, row
from tools import project
from trac_issuesync.engine.link import Pace

__all__ = ["huge_rows", "idle_rows", "processor"]

AT_MOST = Bound(Kind.AT_MOST, 20, "ms")
NOT_TWICE = Bound(Kind.AT_MOST, 2.0)
_CYCLES = 60
_WARM = 5
_SLOW = 10
_EDITS = 10
_NEVER = 10**15
# As with a worker, but nothing waits for an acknowledgement and the other sweeps stay away.
_IDLE = Pace(ack_delay=_NEVER, slow_sweep_every=_NEVER, compare_every=_NEVER)


def idle_rows(few: Path, many: Path, sizes: tuple[int, int]) -> list[Row]:
    """An idle cycle of a project of the larger size, against one of the smaller, in turn."""
    for env, size in zip((few, many), sizes, strict=True):
        grow(env, size)
    with resident(few) as little, resident(many) as much:
        taken = _in_turn(little, much, _IDLE, _CYCLES)
    name = f"processor time of an idle cycle, {sizes[1]:,} twins against {sizes[0]:,}"
    return [
        row(name, "ms", [median(taken[1])], [median(taken[0])], bound=NOT_TWICE),
        row("... itself", "ms", [median(taken[1])], bound=AT_MOST, judged=median(taken[1])),
    ]


def huge_rows(few: Path, pair: Pair, size: int) -> list[Row]:
    """What a project of ``size`` tickets costs at rest, and one edit in it; told, not judged."""
    grow(pair.acme, size)
    with resident(few) as little, resident(pair.acme) as much, resident(pair.globex) as partner:
        settle([much, partner])
        idle = _in_turn(little, much, _IDLE, _CYCLES)
        slow = _in_turn(little, much, _slowly(_IDLE), _SLOW)
        edits = [_edit(much, partner, turn) for turn in range(_EDITS)]
    base = [median(idle[0])]
    name = f"processor time of an idle cycle, {size:,} twins"
    rows = [
        row(name, "ms", [median(idle[1])], base),
        row("... with the slower sweep, every five minutes", "ms", [median(slow[1])], [median(slow[0])]),
        row("... of both workers with gpg for one edit", "ms", [median(edits)]),
    ]
    for words in (("list",), ("show", "globex"), ("queue", "globex")):
        ours, theirs = (_command(env, *words) for env in (pair.acme, few))
        rows.append(row(f"... of the command {words[0]}", "ms", [ours], [theirs]))
    return rows


def _command(env: Path, *words: str) -> float:
    return processor(lambda: project.admin(env, "issuesync", *words))


def processor(act: Callable[[], object]) -> float:
    """Milliseconds of processor time that ``act`` takes, with the processes that it waits for."""
    before = sum(os.times()[:4])
    act()
    return (sum(os.times()[:4]) - before) * 1e3


def _slowly(pace: Pace) -> Pace:
    return Pace(ack_delay=pace.ack_delay, slow_sweep_every=0, compare_every=pace.compare_every)


def _in_turn(little: Resident, much: Resident, pace: Pace, cycles: int) -> tuple[list[float], list[float]]:
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(_WARM + cycles):
        for side, figures in zip((little, much), taken, strict=True):
            spent = _cycle(side, pace)
            if turn >= _WARM:
                figures.append(spent)
    return taken


def _cycle(side: Resident, pace: Pace) -> float:
    begun = time.process_time()
    ran = side.cycle(pace)
    taken = (time.process_time() - begun) * 1e3
    if ran.report.busy or ran.report.problems or ran.failed:
        raise AssertionError(f"the cycle was not idle: {ran.report}")
    return taken


def _edit(side: Resident, partner: Resident, turn: int) -> float:
    Ticket(side.links.env, turn + 1).save_changes("alice", f"Edit {turn}.")
    side.links.store.mark(side.sync.id, [turn + 1])

    def both() -> None:
        sent, applied = side.cycle(_IDLE).report.sent, partner.cycle(_IDLE).report.applied
        if (sent, applied) != (1, 1):
            raise AssertionError(f"the edit did not pass at once: sent {sent}, applied {applied}")

    return processor(both)
