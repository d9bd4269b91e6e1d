# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Making the exchange directories of a synchronization and the commands to move them elsewhere."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from trac_issuesync.channels.os_words import shown
from trac_issuesync.core.errors import Invalid

__all__ = ["ensure_directories", "link_commands"]


def ensure_directories(root: Path, sync_id: str) -> tuple[Path, Path]:
    """Make ``<root>/<sync id>/SEND`` and ``RECEIVE`` where they are missing and return both.

    What is there already, a symbolic link in particular, is left as it is, also if its target is gone. New
    folders are for our account alone (0700): with encryption off they hold plain text, names and times tell
    who works when, and a partner or sync tool under another account is given a folder of its own by a link.
    Raises Invalid if they cannot be made.
    """
    home = root / sync_id
    send, receive = home / "SEND", home / "RECEIVE"
    try:
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (home, send, receive):
            if not os.path.lexists(folder):
                folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else "unknown reason"
        text = f"The exchange folders cannot be made in {shown(home)}: {reason}. Correct that and try again."
        raise Invalid(text, "exchange-folders") from error
    return send, receive


def link_commands(send: Path, receive: Path, target: str, side: str) -> list[str]:
    """Shell commands that replace both folders by symbolic links into the shared folder ``target``.

    ``side`` is ``m`` or ``s``; the folders below ``target`` are named by who writes into them, so that both
    sides can use the same ``target``. A folder that is not empty is not lost: its command then fails.
    """
    own, partner = ("from-master", "from-slave") if side == "m" else ("from-slave", "from-master")
    commands = []
    for folder, name in ((send, own), (receive, partner)):
        shared = shlex.quote(f"{target.rstrip('/')}/{name}")
        here = shlex.quote(os.fspath(folder))
        commands.append(f"mkdir -p {shared} && rmdir {here} && ln -s {shared} {here}")
    return commands
