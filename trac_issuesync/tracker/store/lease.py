# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""One worker at a time for each synchronization, across processes and hosts.

The clock only says when a lease may be taken over. What keeps a worker that was asleep from writing is the
generation: it rises with each taking, and every transaction of a holder checks it (``database``).
"""

from __future__ import annotations

from typing import Any

from trac_issuesync.tracker.store.database import Database, Held
from trac_issuesync.tracker.store.topic import Topic

__all__ = ["Leases"]


class Leases(Topic):
    """Rows of ``issuesync_lease``; a free lease has no owner. Rows stay, so generations never go back."""

    def acquire(self, sync: str, owner: str, now: int, ttl: int) -> bool:
        """Take or renew the lease until ``now + ttl``; false if another holds it.

        From then on every transaction of this store object is fenced by it. Not to be called inside one.
        """
        try:
            with self._db.transaction(fenced=False) as db:
                held = _take(self._db, db, sync, owner, now, ttl)
        except self._db.env.db_exc.IntegrityError:
            # Another worker made the first row of this lease at the same moment.
            return False
        if held is not None:
            self._db.leases[sync] = held
        elif not self._holds(sync):
            self._db.leases.pop(sync, None)
        return held is not None

    def release(self, sync: str) -> None:
        """Free the lease if this store object still holds it; its transactions are no longer fenced by it."""
        held = self._db.leases.pop(sync, None)
        if held is not None:
            with self._db.transaction(fenced=False) as db:
                db(
                    "UPDATE issuesync_lease SET owner='', expires=0 "
                    "WHERE sync=%s AND owner=%s AND generation=%s",
                    (sync, held.owner, held.generation),
                )

    def free_lease(self, sync: str, owner: str) -> None:
        """Free the lease of an owner that is known to be dead; nothing happens if another holds it by now."""
        with self._db.transaction(fenced=False) as db:
            db("UPDATE issuesync_lease SET owner='', expires=0 WHERE sync=%s AND owner=%s", (sync, owner))

    def lease_holder(self, sync: str, now: int) -> str | None:
        """Who runs the synchronization at ``now``, or None."""
        found = self._db.rows("SELECT owner, expires FROM issuesync_lease WHERE sync=%s", (sync,))
        return str(found[0][0]) if found and found[0][0] and found[0][1] > now else None

    def _holds(self, sync: str) -> bool:
        held = self._db.leases.get(sync)
        found = self._db.rows("SELECT owner, generation FROM issuesync_lease WHERE sync=%s", (sync,))
        return held is not None and bool(found) and tuple(found[0]) == (held.owner, held.generation)


def _take(database: Database, db: Any, sync: str, owner: str, now: int, ttl: int) -> Held | None:
    """Take, take over or renew under the row's lock; None if another holds it."""
    found = db(
        f"SELECT owner, generation, expires FROM issuesync_lease WHERE sync=%s{database.for_update}", (sync,)
    )
    if not found:
        database.insert("issuesync_lease", "sync, owner, generation, expires", [(sync, owner, 1, now + ttl)])
        return Held(owner, 1)
    holder, generation, expires = found[0]
    ours = database.leases.get(sync) == Held(holder, generation) and holder == owner
    if not ours and holder and expires > now:
        return None
    held = Held(owner, generation if ours else generation + 1)
    db(
        "UPDATE issuesync_lease SET owner=%s, generation=%s, expires=%s WHERE sync=%s",
        (owner, held.generation, now + ttl, sync),
    )
    return held
