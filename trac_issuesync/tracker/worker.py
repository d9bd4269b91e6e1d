# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The worker: keeps all synchronizations of one environment going until it is told to stop."""

from __future__ import annotations

import gc
import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from trac.core import TracError

from trac_issuesync.core.errors import Invalid, SyncError, Transient
from trac_issuesync.core.model import State
from trac_issuesync.engine.records import Sync
from trac_issuesync.tracker.api import EXTERNAL, THREAD, IssueSyncSystem
from trac_issuesync.tracker.chores import Chores
from trac_issuesync.tracker.database_file import DatabaseFile
from trac_issuesync.tracker.lease import owner_name
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.own_environment import open_own
from trac_issuesync.tracker.turn import Ran, run_sync
from trac_issuesync.tracker.wakeup import Bell, Wakeup

__all__ = ["Worker", "run_worker"]

_LONGEST_PAUSE = 60.0
_HELD = 1.0
# The full comparison shall take a sixth of one processor, whatever the size of the project.
_BETWEEN = 0.25
_ANEW = 5.0


@dataclass
class _Course:
    """How one synchronization fares: failures in a row, its next turn (µs), if it had none yet.

    ``prepared``: its gpg home was made while there was nothing to do.
    """

    failures: int = 0
    next: int = 0
    fresh: bool = True
    prepared: bool = False


class Worker:
    """Runs cycles in the calling thread, woken by tickets, files and ``bell``, else every ``interval``.

    ``inside`` is true for the thread of a web server: such a one ends when the configuration wants none, and
    leaves the log's handlers to the server. The environment is opened anew whenever its configuration has
    changed; fields, milestones and other options are looked at before every cycle.
    """

    def __init__(self, env_path: str, bell: Bell, *, inside: bool) -> None:
        self._path, self._bell, self._inside = env_path, bell, inside
        self._log = logging.getLogger(__name__)
        self._told = ""

    def run(self) -> None:
        """Until ``bell.stop()``, or until trac.ini wants no such worker; survives everything else."""
        with Wakeup(self._path, self._bell) as wakeup:
            while not self._bell.stopped:
                try:
                    if not self._serve(wakeup):
                        return
                except Exception as error:
                    if not os.path.isdir(self._path):
                        return
                    self._tell(error)
                    self._bell.wait(_ANEW)
                else:
                    self._told = ""

    def _tell(self, error: Exception) -> None:
        """Log a trouble when it begins; it may last until an administrator comes."""
        text = f"{type(error).__name__}: {error}"
        if text != self._told:
            plain = isinstance(error, (SyncError, TracError))
            self._log.error(
                "The issue synchronization of %s cannot go on: %s", self._path, text, exc_info=not plain
            )
        self._told = text

    def _serve(self, wakeup: Wakeup) -> bool:
        """Work until the environment has to be opened anew (true), or this worker is not wanted (false)."""
        env = open_own(self._path, log_anew=not self._inside)
        self._log = env.log
        system = wanted_system(env, inside=self._inside)
        if system is None:
            self._log.info("The issue synchronization's worker ends, as trac.ini wants it")
            return False
        with Links(env) as links:
            database = DatabaseFile(env)
            rounds = _Rounds(links, system, self._bell, wakeup)
            while not self._bell.stopped:
                # An open database file still works after its removal.
                if not os.path.isdir(self._path):
                    return False
                # A web server shares its connections with us, and itself needs a restart then.
                if not self._inside and database.replaced():
                    database.let_go()
                    self._log.warning("The issue synchronization's worker begins anew with another database")
                    return True
                if links.refresh():
                    return True
                self._bell.wait(rounds.run())
        return True


def wanted_system(env: Any, *, inside: bool) -> IssueSyncSystem | None:
    """The settings, or None where trac.ini wants no worker of this kind. Raises ConfigurationError."""
    if not env.is_enabled(IssueSyncSystem):
        return None
    system = IssueSyncSystem(env)
    return system if system.worker in ((THREAD,) if inside else (THREAD, EXTERNAL)) else None


