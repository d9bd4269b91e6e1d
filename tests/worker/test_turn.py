# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A cycle runs under its lease, and whatever goes wrong in it stays there."""

from __future__ import annotations

from pathlib import Path

from handshake.handshake_pair import Pair
from msgspec.structs import replace
from worker.worker_pair import LaterClock, connected, cycle, save, summaries

from trac_issuesync.engine.control import OWN_KEY, queue
from trac_issuesync.engine.link import Pace
from trac_issuesync.tracker.lease import RENEWED_AFTER, TTL
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.problems import problems
from trac_issuesync.wire.messages import Bye

HOUR = 3600 * 1_000_000


def test_a_cycle_is_left_to_the_worker_that_holds_the_lease(pair: Pair) -> None:
    """Nothing is done beside another worker, who is named; when he is done it is our turn."""
    master, _ = connected(pair)
    save(pair.acme.env, "One")
    other = Links(pair.acme.env)
    assert other.store.acquire(master.id, "the other", other.clock.now(), TTL)
    ran = cycle(pair.acme, master)
    assert (ran.holder, ran.report.collected, ran.failed) == ("the other", 0, False)
    other.store.release(master.id)
    assert cycle(pair.acme, master).report.collected == 1


def test_a_worker_that_was_frozen_writes_nothing_any_more(pair: Pair) -> None:
    """While it sleeps in the middle of a cycle another takes over; the ticket leaves once, not twice."""
    master, slave = connected(pair)
    save(pair.acme.env, "One")
    with Links(pair.acme.env) as other:
        other.clock = LaterClock(TTL + 1)
        done: list[int] = []

        def freeze() -> bool:
            if not done:
                done.append(0)
                done[0] = cycle(other, master).report.collected
            return False

        ran = cycle(pair.acme, master, stopping=freeze)
    assert done == [1]
    assert ran.holder
    assert (ran.report.collected, ran.failed) == (0, False)
    cycle(pair.globex, slave)
    assert summaries(pair.globex.env) == ["One"]


def test_a_long_cycle_keeps_its_lease(pair: Pair) -> None:
    """It is renewed in time again and again, so nobody takes over after its first minute."""
    master, _ = connected(pair)
    for number in range(12):
        save(pair.acme.env, f"Ticket {number}")
    clock = LaterClock()
    pair.acme.clock = clock
    seen: list[bool] = []

    def slow() -> bool:
        clock.ahead += RENEWED_AFTER
        with Links(pair.acme.env) as other:
            seen.append(other.store.acquire(master.id, "the other", clock.now(), TTL))
        return False

    ran = cycle(pair.acme, master, Pace(batch=1, turn=HOUR), stopping=slow)
    assert len(seen) * RENEWED_AFTER > 2 * TTL
    assert not any(seen)
    assert not ran.holder
    assert pair.acme.store.lease_holder(master.id, clock.now()) is None


def test_what_fails_is_told_once_and_keeps_nobody_else_from_going_on(pair: Pair) -> None:
    """A missing key is said in plain words, in the log and the result, and not again every few seconds."""
    master, _slave = connected(pair)
    other, _ = connected(pair, name="two")
    save(pair.acme.env, "One")
    with pair.acme.store.transaction():
        pair.acme.store.drop_secret(master.id, OWN_KEY)
    pair.acme.forget(master.id)
    for _ in range(2):
        ran = cycle(pair.acme, master)
        assert ran.failed
        assert "key" in ran.report.problems[0]
    lines = [line for line in pair.acme.store.log(master.id) if line.event == "problem"]
    assert len(lines) == 1
    assert cycle(pair.acme, other).report.sent == 1
    assert [p.code for p in problems(pair.acme, master, 0, 0, 0)] == ["failing"]
    assert problems(pair.acme, other, 0, 0, 0) == []


def test_a_failure_that_is_over_is_no_problem_any_more(pair: Pair) -> None:
    """What kept a cycle from its end is shown until one comes to its end."""
    master, _slave = connected(pair)
    key = pair.acme.store.secret(master.id, OWN_KEY)
    assert key is not None
    with pair.acme.store.transaction():
        pair.acme.store.drop_secret(master.id, OWN_KEY)
    pair.acme.forget(master.id)
    save(pair.acme.env, "One")
    cycle(pair.acme, master)
    (problem,) = problems(pair.acme, master, 0, 0, 0)
    assert "key" in problem.text
    with pair.acme.store.transaction():
        pair.acme.store.save_secret(master.id, OWN_KEY, key)
    cycle(pair.acme, master)
    assert problems(pair.acme, master, 0, 0, 0) == []


def test_a_mistake_of_ours_ends_the_cycle_and_not_the_worker(pair: Pair) -> None:
    """A row that nobody can read is reported with what it is; the lease is free for the next try."""
    master, _ = connected(pair)
    with pair.acme.env.db_transaction as db:
        db("UPDATE issuesync_counters SET data='{' WHERE sync=%s", (master.id,))
    ran = cycle(pair.acme, master)
    assert ran.failed
    assert "unexpectedly" in ran.report.problems[0]
    assert pair.acme.store.lease_holder(master.id, pair.acme.clock.now()) is None
    assert ran.report.problems[0] in pair.acme.store.log(master.id)[0].text


def test_a_copied_environment_does_not_speak_for_the_original(pair: Pair) -> None:
    """Where the environment is not where the synchronization was made nothing is exchanged or changed."""
    master, _ = connected(pair)
    save(pair.acme.env, "One")
    away = replace(master, home="/somewhere/else")
    with pair.acme.store.transaction():
        pair.acme.store.save_sync(away)
    ran = cycle(pair.acme, master)
    assert ran.failed
    assert "/somewhere/else" in ran.report.problems[0]
    assert pair.acme.store.sync(master.id) == away
    assert pair.acme.store.lease_holder(master.id, 0) is None


def test_a_deleted_synchronization_is_gone_when_the_partner_knows(pair: Pair) -> None:
    """Its rows and folders stay until the farewell is acknowledged; the partner's stop with the reason."""
    master, slave = connected(pair)
    folder = pair.acme.paths.exchange(master.id)[0].parent
    with pair.acme.store.transaction():
        pair.acme.store.save_sync(replace(master, deleted=True, enabled=False))
        pair.acme.store.forget_tickets(master.id)
    queue(pair.acme.open(master, pace=Pace()), Bye("deleted"))
    assert not cycle(pair.acme, master).removed
    assert folder.is_dir()
    cycle(pair.globex, slave)
    assert pair.globex.find("one").suspended
    assert cycle(pair.acme, master).removed
    assert pair.acme.store.sync(master.id) is None
    assert not folder.exists()
    assert Path(pair.acme.env.path).is_dir()
