# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""All that one cycle of one synchronization works with."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from trac_issuesync.core.binding import Binding, binding_of
from trac_issuesync.core.capture import Recorder
from trac_issuesync.core.contract import Contract
from trac_issuesync.core.epochs import numbers_above
from trac_issuesync.core.model import Catalogue
from trac_issuesync.engine.hooks import Hooks
from trac_issuesync.engine.ports import Channel, Clock, Sealer, Spool
from trac_issuesync.engine.records import Counters, LogLine, Published, Sync
from trac_issuesync.engine.storage import Store, Tracker

__all__ = ["Link", "Pace", "Report"]


class Pace(Struct, frozen=True):
    """How a cycle goes about its work; times in microseconds.

    ``ack_delay`` is how long an acknowledgement may wait for a message to ride on; ``resend_after`` the
    first back-off, and how old a sending must be before a reported gap repeats it; ``probe_every`` is how
    long a side may be silent before it sends an empty message, that a restore is noticed; ``batch`` items and
    ``slice`` time bound a transaction, and a page of tickets read; ``turn`` is how long one cycle applies or
    collects, ``compare_turn`` how long it compares; ``rest`` is a pause after each ``stretch`` of
    transactions, for whoever waits for their locks. ``most_spooled`` bounds the attachments under way to us,
    ``most_early`` those of them that nobody has announced yet, in bytes; ``most_wanted`` and
    ``most_wanted_a_day`` how many the partner may ask for again in a report and a day. After ``retry_every``
    all that is parked is tried again.
    """

    ack_delay: int = 0
    resend_after: int = 60_000_000
    probe_every: int = 24 * 3600 * 1_000_000
    batch: int = 100
    slice: int = 20_000
    turn: int = 1_000_000
    compare_turn: int = 50_000
    stretch: int = 120_000
    rest: int = 0
    most_changes: int = 500
    most_fetched: int = 200
    parts_under_way: int = 32
    most_spooled: int = 4 << 30
    most_early: int = 64 << 20
    most_wanted: int = 1000
    most_wanted_a_day: int = 2000
    sweep_overlap: int = 300_000_000
    slow_sweep_every: int = 300_000_000
    compare_every: int = 24 * 3600 * 1_000_000
    retry_every: int = 3600 * 1_000_000


@dataclass
class Report:
    """What a cycle did, for a person: counts and sentences about what needs attention.

    ``comparing``: the full comparison of all tickets has begun and is to go on in the next cycles.
    """

    received: int = 0
    applied: int = 0
    collected: int = 0
    sent: int = 0
    acknowledged: int = 0
    parked: int = 0
    set_aside: int = 0
    problems: list[str] = field(default_factory=list)
    comparing: bool = False

    @property
    def busy(self) -> bool:
        """True if anything moved, so that another cycle may find more."""
        return bool(self.received or self.applied or self.collected or self.sent or self.acknowledged)


@dataclass
class Link:
    """One synchronization with its ports, as a cycle sees it; ``fresh`` in the first cycle of a worker.

    ``failed`` is told, where an unexpected error is caught, what it was about; it finds the error itself.
    """

    sync: Sync
    store: Store
    tracker: Tracker
    channel: Channel
    sealer: Sealer
    spool: Spool
    clock: Clock
    pace: Pace = field(default_factory=Pace)
    sleep: Callable[[float], None] = lambda seconds: None
    stopping: Callable[[], bool] = lambda: False
    random: random.Random = field(default_factory=random.Random)
    project: str = ""
    hooks: Hooks = field(default_factory=Hooks)
    fresh: bool = False
    failed: Callable[[str], None] = lambda text: None
    _stretch: int = field(default=0, init=False)

    @property
    def id(self) -> str:
        return self.sync.id

    def breathe(self, worked: int) -> None:
        """Rest if it is time to, after ``worked`` more microseconds of transactions."""
        self._stretch += worked
        if self.pace.rest and self._stretch >= self.pace.stretch:
            self._stretch = 0
            self.sleep(self.pace.rest / 1e6)

    def look(self) -> None:
        """See what commands have changed of the synchronization since; one that is gone stays as it was."""
        self.sync = self.store.sync(self.id) or self.sync

    def save(self, **changes: object) -> None:
        """Change the synchronization's own row and go on with the result."""
        self.look()
        self.sync = replace(self.sync, **changes)
        self.store.save_sync(self.sync)

    def save_counters(self, counters: Counters) -> None:
        self.store.save_counters(self.id, counters)

    def log(
        self,
        event: str,
        text: str,
        *,
        ticket: int = 0,
        message: int = 0,
        size: int = 0,
        digest: str = "",
        problem: bool = False,
    ) -> None:
        """Add one line to the log of the synchronization, in the current transaction."""
        line = LogLine(self.clock.now(), event, text, ticket, message, size, digest, problem)
        self.store.add_log(self.id, [line])

    def suspend(self, reason: str) -> None:
        """Stop the synchronization until somebody has looked at the reason."""
        self.save(suspended=reason)
        self.log("suspended", reason, problem=True)

    def in_force(self) -> Published | None:
        """The newest contract version that both sides have bound."""
        both = [v for v in self.store.versions(self.id) if v.ours is not None and v.partners is not None]
        return max(both, key=lambda v: v.contract.version, default=None)

    def binding(self, version: Published, catalogue: Catalogue | None = None) -> Binding:
        """This side's binding of a version over the project as it is now."""
        settings = self.sync.settings
        return binding_of(
            self.sync.role,
            settings.label,
            settings.unknown,
            catalogue or self.tracker.catalogue(),
            version.contract,
            (version.ours, version.partners),
        )

    def recorder(self, contract: Contract, binding: Binding, counters: Counters) -> Recorder:
        """Numbers for changes captured now, going on where ``counters`` stand."""
        return Recorder(
            self.sync.role,
            contract,
            binding,
            self.sync.user,
            self.clock.now(),
            counters.change,
            counters.synthetic,
            numbers_above(self.sync.epoch),
        )
