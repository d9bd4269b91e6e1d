# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a plugin can do: every hook, when it is called, and what comes of what it returns.

A plugin is any object with functions or methods that are marked with ``hookimpl`` and named like one of the
functions below; it may leave out arguments that it does not need. docs/hooks.md says how it is registered
and shows whole plugins.

No hook is called inside a database transaction, so a slow one delays its synchronization but keeps no user
waiting. A hook may be called again for what it has seen before, for example after a crash; it should give
the same answer then, and accept its own result unchanged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pluggy
from msgspec import Struct
from msgspec.structs import replace

from trac_issuesync.core.model import Change, FieldChange, Side
from trac_issuesync.engine.events import Event
from trac_issuesync.engine.offers import ChannelOffer

__all__ = [
    "PROJECT",
    "SyncInfo",
    "TicketInfo",
    "Veto",
    "altered",
    "hookimpl",
    "incoming_change",
    "observe",
    "offer_channels",
    "outgoing_change",
    "user_from_partner",
    "user_to_partner",
]

PROJECT = "trac_issuesync"
"""The name of pluggy's project and of the entry-point group."""

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks an implementation of a hook."""


class SyncInfo(Struct, frozen=True):
    """The synchronization that a hook is called for: its id and name here, our side, the partner's name."""

    id: str
    name: str
    side: Side
    partner: str


class TicketInfo(Struct, frozen=True):
    """The local ticket as it is now: number and values of its fields in local words.

    Number 0 and no values where there is none (yet).
    """

    number: int
    values: Mapping[str, str]


class Veto(Struct, frozen=True):
    """What a hook returns to stop a change; ``reason`` is a phrase in plain words, shown to people."""

    reason: str


def altered(
    change: Change,
    *,
    values: Mapping[str, str] | None = None,
    without: Iterable[str] = (),
    comment: str | None = None,
) -> Change:
    """``change`` with other ``values`` of fields, ``without`` some of its fields, with another ``comment``.

    A field in ``values`` that the change does not set is added to it.
    """
    wanted = dict(values or {})
    left_out = frozenset(without)
    fields = [replace(f, value=wanted.pop(f.name, f.value)) for f in change.fields if f.name not in left_out]
    fields += [FieldChange(name, value, change.time) for name, value in wanted.items()]
    return replace(change, fields=tuple(fields), comment=change.comment if comment is None else comment)


@hookspec
def offer_channels() -> Iterable[ChannelOffer]:  # type: ignore[empty-body]
    """Offer ways for messages to travel.

    Called once for each opened environment. The names of channels are what ``issuesync create`` takes; a
    name that is taken already is not offered again. A synchronization whose channel nobody offers any more
    stands still and says so.
    """


@hookspec
def outgoing_change(change: Change, ticket: TicketInfo, sync: SyncInfo) -> Change | Veto | None:
    """Look at a change before it leaves.

    Called for each captured change right before it is put into a numbered message; from then on it is never
    altered. Return None to let it leave, another change in its place (see ``altered``), or a ``Veto``.
    Plugins are asked one after the other, each with what the one before made of it.

    Values, comment, author, and an attachment's name and description may be altered, fields left out, and
    fields added that the contract shares; whatever else differs stops the change. A stopped change is held:
    it stays here with the later changes of its ticket, ``issuesync queue`` shows it with the plugin's name,
    and the plugin is asked again when the ticket changes, after an hour, and at ``issuesync retry``. An
    exception stops the change, too.
    """


@hookspec
def incoming_change(change: Change, ticket: TicketInfo, sync: SyncInfo) -> Change | Veto | None:
    """Look at a change of the partner before it is applied.

    Called for each received change right before its ticket is written. Return None to apply it, another
    change in its place, or a ``Veto``. Values, comment, and an attachment's name and description may be
    altered and fields left out, but none added. The partner keeps what it sent: an altered value only stands
    in this project in its place.

    A vetoed change is parked with the plugin's name and reason, which the partner sees, too. An exception
    parks the change; the partner is told no more than that a plugin failed.
    """


@hookspec
def user_to_partner(user: str, sync: SyncInfo) -> str | None:
    """Name a local user for the partner: as author of a change, owner or reporter.

    Called before ``outgoing_change``. The first plugin that does not return None decides. An exception holds
    the change.
    """


@hookspec
def user_from_partner(user: str, sync: SyncInfo) -> str | None:
    """Name the local user that a user of the partner is: as author of a change, or owner.

    Called before ``incoming_change``. The first plugin that does not return None decides. A name that is no
    known user of this project counts as None: such an author gets the usual label, such an owner is not
    taken over. An exception parks the change.
    """


@hookspec
def observe(event: Event, sync: SyncInfo) -> None:
    """Hear of what happened.

    Called at the end of a cycle for each event that it stored, in order. What is returned does not matter.
    An exception is logged once with the plugin's name and disturbs nobody. Nothing is told twice; what the
    worker did not come to tell before it was killed is told by ``issuesync log`` only.
    """
