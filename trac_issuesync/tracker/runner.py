# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``issuesync run``: cycles now, by hand or from cron, until there is nothing more to do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from trac_issuesync.core.model import State
from trac_issuesync.engine.link import Report
from trac_issuesync.engine.records import Sync
from trac_issuesync.tracker.api import IssueSyncSystem
from trac_issuesync.tracker.chores import Chores
from trac_issuesync.tracker.lease import owner_name
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.status import status
from trac_issuesync.tracker.turn import Ran, run_sync
from trac_issuesync.tracker.wakeup import Bell, Wakeup

__all__ = ["DONE", "LOOK", "NOT_YET", "run_once", "sentence"]

DONE, LOOK, NOT_YET = 0, 1, 3
"""Exit status: all went well; there is a problem; no answer yet, or another worker is at it."""

_MOST_CYCLES = 500
_ASK_AGAIN = 1.0


def run_once(env: Any, name: str | None, wait: int, tell: Callable[[str], None]) -> tuple[int, list[Ran]]:
    """Run the synchronization ``name``, or all, telling each step; returns exit status and the last cycles.

    With ``wait`` seconds it goes on until nothing waits, everything is acknowledged and the handshake is
    done, or the time is up. Raises Invalid for a name that does not exist, Transient if the database fails.
    """
    bell = Bell()
    with Links(env) as links, Wakeup(env.path, bell, in_charge=False) as wakeup:
        run = _Run(links, tell)
        links.refresh()
        syncs = [links.find(name)] if name else links.store.syncs()
        if not syncs:
            tell("There is no synchronization.")
        chores = Chores(links, run.system, wakeup.hints)
        chores.run()
        end = time.monotonic() + wait
        results = {sync.id: run.cycles(sync) for sync in syncs}
        while waiting := [sync for sync in syncs if wait and not run.quiet(sync, results[sync.id])]:
            left = end - time.monotonic()
            if left <= 0:
                run.tell_waiting(waiting)
                return _worst([NOT_YET, *map(_status, results.values())]), list(results.values())
            wakeup.watch([path for sync in waiting for path in links.watched(sync)])
            bell.wait(min(left, _ASK_AGAIN))
            links.refresh()
            chores.run()
            results |= {sync.id: run.cycles(sync) for sync in waiting}
        return _worst(map(_status, results.values())), list(results.values())


def sentence(report: Report) -> str:
    """What a cycle did, in a line."""
    counts = (
        (report.received, "received {} message", "received {} messages"),
        (report.applied, "applied {} change", "applied {} changes"),
        (report.parked, "parked {} change", "parked {} changes"),
        (report.set_aside, "set {} message aside", "set {} messages aside"),
        (report.collected, "collected {} change", "collected {} changes"),
        (report.sent, "sent {} message", "sent {} messages"),
        (report.acknowledged, "{} message was acknowledged", "{} messages were acknowledged"),
    )
    said = [(one if count == 1 else many).format(count) for count, one, many in counts if count]
    return ", ".join(said) or "nothing to do"


def _status(ran: Ran) -> int:
    report = ran.report
    if ran.failed or report.problems or report.parked or report.set_aside:
        return LOOK
    return NOT_YET if ran.holder else DONE


def _worst(statuses: Iterable[int]) -> int:
    """What needs a person counts more than what needs time."""
    found = set(statuses)
    return next((status for status in (LOOK, NOT_YET) if status in found), DONE)


class _Run:
    """The cycles of one call."""

    def __init__(self, links: Links, tell: Callable[[str], None]) -> None:
        self._links, self._tell = links, tell
        self._owner = owner_name()
        self._begun: set[str] = set()
        self._complained: set[tuple[str, str]] = set()
        self.system = IssueSyncSystem(links.env)
        self._pace = self.system.pace(hurried=True)

    def cycles(self, sync: Sync) -> Ran:
        """Cycles until nothing moves any more; the result of the last one, with the problems of all."""
        problems: list[str] = []
        parked = aside = 0
        for _ in range(_MOST_CYCLES):
            ran = run_sync(self._links, sync, self._owner, pace=self._pace)
            self._say(sync, ran)
            problems += ran.report.problems
            parked, aside = parked + ran.report.parked, aside + ran.report.set_aside
            if not (ran.report.busy or ran.report.comparing) or ran.removed:
                break
        now = self._links.store.sync(sync.id)
        if now is not None and now.suspended and not now.deleted:
            problems.append(now.suspended)
            self._say_problems(sync, [now.suspended])
        ran.report.problems[:] = list(dict.fromkeys(problems))
        ran.report.parked, ran.report.set_aside = parked, aside
        return ran

    def quiet(self, sync: Sync, ran: Ran) -> bool:
        """True if nothing is to be waited for."""
        now = self._links.store.sync(sync.id)
        if now is None or ran.failed or now.suspended:
            return True
        if ran.holder or now.state is State.HANDSHAKE:
            return False
        found = status(self._links, now)
        # While it is stopped tickets wait for somebody to start it, not for an answer.
        return not (found.unacknowledged or (found.waiting and now.enabled))

    def tell_waiting(self, syncs: list[Sync]) -> None:
        """Say for each what is still open when the time is up."""
        for sync in syncs:
            now = self._links.store.sync(sync.id)
            if now is not None:
                found = status(self._links, now)
                open_items = f"waiting {found.waiting}, not acknowledged {found.unacknowledged}"
                self._tell(f"{sync.name}: the time is up; state {found.state}, {open_items}.")

    def _say(self, sync: Sync, ran: Ran) -> None:
        """One line for each cycle in which something happened, and for the first one; problems once."""
        text = sentence(ran.report)
        if ran.holder:
            text = f"{ran.holder} is running it just now"
        elif ran.removed:
            text = "it is deleted on both sides and removed"
        elif ran.failed:
            text = "the cycle failed"
        if ran.report.busy or sync.id not in self._begun:
            self._tell(f"{sync.name}: {text}.")
        self._begun.add(sync.id)
        self._say_problems(sync, ran.report.problems)

    def _say_problems(self, sync: Sync, problems: list[str]) -> None:
        for text in problems:
            if (sync.id, text) not in self._complained:
                self._tell(f"{sync.name}: {text}")
            self._complained.add((sync.id, text))
