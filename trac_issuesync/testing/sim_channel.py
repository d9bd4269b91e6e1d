# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A channel in memory: a faithful wire, and one that loses, doubles, reorders, delays, damages and replays.

Everything is decided by an explicit ``random.Random`` and clock, so that a run can be repeated exactly;
``hypothesis.strategies.randoms()`` fits as well.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from msgspec import Struct

from trac_issuesync.core.errors import Refused
from trac_issuesync.engine.ports import Clock, Fetched, Finding
from trac_issuesync.wire.naming import parse

__all__ = ["Box", "Faults", "FaultyWire", "Parcel", "SetAside", "SimChannel", "SimWire"]

_Side = Literal["m", "s"]
_DAY = 86_400 * 1_000_000


class Parcel(Struct, frozen=True):
    """One copy of a message under way; it can be fetched from the time ``due`` on (microseconds)."""

    handle: str
    name: str
    data: bytes
    due: int = 0


class SetAside(Struct, frozen=True):
    """A message that was set aside, and why."""

    name: str
    data: bytes
    code: str
    text: str


@dataclass
class Box:
    """All that lies in one direction, all that was ever put in it, and what its reader set aside."""

    parcels: list[Parcel] = field(default_factory=list)
    history: list[tuple[str, bytes]] = field(default_factory=list)
    aside: list[SetAside] = field(default_factory=list)


class Faults(Struct, frozen=True):
    """How often what goes wrong with a delivered message: rates from 0 to 1, each drawn by itself.

    ``reorder`` is the rate at which a fetch hands its messages out in a random order, ``replay`` that at
    which a delivery also brings back any earlier message, and a delay is up to ``longest`` microseconds.
    """

    lose: float = 0.1
    double: float = 0.1
    reorder: float = 0.2
    delay: float = 0.1
    damage: float = 0.05
    replay: float = 0.05
    longest: int = 3 * _DAY


class SimWire:
    """A faithful wire between the two sides of one synchronization; ``limit`` is in sealed bytes.

    ``master`` and ``slave`` are its ends. ``boxes`` holds, by the side that wrote, what is under way.
    """

    def __init__(self, sync_id: str, limit: int = 1 << 24) -> None:
        self.sync_id = sync_id
        self.limit = limit
        self.boxes: dict[_Side, Box] = {"m": Box(), "s": Box()}
        self.master = SimChannel(self, "m")
        self.slave = SimChannel(self, "s")
        self._handles = 0

    def plant(self, side: _Side, name: str, data: bytes, due: int = 0) -> None:
        """Put a message into what ``side`` wrote, past all checks and faults, beside any of the same name."""
        self._handles += 1
        self.boxes[side].parcels.append(Parcel(f"parcel-{self._handles}", name, data, due))

    def accept(self, side: _Side, name: str, data: bytes) -> None:
        """Carry a message; the same name replaces."""
        box = self.boxes[side]
        box.parcels = [parcel for parcel in box.parcels if parcel.name != name]
        box.history.append((name, data))
        self.plant(side, name, data)

    def offer(self, side: _Side) -> list[Parcel]:
        """What can be fetched now of what ``side`` wrote, in the order in which it is handed out."""
        return sorted(self.boxes[side].parcels, key=lambda parcel: parcel.name)


