# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Seconds and tests per folder of tests/, told at the end of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

__all__ = ["Report", "group_of", "group_table"]


class Report(Protocol):
    """What is used of pytest's test reports: one each for set-up, call and tear-down of a test."""

    nodeid: str
    when: str | None
    duration: float


def group_of(nodeid: str) -> str:
    """Return the folder of tests/ that a test lies in, or its file when it lies in none."""
    return nodeid.split("::", 1)[0].removeprefix("tests/").split("/", 1)[0]


def group_table(reports: Iterable[Report]) -> list[str]:
    """Return one line per group, slowest first: name, seconds of all its phases, tests called."""
    seconds: Mapping[str, list[float]] = defaultdict(list)
    called: Mapping[str, list[str]] = defaultdict(list)
    for report in reports:
        group = group_of(report.nodeid)
        seconds[group].append(report.duration)
        called[group].extend([report.nodeid] * (report.when == "call"))
    order = sorted(seconds, key=lambda group: -sum(seconds[group]))
    return [f"{sum(seconds[group]):8.2f} s  {len(called[group]):5d} tests  {group}" for group in order]
