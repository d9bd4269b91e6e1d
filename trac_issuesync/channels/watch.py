# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Waking up when a file appears in an exchange directory, where the system can tell.

It is a courtesy only: files on network drives appear without notice, so whoever uses this scans every few
seconds as well.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from watchdog.events import (
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer
from watchdog.observers.api import BaseObserver, ObservedWatch

__all__ = ["DirectoryWatch"]

_EVENTS: list[type[FileSystemEvent]] = [FileCreatedEvent, FileMovedEvent, FileClosedEvent]


class _Target(Struct, frozen=True):
    """A folder as it was when its watch was set: another folder under the same path is another target."""

    path: str
    device: int
    inode: int


class _Waker(FileSystemEventHandler):
    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        name = os.path.basename(os.fsdecode(event.dest_path or event.src_path))
        # Dot-names are files being written; their renaming is what counts.
        if not name.startswith("."):
            self._wake()


class DirectoryWatch:
    """Calls ``wake`` (from a thread of its own) when a file appears in one of the folders ``paths()``.

    Nothing is watched before the first ``refresh``. Where watching is impossible nothing is watched and
    nothing is raised.
    """

    def __init__(self, paths: Callable[[], list[Path]], wake: Callable[[], None]) -> None:
        self._paths = paths
        self._wake = wake
        self._waker = _Waker(wake)
        self._lock = threading.Lock()
        self._observer: BaseObserver | None = None
        self._watches: dict[_Target, ObservedWatch] = {}
        self._stopped = False

    def refresh(self) -> None:
        """Watch exactly the folders that ``paths()`` leads to now, links followed.

        Call it before every scan. It wakes when a folder is newly watched, as files may have come before.
        """
        with self._lock:
            if self._stopped:
                return
            wanted = _targets(self._paths())
            if self._observer is None and wanted:
                self._observer = _started()
            if self._observer is None:
                return
            self._drop(self._observer, wanted)
            fresh = [self._add(self._observer, target) for target in wanted if target not in self._watches]
        if any(fresh):
            self._wake()

    def stop(self) -> None:
        """End watching for good; may be called twice."""
        with self._lock:
            self._stopped = True
            observer, self._observer = self._observer, None
            self._watches.clear()
        if observer is not None:
            observer.stop()
            observer.join()

    def _drop(self, observer: BaseObserver, wanted: set[_Target]) -> None:
        alive = {emitter.watch for emitter in observer.emitters if emitter.is_alive()}
        for target, watch in list(self._watches.items()):
            # A watch ends by itself when its folder is removed, and a new folder may get the old inode.
            if target not in wanted or watch not in alive:
                del self._watches[target]
                with contextlib.suppress(KeyError, OSError):
                    observer.unschedule(watch)

    def _add(self, observer: BaseObserver, target: _Target) -> bool:
        try:
            watch = observer.schedule(self._waker, target.path, event_filter=_EVENTS)
        except OSError:
            # No more watches allowed, or the folder went away just now: scanning goes on without.
            return False
        self._watches[target] = watch
        return True


def _targets(paths: list[Path]) -> set[_Target]:
    found = set()
    for path in paths:
        with contextlib.suppress(OSError):
            real = os.path.realpath(path, strict=True)
            status = os.stat(real)
            if os.path.isdir(real):
                found.add(_Target(real, status.st_dev, status.st_ino))
    return found


def _started() -> BaseObserver | None:
    try:
        observer = Observer()
        observer.start()
    except (OSError, RuntimeError):
        return None
    return observer
