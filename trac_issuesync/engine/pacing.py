# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""How much one transaction or page takes on, so that others wait for about a slice of time at most."""

from __future__ import annotations

from trac_issuesync.engine.link import Pace

__all__ = ["Batches"]

_FIRST = 8
_LONGEST = 100_000


class Batches:
    """The sizes of one round's transactions, learnt from those before; times in microseconds."""

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._commit = 0
        self.size = min(_FIRST, pace.batch)

    @property
    def slice(self) -> int:
        """How long a transaction may work before it commits.

        On a slow disk it works twice as long as a commit takes: more commits would not free the lock
        sooner, because it is the commit that holds it.
        """
        return max(self._pace.slice, min(2 * self._commit, _LONGEST))

    def learn(self, count: int, worked: int, commit: int) -> None:
        """``count`` items took ``worked``, and committing them ``commit``."""
        fitting = max(1, count * self.slice // max(worked, 1))
        self.size = min(fitting, 2 * self.size, self._pace.batch)
        self._commit = commit
