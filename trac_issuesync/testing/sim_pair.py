# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two simulated environments joined by a synchronization: the whole engine in memory, no Trac, no gpg."""

from __future__ import annotations

import hashlib
import io
import random
from collections.abc import Callable
from typing import BinaryIO

from msgspec.structs import replace

from trac_issuesync.core.contract import Bound, Contract, first_contract, types_of
from trac_issuesync.core.model import Policy, Side, Twin
from trac_issuesync.engine.control import OWN_PUBLIC, SECRET
from trac_issuesync.engine.cycle import run_cycle
from trac_issuesync.engine.hooks import Hooks
from trac_issuesync.engine.link import Link, Pace, Report
from trac_issuesync.engine.records import Settings, Sync
from trac_issuesync.engine.storage import Store
from trac_issuesync.testing.sim_channel import SimChannel, SimWire
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.testing.sim_sealer import SimSealer
from trac_issuesync.testing.sim_world import SimEnvironment

__all__ = ["SimPair", "SimSide", "SimSpool"]

SYNC_ID = "0123456789abcdef0123"
_MINUTE = 60_000_000
_NEVER = 1 << 60


class SimSpool:
    """``engine.ports.Spool`` in memory."""

    def __init__(self) -> None:
        self.files: dict[str, bytearray] = {}

    def write(self, sha256: str, offset: int, data: bytes) -> None:
        """Store a stretch; a gap before it is filled with zeros."""
        file = self.files.setdefault(sha256, bytearray())
        file.extend(bytes(max(0, offset + len(data) - len(file))))
        file[offset : offset + len(data)] = data

    def matches(self, sha256: str, size: int) -> bool:
        """True if all bytes are there and have that digest."""
        data = bytes(self.files.get(sha256, b""))
        return len(data) == size and hashlib.sha256(data).hexdigest() == sha256

    def open(self, sha256: str) -> BinaryIO | None:
        """The bytes, or None."""
        return io.BytesIO(bytes(self.files[sha256])) if sha256 in self.files else None

    def drop(self, sha256: str) -> None:
        """Forget the bytes."""
        self.files.pop(sha256, None)


class SimSide:
    """One end: its environment and the link that a worker would open."""

    def __init__(self, environment: SimEnvironment, side: Side, wire: SimWire, pace: Pace) -> None:
        self.environment, self.side, self.pace = environment, side, pace
        self.channel = SimChannel(wire, "m" if side is Side.MASTER else "s")
        self.spool = SimSpool()
        self.hooks = Hooks()
        self.random = random.Random(7)
        self.sync_id = wire.sync_id
        self.sleep: Callable[[float], None] = lambda seconds: None

    @property
    def tracker(self):  # type: ignore[no-untyped-def]
        """The project, with the acts of its users."""
        return self.environment.tracker

    @property
    def store(self) -> Store:
        return self.environment.store

    @property
    def sync(self) -> Sync:
        found = self.store.sync(self.sync_id)
        if found is None:
            raise LookupError("the synchronization was removed")
        return found

    def link(self, *, fresh: bool = False) -> Link:
        """What a cycle works with; ``fresh`` as in the first cycle of a worker."""
        sync = self.sync
        return Link(
            sync=sync,
            store=self.store,
            tracker=self.tracker,
            channel=self.channel,
            sealer=SimSealer(sync.own_key, sync.partner_key, sync.settings.encrypt),
            spool=self.spool,
            clock=self.environment.clock,
            pace=self.pace,
            sleep=self.sleep,
            random=self.random,
            project=self.environment.name,
            hooks=self.hooks,
            fresh=fresh,
        )

    def cycle(self, *, fresh: bool = False) -> Report:
        """One cycle, as a worker runs it."""
        return run_cycle(self.link(fresh=fresh))

    def start(self) -> None:
        """As ``issuesync start``."""
        self._save(enabled=True)

    def stop(self) -> None:
        """As ``issuesync stop``."""
        self._save(enabled=False)

    def _save(self, **changes: object) -> None:
        with self.store.transaction():
            self.store.save_sync(replace(self.sync, **changes))

    def twin_of(self, number: int) -> Twin:
        """The twin of a local ticket."""
        return self.store.twins_of_tickets(self.sync_id, [number])[number]


