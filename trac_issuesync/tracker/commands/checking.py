# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``check``: whether both sides are in step, and how they become so again after a restore."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from msgspec.structs import replace

from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.model import Side
from trac_issuesync.core.suspension import PARTNER_DELETED, evidence_in
from trac_issuesync.engine.records import Sync
from trac_issuesync.tracker.commands.arguments import Usage, parse
from trac_issuesync.tracker.commands.command import LOOK, Command, Console
from trac_issuesync.tracker.commands.completion import completer, names
from trac_issuesync.tracker.commands.texts import paragraph
from trac_issuesync.tracker.hints import Hints
from trac_issuesync.tracker.links import Links

__all__ = ["COMMANDS"]

_WORDS = ("here", "there")


def _check(console: Console, said: Sequence[str]) -> int:
    # Pulled in when needed: opening an environment for any other command shall not load the worker.
    from trac_issuesync.tracker.runner import DONE, NOT_YET, run_once

    arguments = parse(said, least=1, most=1, valued=("wait", "heal"))
    name, word = arguments.words[0], arguments.options.get("heal")
    if word not in (None, *_WORDS):
        raise Usage(f"--heal takes one of the words here and there, not {word[:40]!r}.")
    wait = arguments.whole("wait", 0)
    with Links(console.env) as links:
        sync = links.find(name)
        _check_checkable(sync)
        if evidence_in(sync.suspended) and word is None:
            console.say(*paragraph(sync.suspended))
            return LOOK
        asked = _ask(links, sync, word)
        # Without it the worker finds out a few seconds later.
        with suppress(OSError):
            Hints(console.env.path).wake()
    status, _ = run_once(console.env, name, wait, console.say)
    if status == LOOK:
        return LOOK
    with Links(console.env) as links:
        answered = _answered(links, links.find(name), asked)
        upto = links.store.counters(sync.id).acked
    if not answered:
        console.say(*paragraph(_patience(name, healing=word is not None)))
        return NOT_YET
    console.say(f"{name} is in step up to message {upto}.")
    return DONE


def _check_checkable(sync: Sync) -> None:
    if sync.deleted or sync.suspended == PARTNER_DELETED:
        raise Invalid(f"{sync.name} is deleted; there is nothing to check.", "deleted")
    if not sync.connected:
        raise Invalid(f"{sync.name} is not connected yet, so there is nothing to check.", "handshake")


def _ask(links: Links, sync: Sync, word: str | None) -> int:
    """Let the next cycle begin anew, or send a probe; returns how many probes were asked for by now."""
    with links.store.transaction():
        now = links.store.sync(sync.id) or sync
        if word is None:
            now = replace(now, probes=now.probes + 1)
        else:
            now = replace(now, heal_asked=_gives_way(now.role, word))
        links.store.save_sync(now)
    return now.probes


def _gives_way(role: Side, word: str) -> Side:
    return role if word == "here" else role.other


def _answered(links: Links, sync: Sync, asked: int) -> bool:
    """True once all that was to be said is acknowledged."""
    counters = links.store.counters(sync.id)
    begun = sync.heal_asked is None and not counters.healing
    return begun and counters.probes >= asked and not links.store.count_messages(sync.id)[0]


def _patience(name: str, *, healing: bool) -> str:
    if healing:
        return f"The heal goes on as the partner answers; how far it is shows: issuesync show {name}"
    return (
        "No answer yet. The partner answers when its worker runs and the messages are carried over; ask again"
        f" with: issuesync check {name} --wait 60"
    )


COMMANDS = (
    Command(
        "issuesync check",
        "<name> [--wait N] [--heal here|there]",
        """Find out whether both sides are in step, or heal them after a restore

        Sends an empty message; the answer shows whether the partner holds everything that was sent, also
        after one of the sides was restored from a backup. With --wait it waits up to N seconds for it.

        With --heal both sides begin anew and send what they have of every ticket. The later edit of each
        field stands, missing tickets, comments and attachments are added, and what was replaced is on record.
        Where two values are equally old, the side named (here or there) takes the other's. Say it on one
        side only.

        The exit status is 0 if both are in step, 1 if there is a problem to look at, 3 if there is no answer
        yet.
        """,
        _check,
        completer(names, options=("--wait", "--heal")),
    ),
)
