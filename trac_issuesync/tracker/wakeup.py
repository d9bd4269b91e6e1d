# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What wakes a worker before its interval is over: saved tickets, new files, and being told to stop."""

from __future__ import annotations

import queue
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from trac_issuesync.channels.watch import DirectoryWatch
from trac_issuesync.tracker.hints import Hints, hint_file

__all__ = ["Bell", "Wakeup"]

_LONGEST = 3600.0


class Bell:
    """Wakes a worker from other threads and from signal handlers.

    A ``threading.Event`` would do but for the handlers: setting one that is waited for in the same thread
    can lock up, and a ``SimpleQueue`` is made for that.
    """

    def __init__(self) -> None:
        self._rung: queue.SimpleQueue[None] = queue.SimpleQueue()
        self.stopped = False

    def set(self) -> None:
        """Wake whoever waits, or will wait next."""
        self._rung.put(None)

    def stop(self) -> None:
        """Wake the worker for the last time."""
        self.stopped = True
        self.set()

    def wait(self, seconds: float) -> bool:
        """Wait to be woken; false if the time ran out. However often it was rung meanwhile counts once."""
        try:
            self._rung.get(timeout=min(max(seconds, 0.0), _LONGEST))
        except queue.Empty:
            return False
        with suppress(queue.Empty):
            while True:
                self._rung.get_nowait()
        return True


class Wakeup:
    """Rings ``bell`` for one environment while in the ``with``.

    With ``in_charge`` the tickets that this very process saves ring it too, and no other worker's.
    """

    def __init__(self, env_path: str, bell: Bell, *, in_charge: bool = True) -> None:
        self._in_charge = in_charge
        self.hints = Hints(env_path)
        self._bell = bell
        # Hints of other processes are lines in a file.
        self._own = [hint_file(env_path).parent]
        self._folders: list[Path] = []
        self._watch = DirectoryWatch(lambda: self._own + self._folders, bell.set)

    def __enter__(self) -> Wakeup:
        if self._in_charge:
            self.hints.register(self._bell)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.hints.unregister(self._bell)
        self._watch.stop()

    def watch(self, folders: Sequence[Path]) -> None:
        """From now on a new file in one of these rings; call it before each look into them."""
        self._folders = list(folders)
        self._watch.refresh()
