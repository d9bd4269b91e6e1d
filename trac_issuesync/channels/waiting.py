# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Files that are not complete yet, and since when they have been at rest.

Kept in a small file, because each run from cron is a new process. The time is that of our own observations:
the times on the file itself are the writer's or a file server's, and either clock may be off by hours.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

import msgspec

from trac_issuesync.channels.safe_dir import opened, put
from trac_issuesync.core.errors import Transient

__all__ = ["REST", "Note", "Notes", "is_due", "observed"]

REST = 10 * 60 * 1_000_000
"""How long a file must be at rest before it counts as given up, in microseconds."""

_MOST_NOTES = 10_000


class Note(msgspec.Struct, frozen=True, array_like=True):
    """How a file looked when last seen, and since when it has looked so (microseconds)."""

    size: int
    mtime_ns: int
    ctime_ns: int
    since: int


def observed(note: Note | None, status: os.stat_result, now: int) -> Note:
    """The note after seeing the file as ``status``: it goes on only if nothing at all has changed.

    The times count as well as the size, because some tools reserve the whole length first and fill it later.
    A clock that was set back starts the waiting anew.
    """
    look = (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    if note is not None and look == (note.size, note.mtime_ns, note.ctime_ns) and note.since <= now:
        return note
    return Note(*look, now)


def is_due(note: Note, now: int) -> bool:
    """Whether the file has been at rest long enough."""
    return now - note.since >= REST


class Notes:
    """The notes of one exchange folder by file name; read when made, written by ``save``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._old = _load(path)
        self._notes = dict(self._old)

    def get(self, file: str) -> Note | None:
        """The note on a file, if there is one."""
        return self._notes.get(file)

    def put(self, file: str, note: Note) -> bool:
        """Take a note. Beyond ten thousand files the rest wait for their turn, and false is returned."""
        room = file in self._notes or len(self._notes) < _MOST_NOTES
        if room:
            self._notes[file] = note
        return room

    def drop(self, file: str) -> None:
        """Forget a file that is complete or out of the way."""
        self._notes.pop(file, None)

    def keep_only(self, files: set[str]) -> None:
        """Forget the files that are gone."""
        self._notes = {file: note for file, note in self._notes.items() if file in files}

    def save(self) -> None:
        """Write what has changed. A note that cannot be written makes a wait longer, no more."""
        if self._notes == self._old:
            return
        data = msgspec.json.encode(self._notes)
        with contextlib.suppress(OSError, Transient):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = f".{secrets.token_hex(8)}.tmp"
            with opened(self._path.parent) as folder:
                put(folder, temporary, self._path.name, data)
            self._old = dict(self._notes)


def _load(path: Path) -> dict[str, Note]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, Note])
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return {}
