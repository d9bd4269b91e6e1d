# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the worker and the commands work with: the store, the tickets, and a link for each synchronization."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from trac_issuesync.channels.file import FileChannel
from trac_issuesync.core.errors import Invalid, Transient
from trac_issuesync.core.model import Side
from trac_issuesync.crypto.secretbox import SecretBox
from trac_issuesync.engine.link import Link, Pace
from trac_issuesync.engine.records import LogLine, Sync
from trac_issuesync.tracker.clock import SystemClock
from trac_issuesync.tracker.paths import Paths
from trac_issuesync.tracker.sealing import LinkSealer
from trac_issuesync.tracker.spool import FileSpool
from trac_issuesync.tracker.store import SqlStore
from trac_issuesync.tracker.trac_tracker import TracTracker
from trac_issuesync.wire.limits import MOST_INFLATED

__all__ = ["MOST_SEALED", "Links"]

# What can be read at all can travel: the limit on messages that administrators set only decides how much
# is put into one, and a single large change is never split.
MOST_SEALED = MOST_INFLATED + (1 << 20)


@dataclass(frozen=True)
class _Kept:
    """What lasts from cycle to cycle."""

    sealer: LinkSealer
    channel: FileChannel


class Links:
    """One environment as seen by one worker or command; use it in a ``with``, by one thread at a time."""

    def __init__(self, env: Any, *, gpg_base: str | None = None) -> None:
        """``gpg_base`` is the folder for private gpg homes (the system's temporary one if left out)."""
        self.env = env
        self.paths = Paths(env)
        self.clock = SystemClock()
        self.box = SecretBox(str(self.paths.key_file))
        self.store = SqlStore(env, lambda: self.box)
        self.tracker = TracTracker(env)
        self.gpg_base = gpg_base
        self._kept: dict[str, _Kept] = {}

    def __enter__(self) -> Links:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def find(self, name: str) -> Sync:
        """The synchronization of that name, tombstones included. Raises Invalid if there is none."""
        found = [sync for sync in self.store.syncs() if sync.name == name]
        if not found:
            raise Invalid(f"There is no synchronization {name!r}; see `issuesync list`.", "unknown-name")
        return found[0]

    def refresh(self) -> bool:
        """See fields, options and users as they are now; true if the environment has to be opened anew."""
        return self.tracker.refresh()

    def open(
        self,
        sync: Sync,
        *,
        pace: Pace,
        sleep: Callable[[float], None] = time.sleep,
        stopping: Callable[[], bool] = lambda: False,
        fresh: bool = False,
    ) -> Link:
        """The link for a cycle of ``sync``, which is read anew from the store if it is there.

        Its gpg home is kept for the next call, unless keys or encryption changed meanwhile.
        """
        sync = self.store.sync(sync.id) or sync
        kept = self._keep(sync)
        return Link(
            sync=sync,
            store=self.store,
            tracker=self.tracker,
            channel=kept.channel,
            sealer=kept.sealer,
            spool=FileSpool(self.paths.spool(sync.id)),
            clock=self.clock,
            pace=pace,
            sleep=sleep,
            stopping=stopping,
            project=self.env.project_name,
            failed=lambda text: self.env.log.warning(
                "Issue synchronization %s: %s", sync.name, text, exc_info=True
            ),
            fresh=fresh,
        )

    def prepare(self, sync: Sync) -> None:
        """Have a gpg home ready for ``sync``. Raises Invalid or Transient."""
        self._keep(sync).sealer.prepare()

    def channel(self, sync: Sync) -> FileChannel:
        """The channel of a synchronization, for checks and for a link."""
        if sync.channel != "file":
            raise Invalid(f"This version cannot use the channel {sync.channel!r}, only file.", "channel")
        send, receive = self.paths.exchange(sync.id)
        return FileChannel(
            send,
            receive,
            self.paths.aside(sync.id),
            sync.id,
            "s" if sync.role is Side.MASTER else "m",
            self.clock,
            MOST_SEALED,
            lambda code, text: self._log(sync.id, code, text),
        )

    def forget(self, sync_id: str) -> None:
        """Remove the private gpg home of a synchronization, for example because it was deleted."""
        kept = self._kept.pop(sync_id, None)
        if kept is not None:
            kept.sealer.close()

    def remove(self, sync_id: str) -> None:
        """Forget a synchronization with all its rows and files.

        Rows first: what is left of the files after a kill belongs to nothing and harms nobody.
        """
        self.forget(sync_id)
        self.store.remove_sync(sync_id)
        self.paths.remove(sync_id)

    def close(self) -> None:
        """Remove all private gpg homes; the object may be used again.

        Raises Transient if one cannot be removed, after having tried all.
        """
        problems = []
        for sync_id in list(self._kept):
            try:
                self.forget(sync_id)
            except Transient as problem:
                problems.append(problem)
        if problems:
            raise problems[0]

    def _keep(self, sync: Sync) -> _Kept:
        kept = self._kept.get(sync.id)
        if kept is None or not kept.sealer.fits(sync):
            self.forget(sync.id)
            kept = _Kept(LinkSealer(self.store, sync, self.gpg_base), self.channel(sync))
            self._kept[sync.id] = kept
        return kept

    def _log(self, sync_id: str, code: str, text: str) -> None:
        line = LogLine(self.clock.now(), code, text, problem=True)
        with self.store.transaction():
            self.store.add_log(sync_id, [line])
