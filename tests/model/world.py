# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The model: projects, people, faulty wires, workers that die, clocks that jump; one random run by its seed.

A run is a list of rules, each with a seed of its own, so that any part of the list can be run again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from model.ends import LEASE, MINUTE, End, Failure, SkewedClock, StoreMaker, Surprise
from model.judge import lost_or_doubled, out_of_order, unrecorded
from model.ledger import Ledger
from model.users import PRIORITIES, Users, catalogue

from trac_issuesync.core.model import Policy
from trac_issuesync.engine.link import Pace
from trac_issuesync.testing.sim_channel import Faults, FaultyWire
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.testing.sim_judge import differences
from trac_issuesync.testing.sim_pair import SimPair
from trac_issuesync.testing.sim_steps import SteppedStore
from trac_issuesync.testing.sim_world import Backup, SimEnvironment

__all__ = ["Failure", "Plan", "World", "planned", "run"]

DAY = 24 * 60 * MINUTE
PAIR = (("acme", "globex"),)
CHAIN = (("acme", "globex"), ("globex", "hooli"))
RING = (*CHAIN, ("hooli", "acme"))
CALM = Faults(lose=0, double=0, reorder=0, delay=0, damage=0, replay=0)
WEATHER = (
    CALM,
    Faults(),
    Faults(lose=0.3, double=0.3, reorder=0.5, delay=0.3, damage=0.1, replay=0.2, longest=3 * 60 * MINUTE),
)


@dataclass(frozen=True)
class Plan:
    """One run: what it is made of, and its rules as (name, seed)."""

    seed: int
    edges: tuple[tuple[str, str], ...]
    policy: Policy
    faults: Faults
    most_tickets: int
    skewed: bool
    rules: tuple[tuple[str, int], ...]


# How often a rule comes, beside users who edit.
RULES = {
    "edit": 30,
    "cycle": 30,
    "crash": 6,
    "freeze": 3,
    "short": 2,
    "batch": 2,
    "delete": 1,
    "commit": 4,
    "hold": 4,
    "release": 4,
    "tick": 10,
    "jump": 2,
    "rename": 1,
    "refuse": 2,
    "allow": 1,
    "fail": 3,
    "switch": 1,
}
RESTORES = {"backup": 8, "restore": 6}


def planned(
    seed: int,
    *,
    edges: Sequence[tuple[tuple[str, str], ...]] = (PAIR,),
    steps: int = 40,
    restores: bool = False,
) -> Plan:
    """The run that belongs to ``seed``; with ``restores`` administrators bring back old backups."""
    rng = Random(seed)
    rules = {**RULES, **(RESTORES if restores else {})}
    return Plan(
        seed,
        rng.choice(edges),
        rng.choice(list(Policy)),
        rng.choice(WEATHER),
        rng.choice((1, 2, 4)),
        rng.random() < 0.5,
        tuple((name, rng.getrandbits(32)) for name in rng.choices(list(rules), rules.values(), k=steps)),
    )


def run(plan: Plan, make_store: StoreMaker | None = None) -> World:
    """Run it to its end. Raises Failure with what does not hold."""
    world = World(plan, make_store or _store)
    for name, seed in plan.rules:
        world.step(name, Random(seed))
    world.rest()
    return world


def _store(end: End) -> SteppedStore:
    return SteppedStore(end.side.environment.database, end.clock)


@dataclass(frozen=True)
class _Saved:
    """A backup of a project, with the spools of its synchronizations and the ledger's moment."""

    environment: SimEnvironment
    backup: Backup
    spools: list[dict[str, bytearray]]
    moment: int


