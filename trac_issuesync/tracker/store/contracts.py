# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Contract versions and what each side has bound of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trac_issuesync.core.contract import Bound, Contract
from trac_issuesync.engine.records import Published
from trac_issuesync.tracker.store.encoding import JsonColumn
from trac_issuesync.tracker.store.topic import Topic

__all__ = ["Contracts"]

_CONTRACT: JsonColumn[Contract] = JsonColumn(Contract)
_BOUND: JsonColumn[Bound] = JsonColumn(Bound)


class Contracts(Topic):
    """Rows of ``issuesync_published`` and ``issuesync_bound``."""

    def published(self, sync: str, version: int) -> Published | None:
        """One contract version."""
        found = self._published(sync, "AND version=%s", (version,))
        return found[0] if found else None

    def versions(self, sync: str) -> list[Published]:
        """All contract versions, ascending."""
        return self._published(sync, "ORDER BY version", ())

    def publish(self, sync: str, contract: Contract, note: str, author: str, time: int) -> None:
        """Add a contract version; one that is there already raises (unique key)."""
        row = (sync, contract.version, _CONTRACT.encode(contract), note, author, time)
        self._db.insert("issuesync_published", "sync, version, contract, note, author, time", [row])

    def bind(self, sync: str, bound: Bound, *, ours: bool) -> None:
        """Store what this side (or the partner) has bound of a version, in place of what it had."""
        key = (sync, bound.version, int(ours))
        with self._db.transaction() as db:
            db("DELETE FROM issuesync_bound WHERE sync=%s AND version=%s AND ours=%s", key)
            self._db.insert("issuesync_bound", "sync, version, ours, data", [(*key, _BOUND.encode(bound))])

    def _published(self, sync: str, rest: str, args: Sequence[Any]) -> list[Published]:
        bound = {
            (version, bool(ours)): _BOUND.decode(data)
            for version, ours, data in self._db.rows(
                "SELECT version, ours, data FROM issuesync_bound WHERE sync=%s", (sync,)
            )
        }
        rows = self._db.rows(
            "SELECT version, contract, note, author, time FROM issuesync_published WHERE sync=%s " + rest,
            (sync, *args),
        )
        return [
            Published(
                _CONTRACT.decode(contract),
                note,
                author,
                time,
                bound.get((version, True)),
                bound.get((version, False)),
            )
            for version, contract, note, author, time in rows
        ]
