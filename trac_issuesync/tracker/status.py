# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""How a synchronization stands: one value for the commands, the pages and whoever watches by JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from msgspec import Struct

from trac_issuesync.engine.records import HeldChange, InboxChange, Sync
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.pending import to_apply, to_collect, to_send
from trac_issuesync.tracker.problems import Problem, problems
from trac_issuesync.tracker.sheet import words_of

__all__ = ["Exchange", "Parked", "Status", "at_partner", "isotime", "parked_rows", "status"]

_MANY = 1_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Exchange(Struct, frozen=True):
    """The exchange directories, as this side knows them; either may be a symbolic link."""

    send: str
    receive: str


class Parked(Struct, frozen=True):
    """A change that waits for a person: ``id`` is its number; ``ticket`` is local, 0 where there is none."""

    id: int
    ticket: int
    author: str
    reason: str


class Status(Struct, frozen=True, kw_only=True):
    """One synchronization as ``issuesync show --json`` tells it. Times are ISO 8601 UTC or None.

    ``state`` is one of ``core.model.State``, or ``deleted`` while the partner still has to hear of it.
    ``waiting`` is whatever waits on this side: tickets to be looked at (``to_collect``), changes and news
    not yet in a message (``to_send``), and received changes and files not yet applied (``to_apply``).
    ``unacknowledged`` counts messages, ``quarantined`` changes parked here, ``twins`` paired tickets,
    ``declined`` those that another synchronization carries, and ``tickets`` all of this project.
    ``first_synchronization`` is true until every ticket has been looked at once. ``words`` are the same on
    both sides if nobody is in between.
    """

    name: str
    role: str
    channel: str
    state: str
    enabled: bool
    sync_id: str
    partner: str
    description: str
    user: str
    label: str
    encrypt: bool
    contract_version: int
    bound_version: int
    waiting: int
    to_collect: int
    to_send: int
    to_apply: int
    unacknowledged: int
    quarantined: int
    conflicts: int
    twins: int
    declined: int
    tickets: int
    first_synchronization: bool
    last_sent: str | None
    last_received: str | None
    fingerprint: str
    partner_fingerprint: str
    words: tuple[str, ...]
    suspended: str
    exchange: Exchange | None
    parked: tuple[Parked, ...]
    parked_at_partner: tuple[Parked, ...]
    held: tuple[Parked, ...]
    problems: tuple[Problem, ...]


def status(links: Links, sync: Sync) -> Status:
    """How ``sync`` stands now, one moment after the other; reads only."""
    store, counters = links.store, links.store.counters(sync.id)
    numbers = links.tracker.numbers(0, _MANY)
    collect, send = to_collect(links, sync, counters, numbers), to_send(links, sync)
    receive = to_apply(links, sync)
    parked = parked_rows(links, sync, store.parked(sync.id))
    refused, held = at_partner(links, sync, skipped=False), _held(links, sync)
    return Status(
        name=sync.name,
        role=sync.role.value,
        channel=sync.channel,
        state="deleted" if sync.deleted else sync.state.value,
        enabled=sync.enabled,
        sync_id=sync.id,
        partner=sync.partner_name,
        description=sync.description,
        user=sync.user,
        label=sync.settings.label,
        encrypt=sync.settings.encrypt,
        contract_version=sync.contract_version,
        bound_version=sync.bound_version,
        waiting=collect + send + receive,
        to_collect=collect,
        to_send=send,
        to_apply=receive,
        unacknowledged=store.count_messages(sync.id)[0],
        quarantined=len(parked),
        conflicts=store.count_conflicts(sync.id),
        twins=store.count_twins(sync.id),
        declined=store.count_declined(sync.id),
        tickets=len(numbers),
        first_synchronization=sync.enabled and sync.connected and not counters.compared,
        last_sent=isotime(counters.last_sent),
        last_received=isotime(counters.last_received),
        fingerprint=sync.own_key,
        partner_fingerprint=sync.partner_key,
        words=words_of(sync),
        suspended=sync.suspended,
        exchange=_exchange(links, sync),
        parked=parked,
        parked_at_partner=refused,
        held=held,
        problems=tuple(problems(links, sync, len(parked), len(refused), len(held))),
    )


def isotime(time: int) -> str | None:
    """A time in microseconds as ISO 8601 in UTC, or None for 0."""
    if not time:
        return None
    return (_EPOCH + timedelta(microseconds=time)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _exchange(links: Links, sync: Sync) -> Exchange | None:
    if sync.channel != "file":
        return None
    send, receive = links.paths.exchange(sync.id)
    return Exchange(str(send), str(receive))


def parked_rows(links: Links, sync: Sync, rows: Sequence[InboxChange]) -> tuple[Parked, ...]:
    """Received changes with a reason, by local ticket."""
    tickets = _tickets(links, sync, {row.change.ticket for row in rows})
    return tuple(
        Parked(row.change.number, tickets.get(row.change.ticket, 0), row.change.author, row.reason)
        for row in rows
    )


def at_partner(links: Links, sync: Sync, *, skipped: bool) -> tuple[Parked, ...]:
    """Changes of ours that are parked at the partner, or were skipped there."""
    rows = [row for row in links.store.partner_parked(sync.id).values() if row.skipped is skipped]
    tickets = _tickets(links, sync, {row.uid for row in rows})
    return tuple(Parked(row.number, tickets.get(row.uid, 0), row.author, row.reason) for row in rows)


def _held(links: Links, sync: Sync) -> tuple[Parked, ...]:
    """Those that do not leave for a reason of their own; later changes of their tickets wait behind them."""
    rows = [row for row in links.store.held(sync.id) if row.reason]
    tickets = _tickets(links, sync, {row.uid for row in rows})
    changes = links.store.outbox(sync.id, [row.number for row in rows])
    authors = {change.number: change.author for change in changes}
    return tuple(
        Parked(row.number, tickets.get(row.uid, 0), authors.get(row.number, ""), _said(row)) for row in rows
    )


def _said(row: HeldChange) -> str:
    return f"the plugin {row.by} says: {row.reason}" if row.by else row.reason


def _tickets(links: Links, sync: Sync, uids: set[str]) -> dict[str, int]:
    return {uid: twin.ticket for uid, twin in links.store.twins(sync.id, sorted(uids)).items()}
