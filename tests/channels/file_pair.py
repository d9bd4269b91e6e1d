# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two ends of exchange directories for tests, with a clock that is moved by hand."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from trac_issuesync.channels.aside import Quota
from trac_issuesync.channels.file import FileChannel
from trac_issuesync.channels.frame import frame
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.wire.naming import file_name, message_name

SYNC = "0123456789abcdef0123"
SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
LIMIT = 5000


@dataclass
class Exchange:
    """A slave ``a`` and a master ``b`` over two folders; ``log`` holds what ``b`` said."""

    root: Path
    clock: SimClock = field(default_factory=lambda: SimClock(1_790_000_000 * SECOND))
    quota: Quota = field(default_factory=Quota)
    log: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.to_b = self.root / "to-b"
        self.to_a = self.root / "to-a"
        self.aside = self.root / "aside"
        for folder in (self.to_b, self.to_a):
            folder.mkdir(parents=True, mode=0o700)

    @property
    def a(self) -> FileChannel:
        """A new slave's end, as in a new process."""
        return self._end(self.to_b, self.to_a, self.root / "aside-a", partner="m")

    @property
    def b(self) -> FileChannel:
        """A new master's end, as in a new process."""
        return self._end(self.to_a, self.to_b, self.aside, partner="s")

    def _end(self, send: Path, receive: Path, aside: Path, partner: str) -> FileChannel:
        def log(code: str, text: str) -> None:
            self.log.append((code, text))

        return FileChannel(
            send, receive, aside, SYNC, "m" if partner == "m" else "s", self.clock, LIMIT, log, self.quota
        )

    def path(self, number: int) -> Path:
        """Where a numbered message of the slave lies."""
        return self.to_b / file_name(message_name(SYNC, "s", number))

    def plant(self, name: str, data: bytes) -> None:
        """Put a whole file into the master's RECEIVE."""
        (self.to_b / file_name(name)).write_bytes(frame(data))

    def fetched(self) -> list[bytes]:
        """What a new master's end fetches."""
        return [found.data for found in self.b.fetch(1000)]

    def kept(self) -> list[Path]:
        """What the master set aside."""
        return sorted(self.aside.glob("*.isx"))
