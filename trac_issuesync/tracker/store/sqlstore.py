# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The whole store in one object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from trac_issuesync.tracker.store.attachments import Attachments
from trac_issuesync.tracker.store.contracts import Contracts
from trac_issuesync.tracker.store.database import Database
from trac_issuesync.tracker.store.inbox import Inbox
from trac_issuesync.tracker.store.journal import Journal
from trac_issuesync.tracker.store.lease import Leases
from trac_issuesync.tracker.store.marks import Marks
from trac_issuesync.tracker.store.messages import Messages
from trac_issuesync.tracker.store.outbox import Outbox
from trac_issuesync.tracker.store.syncs import Syncs
from trac_issuesync.tracker.store.twins import Twins
from trac_issuesync.tracker.store.vault import Box, Vault

__all__ = ["SqlStore"]


class SqlStore(Syncs, Contracts, Twins, Attachments, Marks, Outbox, Messages, Inbox, Journal, Vault, Leases):
    """``engine.storage.Store`` over the database of a Trac environment.

    A store object is cheap and holds no connection, only the leases it took. Threads may share one; the
    leases are then shared too. ``box`` gives what seals secrets, when one is first needed. ``lock_wait`` is
    how long, in seconds, to try for SQLite's write lock.
    """

    def __init__(self, env: Any, box: Callable[[], Box], *, lock_wait: float = 30.0) -> None:
        self._db = Database(env, lock_wait)
        self._box = box

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One write transaction; takes the write lock at once and may be nested.

        Raises Transient: the lock cannot be had, the database failed in passing, or (code ``lease-lost``) a
        lease that this store holds was taken over.
        """
        with self._db.transaction():
            yield
