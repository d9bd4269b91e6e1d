# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a command does to tickets and queues by itself, while no worker is at the same synchronization."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from trac_issuesync.core.errors import Invalid, Transient
from trac_issuesync.engine.link import Link, Pace
from trac_issuesync.tracker.lease import Lease, owner_name
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.plugins import check_plugins
from trac_issuesync.tracker.problems import moved

__all__ = ["alone"]

_PATIENCE = 30.0
_PAUSE = 0.1


@contextmanager
def alone(links: Links, name: str, *, patience: float = _PATIENCE) -> Iterator[Link]:
    """The link of a synchronization under its lease, once the cycle that may be running has ended.

    ``patience`` is in seconds. Raises Transient (``busy``) where a cycle takes longer than that, Invalid
    where a plugin cannot be used that might stop what is to be done.
    """
    check_plugins(links.hooks)
    sync = links.find(name)
    if sync.deleted:
        raise Invalid(f"{name} is deleted.", "deleted")
    if sync.home != links.paths.home:
        raise Invalid(moved(sync, links.paths.home), "moved")
    lease = Lease(links, sync.id, owner_name())
    until = time.monotonic() + patience
    while not lease.take():
        if time.monotonic() > until:
            raise Transient(f"A worker is running {name} just now; try again later.", "busy")
        time.sleep(_PAUSE)
    try:
        yield links.open(sync, pace=Pace())
    finally:
        lease.release()
