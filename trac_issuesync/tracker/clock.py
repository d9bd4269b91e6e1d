# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The clock of the machine."""

from __future__ import annotations

import time

__all__ = ["SystemClock"]


class SystemClock:
    """``engine.ports.Clock`` over the system's wall time."""

    def now(self) -> int:
        """Microseconds since 1970 UTC."""
        return time.time_ns() // 1000