class FaultyWire(SimWire):
    """A wire that fails at the rates ``faults``, drawn from ``rng``, with delays by ``clock``.

    ``faults`` may be exchanged at any time.
    """

    def __init__(
        self, sync_id: str, rng: Random, clock: Clock, faults: Faults | None = None, limit: int = 1 << 24
    ) -> None:
        super().__init__(sync_id, limit)
        self._rng = rng
        self._clock = clock
        self.faults = faults or Faults()
        self._healed = False

    def heal(self) -> None:
        """Switch the faults off for good: what is delayed arrives now, what is lost stays lost."""
        self._healed = True
        for box in self.boxes.values():
            box.parcels = [Parcel(one.handle, one.name, one.data) for one in box.parcels]

    def accept(self, side: _Side, name: str, data: bytes) -> None:
        """Carry a message, or lose, damage, delay or double it, or bring back an earlier one."""
        if self._healed:
            super().accept(side, name, data)
            return
        box = self.boxes[side]
        box.parcels = [parcel for parcel in box.parcels if parcel.name != name]
        box.history.append((name, data))
        copies = [(name, data)] * (0 if self._strikes(self.faults.lose) else 1)
        if self._strikes(self.faults.double):
            copies.append((name, data))
        if self._strikes(self.faults.replay):
            copies.append(self._rng.choice(box.history))
        for copy_name, copy in copies:
            damaged = self._damaged(copy) if self._strikes(self.faults.damage) else copy
            self.plant(side, copy_name, damaged, self._due())

    def offer(self, side: _Side) -> list[Parcel]:
        """What has arrived by now, sometimes in a random order."""
        now = self._clock.now()
        parcels = [parcel for parcel in super().offer(side) if parcel.due <= now]
        if not self._healed and self._strikes(self.faults.reorder):
            self._rng.shuffle(parcels)
        return parcels

    def _strikes(self, rate: float) -> bool:
        return self._rng.random() < rate

    def _due(self) -> int:
        if not self._strikes(self.faults.delay):
            return 0
        return self._clock.now() + self._rng.randint(1, self.faults.longest)

    def _damaged(self, data: bytes) -> bytes:
        if not data:
            return b"\0"
        at = self._rng.randrange(len(data))
        if self._strikes(0.5):
            return data[:at]
        return data[:at] + bytes([data[at] ^ (1 << self._rng.randrange(8))]) + data[at + 1 :]


class SimChannel:
    """One end of a wire; see ``engine.ports.Channel``."""

    def __init__(self, wire: SimWire, side: _Side) -> None:
        self._wire = wire
        self._side: _Side = side
        self._partner: _Side = "s" if side == "m" else "m"

    def deliver(self, name: str, data: bytes) -> None:
        """Hand a message to the wire. Raises Refused if it is too large, ValueError for a foreign name."""
        parts = parse(name)
        if parts is None or (parts.sync, parts.side) != (self._wire.sync_id, self._side):
            raise ValueError(f"not a name of this side: {name!r}")
        if len(data) > self._wire.limit:
            raise Refused(f"The message {name} is larger than {self._wire.limit} bytes.", "too-large")
        self._wire.accept(self._side, name, data)

    def withdraw(self, names: Iterable[str]) -> None:
        """Take back all copies of these messages that still lie there."""
        gone = set(names)
        box = self._wire.boxes[self._side]
        box.parcels = [parcel for parcel in box.parcels if parcel.name not in gone]

    def fetch(self, limit: int) -> Generator[Fetched, None, None]:
        """Yield the partner's messages; what is too large is set aside."""
        given = 0
        for parcel in self._wire.offer(self._partner):
            parts = parse(parcel.name)
            if parts is None or (parts.sync, parts.side) != (self._wire.sync_id, self._partner):
                continue
            if given >= limit:
                return
            if len(parcel.data) > self._wire.limit:
                self.set_aside(parcel.handle, "too-large", "The message is larger than the limit.")
                continue
            given += 1
            yield Fetched(parcel.handle, parcel.name, parcel.data)

    def done(self, handle: str) -> None:
        """Remove that copy of a message; fine if it is gone."""
        self._remove(handle)

    def set_aside(self, handle: str, code: str, text: str) -> str:
        """Remove that copy and keep it with its reason in the box's ``aside``; fine if it is gone."""
        for parcel in self._remove(handle):
            kept = SetAside(parcel.name, parcel.data, code, text)
            self._wire.boxes[self._partner].aside.append(kept)
        return "It is kept in memory."

    def test(self) -> list[Finding]:
        """Memory always works."""
        return [Finding("wire-ok", "The wire in memory works.")]

    def _remove(self, handle: str) -> list[Parcel]:
        box = self._wire.boxes[self._partner]
        found = [parcel for parcel in box.parcels if parcel.handle == handle]
        box.parcels = [parcel for parcel in box.parcels if parcel.handle != handle]
        return found
