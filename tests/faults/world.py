# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two real Trac projects on SQLite with real folders, a clock moved by hand, and the simulated sealer.

gpg is left out because thousands of messages are sealed. What it cannot do half is nothing of ours: a run of
it ends with a result or without one.
"""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Callable
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

from faults.taps import Tap, TappedSealer
from handshake.handshake_pair import project
from msgspec.structs import replace
from support.environments import Option, copy_environment
from trac.attachment import Attachment
from trac.db import DatabaseManager
from trac.env import Environment
from trac.ticket.model import Ticket
from trac.util.datefmt import from_utimestamp

from trac_issuesync.channels.directories import ensure_directories
from trac_issuesync.core.contract import Bound, first_contract, types_of
from trac_issuesync.core.model import Policy, Side
from trac_issuesync.engine.control import OWN_PUBLIC, SECRET
from trac_issuesync.engine.link import Link, Pace
from trac_issuesync.engine.records import Settings, Sync
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.testing.sim_sealer import SimSealer, sim_fingerprint
from trac_issuesync.testing.steps import Killed, Steps
from trac_issuesync.tracker.lease import owner_name
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.turn import Ran, run_sync

__all__ = ["SYNC", "Project", "World", "made_world"]

SYNC = "0123456789abcdef0123"
SECOND = 1_000_000
_ROUND = 300 * SECOND
_START = 1_700_000_000 * SECOND
# No system has processes of such numbers, so the lease of a killed worker is that of a dead one.
_PROCESSES = count(900_000_001)
# Nobody pulls the plug here but a test that does so itself.
_OPTIONS: tuple[Option, ...] = (("trac", "database", "sqlite:db/trac.db?synchronous=OFF"),)


class _Links(Links):
    """The worker's, but with another sealer and clock."""

    def __init__(self, env: Environment, clock: SimClock, tap: Tap) -> None:
        super().__init__(env)
        self.clock = clock  # type: ignore[assignment]
        self._tap = tap

    def open(self, sync: Sync, **more: Any) -> Link:
        link = super().open(sync, **more)
        now = link.sync
        sealer = SimSealer(now.own_key, now.partner_key, now.settings.encrypt)
        link.sealer = TappedSealer(sealer, self._tap)
        return link


