# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""How fast this machine is just now, for readers who compare two tables."""

from __future__ import annotations

import os
import tempfile
import time
from statistics import median

__all__ = ["calibration", "machine"]

_ROUNDS = 5
_SYNCS = 200
_LOOPS = 200_000


def calibration() -> tuple[float, float]:
    """Milliseconds for a fixed loop of Python, and for one small write with fdatasync; medians."""
    return median(_loop() for _ in range(_ROUNDS)), median(_sync() for _ in range(_ROUNDS))


def machine() -> str:
    """Processors and load in words; figures taken on a busy machine say less."""
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} processors, load average {load:.1f} at the start"


def _loop() -> float:
    begun = time.perf_counter()
    total = 0
    for number in range(_LOOPS):
        total += number & 7
    return (time.perf_counter() - begun) * 1e3


def _sync() -> float:
    with tempfile.TemporaryFile() as file:
        begun = time.perf_counter()
        for _ in range(_SYNCS):
            os.write(file.fileno(), b"x" * 100)
            os.fdatasync(file.fileno())
        return (time.perf_counter() - begun) * 1e3 / _SYNCS
