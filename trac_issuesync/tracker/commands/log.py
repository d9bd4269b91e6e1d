# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``log``: what happened."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from trac_issuesync.engine.records import LogLine
from trac_issuesync.tracker.commands.arguments import Usage, parse
from trac_issuesync.tracker.commands.command import DONE, Command, Console
from trac_issuesync.tracker.commands.completion import completer, names
from trac_issuesync.tracker.commands.texts import moment
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.status import isotime

__all__ = ["COMMANDS"]


class _Line(Struct, frozen=True):
    """One line for programs; numbers are 0 and ``digest`` is empty where none applies."""

    time: str | None
    event: str
    text: str
    ticket: int
    message: int
    size: int
    digest: str
    problem: bool


def _log(console: Console, said: Sequence[str]) -> int:
    arguments = parse(said, least=1, most=2, flags=("json",))
    ticket = ticket_number(arguments.words[1]) if len(arguments.words) > 1 else None
    with Links(console.env) as links:
        lines = links.store.log(links.find(arguments.words[0]).id, ticket=ticket)
    lines.reverse()
    if "json" in arguments.options:
        console.say_json([_for_programs(line) for line in lines])
    elif not lines:
        console.say("Nothing is on record.")
    else:
        console.say(*map(_told, lines))
    return DONE


def ticket_number(text: str) -> int:
    """A ticket's number as typed, with or without ``#``; raises Usage."""
    digits = text.removeprefix("#")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise Usage(f"{text[:40]!r} is not the number of a ticket.")
    return int(digits)


def _told(line: LogLine) -> str:
    mark = "!" if line.problem else " "
    ticket = f"#{line.ticket} " if line.ticket else ""
    return f"{moment(line.time)} {mark} {line.event}: {ticket}{line.text}"


def _for_programs(line: LogLine) -> _Line:
    return _Line(
        isotime(line.time),
        line.event,
        line.text,
        line.ticket,
        line.message,
        line.size,
        line.digest,
        line.problem,
    )


COMMANDS = (
    Command(
        "issuesync log",
        "<name> [<ticket>] [--json]",
        """Show what happened, the latest at the end

        Messages sent, received and set aside, handshake, parked changes, everything with its reason; lines
        about something to look at have an exclamation mark. With the number of a ticket only what concerns
        that ticket.
        """,
        _log,
        completer(names, options=("--json",)),
    ),
)
