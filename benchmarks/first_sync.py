# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The first synchronization, against Trac writing the same tickets one by one."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from trac.env import Environment
from trac.ticket.model import Ticket

from benchmarks.pair import Pair, bare, connected, difference, rows, workers
from benchmarks.report import Bound, Kind, Row, row
from benchmarks.workload import Planned, plan, write

__all__ = ["busy_rows", "first_rows", "in_step", "with_files"]

AT_LEAST_TRAC = Bound(Kind.AT_LEAST, 1.0)
NEVER = Bound(Kind.AT_MOST, 0, "failed saves")
_PAUSE = 0.05


@dataclass
class Round:
    """One synchronization: seconds, and what its workers used."""

    trac: float
    ours: float
    cpu: float
    peaks: tuple[float, ...]
    gpg: int
    size: int
    saves: list[float] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)


def first_rows(folder: Path, tickets: int, rounds: int) -> list[Row]:
    """Rate of ours and of Trac, in writes a second; leaves its pairs in ``folder``."""
    planned = plan(tickets)
    done = [_round(folder, planned) for _ in range(rounds)]
    writes = sum(1 + len(ticket.steps) for ticket in planned)
    changes = writes - len(planned)
    name = f"first synchronization, {tickets:,} tickets with {changes:,} changes"
    return [
        row(
            name,
            "writes/s",
            [writes / r.ours for r in done],
            [writes / r.trac for r in done],
            bound=AT_LEAST_TRAC,
        ),
        row("... from start until both are quiet", "s", [r.ours for r in done], [r.trac for r in done]),
        row(
            "... processor time of both workers with gpg, a write", "ms", [r.cpu / writes * 1e3 for r in done]
        ),
        row("... most memory of a worker", "MB", [max(r.peaks) for r in done]),
        row("... gpg runs of both sides", "runs", [float(r.gpg) for r in done]),
        row("... sealed bytes a write", "bytes", [r.size / writes for r in done]),
    ]


def with_files(folder: Path, tickets: int, rounds: int) -> list[Row]:
    """The same with a file of 20 kB for each ticket."""
    planned = plan(tickets, files=True)
    done = [_round(folder, planned) for _ in range(rounds)]
    writes = sum(2 + len(ticket.steps) for ticket in planned)
    name = f"first synchronization, {tickets:,} tickets, each with 5 changes and a file of 20 kB"
    return [row(name, "writes/s", [writes / r.ours for r in done], [writes / r.trac for r in done])]


def busy_rows(folder: Path, tickets: int) -> list[Row]:
    """Saves of people on both sides while the first synchronization runs."""
    done = _round(folder, plan(tickets), edits=True)
    for text in dict.fromkeys(done.failed):
        print(f"  a save failed: {text}")
    name = f"saves during a first synchronization of {tickets:,} tickets, that failed"
    longest = sorted(done.saves)[int(len(done.saves) * 0.99)]
    return [
        row(name, f"of {len(done.saves)}", [float(len(done.failed))], bound=NEVER, judged=len(done.failed)),
        row("... median of a save", "ms", [median(done.saves) * 1e3]),
        row("... 99 of 100 saves take less", "ms", [longest * 1e3]),
        row("... longest save", "ms", [max(done.saves) * 1e3]),
    ]


def in_step(folder: Path) -> Pair:
    """The last pair that ``first_rows`` left in a folder, or a small one made there."""
    if not folder.exists():
        _round(folder, plan(200))
    last = folder / str(len(list(folder.iterdir())))
    return Pair(last / "acme", last / "globex")


def _round(folder: Path, planned: Sequence[Planned], *, edits: bool = False) -> Round:
    # Each in a folder of its own: Trac keeps connections open by path, also to a database that is gone.
    pair = bare(folder / str(1 + (len(list(folder.iterdir())) if folder.exists() else 0)))
    trac = write(pair.acme, planned)
    connected(pair)
    saves: list[float] = []
    failed: list[str] = []
    with workers(pair) as both:
        begun = time.perf_counter()
        pair.start()
        if edits:
            _edit_meanwhile(pair, len(planned), saves, failed)
        pair.wait_until_quiet(len(planned))
        ours = time.perf_counter() - begun
        used = [worker.used() for worker in both]
    found = difference(pair)
    if found and not edits:
        raise AssertionError(f"{len(found)} differences after the synchronization, first: {found[0]}")
    lines = [line for path in (pair.acme, pair.globex) for line in _sent(path)]
    size = sum(int(line.get("size", 0)) for line in lines)
    peaks = tuple(one.peak for one in used)
    # Each message is sealed once and opened once.
    gpg = 2 * len(lines)
    print(f"  Trac {trac:.1f} s, ours {ours:.1f} s, processor {sum(one.cpu for one in used):.1f} s")
    return Round(trac, ours, sum(one.cpu for one in used), peaks, gpg, size, saves, failed)


def _edit_meanwhile(pair: Pair, tickets: int, saves: list[float], failed: list[str]) -> None:
    """One comment after the other, on both sides in turn, until the tickets are there."""
    envs = [Environment(str(path)) for path in (pair.acme, pair.globex)]
    try:
        turn = 0
        while not pair.quiet(tickets) and turn < 5000:
            turn += 1
            for env in envs:
                _save(env, turn, saves, failed)
            time.sleep(_PAUSE)
            if turn % 20 == 0 and all(_mirrored(env) >= tickets for env in envs):
                return
    finally:
        for env in envs:
            env.shutdown()


def _save(env: Environment, turn: int, saves: list[float], failed: list[str]) -> None:
    numbers = env.db_query("SELECT max(id) FROM ticket")
    most = numbers[0][0]
    if not most:
        return
    begun = time.perf_counter()
    try:
        Ticket(env, turn * 37 % most + 1).save_changes("alice", f"Meanwhile {turn}.")
    except Exception as error:
        failed.append(f"{type(error).__name__}: {error}")
    saves.append(time.perf_counter() - begun)


def _mirrored(env: Environment) -> int:
    return int(env.db_query("SELECT count(*) FROM issuesync_twin")[0][0])


def _sent(path: Path) -> list[dict[str, Any]]:
    lines = [json.loads(str(data)) for (data,) in rows(path, "SELECT data FROM issuesync_log")]
    return [line for line in lines if line["event"] == "sent"]
