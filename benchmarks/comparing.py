# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The full comparison of a large project: what it costs, and what people notice of it meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch

from msgspec.structs import replace

from benchmarks.large import Resident, grow, resident
from benchmarks.pair import Pair, Worker, number
from benchmarks.report import Bound, Kind, Row, row
from tools import project, tracd
from tools.tracd import Server, wait_until
from tools.web_user import WebUser
from trac_issuesync.engine.link import Pace
from trac_issuesync.tracker import reader
from trac_issuesync.tracker.hints import Hints
from trac_issuesync.tracker.store.database import Database

__all__ = ["comparing_rows"]

NOT_SLOWER = Bound(Kind.AT_MOST, 1.2)
NOT_LONGER = Bound(Kind.AT_MOST, 50, "ms")
_WINDOWS = 10
_SECONDS = 2.5
_TICKETS = 100
_PACE = Pace(ack_delay=1_000_000)


def comparing_rows(pair: Pair, size: int) -> list[Row]:
    """One pass over ``size`` tickets in this process, then a worker's pass beside a web server."""
    grow(pair.acme, size)
    with resident(pair.acme) as side:
        side.cycle(_PACE)
        reads, cpu, longest = _pass(side)
        swept, stretches = _slow_sweep(side)
    name = f"comparing {size:,} tickets"
    beside = _beside_people(pair.acme)
    return [
        row(f"{name}, processor time", "s", [cpu]),
        row("... longest read transaction", "ms", [max(reads)], bound=NOT_LONGER, judged=max(reads)),
        row("... median read transaction", "ms", [median(reads)]),
        row("... longest cycle", "ms", [longest]),
        row("... processor time of the slower sweep", "ms", [swept]),
        row("... its longest read", "ms", [max(stretches)], bound=NOT_LONGER, judged=max(stretches)),
        *(
            row(f"... {what} meanwhile, against an idle worker", "ms", *figures, bound=NOT_SLOWER)
            for what, figures in beside.items()
        ),
    ]


def _pass(side: Resident) -> tuple[list[float], float, float]:
    """Milliseconds of each read, seconds of processor time, and milliseconds of the longest cycle."""
    _compare(side, begin=True)
    begun, longest = time.process_time(), 0.0
    with _timed_reads() as reads:
        while True:
            before = time.perf_counter()
            ran = side.cycle(_PACE)
            longest = max(longest, (time.perf_counter() - before) * 1e3)
            if ran.report.busy or ran.report.problems:
                raise AssertionError(f"the comparison found something: {ran.report}")
            if not ran.report.comparing:
                return reads, time.process_time() - begun, longest


def _slow_sweep(side: Resident) -> tuple[float, list[float]]:
    begun = time.process_time()
    with _timed_reads() as reads:
        side.links.tracker.touched_since(2**60)
    return (time.process_time() - begun) * 1e3, reads


@contextmanager
def _timed_reads() -> Iterator[list[float]]:
    """Milliseconds of every transaction that only reads."""
    taken: list[float] = []

    def timed(begin: Callable[..., Any]) -> Callable[..., Any]:
        @contextmanager
        def measured(*values: Any) -> Iterator[Any]:
            begun = time.perf_counter()
            with begin(*values) as given:
                yield given
            taken.append((time.perf_counter() - begun) * 1e3)

        return measured

    rows = Database.rows

    def statement(self: Database, *values: Any) -> Any:
        begun = time.perf_counter()
        try:
            return rows(self, *values)
        finally:
            taken.append((time.perf_counter() - begun) * 1e3)

    with (
        patch.object(reader, "one_snapshot", timed(reader.one_snapshot)),
        patch.object(reader, "_learning", timed(reader._learning)),
        patch.object(Database, "rows", statement),
    ):
        yield taken


def _beside_people(env: Path) -> dict[str, tuple[list[float], list[float]]]:
    """Milliseconds of pages while a worker compares, and while it is idle: medians of windows in turn."""
    server = Server(env.parent, env.name)
    passwords = project.write_passwords(server.passwords, ("alice",))
    found: dict[str, tuple[list[float], list[float]]] = {"viewing a ticket": ([], []), "saving it": ([], [])}
    with resident(env) as side:
        _compare(side, begin=False)
        worker = Worker(env)
        try:
            user = WebUser(tracd.start(server), "alice", passwords["alice"])
            _window(user, 0)
            for turn in range(_WINDOWS):
                for place, comparing in enumerate((True, False)):
                    _switch(side, begin=comparing)
                    views, saves = _window(user, 2 * turn + place)
                    found["viewing a ticket"][place].append(views)
                    found["saving it"][place].append(saves)
                    if comparing and not _upto(env):
                        raise AssertionError("the comparison was over before the pages were")
        finally:
            worker.stop()
            tracd.stop(server)
    return found


def _window(user: WebUser, turn: int) -> tuple[float, float]:
    """Medians of viewing, and of opening, saving and seeing tickets one after the other for a while."""
    views, saves = [], []
    end = time.perf_counter() + _SECONDS
    ticket = turn
    while time.perf_counter() < end:
        ticket = ticket % _TICKETS + 1
        begun = time.perf_counter()
        user.view(ticket)
        viewed = time.perf_counter()
        user.edit(ticket, f"Window {turn}.")
        views.append((viewed - begun) * 1e3)
        saves.append((time.perf_counter() - viewed) * 1e3)
    return median(views), median(saves)


def _switch(side: Resident, *, begin: bool) -> None:
    """Have the worker compare from now on, or not; it may be storing how far it came just now."""
    env = Path(side.links.env.path)

    def switched() -> bool:
        _compare(side, begin=begin)
        Hints(str(env)).wake()
        time.sleep(0.6)
        return bool(_upto(env)) is begin

    if not wait_until(switched, 30):
        raise AssertionError("the worker does not do as it should")


def _compare(side: Resident, *, begin: bool) -> None:
    store, now = side.links.store, side.links.clock.now()
    with store.transaction():
        counters = store.counters(side.sync.id)
        compared = 1 if begin else now
        store.save_counters(side.sync.id, replace(counters, compared=compared, compared_upto=0))


def _upto(env: Path) -> int:
    return number(env, "SELECT json_extract(data, '$.compared_upto') FROM issuesync_counters")
