# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Apply: from the inbox to tickets, each change once, each ticket's changes in their order.

Writing a ticket, moving its shadow and recording what was applied are one transaction; many tickets share
one for speed. A change that cannot be applied is parked with its reason and holds back only its ticket.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from trac_issuesync.core.errors import Transient, failure
from trac_issuesync.core.model import TwinState
from trac_issuesync.engine.apply_ticket import TicketApplier
from trac_issuesync.engine.drain import drain, note_offer
from trac_issuesync.engine.link import Link, Report
from trac_issuesync.engine.origin import is_fresh
from trac_issuesync.engine.pacing import Batches
from trac_issuesync.engine.records import InboxChange, InboxState
from trac_issuesync.engine.versions import Versions
from trac_issuesync.engine.vetting import Admission

__all__ = ["STORING_FAILED", "apply"]

STORING_FAILED = "storing it in this project failed"
"""How the reason begins where what refuses a change only shows when it is stored."""


@dataclass
class _Round:
    """One call's state: tickets that wait for a gap, and the change being applied when something failed."""

    versions: Versions
    batches: Batches
    admission: Admission
    stuck: set[str] = field(default_factory=set)
    at: InboxChange | None = None


def apply(link: Link, report: Report) -> None:
    """Apply what can be applied, batch by batch, until nothing moves or the cycle's turn is over."""
    here = _Round(Versions(link), Batches(link.pace), Admission(link))
    if here.versions.in_force is None:
        return
    drain(link, here.versions)
    _apply_all(link, here, report)
    if report.parked:
        note_offer(link, here.versions)


def _apply_all(link: Link, here: _Round, report: Report) -> None:
    turn = link.clock.now() + link.pace.turn
    while link.clock.now() <= turn:
        uids = link.store.inbox_tickets(link.id, here.batches.size + len(here.stuck))
        uids = [uid for uid in uids if uid not in here.stuck]
        if not uids or link.stopping():
            return
        started = link.clock.now()
        try:
            _apply_batch(link, here, uids, report)
        except Transient:
            raise
        except Exception:
            here.versions.forget()
            for uid in uids:
                _apply_alone(link, here, uid, report)
        link.breathe(link.clock.now() - started)


def _apply_batch(link: Link, here: _Round, uids: Sequence[str], report: Report) -> None:
    """Tickets until the slice of time is used up, in one transaction; what remains waits for the next."""
    started = link.clock.now()
    applied = parked = count = 0
    stuck: set[str] = set()
    here.admission.ask(uids)
    with link.store.transaction():
        counters = link.store.counters(link.id)
        twins, inbox = link.store.twins(link.id, uids), link.store.inbox(link.id, uids)
        numbers = [t.ticket for t in twins.values() if t.state is not TwinState.GONE]
        logged = link.store.logged(link.id, numbers)
        elsewhere = link.store.twins_elsewhere(link.id, [uid for uid in uids if is_fresh(twins.get(uid))])
        applier = TicketApplier(link, here.versions, here.admission, counters, logged, elsewhere)
        for uid in uids:
            count += 1
            before = applier.applied
            for row in applier.run(uid, inbox.get(uid, []), twins.get(uid)):
                here.at = row
            if applier.applied == before:
                stuck.add(uid)
            if link.clock.now() - started > here.batches.slice:
                break
        applier.write()
        applied, parked = applier.applied, applier.refused
        worked = link.clock.now() - started
    here.batches.learn(count, worked, link.clock.now() - started - worked)
    here.at = None
    here.stuck |= stuck
    report.applied += applied
    report.parked += parked


def _apply_alone(link: Link, here: _Round, uid: str, report: Report) -> None:
    """One ticket by itself after its batch failed; a change that fails again is parked with the reason."""
    here.at = None
    try:
        _apply_batch(link, here, [uid], report)
    except Transient:
        raise
    except Exception as error:
        # It may have failed before the first change was touched, by what the ticket itself holds.
        row = here.at or next(iter(link.store.inbox(link.id, [uid]).get(uid, ())), None)
        if row is None:
            raise
        reason = f"{STORING_FAILED}: {failure(error)}"[:1000]
        link.failed(f"Change {row.change.number} of the partner could not be stored")
        with link.store.transaction():
            park(link, row, reason)
        here.versions.forget()
        report.parked += row.reason != reason


def park(link: Link, row: InboxChange, reason: str) -> None:
    """Let a change wait with its reason; the partner hears of it with the next report."""
    link.store.save_inbox(link.id, [replace(row, state=InboxState.PARKED, reason=reason)])
    if row.reason == reason:
        return
    link.save_counters(replace(link.store.counters(link.id), report_owed=True))
    twin = link.store.twins(link.id, [row.change.ticket]).get(row.change.ticket)
    link.log(
        "parked",
        f"Change {row.change.number} of {row.change.author} waits: {reason}.",
        ticket=twin.ticket if twin else 0,
        message=row.message,
        problem=True,
    )
