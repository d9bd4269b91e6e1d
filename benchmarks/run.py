# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""All measures in one run: ``python benchmarks/run.py [measure ...]``; ``make bench`` runs all."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.report import Row

ROOT = Path(__file__).resolve().parent.parent

__all__ = ["main"]

_TICKETS = 2000
_ROUNDS = 3
_PAIRS = 400
_EDITS = 10
_FEW, _MANY, _HUGE, _COMPARED = 1_000, 10_000, 100_000, 50_000
_MEGABYTES = 200
_MEASURES = ("saving", "first", "visible", "busy", "files", "memory", "large")


def main(arguments: Sequence[str]) -> int:
    """Measure, print the table; exit status 0 if every promise was kept, else 1."""
    # A script finds its own folder only, and this module is run as one.
    for folder in (ROOT / "tests", ROOT):
        if str(folder) not in sys.path:
            sys.path.insert(0, str(folder))
    from benchmarks import report
    from benchmarks.calibration import calibration, machine

    parser = argparse.ArgumentParser(description="Measure the product against Trac itself.")
    parser.add_argument("measures", nargs="*", default=list(_MEASURES), help=", ".join(_MEASURES))
    parser.add_argument("--tickets", type=int, default=_TICKETS, help="of the first synchronization")
    parser.add_argument("--rounds", type=int, default=_ROUNDS, help="of the first synchronization")
    asked = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="bench"))
    found, begun = machine(), time.monotonic()
    loop, sync = calibration()
    rows: list[Row] = []
    try:
        for name in _MEASURES:
            if name in asked.measures:
                print(f"{name} ...", flush=True)
                rows += _measure(name)(folder, asked.tickets, asked.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    after, _ = calibration()
    print(f"\n{report.table(rows)}")
    print(f"{found}; a fixed loop of Python took {loop:.1f} ms before and {after:.1f} ms after,", end=" ")
    print(f"a write with fdatasync {sync:.2f} ms; all of it {time.monotonic() - begun:.0f} s.")
    for text in report.failed(rows):
        print(f"Missed: {text}", file=sys.stderr)
    return report.status(rows)


def _measure(name: str) -> Callable[[Path, int, int], list[Row]]:
    from benchmarks import comparing, first_sync, idle, large, memory, saving, visible

    def grown(folder: Path, tickets: int, rounds: int) -> list[Row]:
        few, many = large.small(folder / "few"), large.small(folder / "many")
        made = idle.idle_rows(few.acme, many.acme, (_FEW, _MANY))
        made += idle.huge_rows(few.acme, many, _HUGE)
        # Last, because what people save is looked at again for five minutes.
        return made + comparing.comparing_rows(few, _COMPARED)

    def seen(folder: Path, tickets: int, rounds: int) -> list[Row]:
        return visible.visible_rows(first_sync.in_step(folder / "first"), _EDITS)

    return {
        "saving": lambda folder, tickets, rounds: saving.saving_rows(folder / "saving", _PAIRS),
        "first": lambda folder, tickets, rounds: first_sync.first_rows(folder / "first", tickets, rounds),
        "visible": seen,
        "busy": lambda folder, tickets, rounds: first_sync.busy_rows(folder / "busy", tickets // 2),
        "files": lambda folder, tickets, rounds: first_sync.with_files(
            folder / "files", tickets // 4, rounds
        ),
        "memory": lambda folder, tickets, rounds: memory.memory_rows(folder / "memory", _MEGABYTES),
        "large": grown,
    }[name]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
