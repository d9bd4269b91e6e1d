# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A clock that a test moves by hand, also backwards as a time server or another web host may."""

from __future__ import annotations

__all__ = ["SimClock"]


class SimClock:
    """Wall time that stands still until it is moved; microseconds since 1970 UTC."""

    def __init__(self, now: int = 1_700_000_000_000_000) -> None:
        self._now = now

    def now(self) -> int:
        return self._now

    def advance(self, microseconds: int) -> int:
        """Move the clock, back if negative; returns the new time."""
        self._now += microseconds
        return self._now

    def set(self, microseconds: int) -> None:
        """Show this time from now on."""
        self._now = microseconds
