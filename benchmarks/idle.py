# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a cycle costs when there is nothing to do."""

from __future__ import annotations

import time
from statistics import median

from trac.env import Environment

from benchmarks.pair import Pair
from benchmarks.report import Row, row
from trac_issuesync.engine.cycle import run_cycle
from trac_issuesync.engine.link import Pace
from trac_issuesync.tracker.links import Links

__all__ = ["idle_rows"]

_CYCLES = 50


def idle_rows(pair: Pair) -> list[Row]:
    """Processor time of one cycle over a pair in step."""
    env = Environment(str(pair.acme))
    try:
        with Links(env) as links:
            sync = links.find("globex")
            twins = links.store.count_twins(sync.id)
            taken = [_cycle(links) for _ in range(_CYCLES)]
            return [row(f"processor time of an idle cycle, {twins:,} twins", "ms", [median(taken[5:])])]
    finally:
        env.shutdown()


def _cycle(links: Links) -> float:
    begun = time.process_time()
    links.refresh()
    run_cycle(links.open(links.find("globex"), pace=Pace(ack_delay=1_000_000)))
    return (time.process_time() - begun) * 1e3
