# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A private gpg home for the life of a worker: made, locked, used and removed without traces."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import tempfile
from types import TracebackType

from trac_issuesync.core.errors import Invalid, Transient
from trac_issuesync.crypto.driver import Driver, Run

__all__ = ["HOME_PATH_LIMIT", "GpgHome"]

HOME_PATH_LIMIT = 86
"""Bytes; the socket of the agent lies in the home, and a longer path breaks it."""

_PREFIX = "issuesync-gpg-"
_OUTPUT_LIMIT = 1024 * 1024


class GpgHome:
    """A folder of mode 0700 that holds the keys of one worker; used by one thread at a time.

    The folder stays locked (``flock``) while in use: cleaners of temporary folders pass over it, and what a
    killed process left behind is recognised by the missing lock and removed when the next home is made.
    """

    def __init__(self, base: str | None = None, program: str = "gpg", timeout: float = 60.0) -> None:
        """Make a home in ``base`` (the system's temporary folder if left out) for the gpg ``program``.

        ``timeout`` bounds each gpg run, in seconds. Raises ``Invalid`` if the path would be too long
        (``home-path``) or gpg cannot be run (``no-gpg``).
        """
        folder = _base(base)
        _sweep(folder)
        self.path, self._lock = _make(folder)
        self._keys: set[str] = set()
        try:
            with open(os.path.join(self.path, "gpg-agent.conf"), "w", encoding="ascii") as file:
                file.write("disable-scdaemon\n")
            self._gpg = Driver(program, self.path, timeout)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> GpgHome:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, arguments: list[str], data: bytes = b"", limit: int = _OUTPUT_LIMIT) -> Run:
        """One gpg run in this home; ``limit`` bounds its output in bytes. Raises ``Transient``."""
        if self._lock < 0:
            raise Invalid("This gpg home is closed already.", "home-closed")
        return self._gpg.run(arguments, data, limit)

    def note_key(self, fingerprint: str) -> None:
        """Remember that the key ``fingerprint`` is in the ring of this home."""
        self._keys.add(fingerprint)

    def has_key(self, fingerprint: str) -> bool:
        """Whether the key was made in or brought into this home."""
        return fingerprint in self._keys

    def close(self) -> None:
        """End the agent and remove the folder; a second call does nothing.

        Raises ``Transient`` (``home-left``) if something keeps the folder from being removed.
        """
        if self._lock < 0:
            return
        lock, self._lock = self._lock, -1
        try:
            _remove(self.path)
        finally:
            os.close(lock)


def _base(base: str | None) -> str:
    folder = base or tempfile.gettempdir()
    # mkdtemp adds eight characters.
    if len(os.fsencode(folder)) + 1 + len(_PREFIX) + 8 <= HOME_PATH_LIMIT:
        return folder
    if base is None and os.path.isdir("/tmp"):
        return "/tmp"
    raise Invalid(
        f"The folder {folder} has too long a path for gpg's agent; choose one for temporary files whose path"
        f" is at most {HOME_PATH_LIMIT - len(_PREFIX) - 9} bytes long.",
        "home-path",
    )


def _make(folder: str) -> tuple[str, int]:
    while True:
        path = tempfile.mkdtemp(prefix=_PREFIX, dir=folder)
        lock = _lock(path)
        # Another process may have taken the unlocked folder for a left-over just now.
        if lock is not None and os.path.isdir(path):
            return path, lock
        if lock is not None:
            os.close(lock)


def _lock(path: str) -> int | None:
    try:
        lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        return None
    return lock


def _sweep(folder: str) -> None:
    try:
        names = [name for name in os.listdir(folder) if name.startswith(_PREFIX)]
    except OSError:
        return
    for path in (os.path.join(folder, name) for name in names):
        with contextlib.suppress(OSError, Transient):
            if os.lstat(path).st_uid == os.geteuid():
                _sweep_one(path)


def _sweep_one(path: str) -> None:
    lock = _lock(path)
    if lock is None:
        return
    try:
        _remove(path)
    finally:
        os.close(lock)


def _remove(path: str) -> None:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run(
            ["gpgconf", "--homedir", path, "--kill", "gpg-agent"],
            check=False,
            timeout=10,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    # The agent removes its sockets while it ends, so a first pass may stumble over files that just went.
    for _ in range(5):
        shutil.rmtree(path, ignore_errors=True)
        if not os.path.lexists(path):
            return
    text = f"The folder {path} with private keys could not be removed; remove it by hand."
    raise Transient(text, "home-left")
