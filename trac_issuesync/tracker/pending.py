# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What waits on this side, also where no worker has looked yet: a saved edit is never just gone."""

from __future__ import annotations

from collections.abc import Sequence

from trac_issuesync.engine.collect import would_capture
from trac_issuesync.engine.link import Pace
from trac_issuesync.engine.records import Counters, Sync
from trac_issuesync.tracker.links import Links

__all__ = ["to_apply", "to_collect", "to_send"]

_MANY = 1_000_000
# A save commits a moment after the time it carries.
_COMMITS_WITHIN = 2_000_000
# Beyond this many, reading the tickets would take longer than the answer is worth.
_MOST_READ = 200


def to_collect(links: Links, sync: Sync, counters: Counters, numbers: Sequence[int]) -> int:
    """Tickets marked, those that the first look has not reached, and those edited since the last cycle.

    ``numbers`` are all tickets of the project. While tickets neither leave nor enter only marks count.
    """
    marked = {mark.ticket for mark in links.store.marks(sync.id, _MANY)}
    if not sync.enabled or sync.deleted or not sync.connected:
        return len(marked)
    if not counters.compared:
        return len(marked.union(number for number in numbers if number > counters.compared_upto))
    lately = links.tracker.changed_since(counters.swept - _COMMITS_WITHIN) - marked
    return len(marked) + _uncaptured(links, sync, sorted(lately))


def to_send(links: Links, sync: Sync) -> int:
    """Changes and news that are not in a message yet."""
    store = links.store
    return store.count_waiting(sync.id) + len(store.controls(sync.id)) + len(store.births(sync.id, _MANY))


def to_apply(links: Links, sync: Sync) -> int:
    """Received changes that wait for their turn, and attachments whose bytes are not complete."""
    return links.store.count_inbox(sync.id)[0] + len(links.store.pending_attachments(sync.id, _MANY))


def _uncaptured(links: Links, sync: Sync, numbers: Sequence[int]) -> int:
    if not numbers or len(numbers) > _MOST_READ:
        return len(numbers)
    link = links.open(sync, pace=Pace())
    version = link.in_force()
    if version is None:
        return 0
    recorder = link.recorder(version.contract, link.binding(version), links.store.counters(sync.id))
    snapshots = links.tracker.read(numbers)
    hidden = set(snapshots) - links.tracker.visible(list(snapshots), sync.user)
    twins = links.store.twins_of_tickets(sync.id, numbers)
    logged = links.store.logged(sync.id, numbers)
    attached = links.store.attachments(sync.id, numbers)
    return sum(
        would_capture(recorder, snapshots.get(n), twins.get(n), logged.get(n, {}), attached.get(n, []))
        for n in numbers
        if n not in hidden
    )
