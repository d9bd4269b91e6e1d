# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Exchange directories: messages as files in SEND and RECEIVE, each a folder or a symbolic link to one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Literal

from trac_issuesync.channels.aside import Aside, Kept, Quota
from trac_issuesync.channels.file_checks import check_exchange
from trac_issuesync.channels.frame import frame
from trac_issuesync.channels.intake import Intake, file_of, handle_now
from trac_issuesync.channels.os_words import shown, transient
from trac_issuesync.channels.safe_dir import listing, opened, put, remove
from trac_issuesync.channels.temporary import sweep, temporary_name
from trac_issuesync.channels.waiting import Notes
from trac_issuesync.core.errors import Invalid, Refused
from trac_issuesync.engine.ports import Clock, Fetched, Finding
from trac_issuesync.wire.naming import file_name, parse, parse_file_name

__all__ = ["FileChannel"]

_HOUR = 3600 * 1_000_000
_DEFAULT_QUOTA = Quota()


class FileChannel:
    """The channel of one synchronization through exchange directories; see ``engine.ports.Channel``.

    ``send`` and ``receive`` are looked up anew at every call, so they may be swapped at any time. ``aside``
    is the folder of the environment for what is not acceptable, kept within ``quota``. ``partner_side`` is
    ``m`` or ``s``. ``max_size`` is the most sealed bytes of one message. ``log`` is told, as code and text,
    of what the channel itself sets aside. Messages come in the order of their names: numbered ones, then
    acknowledgements, then the hello.
    """

    def __init__(
        self,
        send: Path,
        receive: Path,
        aside: Path,
        sync_id: str,
        partner_side: Literal["m", "s"],
        clock: Clock,
        max_size: int,
        log: Callable[[str, str], None],
        quota: Quota = _DEFAULT_QUOTA,
    ) -> None:
        self._send = send
        self._receive = receive
        self._aside_path = aside
        self._aside = Aside(aside, clock, quota)
        self._sync_id = sync_id
        self._partner_side = partner_side
        self._own_side = "s" if partner_side == "m" else "m"
        self._clock = clock
        self._max_size = max_size
        self._log = log
        self._swept: int | None = None
        self._pruned: int | None = None

    def deliver(self, name: str, data: bytes) -> None:
        """Write one message durably into SEND; the same name again replaces it in one step.

        Raises Transient if it cannot be written now, Refused if it is larger than ``max_size``, Invalid if
        ``name`` is not a name of this side. Nothing half-written is left in any case.
        """
        file = self._own_file(name)
        if file is None:
            raise Invalid(f"{shown(name)} is not a name for messages of this side.", "wrong-name")
        if len(data) > self._max_size:
            text = f"The message {name} has {len(data)} bytes and at most {self._max_size} may be sent."
            raise Refused(text, "too-large")
        with opened(self._send) as folder:
            try:
                self._sweep(folder)
                put(folder, temporary_name(self._sync_id, self._own_side), file, frame(data))
            except OSError as error:
                what = f"The message {name} cannot be written to {shown(self._send)}"
                raise transient(error, what) from error

    def withdraw(self, names: Iterable[str]) -> None:
        """Remove our own messages ``names`` from SEND where they still lie there; Transient if that fails."""
        files = [file for file in map(self._own_file, names) if file is not None]
        if not files:
            return
        with opened(self._send) as folder:
            try:
                for file in files:
                    remove(folder, file)
            except OSError as error:
                what = f"Acknowledged messages cannot be removed from {shown(self._send)}"
                raise transient(error, what) from error

    def fetch(self, limit: int) -> Generator[Fetched, None, None]:
        """Yield at most ``limit`` complete messages of the partner, by name.

        Incomplete ones are waited for until they have been at rest for ten minutes and then set aside. What
        is no plain file is never opened and stays where it is. Raises Transient if RECEIVE cannot be listed;
        a single file that makes trouble holds back no other.
        """
        with opened(self._receive) as folder:
            self._prune()
            files = self._partner_files(folder)
            notes = Notes(self._aside_path / f".waiting-{self._sync_id}-{self._partner_side}.json")
            notes.keep_only(set(files))

            def refuse(file: str, code: str, text: str) -> None:
                self._refuse(folder, file, code, text)

            intake = Intake(folder, self._receive, self._max_size, notes, self._clock, refuse, self._log)
            try:
                yield from itertools.islice(intake.complete(files), max(limit, 0))
            finally:
                notes.save()

    def done(self, handle: str) -> None:
        """Remove a fetched message from RECEIVE, unless it is gone or another file has taken its place.

        Raises Transient if it cannot be removed; it then comes again.
        """
        file = file_of(handle)
        with opened(self._receive) as folder:
            try:
                if handle_now(folder, file) == handle:
                    remove(folder, file)
            except OSError as error:
                what = f"The message {shown(file)} cannot be removed from {shown(self._receive)}"
                raise transient(error, what) from error

    def set_aside(self, handle: str, code: str, text: str) -> str:
        """Move a fetched message into the folder for those; says where it is kept.

        Nothing happens if it is gone or replaced. Raises Transient if it cannot be moved; it then comes
        again.
        """
        file = file_of(handle)
        with opened(self._receive) as folder:
            try:
                same = handle_now(folder, file) == handle
            except OSError as error:
                what = f"The message {shown(file)} in {shown(self._receive)} cannot be looked at"
                raise transient(error, what) from error
            if not same:
                return "It is gone already."
            return self._put_aside(folder, file, code)

    def test(self) -> list[Finding]:
        """Look at both folders and try to write, rename and remove in each; see ``file_checks``."""
        return check_exchange(
            self._send, self._receive, self._aside_path, self._sync_id, self._partner_side, self._clock.now()
        )

    def _own_file(self, name: str) -> str | None:
        parts = parse(name)
        if parts is None or (parts.sync, parts.side) != (self._sync_id, self._own_side):
            return None
        return file_name(name)

    def _partner_files(self, folder: int) -> list[str]:
        try:
            files = listing(folder)
        except OSError as error:
            raise transient(error, f"The folder {shown(self._receive)} cannot be read") from error
        wanted = (self._sync_id, self._partner_side)
        return [
            file
            for file in files
            if (parts := parse_file_name(file)) is not None and (parts.sync, parts.side) == wanted
        ]

    def _put_aside(self, folder: int, file: str, code: str) -> str:
        kept = self._aside.take(folder, file, code)
        self._log_dropped(self._aside.make_room())
        return f"It is kept as {shown(kept)}." if kept else "It is not kept: too large, or gone already."

    def _refuse(self, folder: int, file: str, code: str, text: str) -> None:
        self._log(code, f"{text} {self._put_aside(folder, file, code)}")

    def _sweep(self, folder: int) -> None:
        now = self._clock.now()
        if self._swept is None or now - self._swept >= _HOUR:
            self._swept = now
            sweep(folder, self._sync_id, self._own_side, now - _HOUR)

    def _prune(self) -> None:
        now = self._clock.now()
        if self._pruned is None or now - self._pruned >= _HOUR:
            self._pruned = now
            self._log_dropped(self._aside.prune())

    def _log_dropped(self, dropped: Iterable[Kept]) -> None:
        for item in dropped:
            text = f"{item.file}, set aside earlier, is dropped to stay within the quota and age limit."
            self._log("aside-dropped", text)
