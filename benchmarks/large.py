# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Large projects in step, made in seconds: some tickets are really synchronized, and their rows copied."""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from trac.env import Environment

from benchmarks.pair import Pair, bare, connected, number
from benchmarks.workload import plan, write
from trac_issuesync.engine.link import Pace
from trac_issuesync.engine.records import Sync
from trac_issuesync.tracker.api import IssueSyncSystem
from trac_issuesync.tracker.chores import Chores
from trac_issuesync.tracker.hints import Hints
from trac_issuesync.tracker.lease import owner_name
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.turn import Ran, run_sync

__all__ = ["TEMPLATES", "Resident", "grow", "resident", "settle", "small"]

TEMPLATES = 200
"""Tickets with a twin in both projects; all others are copies of them in one project."""

_APART = 1000 * 1_000_000
_TABLES = (
    ("ticket", "id", ("time", "changetime")),
    ("ticket_custom", "ticket", ()),
    ("ticket_change", "ticket", ("time",)),
    ("issuesync_twin", "ticket", ("created",)),
    ("issuesync_logged", "ticket", ("time", "origin")),
)
"""Tables with the column of the ticket's number, and those of times."""


@dataclass(frozen=True)
class Resident:
    """A worker's cycles, each when it is asked for."""

    links: Links
    chores: Chores

    @property
    def sync(self) -> Sync:
        """The one synchronization as it is now."""
        return self.links.store.syncs()[0]

    def cycle(self, pace: Pace) -> Ran:
        """All that a resident worker does between two waits."""
        self.links.refresh()
        sync = self.sync
        self.chores.run()
        return run_sync(self.links, sync, owner_name(), pace=pace)


def small(folder: Path) -> Pair:
    """``TEMPLATES`` tickets with five changes each, synchronized for real, without edits of comments.

    A comment's edit has its comment's time in the name of a shadow, where copying would not move it.
    """
    pair = bare(folder)
    plain = [
        replace(ticket, steps=tuple(step for step in ticket.steps if step.corrects is None))
        for ticket in plan(TEMPLATES)
    ]
    write(pair.acme, plain)
    connected(pair)
    pair.start()
    with ExitStack() as held:
        settle([held.enter_context(resident(path)) for path in (pair.acme, pair.globex)])
    if not pair.quiet(TEMPLATES):
        raise AssertionError(f"{folder}: the templates are not in step")
    return pair


def grow(env: Path, tickets: int) -> None:
    """Copy a project's templates until it has ``tickets`` of them with twins, a multiple of ``TEMPLATES``."""
    have = number(env, "SELECT count(*) FROM ticket")
    with closing(sqlite3.connect(env / "db" / "trac.db", isolation_level=None)) as database:
        database.create_function("moved", 3, _moved, deterministic=True)
        database.execute("PRAGMA synchronous=OFF")
        database.execute("PRAGMA cache_size=-500000")
        database.execute("BEGIN")
        for table, key, times in _TABLES:
            statement = _copy(database, table, key, times)
            with _without_indexes(database, table):
                for turn in range(have // TEMPLATES, tickets // TEMPLATES):
                    database.execute(statement, {"turn": turn})
        database.execute("COMMIT")


@contextmanager
def resident(env: Path) -> Iterator[Resident]:
    """A worker in this process."""
    environment = Environment(str(env))
    # As a worker's process does; what earlier measures have left here is none of its own.
    gc.collect()
    gc.freeze()
    try:
        with Links(environment) as links:
            yield Resident(links, Chores(links, IssueSyncSystem(environment), Hints(str(env))))
    finally:
        environment.shutdown()


def settle(sides: list[Resident]) -> None:
    """Cycles on both sides until nothing moves any more."""
    while any(side.cycle(Pace()).report.busy for side in sides):
        pass


@contextmanager
def _without_indexes(database: sqlite3.Connection, table: str) -> Iterator[None]:
    """Many rows are copied in half the time where the indexes are made afterwards."""
    indexes = database.execute(
        "SELECT name, sql FROM sqlite_master WHERE type='index' AND tbl_name=? AND sql IS NOT NULL", (table,)
    ).fetchall()
    for name, _ in indexes:
        database.execute(f"DROP INDEX {name}")
    yield
    for _, sql in indexes:
        database.execute(sql)


def _copy(database: sqlite3.Connection, table: str, key: str, times: tuple[str, ...]) -> str:
    names = [str(column[1]) for column in database.execute(f"PRAGMA table_info({table})")]
    values = []
    for name in names:
        if name in (key, "partner"):
            values.append(f"{name} + :turn * {TEMPLATES}")
        elif name in times:
            values.append(f"{name} + :turn * {_APART}")
        elif name == "uid":
            values.append(f"moved(uid, :turn * {TEMPLATES}, :turn * {_APART})")
        else:
            values.append(name)
    into = f"INSERT INTO {table} ({', '.join(names)})"
    return f"{into} SELECT {', '.join(values)} FROM {table} WHERE {key} <= {TEMPLATES}"


def _moved(uid: str, numbers: int, time: int) -> str:
    environment, ticket, created = uid.split("/")
    return f"{environment}/{int(ticket) + numbers}/{int(created) + time}"
