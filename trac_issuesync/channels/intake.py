# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Taking one file after the other out of RECEIVE: whole, to be waited for, or to be set aside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from trac_issuesync.channels.frame import HEADER_LIMIT, Flaw, claimed_digest, unframe
from trac_issuesync.channels.os_words import shown, transient
from trac_issuesync.channels.safe_dir import look, read_plain
from trac_issuesync.channels.waiting import Note, Notes, is_due, observed
from trac_issuesync.core.errors import Transient
from trac_issuesync.engine.ports import Clock, Fetched

__all__ = ["Intake", "file_of", "handle_now"]

_WAIT = "It is waited for until it has not changed for ten minutes, then set aside."

# Each is read, and told in a transaction of its own.
_MOST_FLAWED = 300


class Intake:
    """One pass over the files of the open ``folder``, which ``path`` names for people.

    ``refuse`` is called with file, code and text to set a file aside; it may raise Transient.
    """

    def __init__(
        self,
        folder: int,
        path: Path,
        max_size: int,
        notes: Notes,
        clock: Clock,
        refuse: Callable[[str, str, str], None],
        log: Callable[[str, str], None],
    ) -> None:
        self._folder = folder
        self._path = path
        self._max_size = max_size
        self._notes = notes
        self._clock = clock
        self._refuse = refuse
        self._log = log
        self._flaws = 0

    def complete(self, files: list[str]) -> Iterator[Fetched]:
        """The complete messages among ``files``, in that order.

        After 300 files that are none, and were not known as such, the rest waits for the next pass. Raises
        Transient at the end if some could not even be looked at.
        """
        trouble: OSError | None = None
        for file in files:
            if self._flaws >= _MOST_FLAWED:
                break
            try:
                found = self._take(file)
            except OSError as error:
                trouble = error
                continue
            if found is not None:
                yield found
        if trouble is not None:
            raise transient(trouble, f"Files in {shown(self._path)} cannot be looked at") from trouble

    def _take(self, file: str) -> Fetched | None:
        status = look(self._folder, file)
        if status is None:
            return None
        old = self._notes.get(file)
        now = self._clock.now()
        note = observed(old, status, now)
        if old == note and not is_due(note, now):
            # It looks as it did last time; reading it again every few seconds could take all our time.
            return None
        found = self._read(file)
        if isinstance(found, Flaw):
            self._flawed(file, found, note, known=old is not None)
            return None
        self._notes.drop(file)
        return found

    def _read(self, file: str) -> Fetched | Flaw | None:
        most = self._max_size + HEADER_LIMIT
        try:
            content = read_plain(self._folder, file, most + 1)
        except OSError as error:
            return Flaw("unreadable", transient(error, "Reading it fails").text)
        if content is None:
            return None
        if content.size > most:
            text = f"It has {content.size} bytes; at most {self._max_size} are accepted."
            return Flaw("too-large", text, waits=False)
        data = unframe(content.data, self._max_size)
        if isinstance(data, Flaw):
            return data
        return Fetched(_handle(file, content.data), file.removesuffix(".isx"), data)

    def _flawed(self, file: str, flaw: Flaw, note: Note, known: bool) -> None:
        self._flaws += 1
        now = self._clock.now()
        text = f"The file {file} in {shown(self._path)} is no complete message. {flaw.text}"
        if flaw.waits and not is_due(note, now):
            if self._notes.put(file, note) and not known:
                self._log(flaw.code, f"{text} {_WAIT}")
            return
        try:
            self._refuse(file, flaw.code, text)
            self._notes.drop(file)
        except Transient as error:
            # Tried again after the same wait, so that one stuck file does not fill the log.
            self._notes.put(file, Note(note.size, note.mtime_ns, note.ctime_ns, now))
            self._log(error.code, error.text)


def file_of(handle: str) -> str:
    """The file name in a handle made here."""
    return handle.partition("/")[0]


def handle_now(folder: int, file: str) -> str | None:
    """The handle that ``file`` would have now; None if it is gone or no plain file any more."""
    content = read_plain(folder, file, HEADER_LIMIT)
    return _handle(file, content.data) if content is not None else None


def _handle(file: str, data: bytes) -> str:
    # By content: inode and times may change while the file stays (network drives, FAT, sync tools that set
    # the time last), and may be the same for a file that has just taken its place.
    return f"{file}/{claimed_digest(data)}"
