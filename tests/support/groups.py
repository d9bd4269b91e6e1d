# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Seconds and tests per folder of tests/, told at the end of a run."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

__all__ = ["LONG", "Report", "group_of", "group_table"]

LONG = ("e2e", "protections", "packaging", "faults", "worker", "commands")
"""Groups whose files take long, in the order in which they had better begin."""


class Report(Protocol):
    """What is used of pytest's test reports: one each for set-up, call and tear-down of a test."""

    nodeid: str
    when: str | None
    duration: float


def group_of(nodeid: str) -> str:
    """Return the folder of tests/ that a test lies in, or its file when it lies in none."""
    return nodeid.split("::", 1)[0].removeprefix("tests/").split("/", 1)[0]


def group_table(reports: Iterable[Report]) -> list[str]:
    """Return one line per group, slowest first: seconds in all and by phase, tests called, name."""
    seconds: Mapping[str, Counter[str]] = defaultdict(Counter)
    called: Counter[str] = Counter()
    for report in reports:
        group = group_of(report.nodeid)
        seconds[group][report.when or "?"] += report.duration
        called[group] += report.when == "call"
    order = sorted(seconds, key=lambda group: (-seconds[group].total(), group))
    return [_line(group, seconds[group], called[group]) for group in order]


def _line(group: str, seconds: Counter[str], called: int) -> str:
    phases = ", ".join(f"{when} {seconds[when]:.2f}" for when in ("setup", "call", "teardown"))
    return f"{seconds.total():8.2f} s  ({phases})  {called:5d} tests  {group}"
