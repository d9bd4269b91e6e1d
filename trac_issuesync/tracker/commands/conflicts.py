# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``conflicts`` and ``resolve``: what was edited on both sides, and a person's answer to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from trac_issuesync.core.model import Side
from trac_issuesync.engine.records import ConflictRecord
from trac_issuesync.engine.resolve import resolve
from trac_issuesync.tracker.alone import alone
from trac_issuesync.tracker.commands.arguments import Usage, parse, whole
from trac_issuesync.tracker.commands.command import DONE, Command, Console
from trac_issuesync.tracker.commands.completion import completer, names, words
from trac_issuesync.tracker.commands.texts import paragraph
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.status import isotime

__all__ = ["COMMANDS"]

_SIDES = ("mine", "theirs")
_SHORT = 300


class Edit(Struct, frozen=True):
    """One of the two edits; ``time`` is when it was really made."""

    value: str
    author: str
    time: str | None


class Conflict(Struct, frozen=True):
    """One field edited on both sides; ``stands`` is ``mine`` (this side's) or ``theirs``."""

    id: int
    ticket: int
    field: str
    mine: Edit
    theirs: Edit
    stands: str
    time: str | None
    resolved: bool


def _conflicts(console: Console, said: Sequence[str]) -> int:
    arguments = parse(said, least=1, most=1, flags=("json", "all"))
    with Links(console.env) as links:
        sync = links.find(arguments.words[0])
        records = links.store.conflicts(sync.id, unresolved="all" not in arguments.options)
    found = [_conflict(record, sync.role) for record in records]
    if "json" in arguments.options:
        console.say_json(found)
    elif not found:
        console.say("There is no open conflict.")
    else:
        for conflict in found:
            console.say(*_told(conflict))
        if not all(conflict.resolved for conflict in found):
            console.say(f"To let the one or the other stand: issuesync resolve {sync.name} <id> mine|theirs")
    return DONE


def _conflict(record: ConflictRecord, role: Side) -> Conflict:
    return Conflict(
        record.id,
        record.ticket,
        record.field,
        Edit(record.mine, record.mine_author, isotime(record.mine_time)),
        Edit(record.theirs, record.theirs_author, isotime(record.theirs_time)),
        _SIDES[record.winner != role.value],
        isotime(record.time),
        record.resolved,
    )


def _told(conflict: Conflict) -> list[str]:
    resolved = " (resolved)" if conflict.resolved else ""
    lines = [f"{conflict.id}: #{conflict.ticket} {conflict.field}{resolved}"]
    for side, edit in zip(_SIDES, (conflict.mine, conflict.theirs), strict=True):
        stands = ", stands" if side == conflict.stands else ""
        first, *more = _short(edit.value).splitlines() or [""]
        lines += paragraph(f"{side} ({edit.author}, {edit.time}{stands}): {first}", "  ")
        lines += [line for text in more for line in paragraph(text, "    ")]
    return lines


def _short(value: str) -> str:
    rest = len(value) - _SHORT
    return f"{value[:_SHORT]} ... and {rest} characters more (all of them: --json)" if rest > 0 else value


def _resolve(console: Console, said: Sequence[str]) -> int:
    name, which, side = parse(said, least=3, most=3).words
    number = whole(which)
    if number is None:
        raise Usage(f"{which[:40]!r} is not the number of a conflict; see: issuesync conflicts {name}")
    if side not in _SIDES:
        raise Usage(f"Say whose value shall stand: mine or theirs, not {side[:40]!r}.")
    with Links(console.env) as links, alone(links, name) as link:
        records = resolve(link, number, link.sync.user, mine=side == "mine")
    fields = ", ".join(record.field for record in records)
    console.say(
        f"{fields} of #{records[0].ticket} is settled; the partner hears of it with the next message."
    )
    return DONE


def _open_ids(env: Any, word: str) -> list[str]:
    """Whatever is open anywhere; the name before it is not known here."""
    with Links(env) as links:
        found = [r.id for s in links.store.syncs() for r in links.store.conflicts(s.id, unresolved=True)]
    return [str(number) for number in sorted(found)]


COMMANDS = (
    Command(
        "issuesync conflicts",
        "<name> [--all] [--json]",
        """List fields that were edited on both sides at once

        One of the two values stands by the policy of the synchronization, on both sides the same. The other
        one is listed until somebody resolves the conflict, and with --all for good.
        """,
        _conflicts,
        completer(names, options=("--all", "--json")),
    ),
    Command(
        "issuesync resolve",
        "<name> <id> mine|theirs",
        """Settle a conflict: let this side's value or the partner's stand

        The value is set as an edit of the synchronization user and travels to the partner, where the question
        is settled with it. Status and resolution are settled together.

        The exit status is 3 if a worker is running the synchronization all the time.
        """,
        _resolve,
        completer(names, _open_ids, words(*_SIDES)),
    ),
)
