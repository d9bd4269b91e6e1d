# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``delete`` and ``purge``: the end of one synchronization, and of everything of ours."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence

from msgspec.structs import replace

from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.model import Side
from trac_issuesync.core.suspension import PARTNER_DELETED
from trac_issuesync.engine.records import LogLine, Sync
from trac_issuesync.tracker.commands.arguments import parse
from trac_issuesync.tracker.commands.command import DONE, Command, Console
from trac_issuesync.tracker.commands.completion import completer, names
from trac_issuesync.tracker.commands.texts import count, paragraph
from trac_issuesync.tracker.environment import remove_tables
from trac_issuesync.tracker.links import Links
from trac_issuesync.wire.codec import encode_control
from trac_issuesync.wire.messages import Bye

__all__ = ["COMMANDS"]


def _delete(console: Console, said: Sequence[str]) -> int:
    arguments = parse(said, least=1, most=1, flags=("now",))
    with Links(console.env) as links:
        sync = links.find(arguments.words[0])
        undelivered = _undelivered(links, sync)
        at_once = "now" in arguments.options or _nobody_to_tell(links, sync)
        if at_once:
            links.remove(sync.id)
        elif not sync.deleted:
            _bury(links, sync)
    if at_once:
        console.say(f"{sync.name} is deleted and forgotten; the tickets stay.")
    else:
        console.say(
            f"{sync.name} is deleted; the tickets stay.",
            *paragraph(
                "Its keys are kept until the partner has heard of it, which the worker (or issuesync run)"
                f" sees to; until then it is listed. To forget it at once: issuesync delete {sync.name} --now"
            ),
        )
    if undelivered:
        console.say(f"{count(undelivered, 'change')} had not been delivered to the partner.")
    return DONE


def _undelivered(links: Links, sync: Sync) -> int:
    return links.store.count_waiting(sync.id) + links.store.count_messages(sync.id)[1]


def _nobody_to_tell(links: Links, sync: Sync) -> bool:
    """True if the partner has never heard of us, or has deleted it itself and knows that we know."""
    counters = links.store.counters(sync.id)
    if not sync.partner_key or (sync.role is Side.SLAVE and not sync.connected and not counters.hello_sent):
        return True
    return sync.suspended == PARTNER_DELETED and not counters.ack_owed


def _bury(links: Links, sync: Sync) -> None:
    """Make a tombstone that says farewell, and forget the twins."""
    store = links.store
    with store.transaction():
        now = store.sync(sync.id) or sync
        if now.deleted:
            return
        told = now.suspended == PARTNER_DELETED
        store.save_sync(replace(now, deleted=True, enabled=False, suspended=now.suspended if told else ""))
        store.forget_tickets(sync.id)
        if told:
            # Nobody will acknowledge these any more.
            store.drop_messages(sync.id, [message.number for message in store.message_heads(sync.id)])
        else:
            store.add_control(sync.id, encode_control(Bye("deleted by an administrator")))
        store.add_log(sync.id, [LogLine(links.clock.now(), "deleted", "Deleted by an administrator.")])


def _purge(console: Console, said: Sequence[str]) -> int:
    arguments = parse(said, flags=("yes",))
    with Links(console.env) as links:
        _check_unused(links)
        console.say(
            *paragraph(
                "This removes every synchronization of this project with its keys, queues, records and"
                f" exchange directories ({links.paths.files}). The tickets stay. Partners are not told:"
                " to tell them, use issuesync delete before."
            )
        )
        if "yes" not in arguments.options:
            _confirm(console)
        remove_tables(console.env)
        _remove_files(links)
    console.say(
        "Everything is removed.",
        *paragraph(
            "To uninstall, take the lines trac_issuesync.* out of [components] and the section [issuesync]"
            " out of trac.ini, and remove the package or the egg; as long as it is enabled, Trac asks for"
            " an upgrade. To begin anew, or in the copy of an environment, run: trac-admin"
            f" {console.env.path} upgrade"
        ),
    )
    return DONE


def _check_unused(links: Links) -> None:
    now = links.clock.now()
    for sync in links.store.syncs():
        holder = links.store.lease_holder(sync.id, now)
        # A copy of an environment brings the lease of a worker that runs in the original.
        if holder and sync.home == links.paths.home:
            text = f"A worker ({holder}) is running {sync.name}. Stop it first, then try again."
            raise Invalid(text, "in-use")


def _confirm(console: Console) -> None:
    if not console.interactive:
        raise Invalid("Nothing was removed. Confirm it: issuesync purge --yes", "not-confirmed")
    if input("Type yes to remove all of it: ").strip().lower() != "yes":
        raise Invalid("Nothing was removed.", "not-confirmed")


def _remove_files(links: Links) -> None:
    """Of what lies elsewhere behind a symbolic link only the link goes."""
    try:
        if links.paths.files.is_symlink():
            links.paths.files.unlink()
        elif links.paths.files.exists():
            shutil.rmtree(links.paths.files)
        links.paths.key_file.unlink(missing_ok=True)
    except OSError as error:
        where = error.filename or os.fspath(links.paths.files)
        text = f"{where} cannot be removed ({error.strerror}); remove it by hand."
        raise Invalid(text, "files-left") from error


COMMANDS = (
    Command(
        "issuesync delete",
        "<name> [--now]",
        """Delete a synchronization; the tickets stay

        The partner is told, and the keys are kept until it has heard of it. With --now everything is
        forgotten at once, also what a deleted synchronization still waits for.
        """,
        _delete,
        completer(names, options=("--now",)),
    ),
    Command(
        "issuesync purge",
        "[--yes]",
        """Remove all tables, files and keys of the issue synchronization

        Before uninstalling, or in the copy of an environment, which must not speak for the original. Asks for
        confirmation, unless --yes is given. The tickets stay.
        """,
        _purge,
        completer(options=("--yes",)),
    ),
)
