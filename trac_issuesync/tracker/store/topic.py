# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the modules of the store have in common."""

from __future__ import annotations

from trac_issuesync.tracker.store.database import Database

__all__ = ["Topic"]


class Topic:
    """A part of the store: the rows of one subject. All parts of a store share its ``Database``."""

    _db: Database

    def _system(self) -> str:
        """The name of Trac's table of versions and ids, which MariaDB wants quoted."""
        with self._db.env.db_query as db:
            return str(db.quote("system"))
