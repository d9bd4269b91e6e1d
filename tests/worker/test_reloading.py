# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Saving trac.ini in the browser takes the database connection away from the worker in the same process."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator

import pytest
from handshake.handshake_pair import Pair
from trac.env import Environment
from worker.worker_pair import connected, cycle, save, summaries

from trac_issuesync.core.errors import Transient

pytestmark = pytest.mark.usefixtures("grumbling_pool")


@pytest.fixture
def grumbling_pool() -> Iterator[None]:
    """Trac's pool says that it misses the connection when ours is forgotten; nobody can do anything then."""
    before, sys.unraisablehook = sys.unraisablehook, lambda said: None
    yield
    gc.collect()
    sys.unraisablehook = before


def reload(path: str) -> None:
    """What Trac does with its Environment object when trac.ini has changed."""
    env = Environment(path)
    env.db_query("SELECT 1")
    env.shutdown()


def test_a_connection_closed_by_trac_is_trouble_that_passes(pair: Pair) -> None:
    """In the middle of a write or a read nothing is stored by half, and the next try works."""
    sync = pair.create()
    store = pair.acme.store

    def interrupted() -> None:
        with store.transaction():
            store.mark(sync.id, [1])
            reload(pair.acme.env.path)

    with pytest.raises(Transient, match="connection"):
        interrupted()
    assert store.marks(sync.id, 9) == []
    store.mark(sync.id, [1])
    assert len(store.marks(sync.id, 9)) == 1


def test_a_cycle_interrupted_by_trac_is_tried_again(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is neither a failure nor a reason to park anything, wherever in the cycle it happens."""
    master, slave = connected(pair)
    save(pair.acme.env, "One")
    cycle(pair.acme, master)
    tracker, taken = pair.globex.tracker, []
    create = tracker.create

    def interrupted(*what: object) -> object:
        if not taken:
            taken.append(what)
            reload(pair.globex.env.path)
        return create(*what)

    monkeypatch.setattr(tracker, "create", interrupted)
    ran = cycle(pair.globex, slave)
    assert taken
    assert (ran.failed, ran.report.parked) == (False, 0)
    cycle(pair.globex, slave)
    assert summaries(pair.globex.env) == ["One"]
