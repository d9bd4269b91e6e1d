# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``queue``, ``retry`` and ``skip``: what waits, on both sides, and a person's word about what cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.model import Change
from trac_issuesync.engine.records import InboxState, OutMessage, Sync
from trac_issuesync.engine.skip import skip, skip_held
from trac_issuesync.tracker.alone import alone
from trac_issuesync.tracker.commands.arguments import Usage, parse, whole
from trac_issuesync.tracker.commands.command import DONE, Command, Console
from trac_issuesync.tracker.commands.completion import completer, names
from trac_issuesync.tracker.commands.texts import count, paragraph, size
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.status import Parked, at_partner, isotime, parked_rows, status

__all__ = ["COMMANDS", "Queue", "queue_of"]

_MANY = 1_000_000
_SHOWN = 20


class Waiting(Struct, frozen=True):
    """A captured change that is in no message yet."""

    id: int
    ticket: int
    kind: str
    author: str
    time: str | None
    fields: tuple[str, ...]
    comment: bool


class Unacknowledged(Struct, frozen=True):
    """A message not acknowledged yet: how often it was sent (``attempts``), ``size`` in sealed bytes."""

    number: int
    changes: int
    attachment: bool
    size: int
    attempts: int
    last_sent: str | None
    next_try: str | None
    problem: str


class Queue(Struct, frozen=True):
    """All queues of one synchronization; ``to_collect`` are marked tickets, ``received`` changes to apply.

    ``held`` are changes of ours that do not leave. What was ``skipped`` waits for nothing any more: it is on
    one side only.
    """

    to_collect: int
    received: int
    waiting: tuple[Waiting, ...]
    unacknowledged: tuple[Unacknowledged, ...]
    parked: tuple[Parked, ...]
    parked_at_partner: tuple[Parked, ...]
    held: tuple[Parked, ...]
    skipped: tuple[Parked, ...]
    skipped_at_partner: tuple[Parked, ...]


def queue_of(links: Links, sync: Sync) -> Queue:
    """Read the queues."""
    now = status(links, sync)
    changes = links.store.waiting_changes(sync.id, _MANY)
    twins = links.store.twins(sync.id, sorted({change.ticket for change in changes}))
    tickets = {uid: twin.ticket for uid, twin in twins.items()}
    skipped = [row for row in links.store.refused(sync.id) if row.state is InboxState.SKIPPED]
    return Queue(
        now.to_collect,
        now.to_apply,
        tuple(_waiting(change, tickets) for change in changes),
        tuple(map(_message, links.store.message_heads(sync.id))),
        now.parked,
        now.parked_at_partner,
        now.held,
        parked_rows(links, sync, skipped),
        at_partner(links, sync, skipped=True),
    )


def _waiting(change: Change, tickets: dict[str, int]) -> Waiting:
    return Waiting(
        change.number,
        tickets.get(change.ticket, 0),
        change.kind.value,
        change.author,
        isotime(change.time),
        tuple(field.name for field in change.fields),
        bool(change.comment),
    )


def _message(message: OutMessage) -> Unacknowledged:
    return Unacknowledged(
        message.number,
        message.changes,
        message.part,
        message.size,
        message.attempts,
        isotime(message.sent),
        isotime(message.next_try),
        message.problem,
    )


def _queue(console: Console, said: Sequence[str]) -> int:
    arguments = parse(said, least=1, most=1, flags=("json",))
    with Links(console.env) as links:
        found = queue_of(links, links.find(arguments.words[0]))
    if "json" in arguments.options:
        console.say_json(found)
    else:
        console.say(*_told(found))
    return DONE


def _told(queue: Queue) -> list[str]:
    sections = (
        (f"Captured and not yet sent: {len(queue.waiting)}", [_waiting_line(w) for w in queue.waiting]),
        (
            f"Messages sent and not yet acknowledged: {len(queue.unacknowledged)}",
            [_message_line(m) for m in queue.unacknowledged],
        ),
        (f"Received changes parked here: {len(queue.parked)}", [_parked_line(p) for p in queue.parked]),
        (
            f"Changes of ours parked at the partner: {len(queue.parked_at_partner)}",
            [_parked_line(p) for p in queue.parked_at_partner],
        ),
    )
    rare = (
        (f"Changes of ours held back here: {len(queue.held)}", [_parked_line(p, "o") for p in queue.held]),
        (f"Changes skipped here: {len(queue.skipped)}", list(map(_parked_line, queue.skipped))),
        (
            f"Changes of ours skipped at the partner: {len(queue.skipped_at_partner)}",
            list(map(_parked_line, queue.skipped_at_partner)),
        ),
    )
    sections += tuple(section for section in rare if section[1])
    lines = [
        f"Tickets to look at: {queue.to_collect}",
        f"Received changes and files to apply: {queue.received}",
    ]
    for title, entries in sections:
        lines.append(title)
        for entry in entries[:_SHOWN]:
            lines += paragraph(entry, "  ")
        if len(entries) > _SHOWN:
            lines.append(f"  ... and {len(entries) - _SHOWN} more (all of them: --json)")
    if queue.parked or queue.held:
        lines.append("They are tried again by themselves, or with: issuesync retry <name> [<id>]")
        lines.append("To go on without what cannot be applied: issuesync skip <name> <id>")
    return lines