class _Rounds:
    """Rounds over all synchronizations with one opened environment."""

    def __init__(self, links: Links, system: IssueSyncSystem, bell: Bell, wakeup: Wakeup) -> None:
        self._links, self._bell, self._wakeup = links, bell, wakeup
        self._owner = owner_name()
        self._pace, self._pause = system.pace(), system.pause
        self._chores = Chores(links, system, wakeup.hints)
        self._courses: dict[str, _Course] = {}

    def run(self) -> float:
        """One cycle of each whose turn it is; returns for how many seconds there is nothing to do."""
        try:
            syncs = self._links.store.syncs()
            self._wakeup.watch([path for sync in syncs for path in self._links.watched(sync)])
            self._chores.run()
        except Transient as problem:
            self._links.env.log.warning("Issue synchronization: %s", problem.text)
            return self._pause
        self._courses = {sync.id: self._courses.get(sync.id, _Course()) for sync in syncs}
        return min((self._turn(sync) for sync in syncs if not self._bell.stopped), default=self._pause)

    def _turn(self, sync: Sync) -> float:
        course, now = self._courses[sync.id], self._links.clock.now()
        # After a clock that stepped back nothing waits longer than it would have.
        early = course.next - now
        if 0 < early <= _LONGEST_PAUSE * 1_000_000:
            return early / 1e6
        ran = run_sync(
            self._links,
            sync,
            self._owner,
            pace=self._pace,
            stopping=lambda: self._bell.stopped,
            fresh=course.fresh,
        )
        course.fresh = course.fresh and bool(ran.failed or ran.holder)
        course.failures = course.failures + 1 if ran.failed else 0
        pause = self._after(sync, ran, course.failures)
        course.next = self._links.clock.now() + int(pause * 1e6) if ran.failed else 0
        if sync.state is State.RUNNING and pause and not course.prepared:
            course.prepared = True
            # What is wrong is said when the keys are needed.
            with suppress(SyncError):
                self._links.prepare(sync)
        return pause

    def _after(self, sync: Sync, ran: Ran, failures: int) -> float:
        """Seconds until the next cycle if nothing wakes us."""
        if ran.failed:
            return min(self._pause * 2 ** min(failures, 10), max(_LONGEST_PAUSE, self._pause))
        if ran.holder:
            return min(self._pause, _HELD)
        if ran.report.busy:
            return 0.0
        if ran.report.problems or ran.removed:
            return self._pause
        pause = min(self._pause, self._until_acknowledgement(sync))
        return min(pause, _BETWEEN) if ran.report.comparing else pause

    def _until_acknowledgement(self, sync: Sync) -> float:
        owed = self._links.store.counters(sync.id).ack_owed
        if not owed or sync.suspended:
            return self._pause
        return max((owed + self._pace.ack_delay - self._links.clock.now()) / 1e6, 0.0)


def run_worker(env_path: str) -> int:
    """Be the worker of an environment until SIGTERM or Ctrl-C, each of which ends it cleanly; returns 0.

    A second signal ends it at once. Raises Invalid if trac.ini wants no worker.
    """
    bell = Bell()
    env = open_own(env_path, log_anew=False)
    if wanted_system(env, inside=False) is None:
        raise Invalid(
            "The option worker in [issuesync] of trac.ini is off, so that no worker runs. Set it to external"
            " for this one, or to thread for one inside the web server.",
            "worker-off",
        )
    # All that is loaded by now stays. To look through it for garbage again and again, also in the middle of a
    # read transaction, would hold up whoever waits for that to end.
    gc.freeze()
    with _signals(bell):
        Worker(env_path, bell, inside=False).run()
    return 0


@contextmanager
def _signals(bell: Bell) -> Iterator[None]:
    """SIGTERM and SIGINT stop ``bell``; where we are not the main thread whoever is decides about them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = {number: signal.getsignal(number) for number in numbers}

    def stop(number: int, frame: object) -> None:
        bell.stop()
        for each in numbers:
            signal.signal(each, signal.SIG_DFL if before[each] is None else before[each])

    for number in numbers:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL if before[number] is None else before[number])
