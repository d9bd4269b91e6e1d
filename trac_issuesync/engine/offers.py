# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a plugin says of a channel that it offers, so that commands, checks and worker can use it unseen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from msgspec import Struct

from trac_issuesync.engine.ports import Channel, Clock

__all__ = ["ChannelKey", "ChannelOffer", "ChannelPlace"]


class ChannelKey(Struct, frozen=True):
    """A setting of a channel, given as ``name=value`` to ``issuesync create``, ``accept`` and ``edit``.

    ``name`` is made of small letters, digits, underscores and points. ``meaning`` is a phrase for the help.
    ``default`` stands for a key that is left out, unless it is ``required``. A ``secret`` one is kept
    encrypted and shown nowhere; it may be given as ``env:NAME`` or ``file:/path``.
    """

    name: str
    meaning: str
    default: str = ""
    required: bool = False
    secret: bool = False


@dataclass(frozen=True)
class ChannelPlace:
    """Where one end of a channel stands: all that it may use of the environment.

    ``side`` is our own, ``partner`` the other. ``settings`` has a value for each key of the offer, secrets
    too, which is why it is not shown. ``folder`` is the channel's own for this synchronization; it is made
    by whoever needs it and removed with the synchronization. ``aside`` is for messages that are not
    acceptable. ``max_size`` is the most sealed bytes of one message. ``log`` takes code and sentence for
    ``issuesync log``; not inside a transaction.
    """

    sync_id: str
    side: Literal["m", "s"]
    folder: Path
    aside: Path
    clock: Clock
    max_size: int
    log: Callable[[str, str], None]
    settings: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def partner(self) -> Literal["m", "s"]:
        return "s" if self.side == "m" else "m"


def _no_problems(settings: Mapping[str, str]) -> list[str]:
    return []


def _nothing(place: ChannelPlace) -> None:
    return None


def _no_words(place: ChannelPlace) -> list[str]:
    return []


def _no_folders(place: ChannelPlace) -> list[Path]:
    return []


@dataclass(frozen=True)
class ChannelOffer:
    """One channel: its ``name`` for ``issuesync create``, what it is (``title``), and how it is opened.

    ``open`` is called when the channel is first needed, and again after a start of the worker. ``check``
    tells, a sentence each, why settings cannot be used. ``prepare`` makes what has to be there when a
    synchronization is created or accepted; it raises ``Invalid``. ``explain`` gives the lines that those
    commands print: what a person has to do so that messages travel. ``folders`` are watched, so that a new
    file wakes the worker at once.
    """

    name: str
    title: str
    open: Callable[[ChannelPlace], Channel]
    keys: tuple[ChannelKey, ...] = ()
    check: Callable[[Mapping[str, str]], list[str]] = _no_problems
    prepare: Callable[[ChannelPlace], None] = _nothing
    explain: Callable[[ChannelPlace], list[str]] = _no_words
    folders: Callable[[ChannelPlace], list[Path]] = _no_folders
