# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Holding the lease of one synchronization while a cycle runs."""

from __future__ import annotations

import os
import socket
from contextlib import suppress

from trac_issuesync.core.errors import Transient
from trac_issuesync.tracker.links import Links

__all__ = ["RENEWED_AFTER", "TTL", "Lease", "owner_name"]

TTL = 60_000_000
"""Microseconds after which another worker takes over from one that has died."""
RENEWED_AFTER = 15_000_000


def owner_name() -> str:
    """Who holds a lease, for people: host and process. Two of one name are told apart by the store."""
    return f"{socket.gethostname()}:{os.getpid()}"


class Lease:
    """The right to run one synchronization; what keeps others from writing is the store's fence, not this."""

    def __init__(self, links: Links, sync_id: str, owner: str) -> None:
        self._links, self._id, self._owner = links, sync_id, owner
        self._renewed = 0
        self.lost = False

    def take(self) -> bool:
        """False if another worker holds it. Raises Transient."""
        now = self._links.clock.now()
        self._renewed = now
        return self._links.store.acquire(self._id, self._owner, now, TTL)

    def keep(self) -> bool:
        """Renew it when it is time; false once another worker has taken it over. Not inside a transaction."""
        if not self.lost and abs(self._links.clock.now() - self._renewed) >= RENEWED_AFTER:
            # A database that is busy now may not be so the next time, and the fence holds anyway.
            with suppress(Transient):
                self.lost = not self.take()
        return not self.lost

    def release(self) -> None:
        """Let others go on; a database that cannot be written now lets it run out."""
        with suppress(Transient):
            self._links.store.release(self._id)
