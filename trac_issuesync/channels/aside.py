# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The folder where unacceptable messages are kept for a person, within a quota and an age limit."""

from __future__ import annotations

import errno
import os
import re
import secrets
from collections import deque
from collections.abc import Iterable
from pathlib import Path

from msgspec import Struct

from trac_issuesync.channels.os_words import shown, transient
from trac_issuesync.channels.safe_dir import is_plain, listing, look, opened, put, read_plain, remove
from trac_issuesync.core.errors import Transient
from trac_issuesync.engine.ports import Clock

__all__ = ["Aside", "Kept", "Quota", "to_drop"]

_KEPT = re.compile(r"([0-9]{17})-[a-z0-9-]+\.[0-9a-f]{4}\.isx", re.ASCII)


class Quota(Struct, frozen=True):
    """How much is kept: files, bytes in all, and for how long (microseconds)."""

    files: int = 1000
    size: int = 200_000_000
    age: int = 90 * 86_400 * 1_000_000


class Kept(Struct, frozen=True):
    """One file set aside: its name, when that was (microseconds since 1970) and its size in bytes."""

    file: str
    since: int
    size: int


def to_drop(kept: Iterable[Kept], now: int, quota: Quota) -> list[Kept]:
    """What must go, oldest first, so that the rest is within the quota and the age limit."""
    dropped: list[Kept] = []
    files, size = 0, 0
    full = False
    for item in sorted(kept, key=lambda item: (item.since, item.file), reverse=True):
        files, size = files + 1, size + item.size
        full = full or files > quota.files or size > quota.size
        if full or now - item.since > quota.age:
            dropped.append(item)
    return dropped[::-1]


class Aside:
    """The folder ``path`` (made on first use, readable by our account only)."""

    def __init__(self, path: Path, clock: Clock, quota: Quota) -> None:
        self._path = path
        self._clock = clock
        self._quota = quota
        self._here: deque[Kept] | None = None

    def take(self, folder: int, file: str, code: str) -> Path | None:
        """Move ``file`` out of the open ``folder`` and return where it is kept.

        None if the file was gone, or was larger than the whole quota and therefore removed, or turned out to
        be no plain file. Raises Transient if it can be neither moved nor copied.
        """
        kept = self._name(code, file)
        try:
            status = look(folder, file)
            if status is None or not is_plain(status):
                return None
            if status.st_size > self._quota.size:
                remove(folder, file)
                return None
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with opened(self._path) as here:
                moved = _move(folder, file, here, kept)
            if moved and self._here is not None:
                self._here.append(Kept(kept, self._clock.now(), status.st_size))
        except OSError as error:
            what = f"The message {shown(file)} cannot be moved into {shown(self._path)}"
            raise transient(error, what) from error
        return self._path / kept if moved else None

    def prune(self) -> list[Kept]:
        """Look at the whole folder, remove what is over the quota or too old, and return it. Never raises."""
        self._here = None
        try:
            with opened(self._path) as folder:
                kept = sorted(_kept(folder), key=lambda item: (item.since, item.file))
                dropped = to_drop(kept, self._clock.now(), self._quota)
                for item in dropped:
                    remove(folder, item.file)
                gone = set(dropped)
                self._here = deque(item for item in kept if item not in gone)
                return dropped
        except (OSError, Transient):
            # No folder yet, or one that take() and the checks complain about in words.
            return []

    def make_room(self) -> list[Kept]:
        """As ``prune`` after a ``take``, by what is known since then: looking at all for each is too slow.

        What others put there meanwhile counts from the next ``prune`` on. Never raises.
        """
        if self._here is None:
            return self.prune()
        over: list[Kept] = []
        size = sum(item.size for item in self._here)
        while self._here and (len(self._here) > self._quota.files or size > self._quota.size):
            over.append(self._here.popleft())
            size -= over[-1].size
        try:
            with opened(self._path) as folder:
                for item in over:
                    remove(folder, item.file)
        except (OSError, Transient):
            return self.prune()
        return over

    def _name(self, code: str, file: str) -> str:
        label = re.sub(r"[^a-z0-9]+", "-", code.lower()).strip("-") or "refused"
        stem = re.sub(r"[^a-z0-9]+", "-", file.removesuffix(".isx"))
        return f"{self._clock.now():017d}-{label[:40]}-{stem[:80]}.{secrets.token_hex(2)}.isx"


def _move(folder: int, file: str, here: int, kept: str) -> bool:
    try:
        os.rename(file, kept, src_dir_fd=folder, dst_dir_fd=here)
    except FileNotFoundError:
        return False
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return _copy(folder, file, here, kept)
    status = look(here, kept)
    if status is not None and not is_plain(status):
        # Swapped at the last moment for a link or a device, which nobody should find here.
        remove(here, kept)
        return False
    return True


def _copy(folder: int, file: str, here: int, kept: str) -> bool:
    status = look(folder, file)
    content = read_plain(folder, file, status.st_size) if status is not None else None
    if content is None:
        return False
    put(here, f".{secrets.token_hex(8)}.tmp", kept, content.data)
    remove(folder, file)
    return True


def _kept(folder: int) -> list[Kept]:
    found = []
    for file in listing(folder):
        match = _KEPT.fullmatch(file)
        status = look(folder, file) if match else None
        if match and status is not None:
            found.append(Kept(file, int(match[1]), status.st_size))
    return found
