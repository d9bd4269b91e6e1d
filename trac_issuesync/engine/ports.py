# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The outside as the engine sees it: clock, channel and sealer (the database ports are in ``storage``)."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import BinaryIO, Protocol

from msgspec import Struct

__all__ = ["Channel", "Clock", "Fetched", "Finding", "Met", "Sealer", "Spool"]


class Clock(Protocol):
    """Wall time."""

    def now(self) -> int:
        """Microseconds since 1970 UTC."""


class Fetched(Struct, frozen=True):
    """One sealed message as a channel found it.

    ``handle`` means something to the channel only; ``name`` is the routing name
    (``<sync id>-<m|s>-<number or label>``, see ``wire.naming``), never trusted beyond routing.
    """

    handle: str
    name: str
    data: bytes


class Finding(Struct, frozen=True):
    """One result of a check, in plain words. ``ok`` is false where somebody has to act."""

    code: str
    text: str
    ok: bool = True


class Channel(Protocol):
    """How sealed messages of one synchronization travel."""

    def deliver(self, name: str, data: bytes) -> None:
        """Hand one sealed message over durably under ``name``; the same name again replaces it.

        Raises Transient when it may work later.
        """

    def withdraw(self, names: Iterable[str]) -> None:
        """Take back what is acknowledged and still lies with us; unknown names are passed over."""

    def fetch(self, limit: int) -> Generator[Fetched, None, None]:
        """Yield at most ``limit`` complete messages, lowest name first; sets aside what it cannot read."""

    def done(self, handle: str) -> None:
        """Remove a message that is stored durably (or known as a duplicate) from the channel."""

    def set_aside(self, handle: str, code: str, text: str) -> str:
        """Move a message that is not acceptable out of the way; says in a sentence where it is kept."""

    def test(self) -> list[Finding]:
        """Check the channel from this side, in plain words."""


class Met(Struct, frozen=True):
    """A message of somebody not pinned yet, vouched for by the key that it brought itself."""

    plaintext: bytes
    key: str
    fingerprint: str


class Sealer(Protocol):
    """Signs, encrypts and opens for one synchronization with pinned keys."""

    def seal(self, plaintext: bytes) -> bytes:
        """Sign as us and (unless encryption is off) encrypt to the partner."""

    def open(self, sealed: bytes) -> bytes:
        """The plaintext, only if exactly the partner's pinned key vouches for it; else Refused."""

    def meet(self, sealed: bytes, key_in: Callable[[bytes], str]) -> Met:
        """Open a first message: ``key_in`` finds the armored key in its plaintext, which must vouch for it.

        Raises Refused. Pins nothing.
        """

    def pin(self, key: str) -> str:
        """Accept this armored key, and no other, as the partner's from now on; returns its fingerprint."""


class Spool(Protocol):
    """Bytes of incoming attachments until they are complete; files named by SHA-256."""

    def write(self, sha256: str, offset: int, data: bytes) -> None:
        """Store a stretch durably. Raises Transient."""

    def matches(self, sha256: str, size: int) -> bool:
        """True if all bytes are there and have that digest."""

    def open(self, sha256: str) -> BinaryIO | None:
        """The bytes, or None if nothing is there."""

    def drop(self, sha256: str) -> None:
        """Forget the bytes; unknown ones are passed over."""