def _waiting_line(change: Waiting) -> str:
    what = ", ".join(change.fields) or change.kind
    return f"{change.id}: #{change.ticket} by {change.author}: {what}{' with a comment' * change.comment}"


def _message_line(message: Unacknowledged) -> str:
    what = "bytes of an attachment" if message.attachment else count(message.changes, "change")
    sent = f"sent {message.attempts} times, last {message.last_sent}" if message.last_sent else "not sent yet"
    problem = f"; {message.problem}" if message.problem else ""
    return f"{message.number}: {what}, {size(message.size)}, {sent}{problem}"


def _parked_line(parked: Parked, before: str = "") -> str:
    ticket = f" (#{parked.ticket})" if parked.ticket else ""
    author = f" by {parked.author}" if parked.author else ""
    return f"{before}{parked.id}{ticket}{author}: {parked.reason}"


def _retry(console: Console, said: Sequence[str]) -> int:
    name, *rest = parse(said, least=1, most=2).words
    which = rest[0] if rest else "all"
    with Links(console.env) as links:
        sync = links.find(name)
        if which == "all":
            again = links.store.unpark(sync.id) + _let_go(links, sync, None)
        else:
            ours, number = _which(which)
            again = _let_go(links, sync, number) if ours else links.store.unpark(sync.id, number)
        if not again and which != "all":
            raise Invalid(
                f"Nothing with the id {which} waits here; see: issuesync queue {name}", "unknown-id"
            )
    console.say(f"{count(again, 'change')} will be tried again in the next cycle.")
    return DONE


def _which(text: str) -> tuple[bool, int]:
    """Whether a change of ours is meant, and its number, from an id as ``queue`` prints it."""
    number = whole(text.removeprefix("o"))
    if number is None:
        raise Usage(f"{text[:40]!r} is not the id of a change that waits; issuesync queue lists them.")
    return text.startswith("o"), number


def _let_go(links: Links, sync: Sync, number: int | None) -> int:
    """Let held changes leave with what waits behind them: of one ticket, or all."""
    uids = {row.uid for row in links.store.held(sync.id) if number in (None, row.number)}
    return links.store.unhold(sync.id, sorted(uids))


def _skip(console: Console, said: Sequence[str]) -> int:
    name, which = parse(said, least=2, most=2).words
    ours, number = _which(which)
    with Links(console.env) as links, alone(links, name) as link:
        told = (skip_held if ours else skip)(link, number, link.sync.user)
    console.say(*paragraph(told))
    return DONE


def _parked_ids(env: Any, word: str) -> list[str]:
    """Whatever is parked or held anywhere; the name before it is not known here."""
    with Links(env) as links:
        syncs = links.store.syncs()
        parked = {str(row.change.number) for sync in syncs for row in links.store.parked(sync.id)}
        held = {f"o{row.number}" for sync in syncs for row in links.store.held(sync.id) if row.reason}
    return sorted(parked | held)


COMMANDS = (
    Command(
        "issuesync queue",
        "<name> [--json]",
        """List what waits: to be sent, acknowledged, or parked with its reason

        A change that cannot be applied is parked on the side that received it, with the later changes of its
        ticket behind it; every other ticket goes on. Both sides show it.
        """,
        _queue,
        completer(names, options=("--json",)),
    ),
    Command(
        "issuesync retry",
        "<name> [<id>]",
        """Try changes again that are parked or held back here, one or all

        Most of them are tried again by themselves: when fields, options, limits or permissions change, with
        a newer change of the ticket, at issuesync start, and every hour. The ids are those of issuesync
        queue; with an o before the number it is a change of ours that does not leave.
        """,
        _retry,
        completer(names, _parked_ids),
    ),
    Command(
        "issuesync skip",
        "<name> <id>",
        """Go on without what cannot be applied of a change

        Only the refused values are passed over; the rest of the change is applied, its comment too. They are
        recorded on both sides, and the partner's ticket gets this side's values of those fields, so that both
        are equal. What is then on one side only, such as a refused comment, stays listed as skipped on both.

        Of a change of ours (an o before its number) nothing leaves, but the ticket's later changes do.

        The exit status is 3 if a worker is running the synchronization all the time.
        """,
        _skip,
        completer(names, _parked_ids),
    ),
)
