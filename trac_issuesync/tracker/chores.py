# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What concerns all synchronizations of an environment before their cycles: hints and old log."""

from __future__ import annotations

from trac_issuesync.tracker.api import IssueSyncSystem
from trac_issuesync.tracker.hints import Hints
from trac_issuesync.tracker.links import Links

__all__ = ["Chores"]

_HOUR = 3600 * 1_000_000


class Chores:
    """Does them for one worker; call ``run`` after ``Links.refresh`` and before the cycles."""

    def __init__(self, links: Links, system: IssueSyncSystem, hints: Hints) -> None:
        self._links, self._system, self._hints = links, system, hints
        self._hinted: set[int] = set()
        self._trimmed: int | None = None

    def run(self) -> None:
        """Raises Transient; what was not done then is done the next time."""
        self._mark()
        self._trim()

    def _mark(self) -> None:
        """Pass hints on to every synchronization: each decides for itself whether there is something."""
        self._hinted |= self._hints.take()
        if not self._hinted:
            return
        store = self._links.store
        with store.transaction():
            for sync in store.syncs():
                if not sync.deleted:
                    store.mark(sync.id, self._hinted)
        self._hinted = set()

    def _trim(self) -> None:
        now = self._links.clock.now()
        if self._trimmed is not None and 0 <= now - self._trimmed < _HOUR:
            return
        since = self._system.keeps_log_since(now)
        if since:
            self._links.store.trim_log(since)
        self._trimmed = now
