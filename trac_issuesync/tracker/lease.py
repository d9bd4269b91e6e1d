# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Holding the lease of one synchronization while a cycle runs."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

from trac_issuesync.core.errors import Transient
from trac_issuesync.tracker.links import Links

__all__ = ["RENEWED_AFTER", "TTL", "Lease", "is_dead", "owner_name"]

TTL = 60_000_000
"""Microseconds after which another worker takes over from one that has died."""
RENEWED_AFTER = 15_000_000


def owner_name() -> str:
    """Who holds a lease: host, process, and where that process number means something."""
    return f"{socket.gethostname()}:{os.getpid()}:{_place()}"


def is_dead(owner: str) -> bool:
    """True if ``owner`` was a process of this very system that has ended; false if that cannot be known.

    A wrong answer does no harm, since the fence keeps the former holder from writing.
    """
    host, _, rest = owner.partition(":")
    process, _, place = rest.partition(":")
    if host != socket.gethostname() or not place or place != _place() or not process.isdigit():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def _place() -> str:
    """Names the running kernel and process namespace; empty where the system does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot[:8]}-{os.stat('/proc/self/ns/pid').st_ino}"
    except OSError:
        return ""


class Lease:
    """The right to run one synchronization; what keeps others from writing is the store's fence, not this."""

    def __init__(self, links: Links, sync_id: str, owner: str) -> None:
        self._links, self._id, self._owner = links, sync_id, owner
        self._renewed = 0
        self.lost = False

    def take(self) -> bool:
        """False if another worker holds it; one that died on this system holds nothing. Raises Transient."""
        store, now = self._links.store, self._links.clock.now()
        self._renewed = now
        if store.acquire(self._id, self._owner, now, TTL):
            return True
        holder = store.lease_holder(self._id, now)
        if holder is None or not is_dead(holder):
            return False
        store.free_lease(self._id, holder)
        return store.acquire(self._id, self._owner, now, TTL)

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
