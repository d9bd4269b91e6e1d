# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""One cycle of one synchronization under its lease: nothing that goes wrong in it reaches the others."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from trac_issuesync.channels.os_words import shown
from trac_issuesync.channels.os_words import transient as file_trouble
from trac_issuesync.core.errors import SyncError, Transient
from trac_issuesync.core.suspension import PARTNER_DELETED
from trac_issuesync.engine.cycle import run_cycle
from trac_issuesync.engine.link import Link, Pace, Report
from trac_issuesync.engine.records import LogLine, Sync
from trac_issuesync.tracker.lease import Lease
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.plugins import check_plugins
from trac_issuesync.tracker.problems import moved
from trac_issuesync.tracker.store.failures import transient

__all__ = ["Ran", "finished", "run_sync"]

_RECENT = 50


@dataclass(frozen=True)
class Ran:
    """What became of one cycle of the synchronization ``name``.

    ``holder`` names the other worker that runs it just now, else it is empty. ``failed``: it went wrong in a
    way that will not pass by itself. ``removed``: the partner knows of its deletion and it is gone.
    """

    name: str
    report: Report = field(default_factory=Report)
    holder: str = ""
    failed: bool = False
    removed: bool = False


def run_sync(
    links: Links,
    sync: Sync,
    owner: str,
    *,
    pace: Pace,
    sleep: Callable[[float], None] = time.sleep,
    stopping: Callable[[], bool] = lambda: False,
    fresh: bool = False,
) -> Ran:
    """Run one cycle, unless another worker does or the environment is not where ``sync`` was made.

    Raises nothing: whatever happens stands in the result, in Trac's log and, once, in the synchronization's.
    ``stopping`` is asked between transactions; ``fresh`` says that it is the first cycle of a worker.
    """
    if sync.home != links.paths.home:
        # Said here only: the database may be the one that the original still uses.
        text = moved(sync, links.paths.home)
        links.env.log.warning("Issue synchronization %s: %s", sync.name, text)
        return Ran(sync.name, Report(problems=[text]), failed=True)
    lease = Lease(links, sync.id, owner)
    try:
        if not lease.take():
            return Ran(sync.name, holder=_holder(links, sync))
        link = links.open(
            sync, pace=pace, sleep=sleep, stopping=lambda: stopping() or not lease.keep(), fresh=fresh
        )
        return _cycle(links, link)
    except Transient as problem:
        if problem.code == "lease-lost":
            return Ran(sync.name, holder=_holder(links, sync))
        return Ran(sync.name, _told(links, sync, [problem.text]))
    except SyncError as problem:
        return Ran(sync.name, _told(links, sync, [problem.text]), failed=True)
    except Exception as error:
        plain = transient(error) or _of_a_file(error)
        if plain is not None:
            return Ran(sync.name, _told(links, sync, [plain.text]))
        links.env.log.exception("Issue synchronization %s: the cycle failed", sync.name)
        text = f"The cycle failed unexpectedly ({type(error).__name__}: {error}); Trac's log has the details."
        return Ran(sync.name, _told(links, sync, [text[:1000]]), failed=True)
    finally:
        lease.release()


def finished(links: Links, sync: Sync) -> bool:
    """True for a deleted synchronization about which there is nothing left to say."""
    store = links.store
    if not sync.deleted or store.controls(sync.id):
        return False
    if sync.suspended == PARTNER_DELETED:
        return not store.counters(sync.id).ack_owed
    return not store.count_messages(sync.id)[0]


def _of_a_file(error: Exception) -> Transient | None:
    """What a disk says that is full or fails, wherever it was met."""
    if not isinstance(error, OSError):
        return None
    return file_trouble(error, f"{shown(str(error.filename or 'A file'))} cannot be used")


def _cycle(links: Links, link: Link) -> Ran:
    check_plugins(links.hooks)
    name, report = link.sync.name, run_cycle(link)
    links.unsaid.pop(link.id, None)
    _keep(links, link.id, "")
    if finished(links, link.sync):
        _remove(links, link.sync)
        return Ran(name, report, removed=True)
    if report.problems:
        _note(links, link.sync, report.problems)
    return Ran(name, report)


def _keep(links: Links, sync_id: str, failing: str) -> None:
    """Remember what ends each cycle before its work is done, until one is done, for whoever looks."""
    if links.store.counters(sync_id).failing == failing:
        return
    with links.store.transaction():
        counters = links.store.counters(sync_id)
        links.store.save_counters(sync_id, replace(counters, failing=failing))


def _remove(links: Links, sync: Sync) -> None:
    links.remove(sync.id)
    links.env.log.info("Issue synchronization %s is deleted on both sides and gone", sync.name)


def _holder(links: Links, sync: Sync) -> str:
    """Host and process, for people; the holder may be done by the time we look."""
    holder = links.store.lease_holder(sync.id, links.clock.now())
    return ":".join(holder.split(":")[:2]) if holder else "another worker"


def _told(links: Links, sync: Sync, problems: Sequence[str]) -> Report:
    try:
        _note(links, sync, problems)
        _keep(links, sync.id, problems[0])
    except Exception as error:
        # The database itself may be what is wrong, for hours.
        text = f"{'; '.join(problems)} ({error})"
        if links.unsaid.get(sync.id) != text:
            links.env.log.warning("Issue synchronization %s: %s", sync.name, text)
        links.unsaid[sync.id] = text
    return Report(problems=list(problems))


def _note(links: Links, sync: Sync, problems: Sequence[str]) -> None:
    """Log what is not among the latest lines anyway, so that a lasting trouble does not fill the log."""
    recent = [line.text for line in links.store.log(sync.id, limit=_RECENT)]
    fresh = [text for text in dict.fromkeys(problems) if not any(text in line for line in recent)]
    if not fresh:
        return
    now = links.clock.now()
    with links.store.transaction():
        links.store.add_log(sync.id, [LogLine(now, "problem", text, problem=True) for text in fresh])
    for text in fresh:
        links.env.log.warning("Issue synchronization %s: %s", sync.name, text)