class World:
    """Everything of one run."""

    def __init__(self, plan: Plan, make_store: StoreMaker) -> None:
        self.plan = plan
        self.clock = SimClock(1_800_000_000_000_000)
        self.ledger = Ledger()
        self.users = Users(self.ledger, plan.most_tickets)
        self.environments: dict[str, SimEnvironment] = {}
        self.clocks: dict[str, SkewedClock] = {}
        self.pairs: list[SimPair] = []
        self.ends: list[tuple[End, End]] = []
        self.restored = False
        self._backups: list[_Saved] = []
        self._held: list[Callable[[], None]] = []
        self._rng = Random(plan.seed)
        for edge in plan.edges:
            self._join(edge, make_store)

    def step(self, name: str, rng: Random) -> None:
        """One rule, then the invariants. No two things happen in one microsecond on one clock."""
        self.clock.advance(1)
        try:
            getattr(self, f"_{name}")(rng)
        except Failure:
            raise
        except Exception as error:
            raise Failure(f"{name}: {type(error).__name__}: {error}") from error
        self._check()

    def rest(self) -> None:
        """Heal everything, run on until nothing moves, and judge."""
        self.users.finish()
        for release in self._held:
            release()
        for environment in self.environments.values():
            environment.tracker.listener = lambda number: None
            environment.tracker.set_options("priority", (*PRIORITIES, "small"))
        for end in self.all_ends():
            end.restart()
            end.side.start()
            end.side.store.unpark(end.side.sync_id)
        for pair in self.pairs:
            pair.wire.heal()
        self.clock.advance(30 * DAY)
        self._until_quiet()
        self._judge()
        self._nothing_moves()

    def _judge(self) -> None:
        if self.restored and any(end.side.sync.suspended for end in self.all_ends()):
            return
        found = [text for pair in self.pairs for text in differences(pair)]
        found += lost_or_doubled(self.ledger, self.environments.values())
        # What a restore undid was seen by people whose edits stay.
        found += [] if self.restored else unrecorded(self.ledger, self.ends)
        found += [f"{e.name}: parked" for e in self.all_ends() if e.side.store.parked(e.side.sync_id)]
        if found:
            raise Failure("; ".join(found))

    def _join(self, edge: tuple[str, str], make_store: StoreMaker) -> None:
        master, slave = (self._environment(name) for name in edge)
        sync_id = f"{len(self.pairs):020d}"
        wire = FaultyWire(sync_id, self._rng, self.clock, CALM)
        pace = Pace(sweep_overlap=60 * MINUTE, slow_sweep_every=MINUTE)
        pair = SimPair(wire, clock=self.clock, policy=self.plan.policy, master=master, slave=slave, pace=pace)
        pair.connect()
        wire.faults = self.plan.faults
        self.pairs.append(pair)
        one, two = (End(side, make_store, self.clocks[side.environment.name]) for side in pair.sides)
        self.ends.append((one, two))

    def _environment(self, name: str) -> SimEnvironment:
        if name not in self.environments:
            self.clocks[name] = SkewedClock(self.clock)
            made = SimEnvironment(name, self.clocks[name], catalogue=catalogue())
            self.environments[name] = made
        return self.environments[name]

    def all_ends(self) -> list[End]:
        """Both ends of every synchronization."""
        return [end for pair in self.ends for end in pair]

    def _check(self) -> None:
        pairs = [pair for one, two in self.ends for pair in ((one, two), (two, one))]
        found = [text for one, two in pairs for text in out_of_order(one, two, restored=self.restored)]
        if found:
            raise Failure("; ".join(found))

    def _until_quiet(self) -> None:
        """Days first, so that whatever pauses goes on, then minutes: once a day there is a sign of life."""
        quiet = 0
        for count in range(120):
            moved = [self._cycled(end) for end in self.all_ends()]
            self._check()
            self.clock.advance(26 * 60 * MINUTE if count < 8 else 11 * MINUTE)
            going = [p for p in self.pairs if not any(side.sync.suspended for side in p.sides)]
            waiting = any(pair.pending() for pair in going)
            quiet = 0 if any(moved) or waiting or count < 8 else quiet + 1
            if quiet >= 2:
                return
        raise Failure("it does not come to rest")

    def _nothing_moves(self) -> None:
        before = [
            environment.database.snapshot()["ticket_change"] for environment in self.environments.values()
        ]
        for end in self.all_ends():
            if self._cycled(end):
                raise Failure(f"{end.name}: something moves though everything is at rest")
        after = [
            environment.database.snapshot()["ticket_change"] for environment in self.environments.values()
        ]
        if before != after:
            raise Failure("tickets change though everything is at rest")

    def _cycled(self, end: End) -> bool:
        try:
            report = end.cycle()
        except Exception as error:
            raise Failure(f"{end.name}: a cycle failed: {type(error).__name__}: {error}") from error
        return report is not None and report.busy

    def _any(self, rng: Random) -> SimEnvironment:
        return rng.choice(list(self.environments.values()))

    def _edit(self, rng: Random) -> None:
        for _ in range(rng.choice((1, 1, 2, 3))):
            self.users.act(self._any(rng), rng)
            self.clock.advance(rng.choice((1, 1_000_000)))

    def _cycle(self, rng: Random) -> None:
        rng.choice(self.all_ends()).cycle()

    def _crash(self, rng: Random) -> None:
        end = rng.choice(self.all_ends())
        end.cycle(Surprise(at=rng.randint(1, 40)))
        if rng.random() < 0.7:
            end.cycle()

    def _freeze(self, rng: Random) -> None:
        end = rng.choice(self.all_ends())

        def meanwhile() -> None:
            self.users.act(end.side.environment, rng)
            self.clock.advance(1)

        end.cycle(Surprise(at=rng.randint(1, 25), freezes=True, meanwhile=meanwhile))

    def _short(self, rng: Random) -> None:
        rng.choice(self.all_ends()).cycle(Surprise(budget=rng.randint(1, 6)))

    def _batch(self, rng: Random) -> None:
        self.users.batch(self._any(rng), rng)

    def _delete(self, rng: Random) -> None:
        environment = self._any(rng)
        self.users.delete(environment, rng)
        if rng.random() < 0.5:
            self.users.create(environment)
        self.clock.advance(1)

    def _commit(self, rng: Random) -> None:
        self.users.commit(rng)

    def _hold(self, rng: Random) -> None:
        pair = rng.choice(self.pairs)
        side = rng.choice(pair.sides)
        held = pair.hold(side)
        if held:
            self._held.append(lambda: pair.release(side, held))

    def _release(self, rng: Random) -> None:
        if self._held:
            self._held.pop(rng.randrange(len(self._held)))()

    def _tick(self, rng: Random) -> None:
        self.clock.advance(rng.choice((1, LEASE, 90 * MINUTE, 26 * 60 * MINUTE)))

    def _jump(self, rng: Random) -> None:
        if self.plan.skewed:
            clock = rng.choice(list(self.clocks.values()))
            clock.offset += rng.choice((-DAY, -60 * MINUTE, -5_000_000, 3, 60 * MINUTE, DAY))

    def _rename(self, rng: Random) -> None:
        environment = self._any(rng)
        old, new = rng.choice((("minor", "small"), ("small", "minor")))
        if new not in environment.tracker.catalogue().field("priority").options:
            environment.tracker.sql_rename("priority", old, new)

    def _refuse(self, rng: Random) -> None:
        self._any(rng).tracker.set_options("priority", ("major", rng.choice(("minor", "critical", "small"))))

    def _allow(self, rng: Random) -> None:
        end = rng.choice(self.all_ends())
        end.side.tracker.set_options("priority", (*PRIORITIES, "small"))
        end.side.store.unpark(end.side.sync_id)

    def _fail(self, rng: Random) -> None:
        """Another plugin's listener raises now and then."""
        rate = rng.choice((0, 0.2, 0.6))

        def listen(number: int) -> None:
            if self._rng.random() < rate:
                raise ValueError("another plugin does not like it")

        self._any(rng).tracker.listener = listen

    def _switch(self, rng: Random) -> None:
        side = rng.choice(self.all_ends()).side
        if side.sync.enabled:
            side.stop()
        else:
            side.start()

    def _backup(self, rng: Random) -> None:
        environment = self._any(rng)
        files = [end.side.spool.files for end in self._ends_of(environment)]
        spools = [{name: bytearray(data) for name, data in one.items()} for one in files]
        self._backups.append(_Saved(environment, environment.backup(), spools, self.ledger.moment))

    def _restore(self, rng: Random) -> None:
        """The outside world goes on; requests and workers of the project do not."""
        if not self._backups:
            return
        saved = rng.choice(self._backups)
        environment = saved.environment
        environment.restore(saved.backup)
        self.users.drop(environment)
        self.ledger.doubt(environment.name, saved.moment)
        self.restored = True
        for end, files in zip(self._ends_of(environment), saved.spools, strict=True):
            end.side.spool.files = {name: bytearray(data) for name, data in files.items()}
            end.restart()

    def _ends_of(self, environment: SimEnvironment) -> list[End]:
        return [end for end in self.all_ends() if end.side.environment is environment]
