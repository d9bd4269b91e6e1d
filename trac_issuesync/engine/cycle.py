# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""One cycle of one synchronization: receive, apply, collect, send."""

from __future__ import annotations

from trac_issuesync.core.errors import Transient
from trac_issuesync.core.model import State
from trac_issuesync.core.suspension import PARTNER_DELETED
from trac_issuesync.engine.apply import apply
from trac_issuesync.engine.attachments_in import ask_again, complete
from trac_issuesync.engine.collect import collect
from trac_issuesync.engine.events import event_of
from trac_issuesync.engine.guard import guarded
from trac_issuesync.engine.heal import go_on_healing
from trac_issuesync.engine.link import Link, Report
from trac_issuesync.engine.receive import receive
from trac_issuesync.engine.renewal import begin_asked
from trac_issuesync.engine.send import send, tell_stopped
from trac_issuesync.engine.sweep import sweep
from trac_issuesync.engine.vetting import sync_info

__all__ = ["run_cycle"]

_EXCHANGING = frozenset({State.RUNNING, State.WAITING_FOR_SLAVE, State.UPDATE_REQUIRED})


def run_cycle(link: Link) -> Report:
    """Do what is to be done now; the caller holds the lease.

    While stopped or in the handshake, messages still travel and are stored, but tickets neither leave nor
    enter; while suspended nothing is sent but the acknowledgement of a farewell, or why the restore guard
    stopped. What cannot be reached now is reported and tried again. At the end plugins hear of what was
    stored.
    """
    if not link.hooks.observing:
        return _cycle(link)
    mark = link.store.log_mark(link.id)
    try:
        return _cycle(link)
    finally:
        sync = sync_info(link)
        for line in link.store.log_after(link.id, mark):
            event = event_of(line)
            if event is not None:
                link.hooks.tell(event, sync)


def _cycle(link: Link) -> Report:
    report = Report()
    begin_asked(link)
    open_before = exchanging(link)
    try:
        receive(link, report)
    except Transient as problem:
        _told(report, problem)
    # What came before a farewell is still applied, and the farewell is acknowledged.
    farewell = link.sync.suspended == PARTNER_DELETED
    if exchanging(link) or (open_before and farewell):
        apply(link, report)
        complete(link, report)
    if exchanging(link):
        ask_again(link)
        go_on_healing(link)
        sweep(link, report)
        collect(link, report)
    try:
        if farewell or not link.sync.suspended:
            send(link, report, tickets=exchanging(link))
        elif guarded(link):
            tell_stopped(link, report)
    except Transient as problem:
        _told(report, problem)
    return report


def exchanging(link: Link) -> bool:
    """True while tickets may leave and enter, which somebody may have changed since we looked last."""
    link.look()
    sync = link.sync
    return sync.enabled and not sync.deleted and sync.state in _EXCHANGING


def _told(report: Report, problem: Transient) -> None:
    if problem.code == "lease-lost":
        raise problem
    report.problems.append(problem.text)
