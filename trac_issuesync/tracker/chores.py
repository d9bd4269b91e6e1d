# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What concerns all synchronizations of an environment before their cycles: hints, new options, old log."""

from __future__ import annotations

import hashlib
import os

import msgspec

from trac_issuesync.core.model import Catalogue
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
        self._catalogue: Catalogue | None = None
        self._file = links.paths.files / "catalogue"
        self._trimmed: int | None = None

    def run(self) -> None:
        """Raises Transient; what was not done then is done the next time."""
        self._mark()
        self._retry()
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

    def _retry(self) -> None:
        """Give parked changes another try when fields, options or statuses are not what they were.

        A digest in a file tells so across restarts, also to cron's ``issuesync run``.
        """
        catalogue = self._links.tracker.catalogue()
        if catalogue == self._catalogue:
            return
        digest = hashlib.sha256(msgspec.json.encode(catalogue, order="deterministic")).hexdigest()
        syncs = self._links.store.syncs()
        if syncs and digest != self._known():
            with self._links.store.transaction():
                for sync in syncs:
                    self._links.store.unpark(sync.id)
            self._remember(digest)
        self._catalogue = catalogue

    def _known(self) -> str:
        try:
            return self._file.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError):
            return ""

    def _remember(self, digest: str) -> None:
        """A file that cannot be written costs a retry at the next start, nothing else."""
        new = self._file.with_name(f".catalogue.{os.getpid()}")
        try:
            new.write_text(digest, encoding="ascii")
            os.replace(new, self._file)
            self._links.paths.hand_over(self._file)
        except OSError as error:
            self._links.env.log.debug("The catalogue's digest is not kept: %s", error)

    def _trim(self) -> None:
        now = self._links.clock.now()
        if self._trimmed is not None and 0 <= now - self._trimmed < _HOUR:
            return
        since = self._system.keeps_log_since(now)
        if since:
            self._links.store.trim_log(since)
        self._trimmed = now
