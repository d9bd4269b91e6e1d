# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``run`` and ``worker``: cycles, once or until stopped."""

from __future__ import annotations

import os
import pwd
import shlex
from collections.abc import Sequence
from pathlib import Path

from trac_issuesync.tracker.commands.arguments import parse
from trac_issuesync.tracker.commands.command import Command, Console
from trac_issuesync.tracker.commands.completion import completer, names
from trac_issuesync.tracker.commands.texts import paragraph

__all__ = ["COMMANDS"]


def _run(console: Console, said: Sequence[str]) -> int:
    # Pulled in when needed: opening an environment for any other command shall not load the worker.
    from trac_issuesync.tracker.runner import run_once

    arguments = parse(said, most=1, valued=("wait",))
    _warn_root(console)
    status, _ = run_once(console.env, arguments.word(0), arguments.whole("wait", 0), console.say)
    return status


def _worker(console: Console, said: Sequence[str]) -> int:
    from trac_issuesync.tracker.worker import run_worker

    parse(said)
    _warn_root(console)
    return run_worker(console.env.path)


def _warn_root(console: Console) -> None:
    """Say so if root works in another account's environment: Trac makes folders for attachments then, too."""
    env = Path(console.env.path)
    files = env / "files"
    owners = [path.stat().st_uid for path in (env, files) if path.exists()]
    owner = next(filter(None, owners), 0)
    if os.geteuid() != 0 or not owner:
        return
    try:
        account = pwd.getpwuid(owner).pw_name
    except KeyError:
        account = str(owner)
    text = (
        f"Note: this runs as root, but the environment belongs to the account {account}, which cannot use the"
        " attachments and folders that root makes now. Run it as that account. To put right what root made:"
    )
    for line in (*paragraph(text), f"chown -R {account}: {shlex.quote(str(files))}"):
        console.tell(line)


COMMANDS = (
    Command(
        "issuesync run",
        "[<name>] [--wait N]",
        """Run one cycle of one synchronization, or of all

        Receives, applies, collects and sends, and prints what it did; for cron, or to see at once what
        happens. With --wait it goes on for up to N seconds until nothing waits and everything is
        acknowledged.

        The exit status is 0 if all went well, 1 if there is a problem to look at, 3 if another worker is
        at it or, with --wait, not everything was acknowledged in time.
        """,
        _run,
        completer(names, options=("--wait",)),
    ),
    Command(
        "issuesync worker",
        "",
        """Run cycles until stopped, as a service

        For [issuesync] worker = external. Wakes at once when a ticket is saved or a message comes in. Ends
        cleanly, with status 0, on SIGTERM or Ctrl-C.
        """,
        _worker,
        completer(),
    ),
)
