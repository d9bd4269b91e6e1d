# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``start`` and ``stop``: whether tickets leave and enter."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from msgspec.structs import replace

from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.suspension import lasting
from trac_issuesync.engine.records import LogLine, Sync
from trac_issuesync.tracker.commands.arguments import parse
from trac_issuesync.tracker.commands.command import DONE, Command, Console
from trac_issuesync.tracker.commands.completion import completer, names
from trac_issuesync.tracker.commands.standing import next_step
from trac_issuesync.tracker.commands.texts import count, paragraph
from trac_issuesync.tracker.hints import Hints
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.rivals import check_no_rival
from trac_issuesync.tracker.status import status

__all__ = ["COMMANDS"]


def _start(console: Console, said: Sequence[str]) -> int:
    (name,) = parse(said, least=1, most=1).words
    with Links(console.env) as links:
        sync = links.find(name)
        _check_startable(links, sync)
        home = links.paths.home
        if sync.home != home:
            text = (
                f"{name} was made in {sync.home} and from now on belongs to {home}. If the old place still"
                " holds the project, run issuesync purge there or here: two must not speak for one."
            )
            console.say(*paragraph(f"Note: {text}"))
        again = _write_start(links, sync, home)
        # Without it the worker finds out a few seconds later.
        with suppress(OSError):
            Hints(console.env.path).wake()
    console.say(f"{name} is started. Tickets go as soon as the partner has started it, too.")
    if again:
        console.say(f"{count(again, 'change')} will be tried again.")
    return DONE


def _check_startable(links: Links, sync: Sync) -> None:
    if sync.deleted:
        raise Invalid(f"{sync.name} is deleted; create a new synchronization.", "deleted")
    if not sync.connected:
        waits = next_step(status(links, sync))
        text = f"{sync.name} is not connected yet, so it cannot be started. {waits}"
        raise Invalid(text, "handshake")
    if lasting(sync.suspended):
        text = f"{sync.name} is suspended, and starting it would not help. {sync.suspended}"
        raise Invalid(text, "suspended")
    check_no_rival(links.store.syncs(), sync.partner_environment, sync.id, started=True)


def _write_start(links: Links, sync: Sync, home: str) -> int:
    """Returns how many parked and held changes are tried again."""
    store = links.store
    with store.transaction():
        now = store.sync(sync.id) or sync
        _check_startable(links, now)
        store.save_sync(replace(now, enabled=True, suspended="", home=home, probes=now.probes + 1))
        told = "Started." if not now.suspended else f"Started again after: {now.suspended}"
        store.add_log(sync.id, [LogLine(links.clock.now(), "started", told)])
        held = {row.uid for row in store.held(sync.id)}
        return store.unpark(sync.id) + store.unhold(sync.id, sorted(held))


def _stop(console: Console, said: Sequence[str]) -> int:
    (name,) = parse(said, least=1, most=1).words
    with Links(console.env) as links:
        sync = links.find(name)
        with links.store.transaction():
            now = links.store.sync(sync.id) or sync
            if now.enabled:
                links.store.save_sync(replace(now, enabled=False))
                links.store.add_log(sync.id, [LogLine(links.clock.now(), "stopped", "Stopped.")])
    if sync.enabled:
        console.say(
            f"{name} is stopped: tickets neither leave nor enter.",
            f"What is edited meanwhile goes after: issuesync start {name}",
        )
    else:
        console.say(f"{name} was not started.")
    return DONE


COMMANDS = (
    Command(
        "issuesync start",
        "<name>",
        """Let tickets leave and enter

        Both sides have to be started. The first time all tickets that are shared are sent. Parked and held
        changes are tried again, and a suspension ends, unless going on would do harm: then the reason is
        told. Also tells a moved environment where it lies now.
        """,
        _start,
        completer(names),
    ),
    Command(
        "issuesync stop",
        "<name>",
        """Let no tickets leave or enter until started again

        Messages on their way still arrive and are kept; nothing is lost.
        """,
        _stop,
        completer(names),
    ),
)
