# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The outside as the engine sees it: clock, channel and sealer (the database ports are in ``storage``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from msgspec import Struct

__all__ = ["Channel", "Clock", "Fetched", "Finding", "Sealer"]


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

    def fetch(self, limit: int) -> Iterator[Fetched]:
        """Yield at most ``limit`` complete messages, lowest name first; sets aside what it cannot read."""

    def done(self, handle: str) -> None:
        """Remove a message that is stored durably (or known as a duplicate) from the channel."""

    def set_aside(self, handle: str, code: str, text: str) -> None:
        """Move a message that is not acceptable out of the way, keeping it for a person."""

    def test(self) -> list[Finding]:
        """Check the channel from this side, in plain words."""


class Sealer(Protocol):
    """Signs, encrypts and opens for one synchronization with pinned keys."""

    def seal(self, plaintext: bytes) -> bytes:
        """Sign as us and (unless encryption is off) encrypt to the partner and ourselves."""

    def open(self, sealed: bytes) -> bytes:
        """The plaintext, only if exactly the partner's pinned key vouches for it; else Refused."""
