# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Projects in a chain or a ring: every ticket, comment and file is everywhere, and nowhere twice."""

from __future__ import annotations

from itertools import permutations
from random import Random

import pytest

from trac_issuesync.core.model import TicketSnapshot, TwinState
from trac_issuesync.testing.sim_net import SimNet
from trac_issuesync.testing.sim_pair import SimSide

RING = (("a", "b"), ("b", "c"), ("c", "a"))
CHAIN = (("a", "b"), ("b", "c"))
SECOND = 1_000_000


def tickets(net: SimNet, name: str) -> dict[str, TicketSnapshot]:
    """The tickets of a project by summary, which no two may share."""
    tracker = net.environments[name].tracker
    found = list(tracker.read(tracker.numbers(0, 1000)).values())
    by_summary = {ticket.values["summary"]: ticket for ticket in found}
    assert len(by_summary) == len(found)
    return by_summary


def content(ticket: TicketSnapshot) -> tuple[object, ...]:
    """What must be equal everywhere: values, what was said, and files."""
    shared = ("summary", "description", "priority", "customer", "keywords", "status")
    said = sorted(entry.new for entry in ticket.log if entry.field == "comment" and entry.new)
    files = sorted((row.filename, row.size) for row in ticket.attachments)
    return tuple(ticket.values[name] for name in shared), said, files


def all_equal(net: SimNet) -> dict[str, tuple[object, ...]]:
    """Every project has the same tickets with the same content; returns it by summary."""
    projects = [{s: content(t) for s, t in tickets(net, name).items()} for name in net.environments]
    assert all(project == projects[0] for project in projects)
    assert not any(side.sync.suspended for side in net.sides)
    assert not any(side.store.parked(side.sync_id) for side in net.sides)
    return projects[0]


def edited_everywhere(net: SimNet) -> None:
    """In each project somebody edits each ticket, and says so."""
    for name, environment in net.environments.items():
        for number in environment.tracker.numbers(0, 1000):
            summary = environment.tracker.read([number])[number].values["summary"]
            text = f"{name} on {summary}"
            environment.tracker.user_edit(number, {"customer": name}, text, f"user-{name}")
            environment.tracker.user_attach(number, f"{name}.txt", text.encode(), f"user-{name}")
            net.clock.advance(SECOND)


def declined(net: SimNet, uid: str) -> list[str]:
    """The sync ids in which a ticket is declined, once for each side that has it so."""
    twins = [(side.sync_id, side.store.twins(side.sync_id, [uid]).get(uid)) for side in net.sides]
    return [sync for sync, twin in twins if twin is not None and twin.state is TwinState.DECLINED]


@pytest.mark.parametrize("order", list(permutations(RING)))
@pytest.mark.parametrize("turned", [0, 1, 2, 5, 7])
def test_a_ring_doubles_nothing(order: tuple[tuple[str, str], ...], turned: int) -> None:
    """Whichever edge comes first and whoever is master: one ticket each, then edits of all reach all."""
    edges = [(b, a) if turned >> index & 1 else (a, b) for index, (a, b) in enumerate(order)]
    net = SimNet(edges).connect()
    for name, environment in net.environments.items():
        environment.tracker.user_create({"summary": f"born in {name}"}, f"user-{name}")
        net.clock.advance(SECOND)
    net.settle()
    assert set(all_equal(net)) == {"born in a", "born in b", "born in c"}
    edited_everywhere(net)
    net.settle()
    for summary, (_, said, files) in all_equal(net).items():
        assert said == sorted(f"{name} on {summary}" for name in "abc")
        assert len(files) == 3
    for ticket in tickets(net, "a").values():
        (twin,) = [t for side in net.sides if (t := _twin(side, net, ticket)) is not None][:1]
        assert len(declined(net, twin)) == 2
        assert len(set(declined(net, twin))) == 1


def _twin(side: SimSide, net: SimNet, ticket: TicketSnapshot) -> str | None:
    if side.environment is not net.environments["a"]:
        return None
    twin = side.store.twins_of_tickets(side.sync_id, [ticket.number]).get(ticket.number)
    return twin.uid if twin is not None else None


@pytest.mark.parametrize("edges", [CHAIN, (("b", "a"), ("b", "c")), (("b", "a"), ("c", "b"))])
def test_a_chain_carries_edits_of_both_ends_through_the_middle(edges: tuple[tuple[str, str], ...]) -> None:
    """In a chain nothing is declined, and edits of each end and of the middle reach the other two."""
    net = SimNet(edges).connect()
    for name, environment in net.environments.items():
        environment.tracker.user_create({"summary": f"born in {name}"}, f"user-{name}")
        net.clock.advance(SECOND)
    net.settle()
    edited_everywhere(net)
    net.settle()
    for summary, (_, said, files) in all_equal(net).items():
        assert said == sorted(f"{name} on {summary}" for name in "abc")
        assert len(files) == 3
    assert not any(side.store.count_declined(side.sync_id) for side in net.sides)


