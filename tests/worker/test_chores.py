# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Before the cycles: hints become marks, the log is trimmed; what is parked comes free."""

from __future__ import annotations

from handshake.handshake_pair import Pair
from trac.env import Environment
from trac.ticket.model import Component
from worker.worker_pair import connected, cycle, save, summaries

from trac_issuesync.engine.records import LogLine
from trac_issuesync.tracker.api import IssueSyncSystem
from trac_issuesync.tracker.chores import Chores
from trac_issuesync.tracker.hints import Hints
from trac_issuesync.tracker.links import Links

DAY = 24 * 3600 * 1_000_000


def chores(links: Links) -> Chores:
    """As at the start of a worker."""
    return Chores(links, IssueSyncSystem(links.env), Hints(links.env.path))


def add_component(path: str, name: str) -> None:
    """Another process does it, so this one's Environment object is not told."""
    env = Environment(path)
    component = Component(env)
    component.name = name
    component.insert()


def test_a_hint_reaches_every_synchronization(pair: Pair) -> None:
    """A ticket may be shared with several partners; one that is deleted does not care."""
    one, two = pair.create("one"), pair.create("two")
    number = save(pair.acme.env, "One")
    chores(pair.acme).run()
    for sync in (one, two):
        assert [mark.ticket for mark in pair.acme.store.marks(sync.id, 10)] == [number]


def test_a_new_option_frees_what_was_parked_for_want_of_it(pair: Pair) -> None:
    """The component is made by another process; nobody has to say so, and without it nothing is tried."""
    add_component(pair.acme.env.path, "engine")
    pair.acme.refresh()
    master, slave = connected(pair)
    save(pair.acme.env, "One", component="engine")
    cycle(pair.acme, master)
    assert cycle(pair.globex, slave).report.parked == 1
    pair.globex.refresh()
    assert cycle(pair.globex, slave).report.applied == 0
    assert pair.globex.store.count_inbox(slave.id) == (0, 1)
    add_component(pair.globex.env.path, "engine")
    pair.globex.refresh()
    cycle(pair.globex, slave)
    assert summaries(pair.globex.env) == ["One"]
    assert pair.globex.store.count_inbox(slave.id) == (0, 0)


def test_the_log_is_kept_for_as_long_as_wanted(pair: Pair) -> None:
    """Older lines go, later ones stay; 0 keeps all."""
    sync = pair.create()
    now = pair.acme.clock.now()
    lines = [LogLine(now - days * DAY, "test", f"{days} days") for days in (11, 9)]
    pair.acme.store.add_log(sync.id, lines)
    for days, kept in (("0", ["9 days", "11 days"]), ("10", ["9 days"])):
        pair.acme.env.config.set("issuesync", "log_days", days)
        chores(pair.acme).run()
        assert [line.text for line in pair.acme.store.log(sync.id) if line.event == "test"] == kept