class Project:
    """One side, its users and its worker, which may be killed and begun anew."""

    def __init__(self, env: Environment, side: Side, clock: SimClock, tap: Tap, pace: Pace) -> None:
        self.env, self.side, self.clock, self.tap, self.pace = env, side, clock, tap, pace
        self.begin()

    def begin(self) -> None:
        """A new worker: nothing is left of the former one but what it has stored.

        Trac's own object goes on; opening another takes longer than all else, and keeps nothing of ours.
        """
        DatabaseManager(self.env).shutdown()
        self.links = _Links(self.env, self.clock, self.tap)
        self.links.refresh()
        host, _, place = owner_name().split(":", 2)
        self.owner = f"{host}:{next(_PROCESSES)}:{place}"

    @property
    def store(self) -> Any:
        return self.links.store

    @property
    def sync(self) -> Sync | None:
        """The synchronization as it stands; None once it is removed."""
        return self.store.sync(SYNC)  # type: ignore[no-any-return]

    def cycle(self) -> Ran:
        """One cycle as a worker runs it. Raises Killed."""
        sync = self.sync
        if sync is None:
            return Ran("one")
        return run_sync(self.links, sync, self.owner, pace=self.pace, sleep=lambda seconds: None)

    def save(self, **changes: Any) -> None:
        """As the commands start and stop do."""
        with self.store.transaction():
            self.store.save_sync(replace(self.store.sync(SYNC), **changes))

    def when(self) -> datetime:
        """The time of a user's act; a second passes."""
        self.clock.advance(SECOND)
        return from_utimestamp(self.clock.now())

    def create(self, summary: str, **values: str) -> int:
        ticket = Ticket(self.env)
        ticket.populate({"summary": summary, "reporter": "ann", "type": "defect", "status": "new", **values})
        return int(ticket.insert(self.when()))

    def edit(self, number: int, comment: str = "", author: str = "bob", **values: str) -> None:
        ticket = Ticket(self.env, number)
        for name, value in values.items():
            ticket[name] = value
        ticket.save_changes(author, comment, self.when())

    def rewrite(self, number: int, old: str, new: str) -> None:
        """Edit the comment that says ``old``."""
        ticket = Ticket(self.env, number)
        (at,) = (row[0] for row in ticket.get_changelog() if row[2] == "comment" and row[4] == old)
        ticket.modify_comment(at, "bob", new, self.when())

    def attach(self, number: int, name: str, data: bytes) -> None:
        attachment = Attachment(self.env, "ticket", number)
        attachment.author, attachment.description = "ann", "A file"
        attachment.insert(name, io.BytesIO(data), len(data), self.when())

    def find(self, summary: str) -> int:
        """The number of the only ticket of that name."""
        ((number,),) = self.env.db_query("SELECT id FROM ticket WHERE summary=%s", (summary,))
        return int(number)

    def facts(self) -> dict[str, list[tuple[object, ...]]]:
        """What must be the same however often the worker died: tickets, log, files, twins, conflicts.

        Without the times that a cycle gives, and without numbers, which depend on the order of arrival.
        """
        query = self.env.db_query
        names = dict(query("SELECT id, summary FROM ticket"))
        columns = "type, component, severity, priority, owner, reporter, milestone, status, keywords"
        tickets = query(f"SELECT summary, {columns}, description, resolution, time FROM ticket")
        log = [
            (names[number], author, field, old, "" if field.startswith("_comment") else new)
            for number, author, field, old, new in query(
                "SELECT ticket, author, field, oldvalue, newvalue FROM ticket_change"
            )
            # The running number that Trac shows of a comment, not what it says.
            if field != "comment" or new
        ]
        log = [(n, a, f, "" if f == "comment" else o, v) for n, a, f, o, v in log]
        return {
            "tickets": sorted(tickets),
            "log": sorted(log),
            "files": sorted(self._files(names)),
            "twins": sorted(self._twins(names)),
            "conflicts": sorted(self._conflicts()),
            "left over": self._left_over(),
            "numbers": self._numbers(),
        }

    def _files(self, names: dict[int, str]) -> list[tuple[object, ...]]:
        found: list[tuple[object, ...]] = []
        for number, summary in names.items():
            for attachment in Attachment.select(self.env, "ticket", number):
                with attachment.open() as stream:
                    digest = hashlib.sha256(stream.read()).hexdigest()
                found.append((summary, attachment.filename, digest, attachment.author))
        return found

    def _twins(self, names: dict[int, str]) -> list[tuple[object, ...]]:
        twins = self.store.twins_of_tickets(SYNC, sorted(names))
        return [
            (names[number], twin.state.value, str(sorted((f, s.value) for f, s in twin.shadow.items())))
            for number, twin in twins.items()
        ]

    def _conflicts(self) -> list[tuple[object, ...]]:
        return (
            [(c.field, c.mine, c.theirs, c.winner) for c in self.store.conflicts(SYNC)] if self.sync else []
        )

    def _numbers(self) -> list[tuple[object, ...]]:
        """Where the next changes go on counting; a number used twice would be seen much later."""
        if self.sync is None:
            return []
        counters = self.store.counters(SYNC)
        return [(counters.change, counters.synthetic)]

    def _left_over(self) -> list[tuple[object, ...]]:
        """What still waits, and files of ours that nobody will look at any more."""
        if self.sync is None:
            return []
        waiting = (
            self.store.count_waiting(SYNC),
            self.store.count_messages(SYNC)[0],
            len(self.store.inbox_tickets(SYNC, 1000)),
            len(self.store.births(SYNC, 1000)),
            len(self.store.controls(SYNC)),
            len(self.store.pending_attachments(SYNC, 1000)),
        )
        files = [path.name for path in self.links.paths.spool(SYNC).glob("*")]
        staged = [p.name for p in Path(self.env.path, "files", "attachments").rglob(".issuesync-*")]
        return [waiting, tuple(files), tuple(staged)]


