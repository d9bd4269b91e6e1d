# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The worker inside the web server: one thread for each environment and process."""

from __future__ import annotations

import atexit
import os
import threading
from dataclasses import dataclass, field

from trac.core import Component, TracError, implements
from trac.web.api import IRequestFilter

from trac_issuesync.tracker.wakeup import Bell
from trac_issuesync.tracker.worker import Worker, wanted_system

__all__ = ["WorkerStarter", "WorkerThreads"]

_PATIENCE = 10.0


@dataclass
class _Slot:
    """The thread of one environment; ``asked`` counts how often it was wanted."""

    bell: Bell = field(default_factory=Bell)
    thread: threading.Thread | None = None
    asked: int = 0


class WorkerThreads:
    """The worker threads of this process, by the real path of their environment.

    Trac makes a new Environment object, with new components, whenever trac.ini is saved; a thread kept by
    one of them would soon have company.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._slots: dict[str, _Slot] = {}
        self._process = 0

    def ensure(self, env_path: str) -> None:
        """Start the thread of an environment unless it runs."""
        with self._lock:
            self._begin_in_this_process()
            slot = self._slots.setdefault(os.path.realpath(env_path), _Slot())
            slot.asked += 1
            if slot.thread is None:
                name = f"issuesync {os.path.basename(env_path)}"
                slot.thread = threading.Thread(
                    target=self._work, args=(env_path, slot), name=name, daemon=True
                )
                slot.thread.start()

    def running(self, env_path: str) -> bool:
        """True while this process has a thread for the environment."""
        slot = self._slots.get(os.path.realpath(env_path))
        return self._process == os.getpid() and slot is not None and slot.thread is not None

    def stop(self, env_path: str | None = None) -> None:
        """End the thread of one environment, or all, after the current transaction; waits for up to 10 s."""
        if self._process != os.getpid():
            return
        with self._lock:
            wanted = [os.path.realpath(env_path)] if env_path is not None else list(self._slots)
            slots = [slot for slot in map(self._slots.get, wanted) if slot is not None]
        for slot in slots:
            slot.bell.stop()
        for slot in slots:
            if slot.thread is not None:
                slot.thread.join(_PATIENCE)

    def _begin_in_this_process(self) -> None:
        # A fork has the slots but not the threads of its parent.
        if self._process != os.getpid():
            self._slots.clear()
            self._process = os.getpid()
            atexit.register(self.stop)

    def _work(self, env_path: str, slot: _Slot) -> None:
        while True:
            asked = slot.asked
            Worker(env_path, slot.bell, inside=True).run()
            with self._lock:
                # Somebody may have asked for it after it saw a trac.ini that did not.
                if slot.asked == asked or slot.bell.stopped:
                    self._slots.pop(os.path.realpath(env_path), None)
                    return


_THREADS = WorkerThreads()


class WorkerStarter(Component):
    """Starts the synchronization worker with the first request, if `[issuesync] worker = thread`."""

    implements(IRequestFilter)

    threads = _THREADS

    def __init__(self) -> None:
        self._process = 0
        try:
            self._wanted = wanted_system(self.env, inside=True) is not None
        except TracError as error:
            self.log.error("The issue synchronization's worker is not started: %s", error)
            self._wanted = False

    # IRequestFilter methods

    def pre_process_request(self, req, handler):
        """Every request comes by here, so there is one comparison to do."""
        if self._wanted and self._process != os.getpid():
            self._process = os.getpid()
            self.threads.ensure(self.env.path)
        return handler

    def post_process_request(self, req, template, data, metadata):
        return template, data, metadata
