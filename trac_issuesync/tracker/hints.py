# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Hints that a ticket changed: a set in memory for a worker in this process, a small file for one elsewhere.

Hints may be lost (the sweeps find what they missed), but never delay or break the save that gives them.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from pathlib import Path

from trac_issuesync.tracker.ownership import give_like, make_folder

__all__ = ["Hints", "hint_file"]

# A file that nobody reads (no worker runs at all) stays this small; the sweeps make up for the rest.
_MOST_BYTES = 256 * 1024


def hint_file(env_path: str) -> Path:
    """Where hints for a worker in another process are appended, one ticket number a line."""
    return Path(env_path) / "files" / "issuesync" / "hints"


class _Board:
    """What the threads of this process share about one environment."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.numbers: set[int] = set()
        self.wake: threading.Event | None = None
        self.process = 0

    @property
    def attended(self) -> bool:
        """True if a worker of this very process listens (a fork inherits the board but not the thread)."""
        return self.wake is not None and self.process == os.getpid()


class _Boards:
    """One board per environment folder, because Trac makes a new Environment for a changed trac.ini."""

    def __init__(self) -> None:
        self._boards: dict[str, _Board] = {}

    def board(self, env_path: str) -> _Board:
        return self._boards.setdefault(os.path.realpath(env_path), _Board())


_BOARDS = _Boards()


class Hints:
    """Gives and takes the hints of one environment; any number of objects of one path share them."""

    def __init__(self, env_path: str) -> None:
        self._board = _BOARDS.board(env_path)
        self._file = hint_file(env_path)
        self._taken = self._file.with_name("hints.taken")
        self._read = 0

    def tell(self, number: int) -> None:
        """Say that a ticket changed: wakes the worker of this process, or else appends a line.

        Raises OSError if the line cannot be written.
        """
        board = self._board
        if board.attended:
            with board.lock:
                board.numbers.add(number)
            board.wake.set()
        else:
            self._append(b"%d\n" % number)

    def wake(self) -> None:
        """Wake the worker, wherever it runs, though no ticket changed. Raises OSError."""
        self._append(b"\n")

    def register(self, wake: threading.Event) -> None:
        """From now on a worker of this process takes the hints and is woken by ``wake``."""
        with self._board.lock:
            self._board.process = os.getpid()
            self._board.wake = wake

    def unregister(self, wake: threading.Event) -> None:
        """The worker ends, or is not in charge any more; what it did not take waits in the file.

        Nothing happens if another worker has registered since.
        """
        with self._board.lock:
            if self._board.wake is not wake:
                return
            self._board.wake = None
            numbers, self._board.numbers = self._board.numbers, set()
        with suppress(OSError):
            for number in numbers:
                self._append(b"%d\n" % number)

    def take(self) -> set[int]:
        """All hints since the last call, from memory and from the file; for the one worker at a time."""
        with self._board.lock:
            numbers, self._board.numbers = self._board.numbers, set()
        return numbers | self._take_file()

    def _take_file(self) -> set[int]:
        # A file is read when it was set aside and once more a call later: by then everybody who had opened
        # it before it was set aside has written. It also survives a kill between taking and using it.
        late = self._read_taken()
        try:
            self._taken.unlink(missing_ok=True)
            self._read = 0
            os.rename(self._file, self._taken)
        except OSError:
            # Mostly there is no file. One that is not ours to move is no reason to stop: the sweeps go on.
            return late
        return late | self._read_taken()

    def _read_taken(self) -> set[int]:
        try:
            with open(self._taken, "rb") as file:
                file.seek(self._read)
                data = file.read()
        except OSError:
            # What another account left unreadable the sweeps find.
            return set()
        self._read += len(data)
        return {int(line) for line in data.split() if line.isdigit() and len(line) < 19}

    def _append(self, line: bytes) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        try:
            descriptor = os.open(self._file, flags, 0o666)
        except FileNotFoundError:
            make_folder(self._file.parent)
            descriptor = os.open(self._file, flags, 0o666)
        try:
            size = os.fstat(descriptor).st_size
            if not size:
                # Made by root's trac-admin, it is for the worker and the web server, which append and read.
                give_like(self._file.parent, self._file)
            if size < _MOST_BYTES:
                os.write(descriptor, line)
        finally:
            os.close(descriptor)
