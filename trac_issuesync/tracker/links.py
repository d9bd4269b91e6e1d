# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the worker and the commands work with: the store, the tickets, and a link for each synchronization."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from trac_issuesync.core.errors import Invalid, Transient
from trac_issuesync.core.model import Side
from trac_issuesync.crypto.secretbox import SecretBox
from trac_issuesync.engine.hooks import Hooks
from trac_issuesync.engine.link import Link, Pace
from trac_issuesync.engine.offers import ChannelOffer, ChannelPlace
from trac_issuesync.engine.ports import Channel
from trac_issuesync.engine.records import LogLine, Sync
from trac_issuesync.tracker.clock import SystemClock
from trac_issuesync.tracker.paths import Paths
from trac_issuesync.tracker.plugins import load_hooks
from trac_issuesync.tracker.sealing import LinkSealer
from trac_issuesync.tracker.spool import FileSpool
from trac_issuesync.tracker.store import SqlStore
from trac_issuesync.tracker.trac_tracker import TracTracker
from trac_issuesync.wire.limits import MOST_INFLATED

__all__ = ["MOST_SEALED", "Links", "channel_secret"]

# What can be read at all can travel: the limit on messages that administrators set only decides how much
# is put into one, and a single large change is never split.
MOST_SEALED = MOST_INFLATED + (1 << 20)


@dataclass(frozen=True)
class _Kept:
    """What lasts from cycle to cycle."""

    sealer: LinkSealer
    channel: Channel
    place: ChannelPlace


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
        self.unsaid: dict[str, str] = {}
        """By synchronization, what the log of the database could not take and Trac's log was told."""

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
            hooks=self.hooks,
        )

    def prepare(self, sync: Sync) -> None:
        """Have a gpg home ready for ``sync``. Raises Invalid or Transient."""
        self._keep(sync).sealer.prepare()

    @cached_property
    def hooks(self) -> Hooks:
        """The plugins of this environment, loaded when they are first needed."""
        return load_hooks(self.env)

    @cached_property
    def offers(self) -> Mapping[str, ChannelOffer]:
        """The channels that plugins offer, our own among them, by name."""
        return self.hooks.offers()

    def offer(self, sync: Sync) -> ChannelOffer:
        """The channel of a synchronization; Invalid if nobody offers it any more."""
        found = self.offers.get(sync.channel)
        if found is None:
            raise Invalid(
                f"No plugin here offers the channel {sync.channel!r}. Install or enable the one that does;"
                " until then nothing is sent or received.",
                "channel",
            )
        return found

    def place(self, sync: Sync, secrets: Mapping[str, str] | None = None) -> ChannelPlace:
        """What the channel of a synchronization may use; ``secrets`` where they are not stored yet."""
        keys = self.offer(sync).keys
        settings = {key.name: sync.channel_settings.get(key.name, key.default) for key in keys}
        for key in keys:
            if key.secret and secrets is None:
                settings[key.name] = self.store.secret(sync.id, channel_secret(key.name)) or ""
        return ChannelPlace(
            sync_id=sync.id,
            side="m" if sync.role is Side.MASTER else "s",
            folder=self.paths.exchange_root / sync.id,
            aside=self.paths.aside(sync.id),
            clock=self.clock,
            max_size=MOST_SEALED,
            log=_Log(self, sync.id),
            settings={**settings, **(secrets or {})},
        )

    def channel(self, sync: Sync) -> Channel:
        """The channel of a synchronization, for checks and for a link."""
        return self.offer(sync).open(self.place(sync))

    def watched(self, sync: Sync) -> list[Path]:
        """Folders in which new files mean that there is something to do; none if that cannot be said."""
        offer = self.offers.get(sync.channel)
        try:
            return offer.folders(self.place(sync, {})) if offer is not None else []
        except Exception as error:
            # Whoever looks every few seconds does without.
            self.env.log.debug("The channel %s does not say what to watch: %s", sync.channel, error)
            return []

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
        kept, place = self._kept.get(sync.id), self.place(sync)
        if kept is None or not kept.sealer.fits(sync):
            self.forget(sync.id)
            kept = None
        if kept is None or kept.place != place:
            sealer = kept.sealer if kept is not None else LinkSealer(self.store, sync, self.gpg_base)
            kept = _Kept(sealer, self.offer(sync).open(place), place)
            self._kept[sync.id] = kept
        return kept


@dataclass(frozen=True)
class _Log:
    """Takes what a channel has to say about one synchronization."""

    links: Links
    sync_id: str

    def __call__(self, code: str, text: str) -> None:
        line = LogLine(self.links.clock.now(), code, text, problem=True)
        with self.links.store.transaction():
            self.links.store.add_log(self.sync_id, [line])


def channel_secret(key: str) -> str:
    """The kind under which a secret setting of a channel is kept."""
    return f"channel.{key}"
