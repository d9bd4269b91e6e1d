# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Twins with their shadows, and the log entries that are captured or applied."""

from __future__ import annotations

from collections.abc import Sequence

from trac_issuesync.core.model import Shadow, Twin, TwinState
from trac_issuesync.engine.records import LoggedEntry
from trac_issuesync.tracker.schema import ENVIRONMENT_NAME
from trac_issuesync.tracker.store.database import Row
from trac_issuesync.tracker.store.encoding import JsonColumn
from trac_issuesync.tracker.store.topic import Topic

__all__ = ["Twins"]

_SHADOW: JsonColumn[dict[str, Shadow]] = JsonColumn(dict[str, Shadow])
_COLUMNS = "uid, ticket, created, partner, seen_change, last_change, state, shadow"


class Twins(Topic):
    """Rows of ``issuesync_twin`` and ``issuesync_logged``."""

    def twins_of_tickets(self, sync: str, numbers: Sequence[int]) -> dict[int, Twin]:
        """By local ticket number; twins that are ``gone`` are left out."""
        rows = self._db.rows_in(
            f"SELECT {_COLUMNS} FROM issuesync_twin WHERE sync=%s AND state<>%s AND ticket IN {{}}",
            (sync, TwinState.GONE.value),
            numbers,
        )
        return {twin.ticket: twin for twin in map(_twin, rows)}

    def twins(self, sync: str, uids: Sequence[str]) -> dict[str, Twin]:
        """By uid, gone ones included."""
        rows = self._db.rows_in(
            f"SELECT {_COLUMNS} FROM issuesync_twin WHERE sync=%s AND uid IN {{}}", (sync,), uids
        )
        return {twin.uid: twin for twin in map(_twin, rows)}

    def save_twins(self, sync: str, twins: Sequence[Twin]) -> None:
        """Insert or replace by uid; of two with one uid the last counts."""
        last = {twin.uid: twin for twin in twins}
        with self._db.transaction():
            self._db.write_in("DELETE FROM issuesync_twin WHERE sync=%s AND uid IN {}", (sync,), last)
            self._db.insert(
                "issuesync_twin", "sync, " + _COLUMNS, [(sync, *_row(twin)) for twin in last.values()]
            )

    def origins(self, sync: str, numbers: Sequence[int]) -> dict[tuple[int, int], str]:
        """Uids that tickets have in other synchronizations, by (number, creation time); not gone ones."""
        found: dict[tuple[int, int], str] = {}
        for other in self._others(sync) if numbers else []:
            rows = self._db.rows_in(
                "SELECT ticket, created, uid FROM issuesync_twin "
                "WHERE sync=%s AND state<>%s AND ticket IN {}",
                (other, TwinState.GONE.value),
                numbers,
            )
            found.update({(ticket, created): uid for ticket, created, uid in rows})
        return found

    def twins_elsewhere(self, sync: str, uids: Sequence[str]) -> dict[str, Twin]:
        """For each uid with a twin in another synchronization that one, rather one that is not gone.

        Waits for whichever transaction asked before: two synchronizations that are handed the same ticket at
        the same moment must not both take it in.
        """
        others = self._others(sync) if uids else []
        if not others:
            return {}
        lock = self._db.for_update
        self._db.rows(f"SELECT value FROM {self._system()} WHERE name=%s{lock}", (ENVIRONMENT_NAME,))
        found: list[Twin] = []
        for other in others:
            # A locking read sees what was committed a moment ago also where plain ones keep to a snapshot.
            sql = f"SELECT {_COLUMNS} FROM issuesync_twin WHERE sync=%s AND uid IN {{}}{lock}"
            found += map(_twin, self._db.rows_in(sql, (other,), uids))
        found.sort(key=lambda twin: twin.state is not TwinState.GONE)
        return {twin.uid: twin for twin in found}

    def _others(self, sync: str) -> list[str]:
        return [other for (other,) in self._db.rows("SELECT id FROM issuesync_sync WHERE id<>%s", (sync,))]

    def count_twins(self, sync: str) -> int:
        """How many twins there are whose local ticket still exists and that this synchronization carries."""
        apart = (TwinState.GONE.value, TwinState.DECLINED.value)
        sql = "SELECT COUNT(*) FROM issuesync_twin WHERE sync=%s AND state NOT IN (%s, %s)"
        return int(self._db.rows(sql, (sync, *apart))[0][0])

    def count_declined(self, sync: str) -> int:
        """How many tickets are shared with the partner by another synchronization."""
        sql = "SELECT COUNT(*) FROM issuesync_twin WHERE sync=%s AND state=%s"
        return int(self._db.rows(sql, (sync, TwinState.DECLINED.value))[0][0])

    def twins_above(self, sync: str, uid: str, limit: int) -> list[Twin]:
        """Twins in every state whose uid is above one, by uid as the database orders them."""
        sql = f"SELECT {_COLUMNS} FROM issuesync_twin WHERE sync=%s AND uid>%s ORDER BY uid LIMIT %s"
        return [_twin(row) for row in self._db.rows(sql, (sync, uid, limit))]

    def count_stranded(self, sync: str) -> int:
        """How many of the declined tickets no other synchronization carries any more."""
        others = self._others(sync) or [sync]
        sql = (
            "SELECT COUNT(*) FROM issuesync_twin twin WHERE sync=%s AND state=%s AND NOT EXISTS ("
            "SELECT 1 FROM issuesync_twin other WHERE other.uid=twin.uid AND other.state=%s"
            f" AND other.sync IN ({', '.join(['%s'] * len(others))}))"
        )
        values = (sync, TwinState.DECLINED.value, TwinState.ACTIVE.value, *others)
        return int(self._db.rows(sql, values)[0][0])

    def twin_numbers(self, sync: str, above: int, limit: int) -> list[int]:
        """Local ticket numbers of active twins, ascending."""
        rows = self._db.rows(
            "SELECT ticket FROM issuesync_twin WHERE sync=%s AND ticket>%s AND state=%s "
            "ORDER BY ticket LIMIT %s",
            (sync, above, TwinState.ACTIVE.value, limit),
        )
        return [ticket for (ticket,) in rows]

    def logged(self, sync: str, numbers: Sequence[int]) -> dict[int, dict[tuple[int, str], int | None]]:
        """Per ticket: (time, field) of log rows already captured (None) or applied (original time)."""
        found: dict[int, dict[tuple[int, str], int | None]] = {}
        for ticket, time, field, origin in self._db.rows_in(
            "SELECT ticket, time, field, origin FROM issuesync_logged WHERE sync=%s AND ticket IN {}",
            (sync,),
            numbers,
        ):
            found.setdefault(ticket, {})[time, field] = origin
        return found

    def add_logged(self, sync: str, entries: Sequence[LoggedEntry]) -> None:
        """Record log rows as captured or applied; one that is recorded already raises (unique key)."""
        rows = [(sync, entry.ticket, entry.time, entry.field, entry.origin) for entry in entries]
        self._db.insert("issuesync_logged", "sync, ticket, time, field, origin", rows)

    def drop_logged(self, sync: str, numbers: Sequence[int]) -> None:
        """Forget what is recorded of the log of tickets that are gone."""
        self._db.write_in("DELETE FROM issuesync_logged WHERE sync=%s AND ticket IN {}", (sync,), numbers)


def _twin(row: Row) -> Twin:
    uid, ticket, created, partner, seen, last, state, shadow = row
    return Twin(uid, ticket, created, partner, seen, last, TwinState(state), _SHADOW.decode(shadow))


def _row(twin: Twin) -> Row:
    return (
        twin.uid,
        twin.ticket,
        twin.created,
        twin.partner,
        twin.seen,
        twin.last,
        twin.state.value,
        _SHADOW.encode(twin.shadow),
    )
