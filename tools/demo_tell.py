# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the demo prints: steps, progress, twins side by side, and how to go on."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from trac.env import Environment

from tools.side_by_side import load, render

__all__ = ["Progress", "farewell", "pairs", "step"]

PLAIN_SECONDS = 3
BAR = 30


class Progress:
    """How many of how many: one line that moves on a terminal, else a line every few seconds."""

    def __init__(self, title: str, total: int) -> None:
        self.title = title
        self.total = total
        self._told = 0.0
        self._last = -1

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: object, __: TracebackType | None) -> None:
        if sys.stdout.isatty():
            print()
        elif kind is None:
            print(f"  {self.title}: {self._last} of {self.total}", flush=True)

    def show(self, done: int) -> None:
        """Tell that ``done`` are done."""
        self._last = done
        if sys.stdout.isatty():
            filled = BAR * min(done, self.total) // max(self.total, 1)
            bar = "█" * filled + "░" * (BAR - filled)
            print(f"\r  {self.title} {bar} {done} of {self.total} ", end="", flush=True)
        elif time.monotonic() - self._told > PLAIN_SECONDS:
            self._told = time.monotonic()
            print(f"  {self.title}: {done} of {self.total}", flush=True)


def step(text: str) -> None:
    """One line about what happens now."""
    print(f"* {text}", flush=True)


def pairs(acme: Path, globex: Path, numbers: Sequence[tuple[int, int]]) -> None:
    """Print tickets of both projects side by side."""
    width = shutil.get_terminal_size((120, 40)).columns
    ours, theirs = Environment(str(acme)), Environment(str(globex))
    try:
        for left, right in numbers:
            print()
            print("\n".join(render(load(ours, left, "acme"), load(theirs, right, "globex"), width)))
    finally:
        for env in (ours, theirs):
            with suppress(Exception):
                env.shutdown()


def farewell(
    folder: Path, urls: Mapping[str, str], passwords: Mapping[str, Mapping[str, str]], seconds: float
) -> None:
    """Print where the projects are, how to log in, and how to end them."""
    print(f"\nTwo projects are in step ({seconds:.0f} s). Edit a ticket in one and reload it in the other:")
    for name, url in urls.items():
        logins = ", ".join(f"{user} / {password}" for user, password in passwords[name].items())
        print(f"  {name:<7} {url}login   user / password: {logins}")
    print(f"Logs, databases and exchange directories lie in {folder}.")
    print("To end both: make demo-stop")
