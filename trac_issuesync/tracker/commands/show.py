# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``list`` and ``show``: how the synchronizations stand."""

from __future__ import annotations

from collections.abc import Sequence

from trac_issuesync.tracker.commands.arguments import parse
from trac_issuesync.tracker.commands.command import DONE, LOOK, Command, Console
from trac_issuesync.tracker.commands.completion import completer, names
from trac_issuesync.tracker.commands.standing import described
from trac_issuesync.tracker.commands.texts import table
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.status import status

__all__ = ["COMMANDS"]


def _list(console: Console, said: Sequence[str]) -> int:
    arguments = parse(said, flags=("json",))
    with Links(console.env) as links:
        found = [status(links, sync) for sync in links.store.syncs()]
    if "json" in arguments.options:
        console.say_json(found)
    elif not found:
        console.say(
            "There is no synchronization yet.",
            "The master begins with: issuesync create <name> file user=<user>",
            "The slave begins with the master's handshake file: issuesync accept <path> user=<user>",
        )
    else:
        rows = [
            (
                s.name,
                s.role,
                s.state,
                s.partner or "?",
                str(s.waiting),
                str(s.unacknowledged),
                str(len(s.problems)),
            )
            for s in found
        ]
        head = ("Name", "Role", "State", "Partner", "Waiting", "Unacknowledged", "Problems")
        console.say(*table(head, rows))
    return DONE


def _show(console: Console, said: Sequence[str]) -> int:
    arguments = parse(said, least=1, most=1, flags=("json",))
    with Links(console.env) as links:
        found = status(links, links.find(arguments.words[0]))
    if "json" in arguments.options:
        console.say_json(found)
    else:
        console.say(*described(found))
    return LOOK if found.problems else DONE


COMMANDS = (
    Command(
        "issuesync list",
        "[--json]",
        """List the synchronizations of this project

        One line each: name, role, state, partner, what waits on this side, messages that the partner has not
        acknowledged, and how many problems there are to look at.
        """,
        _list,
        completer(options=("--json",)),
    ),
    Command(
        "issuesync show",
        "<name> [--json]",
        """Show how a synchronization stands

        State and what it waits for, progress of the first synchronization, queues, exchange directories,
        fingerprints and the words to compare by phone, problems.

        The exit status is 1 if there is a problem to look at.
        """,
        _show,
        completer(names, options=("--json",)),
    ),
)
