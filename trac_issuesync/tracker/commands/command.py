# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a command is, and what it speaks through."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TextIO

import msgspec

from trac_issuesync.tracker.commands.texts import printable

__all__ = ["BUSY", "DONE", "LOOK", "Command", "Completer", "Console"]

DONE = 0
LOOK = 1
"""There is a problem or something that waits for a person."""
BUSY = 3
"""Another worker is at it."""

Completer = Callable[[Any, Sequence[str]], "list[str]"]


class Console:
    """The environment that a command works on, and the terminal.

    What a partner sent may be in any text, so control characters never reach the terminal.
    """

    def __init__(self, env: Any, out: TextIO | None = None, err: TextIO | None = None) -> None:
        self.env = env
        self._out = out
        self._err = err

    def say(self, *lines: str) -> None:
        """Print lines; an empty call prints an empty line."""
        _write(self._out or sys.stdout, lines or ("",))

    def tell(self, text: str) -> None:
        """Print a line about progress or a warning beside the output, so that JSON stays whole."""
        _write(self._err or sys.stderr, (text,))

    def say_json(self, value: Any) -> None:
        """Print a value as JSON, all but ASCII escaped."""
        self.say(*json.dumps(msgspec.to_builtins(value), indent=2).split("\n"))

    @property
    def interactive(self) -> bool:
        """True if a person can be asked."""
        return sys.stdin is not None and sys.stdin.isatty()


@dataclass(frozen=True)
class Command:
    """One ``trac-admin`` command. The first paragraph of ``help`` is its line in the list of commands.

    ``run`` gets the words after the command's name and returns the exit status; it raises SyncError.
    ``complete`` gets the words so far and returns words for the last one.
    """

    name: str
    arguments: str
    help: str
    run: Callable[[Console, Sequence[str]], int]
    complete: Completer


def _write(stream: TextIO, lines: Sequence[str]) -> None:
    text = "".join(printable(line) + "\n" for line in lines)
    encoding = getattr(stream, "encoding", None) or "utf-8"
    stream.write(text.encode(encoding, "replace").decode(encoding, "replace"))
    # Whoever reads along (a pipe, a log) sees each step when it happens.
    with suppress(ValueError):
        stream.flush()
