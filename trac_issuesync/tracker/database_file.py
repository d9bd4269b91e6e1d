# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The file of an SQLite database, which somebody may replace under a worker: by a backup, for example."""

from __future__ import annotations

import os
from typing import Any

from trac.db import DatabaseManager

from trac_issuesync.tracker.store.servers import scheme_of

__all__ = ["DatabaseFile"]


class DatabaseFile:
    """Remembers which file it is; connections go on with the old one, and SQLite lets none of them write."""

    def __init__(self, env: Any) -> None:
        self._manager = DatabaseManager(env)
        _, arguments = self._manager.get_connector()
        self._path = arguments["path"] if scheme_of(env) == "sqlite" else ""
        self._found = self._identity()

    def replaced(self) -> bool:
        """True if another file is there; never for a server, nor while there is no file."""
        found = self._identity()
        return found is not None and found != self._found

    def let_go(self) -> None:
        """Close all connections of this process; none may be in use in another thread."""
        self._manager.shutdown()

    def _identity(self) -> tuple[int, int] | None:
        try:
            status = os.stat(self._path)
        except OSError:
            return None
        return status.st_dev, status.st_ino
