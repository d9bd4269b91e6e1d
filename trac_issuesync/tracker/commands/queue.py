# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``queue`` and ``retry``: what waits, on both sides, and another try for what is parked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.model import Change
from trac_issuesync.engine.records import OutMessage, Sync
from trac_issuesync.tracker.commands.arguments import Usage, parse, whole
from trac_issuesync.tracker.commands.command import DONE, Command, Console
from trac_issuesync.tracker.commands.completion import completer, names
from trac_issuesync.tracker.commands.texts import count, paragraph, size
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.status import Parked, isotime, status

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
    """All queues of one synchronization; ``to_collect`` are marked tickets, ``received`` changes to apply."""

    to_collect: int
    received: int
    waiting: tuple[Waiting, ...]
    unacknowledged: tuple[Unacknowledged, ...]
    parked: tuple[Parked, ...]
    parked_at_partner: tuple[Parked, ...]


def queue_of(links: Links, sync: Sync) -> Queue:
    """Read the queues."""
    now = status(links, sync)
    changes = links.store.waiting_changes(sync.id, _MANY)
    twins = links.store.twins(sync.id, sorted({change.ticket for change in changes}))
    tickets = {uid: twin.ticket for uid, twin in twins.items()}
    return Queue(
        now.to_collect,
        now.to_apply,
        tuple(_waiting(change, tickets) for change in changes),
        tuple(map(_message, links.store.messages(sync.id))),
        now.parked,
        now.parked_at_partner,
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
    if queue.parked:
        lines.append("Once the reason is gone, try them again with: issuesync retry <name> <id>|all")
    return lines


def _waiting_line(change: Waiting) -> str:
    what = ", ".join(change.fields) or change.kind
    return f"{change.id}: #{change.ticket} by {change.author}: {what}{' with a comment' * change.comment}"


def _message_line(message: Unacknowledged) -> str:
    what = "bytes of an attachment" if message.attachment else count(message.changes, "change")
    sent = f"sent {message.attempts} times, last {message.last_sent}" if message.last_sent else "not sent yet"
    problem = f"; {message.problem}" if message.problem else ""
    return f"{message.number}: {what}, {size(message.size)}, {sent}{problem}"


def _parked_line(parked: Parked) -> str:
    ticket = f" (#{parked.ticket})" if parked.ticket else ""
    return f"{parked.id}{ticket}: {parked.reason}"


def _retry(console: Console, said: Sequence[str]) -> int:
    name, which = parse(said, least=2, most=2).words
    if which != "all" and whole(which) is None:
        raise Usage(f"{which[:40]!r} is neither the number of a parked change nor the word all.")
    with Links(console.env) as links:
        sync = links.find(name)
        number = None if which == "all" else int(which)
        again = links.store.unpark(sync.id, number)
        if not again and number is not None:
            raise Invalid(f"No change {number} is parked here; see: issuesync queue {name}", "unknown-id")
    console.say(f"{count(again, 'change')} will be tried again in the next cycle.")
    return DONE


def _parked_ids(env: Any, word: str) -> list[str]:
    """Whatever is parked anywhere; the name before it is not known here."""
    with Links(env) as links:
        parked = [row for sync in links.store.syncs() for row in links.store.parked(sync.id)]
    return ["all", *sorted({str(row.change.number) for row in parked})]


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
        "<name> <id>|all",
        """Try parked changes again

        Do so once the reason is gone, for example after a missing component was added. The ids are those that
        issuesync queue lists as parked here.
        """,
        _retry,
        completer(names, _parked_ids),
    ),
)