@pytest.mark.parametrize("seed", range(40))
def test_a_ring_in_any_order_of_cycles_doubles_nothing(seed: int) -> None:
    """Sides run and are started in a random order while people go on editing."""
    rng = Random(seed)
    net = SimNet(RING).connect()
    stopped = [side for side in net.sides if rng.random() < 0.4]
    for side in stopped:
        side.stop()
    said = 0
    for step in range(25):
        tracker = rng.choice(list(net.environments.values())).tracker
        numbers = tracker.numbers(0, 1000)
        if not numbers or rng.random() < 0.2:
            tracker.user_create({"summary": f"ticket {step}"}, "user")
        else:
            said += 1
            tracker.user_edit(rng.choice(numbers), {"customer": str(step)}, f"said {step}", "user")
        net.clock.advance(rng.choice((1, 400 * SECOND)))
        for _ in range(rng.randint(0, 4)):
            rng.choice(net.sides).cycle()
        if stopped and rng.random() < 0.2:
            stopped.pop().start()
    for side in stopped:
        side.start()
    net.settle()
    found = [text for _, comments, _ in all_equal(net).values() for text in comments]
    assert len(found) == len(set(found)) == said


def test_both_sides_say_why_a_ticket_is_declined() -> None:
    """The log of both sides names the ticket and the reason, without asking for attention."""
    net = SimNet(RING).connect()
    net.environments["a"].tracker.user_create({"summary": "one"}, "alice")
    net.settle()
    sides = [side for side in net.sides if side.store.count_declined(side.sync_id)]
    assert len(sides) == 2
    for side in sides:
        lines = [line for line in side.store.log(side.sync_id) if line.event == "declined"]
        assert lines
        assert all(line.ticket and "another synchronization" in line.text for line in lines)
        assert not any(line.problem for line in side.store.log(side.sync_id))
        assert side.store.count_twins(side.sync_id) == 0


def test_a_ticket_deleted_here_does_not_come_back_round_the_ring() -> None:
    """It came by one way and was deleted; a create that comes by the other way makes no new ticket."""
    net = SimNet(RING).connect()
    a_b, b_c, c_a = (net.pairs[edge] for edge in RING)
    a_b.master.tracker.user_create({"summary": "one"}, "alice")
    a_b.settle()
    b_c.master.cycle()
    late = b_c.hold(b_c.master)
    c_a.settle()
    assert c_a.master.tracker.numbers(0, 9) == [1]
    c_a.master.tracker.user_delete(1)
    c_a.settle()
    b_c.release(b_c.master, late)
    net.settle()
    assert c_a.master.tracker.numbers(0, 9) == []
    assert a_b.master.tracker.numbers(0, 9) == a_b.slave.tracker.numbers(0, 9) == [1]


def test_a_number_given_again_has_one_twin_in_a_ring() -> None:
    """A create is declined for a ticket whose number another had here, whose deletion nobody noticed yet."""
    net = SimNet(RING).connect()
    a_b, b_c, c_a = (net.pairs[edge] for edge in RING)
    c_a.master.tracker.user_create({"summary": "deleted"}, "carol")
    b_c.slave.cycle()
    c_a.master.tracker.user_delete(1)
    net.clock.advance(SECOND)
    a_b.master.tracker.user_create({"summary": "next"}, "alice")
    a_b.settle()
    c_a.settle()
    assert c_a.master.tracker.numbers(0, 9) == [1]
    net.settle()
    for side in net.sides:
        twins = side.environment.database.twins.rows(side.sync_id).values()
        alive = [twin.ticket for twin in twins if twin.state is not TwinState.GONE]
        assert len(alive) == len(set(alive))
    assert "next" in tickets(net, "c")


def test_a_ticket_that_no_synchronization_carries_any_more_is_counted() -> None:
    """The one by which it came is deleted; the one that declined it does not take over, and says so."""
    net = SimNet(RING).connect()
    net.environments["a"].tracker.user_create({"summary": "t"}, "alice")
    net.settle()
    assert not any(side.store.count_stranded(side.sync_id) for side in net.sides)
    (pair,) = [p for p in net.pairs.values() if p.master.store.count_declined(p.master.sync_id)]
    assert pair is net.pairs["c", "a"]
    net.pairs["b", "c"].slave.store.remove_sync(net.pairs["b", "c"].slave.sync_id)
    assert pair.master.store.count_stranded(pair.master.sync_id) == 1
    assert pair.slave.store.count_stranded(pair.slave.sync_id) == 0
