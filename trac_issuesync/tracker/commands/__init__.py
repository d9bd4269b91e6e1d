# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The ``issuesync`` commands of ``trac-admin``, one module per topic."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from trac.admin.api import AdminCommandError, IAdminCommandProvider
from trac.core import Component, implements

from trac_issuesync.core.errors import SyncError
from trac_issuesync.tracker.commands import (
    accepting,
    checking,
    conflicts,
    deleting,
    doctor,
    editing,
    log,
    making,
    queue,
    running,
    show,
    switching,
)
from trac_issuesync.tracker.commands.arguments import Usage
from trac_issuesync.tracker.commands.command import BUSY, Command, Console

__all__ = ["COMMANDS", "IssueSyncCommands"]

COMMANDS: tuple[Command, ...] = (
    *show.COMMANDS,
    *making.COMMANDS,
    *accepting.COMMANDS,
    *editing.COMMANDS,
    *switching.COMMANDS,
    *running.COMMANDS,
    *checking.COMMANDS,
    *queue.COMMANDS,
    *conflicts.COMMANDS,
    *log.COMMANDS,
    *doctor.COMMANDS,
    *deleting.COMMANDS,
)


class IssueSyncCommands(Component):
    """Adds the ``issuesync`` commands to ``trac-admin``."""

    implements(IAdminCommandProvider)

    # IAdminCommandProvider methods

    def get_admin_commands(self) -> Iterator[tuple[Any, ...]]:
        """Yield name, arguments, help, completion and function of each command."""
        for command in COMMANDS:
            complete = partial(command.complete, self.env)
            execute = partial(_execute, self.env, command)
            yield command.name, command.arguments, command.help, complete, execute


def _execute(env: Any, command: Command, *said: str) -> int:
    try:
        return command.run(Console(env), said)
    except Usage as error:
        raise AdminCommandError(error.text, show_usage=True) from error
    except SyncError as error:
        if error.code == "busy":
            Console(env).tell(error.text)
            return BUSY
        raise AdminCommandError(error.text) from error
    except KeyboardInterrupt as error:
        raise AdminCommandError("Interrupted; what was begun goes on in the next cycle.") from error
