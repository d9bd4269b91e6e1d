# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Asking plugins about changes, outside transactions: users first, then the change as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from trac_issuesync.core.authors import author_name
from trac_issuesync.core.model import Change, FieldChange, FieldKind, Loser, Side, Twin, TwinState
from trac_issuesync.core.vetting import wrong_incoming, wrong_outgoing
from trac_issuesync.engine.hooks import Failed, Hooks, Stopped
from trac_issuesync.engine.hookspecs import SyncInfo, TicketInfo
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import InboxChange
from trac_issuesync.engine.versions import Versions

__all__ = ["Admission", "Admitted", "ask_outgoing", "sync_info"]

_NO_TICKET = TicketInfo(0, {})


def sync_info(link: Link) -> SyncInfo:
    """The synchronization as plugins see it."""
    sync = link.sync
    return SyncInfo(sync.id, sync.name, sync.role, sync.partner_name)


def ask_outgoing(link: Link, versions: Versions, changes: Iterable[Change]) -> dict[int, Change | Stopped]:
    """What plugins make of changes that are about to leave, by number; after a stop none of its ticket."""
    changes = list(changes)
    twins = link.store.twins(link.id, sorted({change.ticket for change in changes}))
    tickets, sync = _tickets(link, twins), sync_info(link)
    asked: dict[int, Change | Stopped] = {}
    stopped: set[str] = set()
    for change in changes:
        if change.ticket in stopped:
            continue
        if not (change.fields or change.comment or change.attachment):
            # Such as one whose content a person let go.
            asked[change.number] = change
            continue
        ticket = tickets.get(change.ticket, _NO_TICKET)
        asked[change.number] = answer = _ask_outgoing(link.hooks, versions, change, ticket, sync)
        if isinstance(answer, Stopped):
            stopped.add(change.ticket)
    return asked


def _ask_outgoing(
    hooks: Hooks, versions: Versions, change: Change, ticket: TicketInfo, sync: SyncInfo
) -> Change | Stopped:
    version = versions.published.get(change.version)
    if version is None:
        raise LookupError(f"change {change.number} was made under a version that was never published")
    binding = versions.binding(version)

    def wrong(before: Change, after: Change) -> str:
        return wrong_outgoing(before, after, version.contract, binding)

    try:
        renamed = _for_partner(hooks, change, sync, {n: f.kind for n, f in binding.fields.items()})
    except Failed as failed:
        return failed.stopped
    return hooks.change("outgoing_change", renamed, ticket, sync, wrong)


def _for_partner(hooks: Hooks, change: Change, sync: SyncInfo, kinds: Mapping[str, FieldKind]) -> Change:
    def named(user: str) -> str:
        answer = hooks.user("user_to_partner", user, sync) if user else None
        return user if answer is None else author_name(answer)

    def field(one: FieldChange) -> FieldChange:
        kind, value = kinds.get(one.name), one.value
        if kind is FieldKind.OWNER:
            value = named(value)
        elif kind is FieldKind.REPORTER and value.startswith(f"{sync.side.letter}:"):
            value = f"{sync.side.letter}:{named(value.partition(':')[2])}"
        return replace(one, value=value, loser=_loser(one.loser, sync.side, named))

    return replace(change, author=named(change.author), fields=tuple(map(field, change.fields)))


def _loser(loser: Loser | None, side: Side, named: Callable[[str], str]) -> Loser | None:
    if loser is None:
        return None
    if loser.side is side:
        return replace(loser, author=named(loser.author))
    return replace(loser, kept_author=named(loser.kept_author))


class Admitted(Struct, frozen=True):
    """A received change that may be applied: without what a plugin left out, with its comment.

    ``instead`` are values to show in place of the partner's, in contract words; ``author`` is the local user
    who the partner's author is, or empty. ``left_out`` names fields that a plugin took away.
    """

    change: Change
    instead: dict[str, str]
    author: str = ""
    left_out: tuple[str, ...] = ()


class Admission:
    """What plugins say of received changes; asked before the transaction that applies them, once a round."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._answers: dict[int, Admitted | Stopped] = {}

    def ask(self, uids: Iterable[str]) -> None:
        """Ask about what waits for these tickets, unless there is nobody to ask. Not inside a transaction."""
        link = self._link
        if not link.hooks.incoming:
            return
        inbox = link.store.inbox(link.id, sorted(set(uids)))
        fresh = [row for rows in inbox.values() for row in rows if row.change.number not in self._answers]
        if not fresh:
            return
        twins = link.store.twins(link.id, sorted({row.change.ticket for row in fresh}))
        tickets, sync = _tickets(link, twins), sync_info(link)
        for row in fresh:
            ticket = tickets.get(row.change.ticket, _NO_TICKET)
            self._answers[row.change.number] = self._ask(row.change, ticket, sync)

    def of(self, row: InboxChange) -> Admitted | Stopped | None:
        """The answer about a change; None for one that came too late to be asked about."""
        if not self._link.hooks.incoming:
            return Admitted(row.change, {})
        return self._answers.get(row.change.number)

    def _ask(self, change: Change, ticket: TicketInfo, sync: SyncInfo) -> Admitted | Stopped:
        try:
            author = self._user(change.author, sync)
            renamed = [self._owner(field, sync) for field in change.fields]
        except Failed as failed:
            return failed.stopped
        asked = replace(change, fields=tuple(renamed))
        answer = self._link.hooks.change("incoming_change", asked, ticket, sync, wrong_incoming)
        if isinstance(answer, Stopped):
            return answer
        values = {field.name: field.value for field in answer.fields}
        kept = tuple(field for field in change.fields if field.name in values)
        instead = {field.name: values[field.name] for field in kept if values[field.name] != field.value}
        admitted = replace(change, fields=kept, comment=answer.comment, attachment=answer.attachment)
        left_out = tuple(field.name for field in change.fields if field.name not in values)
        return Admitted(admitted, instead, author, left_out)

    def _owner(self, field: FieldChange, sync: SyncInfo) -> FieldChange:
        if field.name != "owner" or not field.value:
            return field
        return replace(field, value=self._user(field.value, sync) or field.value)

    def _user(self, name: str, sync: SyncInfo) -> str:
        """The known local user that a plugin names for the partner's, or nothing."""
        found = self._link.hooks.user("user_from_partner", name, sync)
        return found if found and self._link.tracker.knows_user(found) else ""


def _tickets(link: Link, twins: Mapping[str, Twin]) -> dict[str, TicketInfo]:
    numbers = {uid: twin.ticket for uid, twin in twins.items() if twin.state is not TwinState.GONE}
    snapshots = link.tracker.read(sorted(numbers.values()))
    return {
        uid: TicketInfo(number, snapshots[number].values)
        for uid, number in numbers.items()
        if number in snapshots
    }
