# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""No cycle costs more in a larger project: what it asks of tables that grow, an index answers."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from handshake.handshake_pair import Pair
from trac.db.util import IterableCursor
from trac.ticket.model import Ticket
from worker.worker_pair import connected, cycle, save

from trac_issuesync.engine.link import Pace
from trac_issuesync.tracker.api import IssueSyncSystem
from trac_issuesync.tracker.chores import Chores
from trac_issuesync.tracker.hints import Hints
from trac_issuesync.tracker.links import Links

LASTING = ("twin", "logged", "attachment", "log", "conflict")
"""Our tables whose rows stay when all is quiet: finding all of a synchronization is as bad as a scan."""
QUEUES = ("mark", "outbox", "message", "inbox", "received", "birth", "rejected", "part", "blob")
GROWING = frozenset(("ticket", "ticket_change", "ticket_custom", "attachment")).union(
    f"issuesync_{name}" for name in (*LASTING, *QUEUES)
)
"""Tables with a row for each ticket, change or message."""


@dataclass
class Asked:
    """The statements that reached the database, with their values."""

    statements: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def scans(self, env_path: str) -> list[str]:
        """Those that read a growing table as a whole, with what SQLite plans to do."""
        found = []
        uri = f"{(Path(env_path) / 'db' / 'trac.db').as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as database:
            for sql, values in self.statements.items():
                plan = database.execute(f"EXPLAIN QUERY PLAN {sql.replace('%s', '?')}", values).fetchall()
                found += [f"{step}: {sql}" for *_, step in plan if _scanned(step, sql) in GROWING]
        return found


def _scanned(step: str, sql: str) -> str:
    """The table that a step of a plan reads as a whole, or empty."""
    if whole := re.match(rf"SEARCH (?:TABLE )?(issuesync_(?:{'|'.join(LASTING)})) .*\(sync=\?\)$", step):
        return whole.group(1)
    if not step.startswith("SCAN "):
        return ""
    # Older SQLite says TABLE first, and an alias stands for its table.
    table = re.sub(r"^SCAN (TABLE )?", "", step).split()[0]
    alias = re.search(rf"(?:FROM|JOIN)\s+(\w+)\s+{table}\b", sql)
    return alias.group(1) if table not in GROWING and alias else table


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    asked = Asked()
    execute = IterableCursor.execute

    def note(cursor: IterableCursor, sql: str, args: Any = None) -> Any:
        if re.match(r"\s*(SELECT|UPDATE|DELETE)", sql):
            asked.statements[sql] = tuple(args or ())
        return execute(cursor, sql, args)

    monkeypatch.setattr(IterableCursor, "execute", note)
    return asked


def whole_cycle(links: Links, name: str, pace: Pace) -> None:
    """All that a resident worker does each time."""
    links.refresh()
    Chores(links, IssueSyncSystem(links.env), Hints(links.env.path)).run()
    cycle(links, links.find(name), pace)


def _nothing(pair: Pair) -> None:
    pass


def _an_edit(pair: Pair) -> None:
    Ticket(pair.acme.env, 1).save_changes("ann", "A comment")


def _an_arrival(pair: Pair) -> None:
    Ticket(pair.globex.env, 1).save_changes("ann", "A comment from there")
    cycle(pair.globex, pair.globex.find("one"))


@pytest.mark.parametrize("happened", [_nothing, _an_edit, _an_arrival])
def test_a_cycle_reads_no_growing_table_as_a_whole(
    pair: Pair, asked: Asked, happened: Callable[[Pair], None]
) -> None:
    """Idle, with an edit to send and with one to apply; the slower sweep, which may, is not due."""
    connected(pair)
    for index in range(3):
        save(pair.acme.env, f"t{index}")
    for _ in range(3):
        cycle(pair.acme, pair.acme.find("one"))
        cycle(pair.globex, pair.globex.find("one"))
    happened(pair)
    asked.statements.clear()
    whole_cycle(pair.acme, "one", Pace())
    assert len(asked.statements) > 10
    assert asked.scans(pair.acme.env.path) == []
    # Sorting rows with megabytes in them reads them all, however few are wanted.
    assert not [sql for sql in asked.statements if "body" in sql and "ORDER BY" in sql]


def test_what_reads_a_whole_table_is_noticed(pair: Pair, asked: Asked) -> None:
    """Such as times that have no index, all twins, or a table under another name."""
    connected(pair)
    asked.statements.clear()
    for sql in (
        "SELECT id FROM ticket WHERE changetime>=%s",
        "SELECT COUNT(*) FROM issuesync_twin WHERE sync=%s AND state<>'gone'",
        "SELECT one.id FROM ticket one WHERE changetime>=%s",
    ):
        pair.acme.env.db_query(sql, (1,))
    assert len(asked.scans(pair.acme.env.path)) == 3
