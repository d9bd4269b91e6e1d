# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``issuesync run`` goes on until nothing moves, says what it did, and its exit status is to be relied on."""

from __future__ import annotations

import pytest
from handshake.handshake_pair import Pair
from msgspec.structs import replace
from trac.ticket.model import Component
from worker.worker_pair import beside, connected, cycle, save, summaries

from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.suspension import PARTNER_DELETED
from trac_issuesync.engine import sweep
from trac_issuesync.engine.link import Link, Pace
from trac_issuesync.tracker.api import IssueSyncSystem
from trac_issuesync.tracker.lease import TTL
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.runner import DONE, LOOK, NOT_YET, run_once


def run(links: Links, name: str | None = None, wait: int = 0) -> tuple[int, list[str]]:
    """Exit status and what was said."""
    said: list[str] = []
    status, _ = run_once(links.env, name, wait, said.append)
    return status, said


def test_one_run_does_all_there_is(pair: Pair) -> None:
    """Of every synchronization, and each says what it did; a second run has nothing to do."""
    connected(pair)
    connected(pair, name="two")
    save(pair.acme.env, "One")
    status, said = run(pair.acme)
    assert status == DONE
    assert [line.split(":")[0] for line in said] == ["one", "two"]
    assert all("collected 1 change" in line and "sent 1 message" in line for line in said)
    status, said = run(pair.acme, "one")
    assert (status, said) == (DONE, ["one: nothing to do."])
    assert run(pair.globex)[0] == DONE
    assert summaries(pair.globex.env) == ["One"]


def test_waiting_ends_when_the_partner_has_answered(pair: Pair) -> None:
    """From the hello to the acknowledgement of every ticket."""
    pair.join()
    with beside(pair.acme.env.path):
        assert run(pair.globex, "one", wait=120)[0] == DONE
        slave = pair.globex.find("one")
        assert slave.connected
        with pair.globex.store.transaction():
            pair.globex.store.save_sync(replace(slave, enabled=True))
        save(pair.globex.env, "One")
        assert run(pair.globex, "one", wait=120)[0] == DONE
        assert pair.globex.store.count_messages(slave.id)[0] == 0


def test_waiting_in_vain_says_so(pair: Pair) -> None:
    """Nobody answers, and the exit status is not that of success."""
    connected(pair)
    save(pair.acme.env, "One")
    status, said = run(pair.acme, "one", wait=1)
    assert status == NOT_YET
    assert "the time is up" in said[-1]
    assert "not acknowledged 1" in said[-1]


def test_another_worker_is_named(pair: Pair) -> None:
    """Its lease is respected, and the exit status tells that nothing was done here."""
    master, _ = connected(pair)
    other = Links(pair.acme.env)
    assert other.store.acquire(master.id, "elsewhere:7", other.clock.now(), TTL)
    assert run(pair.acme) == (NOT_YET, ["one: elsewhere:7 is running it just now."])


def test_what_needs_a_person_gives_another_status(pair: Pair) -> None:
    """A parked change, a folder that is gone, a suspended synchronization: each is said and counts."""
    component = Component(pair.acme.env)
    component.name = "engine"
    component.insert()
    pair.acme.refresh()
    master, slave = connected(pair)
    save(pair.acme.env, "One", component="engine")
    cycle(pair.acme, master)
    status, said = run(pair.globex)
    assert (status, "parked 1 change" in said[0]) == (LOOK, True)
    for folder in pair.globex.paths.exchange(slave.id):
        folder.unlink()
    status, said = run(pair.globex)
    assert (status, "RECEIVE" in said[1]) == (LOOK, True)
    with pair.globex.store.transaction():
        pair.globex.store.save_sync(replace(pair.globex.find("one"), suspended=PARTNER_DELETED))
    status, said = run(pair.globex)
    assert status == LOOK
    assert said[-1] == f"one: {PARTNER_DELETED}"


def test_a_name_that_does_not_exist_is_an_error(pair: Pair) -> None:
    """With no synchronization at all there is just nothing to do."""
    with pytest.raises(Invalid, match="nobody"):
        run(pair.acme, "nobody")
    assert run(pair.acme) == (DONE, ["There is no synchronization."])


def test_an_environment_that_was_moved_exchanges_nothing(pair: Pair) -> None:
    """The status tells, and the words say what to do."""
    connected(pair)
    moved = replace(pair.acme.find("one"), home="/old/place")
    with pair.acme.store.transaction():
        pair.acme.store.save_sync(moved)
    status, said = run(pair.acme)
    assert status == LOOK
    assert "/old/place" in said[-1]


def test_one_run_compares_to_the_end(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cron comes once in a while; the turns that a worker would take one after the other are taken now."""
    master, _ = connected(pair)
    for number in range(6):
        save(pair.acme.env, f"t{number}")
    run(pair.acme)
    with pair.acme.store.transaction():
        counters = pair.acme.store.counters(master.id)
        pair.acme.store.save_counters(master.id, replace(counters, compared=1))
    monkeypatch.setattr(IssueSyncSystem, "pace", lambda self, *, hurried: Pace(batch=1, compare_turn=0))
    turns: list[int] = []
    whole = sweep._numbers

    def numbers(link: Link, above: int, limit: int) -> list[int]:
        turns.append(above)
        return whole(link, above, limit)

    monkeypatch.setattr(sweep, "_numbers", numbers)
    assert run(pair.acme, "one")[0] == DONE
    assert turns == list(range(7))
    assert pair.acme.store.counters(master.id).compared > 1
