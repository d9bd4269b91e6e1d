# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Simulated ports that name each of their effects, so that a test can end a process, or barge in, there.

A ``Point`` is called with the name of a step. Raising ``Killed`` from it is the death of the process.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from typing import BinaryIO

from trac_issuesync.engine.ports import Channel, Clock, Fetched, Finding, Met, Sealer, Spool
from trac_issuesync.testing.sim_database import Killed, SimDatabase
from trac_issuesync.testing.sim_store import SimStore

__all__ = [
    "OUTSIDE",
    "STEPS",
    "Fate",
    "Point",
    "SteppedChannel",
    "SteppedSealer",
    "SteppedSpool",
    "SteppedStore",
]

Point = Callable[[str], None]

# Where no transaction is open, so that another process may get its turn.
OUTSIDE = (
    "begin",
    "committed",
    "fetch",
    "opened",
    "done",
    "removed",
    "aside",
    "seal",
    "deliver",
    "delivered",
    "withdraw",
    "spool",
    "spooled",
)
STEPS = (*OUTSIDE, "commit")


@dataclass
class Fate:
    """What happens to one run of a worker: at the ``number``-th step (1 is the first) ``event`` is called.

    Once the event has raised ``Killed`` every later step does, so that nothing of what code does on its way
    out has an effect. An event that cannot happen inside a transaction (``outside``) waits for its end.
    """

    number: int = 0
    event: Callable[[str], None] | None = None
    outside: bool = False
    passed: list[str] = field(default_factory=list)
    dead: bool = False

    def at(self, name: str) -> None:
        """Pass a step."""
        if self.dead:
            raise Killed(name)
        self.passed.append(name)
        if self.event is None or len(self.passed) < self.number or (self.outside and name == "commit"):
            return
        event, self.event = self.event, None
        try:
            event(name)
        except Killed:
            self.dead = True
            raise


class SteppedStore(SimStore):
    """A worker's store whose outermost transactions pass ``begin``, ``commit`` and ``committed``."""

    def __init__(self, database: SimDatabase, clock: Clock) -> None:
        super().__init__(database, clock)
        self.point: Point = lambda name: None

    @contextmanager
    def _fenced(self) -> Iterator[None]:
        self.point("begin")
        with super()._fenced():
            yield
            self.point("commit")
        self.point("committed")


@dataclass
class SteppedChannel:
    """``engine.ports.Channel`` with a point before and after each effect."""

    inner: Channel
    point: Point

    def deliver(self, name: str, data: bytes) -> None:
        self.point("deliver")
        self.inner.deliver(name, data)
        self.point("delivered")

    def withdraw(self, names: Iterable[str]) -> None:
        self.point("withdraw")
        self.inner.withdraw(names)

    def fetch(self, limit: int) -> Generator[Fetched, None, None]:
        with closing(self.inner.fetch(limit)) as found:
            for fetched in found:
                self.point("fetch")
                yield fetched

    def done(self, handle: str) -> None:
        self.point("done")
        self.inner.done(handle)
        self.point("removed")

    def set_aside(self, handle: str, code: str, text: str) -> str:
        self.point("aside")
        return self.inner.set_aside(handle, code, text)

    def test(self) -> list[Finding]:
        return self.inner.test()


@dataclass
class SteppedSealer:
    """``engine.ports.Sealer`` with a point before a seal is made and after one was opened."""

    inner: Sealer
    point: Point

    def seal(self, plaintext: bytes) -> bytes:
        self.point("seal")
        return self.inner.seal(plaintext)

    def open(self, sealed: bytes) -> bytes:
        plaintext = self.inner.open(sealed)
        self.point("opened")
        return plaintext

    def meet(self, sealed: bytes, key_in: Callable[[bytes], str]) -> Met:
        return self.inner.meet(sealed, key_in)

    def pin(self, key: str) -> str:
        return self.inner.pin(key)


@dataclass
class SteppedSpool:
    """``engine.ports.Spool`` with a point before and after each stretch that is written."""

    inner: Spool
    point: Point

    def write(self, sha256: str, offset: int, data: bytes) -> None:
        self.point("spool")
        self.inner.write(sha256, offset, data)
        self.point("spooled")

    def matches(self, sha256: str, size: int) -> bool:
        return self.inner.matches(sha256, size)

    def open(self, sha256: str) -> BinaryIO | None:
        return self.inner.open(sha256)

    def drop(self, sha256: str) -> None:
        self.inner.drop(sha256)
