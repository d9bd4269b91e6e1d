# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The structs that travel (docs/protocol.md): one message, its body, and what a body may hold.

JSON by msgspec; unknown fields are tolerated, an unknown item of ``requires`` is refused by name.
"""

from __future__ import annotations

from msgspec import Raw, Struct

from trac_issuesync.core.contract import Bound, Contract
from trac_issuesync.core.model import Change, Side

__all__ = [
    "PROTOCOL",
    "Ack",
    "Birth",
    "Body",
    "BoundNow",
    "Bye",
    "Control",
    "Hello",
    "Message",
    "Missing",
    "Parked",
    "Part",
    "Ping",
    "Pong",
    "Report",
    "Unreadable",
]

PROTOCOL = 1


class Unreadable(Struct, frozen=True):
    """A stored message number that the receiver could not read; it is to be sent again as void."""

    number: int
    reason: str


class Ack(Struct, frozen=True, omit_defaults=True):
    """What the sender of this message has stored of the other's numbered messages.

    ``upto`` is the highest contiguous number of ``epoch``, ``digest`` the running digest up to it,
    ``missing`` the gaps above it as (first, last). ``highest`` is the highest number that has come at all,
    0 if that is ``upto``.
    """

    epoch: int
    upto: int
    digest: str = ""
    missing: tuple[tuple[int, int], ...] = ()
    unreadable: tuple[Unreadable, ...] = ()
    highest: int = 0


class Message(Struct, frozen=True, omit_defaults=True):
    """One sealed message. ``number`` is 0 for those that are not numbered (acknowledgement, hello).

    ``source`` and ``target`` are environment ids; ``body`` is sent unchanged each time its number is
    sent, ``ack`` is made anew. ``data`` holds the bytes of its parts. ``stopped`` is the proof, in words,
    for which the sender exchanges nothing any more. ``renews`` is the highest epoch of the receiver from
    which the sender takes nothing any more, and ``yields`` the side that gives way where two values are
    equally old.
    """

    protocol: int
    sync: str
    sender: Side
    source: str
    target: str
    epoch: int
    number: int
    ack: Ack
    body: Raw
    data: bytes = b""
    requires: tuple[str, ...] = ()
    stopped: str = ""
    renews: int = 0
    yields: Side | None = None


class Birth(Struct, frozen=True):
    """The ticket ``uid`` of the partner has the number ``ticket`` here.

    0: it was not taken in, because it is here by another synchronization.
    """

    uid: str
    ticket: int


class Parked(Struct, frozen=True, omit_defaults=True):
    """A change of the partner that waits here with a reason, or (``skipped``) was left out for good.

    ``ticket`` and ``author`` are the change's own, which its side may have forgotten.
    """

    number: int
    reason: str
    ticket: str = ""
    author: str = ""
    skipped: bool = False


class Report(Struct, frozen=True):
    """Everything that is parked here now, and attachments (by SHA-256) whose bytes are wanted again."""

    parked: tuple[Parked, ...] = ()
    wanted: tuple[str, ...] = ()


class Part(Struct, frozen=True):
    """A stretch of an attachment's bytes: ``length`` bytes at ``offset`` of ``total``.

    The bytes of a message's parts stand one after the other in its ``data``.
    """

    sha256: str
    offset: int
    length: int
    total: int


class Hello(Struct, frozen=True, tag="hello"):
    """The slave's first word: its armored public key, and a proof by the one-time secret (HMAC-SHA-256)."""

    key: str
    proof: str
    environment: str
    name: str


class Ping(Struct, frozen=True, tag="ping"):
    """The master's answer to a hello: the contract, and the largest attachment it takes (-1: any)."""

    contract: Contract
    note: str
    author: str
    time: int
    name: str
    max_attachment: int = -1


class Pong(Struct, frozen=True, tag="pong"):
    """The slave's answer to a ping: what it has bound."""

    bound: Bound
    max_attachment: int = -1


class BoundNow(Struct, frozen=True, tag="bound"):
    """A side has bound a contract version."""

    bound: Bound


class Bye(Struct, frozen=True, tag="bye"):
    """The synchronization is deleted on the sender's side; taken in order, nothing follows it."""

    reason: str = ""


class Missing(Struct, frozen=True, tag="missing"):
    """The bytes of an announced attachment, which were asked for, are no longer here and will not come."""

    sha256: str


Control = Hello | Ping | Pong | BoundNow | Bye | Missing


class Body(Struct, frozen=True, omit_defaults=True):
    """What one numbered message says. ``void`` says why the number holds nothing any more."""

    changes: tuple[Change, ...] = ()
    births: tuple[Birth, ...] = ()
    report: Report | None = None
    control: tuple[Control, ...] = ()
    parts: tuple[Part, ...] = ()
    void: str = ""
