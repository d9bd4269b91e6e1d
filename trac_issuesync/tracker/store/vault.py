# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Keys and passwords, sealed before the database sees them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from trac_issuesync.tracker.store.topic import Topic

__all__ = ["Box", "Vault"]


class Box(Protocol):
    """Encrypts text at rest."""

    def seal(self, text: str, /) -> str:
        """The text, encrypted, as printable ASCII."""

    def open(self, sealed: str, /) -> str:
        """The text that was sealed; raises if this box did not seal it."""


class Vault(Topic):
    """Rows of ``issuesync_secret``. The box is made when it is first needed: most stores never need it."""

    _box: Callable[[], Box]

    def save_secret(self, sync: str, kind: str, text: str) -> None:
        """Insert or replace by kind."""
        # The key file is read before the write lock is taken.
        sealed = self._box().seal(text)
        with self._db.transaction():
            self.drop_secret(sync, kind)
            self._db.insert("issuesync_secret", "sync, kind, sealed", [(sync, kind, sealed)])

    def secret(self, sync: str, kind: str) -> str | None:
        """The secret in clear, or None if there is none of this kind."""
        found = self._db.rows("SELECT sealed FROM issuesync_secret WHERE sync=%s AND kind=%s", (sync, kind))
        return self._box().open(found[0][0]) if found else None

    def drop_secret(self, sync: str, kind: str) -> None:
        """Forget the secret of this kind."""
        self._db.write("DELETE FROM issuesync_secret WHERE sync=%s AND kind=%s", (sync, kind))
