# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Stretches of a file's bytes as (offset, length)."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["covers"]


def covers(stretches: Iterable[tuple[int, int]], start: int, end: int) -> bool:
    """True if ``stretches`` have all bytes from ``start`` up to ``end``; of no bytes, if there is any."""
    reached = start
    for offset, length in sorted(stretches):
        if offset > reached:
            return False
        reached = max(reached, offset + length)
        if reached >= end:
            return True
    return False