class World:
    """acme, the master, and globex, the slave, which may be set back to an earlier moment."""

    def __init__(self, root: Path, acme: Environment, globex: Environment, tap: Tap, pace: Pace) -> None:
        self.root, self.tap, self.clock = root, tap, SimClock(_START)
        self.shared = root / "shared"
        self.steps: Steps | None = None
        self.further: list[Steps] = []
        self.told: list[Ran] = []
        self.acme = Project(acme, Side.MASTER, self.clock, tap, pace)
        self.globex = Project(globex, Side.SLAVE, self.clock, tap, pace)

    @property
    def sides(self) -> tuple[Project, Project]:
        return self.acme, self.globex

    def keep(self) -> Callable[[], None]:
        """Remember this moment; returns what brings it back, with new workers."""
        kept, now = self.root / f"kept-{next(_PROCESSES)}", self.clock.now()
        parts = [self.shared, *(Path(side.env.path, part) for side in self.sides for part in ("db", "files"))]
        for side in self.sides:
            DatabaseManager(side.env).shutdown()
        for part in parts:
            shutil.copytree(part, kept / part.relative_to(self.root), symlinks=True)

        def back() -> None:
            self.clock.set(now)
            self.steps, self.further, self.told = None, [], []
            for side in self.sides:
                DatabaseManager(side.env).shutdown()
            for part in parts:
                shutil.rmtree(part)
                shutil.copytree(kept / part.relative_to(self.root), part, symlinks=True)
            for side in self.sides:
                side.begin()

        return back

    def round(self) -> bool:
        """A cycle of each side; a killed worker begins anew. True if anything moved, or one was killed.

        What cycles tell is kept in ``told``.
        """
        moved = False
        for side in self.sides:
            ran = self._cycle(side)
            moved = moved or ran is None or ran.report.busy or bool(ran.report.problems)
            self.told += [ran] if ran is not None else []
        self.clock.advance(_ROUND)
        return moved

    def _cycle(self, side: Project) -> Ran | None:
        self.tap.steps = self.steps
        try:
            return side.cycle()
        except Killed:
            self.steps = self.further.pop(0) if self.further else None
            side.begin()
            return None
        finally:
            self.tap.steps = None

    def settle(self) -> None:
        """Rounds until one in which nothing moves and nothing is left to be acknowledged."""
        for _ in range(30):
            if not self.round() and not self._pending():
                return
        raise AssertionError(f"it never comes to rest: {[side.facts()['left over'] for side in self.sides]}")

    def facts(self) -> list[dict[str, list[tuple[object, ...]]]]:
        """Of each side; and whether each has received what the other has numbered."""
        facts = [side.facts() for side in self.sides]
        if all(side.sync is not None for side in self.sides):
            for mine, (side, other) in zip(facts, (self.sides, self.sides[::-1]), strict=True):
                here, there = side.store.counters(SYNC), other.store.counters(SYNC)
                same = (here.received, here.received_digest) == (there.message, there.message_digest)
                mine["numbers"] = [*mine["numbers"], (same,)]
        return facts

    def close(self) -> None:
        for side in self.sides:
            side.env.shutdown()

    def _pending(self) -> bool:
        return any(
            side.store.count_messages(SYNC)[0] or side.store.counters(SYNC).ack_owed
            for side in self.sides
            if side.sync is not None
        )


def made_world(blank: Path, root: Path, tap: Tap, pace: Pace | None = None, **settings: Any) -> World:
    """Two projects that know of each other what the handshake files said, and have not spoken yet."""

    def make(name: str) -> Environment:
        return copy_environment(blank, root / name, _OPTIONS)

    # No slice of time ends a batch under a clock that stands still.
    pace = pace or Pace(ack_delay=0)
    world = World(root, project(make, "acme"), project(make, "globex"), tap, pace)
    for side, other in (world.sides, world.sides[::-1]):
        (world.shared / side.side.value).mkdir(parents=True)
        _create(side, other, world.shared, world.clock.now(), Settings(**settings))
    return world


def _create(side: Project, other: Project, shared: Path, now: int, settings: Settings) -> None:
    """As create and accept, but for the keys, which are words here."""
    master = side.side is Side.MASTER
    name = Path(other.env.path).name
    keys = {each: sim_fingerprint(Path(each.env.path).name) for each in (side, other)}
    sync = Sync(
        id=SYNC,
        name="one",
        role=side.side,
        channel="file",
        user="sync",
        home=side.links.paths.home,
        created=now,
        contract_version=1 if master else 0,
        own_key=keys[side],
        partner_key="" if master else keys[other],
        partner_environment="" if master else other.store.environment(),
        partner_name=name,
        settings=replace(settings, label=name.upper()),
    )
    side.links.paths.make_files()
    folders = ensure_directories(side.links.paths.exchange_root, SYNC)
    for link, writer in zip(folders, (side, other), strict=True):
        link.rmdir()
        link.symlink_to(shared / writer.side.value)
    with side.store.transaction():
        side.store.save_sync(sync)
        side.store.save_secret(SYNC, SECRET, "one-time")
        side.store.save_secret(SYNC, OWN_PUBLIC, sync.own_key)
        if master:
            contract = first_contract(side.links.tracker.catalogue(), Policy.NEWEST)
            side.store.publish(SYNC, contract, "Created", "admin", now)
            names = tuple(field.name for field in contract.fields)
            bound = Bound(contract.version, names, types_of(contract.fields))
            side.store.bind(SYNC, bound, ours=True)