class SimPair:
    """A master and a slave, connected by a handshake over ``wire`` (a faithful one if none is given).

    Both clocks may be one; ``settle`` lets time pass until both sides are quiet.
    """

    def __init__(
        self,
        wire: SimWire | None = None,
        *,
        clock: SimClock | None = None,
        policy: Policy = Policy.NEWEST,
        master: SimEnvironment | None = None,
        slave: SimEnvironment | None = None,
        settings: Settings | None = None,
        pace: Pace | None = None,
        cc: bool = False,
    ) -> None:
        self.clock = clock or SimClock(1_800_000_000_000_000)
        self.wire = wire or SimWire(SYNC_ID)
        pace = pace or Pace(sweep_overlap=60 * _MINUTE, slow_sweep_every=_MINUTE, probe_every=_NEVER)
        self.master = SimSide(master or SimEnvironment("acme", self.clock), Side.MASTER, self.wire, pace)
        self.slave = SimSide(slave or SimEnvironment("globex", self.clock), Side.SLAVE, self.wire, pace)
        self.contract = first_contract(self.master.tracker.catalogue(), policy, extra=("cc",) if cc else ())
        self._create(settings or Settings())

    @property
    def sides(self) -> tuple[SimSide, SimSide]:
        return self.master, self.slave

    def _create(self, settings: Settings) -> None:
        now = self.clock.now()
        for side, other in ((self.master, self.slave), (self.slave, self.master)):
            master = side is self.master
            sync = Sync(
                id=self.wire.sync_id,
                name=other.environment.name,
                role=side.side,
                channel="file",
                user="issuesync",
                home="/sim",
                created=now,
                contract_version=1 if master else 0,
                own_key=side.environment.name,
                partner_key="" if master else other.environment.name,
                partner_environment="" if master else other.environment.store.environment(),
                settings=replace(settings, label=settings.label or other.environment.name.upper()),
            )
            with side.store.transaction():
                side.store.save_sync(sync)
                side.store.save_secret(sync.id, SECRET, "one-time")
                side.store.save_secret(sync.id, OWN_PUBLIC, side.environment.name)
                if master:
                    _publish(side.store, sync.id, self.contract, now)

    def connect(self, rounds: int = 12) -> SimPair:
        """Run the handshake to its end and start both sides."""
        for _ in range(rounds):
            if all(side.sync.connected for side in self.sides):
                break
            self.round()
        for side in self.sides:
            side.start()
        return self

    def hold(self, side: SimSide) -> list[tuple[str, bytes]]:
        """Take everything that ``side`` wrote off the wire, to bring it back later."""
        box = self.wire.boxes["m" if side is self.master else "s"]
        taken = [(parcel.name, parcel.data) for parcel in box.parcels]
        box.parcels.clear()
        return taken

    def release(self, side: SimSide, held: list[tuple[str, bytes]]) -> None:
        """Put what was held back on the wire, as written by ``side``."""
        for name, data in held:
            self.wire.plant("m" if side is self.master else "s", name, data)

    def settle(self, rounds: int = 60, step: int = 5 * _MINUTE) -> int:
        """Cycle both sides, letting time pass, until nothing moves any more; the number of rounds."""
        quiet = 0
        for count in range(1, rounds + 1):
            moved = self.round()
            self.clock.advance(step)
            quiet = 0 if moved or self.pending() else quiet + 1
            if quiet >= 2:
                return count
        return rounds

    def round(self) -> bool:
        """One cycle of each side; true if anything moved."""
        reports = [side.cycle() for side in self.sides]
        return any(report.busy for report in reports)

    def pending(self) -> bool:
        """True if anything waits to be sent, acknowledged or told."""
        return any(
            side.store.count_waiting(side.sync_id)
            or side.store.count_messages(side.sync_id)[0]
            or side.store.counters(side.sync_id).ack_owed
            for side in self.sides
        )


def _publish(store: Store, sync: str, contract: Contract, now: int) -> None:
    names = tuple(field.name for field in contract.fields)
    store.publish(sync, contract, "Created", "admin", now)
    store.bind(sync, Bound(contract.version, names, types_of(contract.fields)), ours=True)
