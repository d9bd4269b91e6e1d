# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""One simulated environment: database, store, tracker and a folder for the files of a worker."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from trac_issuesync.core.model import Catalogue
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.testing.sim_database import SimDatabase, Snapshot
from trac_issuesync.testing.sim_store import SimStore
from trac_issuesync.testing.sim_tickets import SimLimits
from trac_issuesync.testing.sim_tracker import SimTracker

__all__ = ["Backup", "SimEnvironment"]


@dataclass(frozen=True)
class Backup:
    """What an administrator saved: the database, and the files below ``parts`` by relative name."""

    database: Snapshot
    files: dict[str, bytes]


class SimEnvironment:
    """Everything of one environment that the engine needs but the channel and the sealer.

    ``name`` is also the environment's id. ``folder`` is where it keeps files; without one, a temporary
    folder is made when first used and removed by ``close`` or at the end of a ``with``.
    """

    def __init__(
        self,
        name: str,
        clock: SimClock | None = None,
        *,
        catalogue: Catalogue | None = None,
        known_users: tuple[str, ...] = (),
        limits: SimLimits | None = None,
        folder: Path | None = None,
    ) -> None:
        self.name = name
        self.clock = clock or SimClock()
        self.database = SimDatabase(name)
        self.store = SimStore(self.database, self.clock)
        self.tracker = SimTracker(
            self.database, self.clock, catalogue=catalogue, known_users=known_users, limits=limits
        )
        self._folder = folder
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    @property
    def parts(self) -> Path:
        """An existing folder of this environment for the parts of attachments on their way."""
        if self._folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="sim-")
            self._folder = Path(self._temporary.name)
        folder = self._folder / "parts"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def another_store(self) -> SimStore:
        """The store of another process, with leases of its own."""
        return SimStore(self.database, self.clock)

    def backup(self) -> Backup:
        """Save the environment as it is now, between transactions."""
        return Backup(self.database.snapshot(), {name: p.read_bytes() for name, p in self._files().items()})

    def restore(self, backup: Backup) -> None:
        """Bring the environment back to a backup; the outside world is not moved back."""
        self.database.restore(backup.database)
        for path in self._files().values():
            path.unlink()
        for name, data in backup.files.items():
            path = self.parts / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def _files(self) -> dict[str, Path]:
        if self._folder is None:
            return {}
        found = [path for path in self.parts.rglob("*") if path.is_file()]
        return {str(path.relative_to(self.parts)): path for path in found}

    def close(self) -> None:
        """Remove the temporary folder, if one was made."""
        if self._temporary is not None:
            self._temporary.cleanup()
            self._temporary = self._folder = None

    def __enter__(self) -> SimEnvironment:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
