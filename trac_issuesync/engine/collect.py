# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Collect: from dirty tickets to changes in the outbox (DESIGN section 4, "Level-triggered").

Outbox rows, the moved shadow and the record of the log entries commit together, so that nothing is
captured twice and nothing is missed.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from trac_issuesync.core.binding import Binding
from trac_issuesync.core.capture import (
    Recorder,
    capture_new,
    capture_twin,
)
from trac_issuesync.core.errors import Transient
from trac_issuesync.core.model import Change, ChangeKind, FieldChange, TicketSnapshot, Twin, TwinState
from trac_issuesync.engine.attachments_out import Hashes, capture_attachments, hash_new
from trac_issuesync.engine.gathered import Gathered
from trac_issuesync.engine.heal import heal_ticket, is_due
from trac_issuesync.engine.link import Link, Report
from trac_issuesync.engine.origin import Origins, origins_of, uid_of
from trac_issuesync.engine.pacing import Batches
from trac_issuesync.engine.records import AttachmentRecord, Mark, Published

__all__ = ["collect", "collect_new", "collect_ticket", "in_scope", "would_capture"]


def collect(link: Link, report: Report) -> None:
    """Capture tickets marked dirty, batch by batch, until none is left or the cycle's turn is over."""
    version = link.in_force()
    if version is None:
        return
    binding = link.binding(version)
    batches = Batches(link.pace)
    turn = link.clock.now() + link.pace.turn
    while link.clock.now() <= turn:
        marks = link.store.marks(link.id, batches.size)
        if not marks or link.stopping():
            return
        started = link.clock.now()
        try:
            report.collected += _collect_batch(link, version, binding, marks, batches)
        except Transient:
            raise
        except Exception:
            for mark in marks:
                _collect_alone(link, version, binding, mark, report)
        link.breathe(link.clock.now() - started)


def _collect_alone(link: Link, version: Published, binding: Binding, mark: Mark, report: Report) -> None:
    """One ticket whose data cannot be read must not hold back the others; it stays on the record."""
    try:
        report.collected += _collect_batch(link, version, binding, [mark], Batches(link.pace))
    except Transient:
        raise
    except Exception as error:
        text = f"Its changes could not be read: {type(error).__name__}: {error}"
        with link.store.transaction():
            link.log("unread", text[:1000], ticket=mark.ticket, problem=True)
            link.store.unmark(link.id, [mark])
        report.problems.append(f"#{mark.ticket}: {text[:300]}")


def _collect_batch(
    link: Link, version: Published, binding: Binding, marks: Sequence[Mark], batches: Batches
) -> int:
    hashes = hash_new(link, [mark.ticket for mark in marks])
    with link.store.transaction():
        started = link.clock.now()
        counters = link.store.counters(link.id)
        recorder = link.recorder(version.contract, binding, counters)
        gathered = _gather(link, recorder, marks, hashes)
        gathered.write(link)
        link.save_counters(replace(counters, change=recorder.change, synthetic=recorder.synthetic))
        worked = link.clock.now() - started
    batches.learn(len(marks), worked, link.clock.now() - started - worked)
    return len(gathered.changes)


def _gather(link: Link, recorder: Recorder, marks: Sequence[Mark], hashes: Hashes) -> Gathered:
    numbers = [mark.ticket for mark in marks]
    store, gathered = link.store, Gathered()
    twins = store.twins_of_tickets(link.id, numbers)
    logged = store.logged(link.id, numbers)
    attached = store.attachments(link.id, numbers)
    snapshots = link.tracker.read(numbers)
    visible = link.tracker.visible(list(snapshots), link.sync.user)
    origins = origins_of(link, snapshots, twins)
    store.unmark(link.id, marks)
    for mark in marks:
        snapshot, twin = snapshots.get(mark.ticket), twins.get(mark.ticket)
        if snapshot is not None and mark.ticket not in visible:
            continue
        moved = _collect_one(link, recorder, gathered, snapshot, twin, logged.get(mark.ticket, {}), origins)
        if moved is None or snapshot is None or moved.state is not TwinState.ACTIVE:
            continue
        records = [r for r in attached.get(mark.ticket, []) if r.uid == moved.uid]
        moved = capture_attachments(link, recorder, gathered, moved, snapshot, records, hashes)
        if hashes.misses(mark.ticket, snapshot.attachments):
            store.mark(link.id, [mark.ticket])
        if mark.resend:
            change, moved = _content(recorder, moved)
            gathered.changes.append(change)
            gathered.keep(moved)
    return gathered


def _collect_one(
    link: Link,
    recorder: Recorder,
    gathered: Gathered,
    snapshot: TicketSnapshot | None,
    twin: Twin | None,
    logged: dict[tuple[int, str], int | None],
    origins: Origins,
) -> Twin | None:
    if twin is not None and (snapshot is None or snapshot.created != twin.created):
        _forget_deleted(link, recorder, gathered, twin)
        twin, logged = None, {}
    if snapshot is None:
        return None
    if twin is not None:
        return collect_ticket(link, recorder, gathered, twin, snapshot, logged)
    if not in_scope(recorder.binding, snapshot):
        return None
    return collect_new(link, recorder, gathered, uid_of(link, snapshot, origins), snapshot)


def collect_new(
    link: Link, recorder: Recorder, gathered: Gathered, uid: str, snapshot: TicketSnapshot
) -> Twin:
    """Begin to share a ticket; one from before this epoch may be known to the partner."""
    captured = capture_new(recorder, uid, snapshot, history=link.sync.settings.history == "full")
    if snapshot.created >= link.sync.renewed:
        return gathered.add(captured)
    gathered.add(replace(captured, changes=()))
    return heal_ticket(link, recorder, gathered, captured.twin, snapshot, dict.fromkeys(captured.entries))


def collect_ticket(
    link: Link,
    recorder: Recorder,
    gathered: Gathered,
    twin: Twin,
    snapshot: TicketSnapshot,
    logged: dict[tuple[int, str], int | None],
) -> Twin:
    """Capture what is not recorded yet of one twin's ticket; also the first step of applying to it."""
    if twin.state is not TwinState.ACTIVE:
        return twin
    if is_due(recorder, twin):
        return heal_ticket(link, recorder, gathered, twin, snapshot, logged)
    captured = capture_twin(recorder, twin, snapshot, logged)
    if not captured.changes and not captured.entries:
        return twin
    return gathered.add(captured)


def in_scope(binding: Binding, snapshot: TicketSnapshot) -> bool:
    """True for a ticket that may begin to be shared."""
    return snapshot.values.get("type", "") in binding.types


def would_capture(
    recorder: Recorder,
    snapshot: TicketSnapshot | None,
    twin: Twin | None,
    logged: dict[tuple[int, str], int | None],
    attached: Sequence[AttachmentRecord],
) -> bool:
    """True if collecting this ticket would find something; for the full comparison, which only marks."""
    if twin is None:
        return snapshot is not None and in_scope(recorder.binding, snapshot)
    if snapshot is None or snapshot.created != twin.created:
        return twin.state is not TwinState.GONE
    if twin.state is not TwinState.ACTIVE:
        return False
    captured = capture_twin(recorder, twin, snapshot, logged)
    known = {(record.filename, record.time) for record in attached}
    new_files = any((row.filename, row.time) not in known for row in snapshot.attachments)
    return bool(captured.changes or captured.entries) or new_files


def _forget_deleted(link: Link, recorder: Recorder, gathered: Gathered, twin: Twin) -> None:
    if twin.state is TwinState.ACTIVE:
        link.log("deleted", "The ticket was deleted here; the partner is told.", ticket=twin.ticket)
    gathered.bury(recorder, twin)


def _content(recorder: Recorder, twin: Twin) -> tuple[Change, Twin]:
    """The current content once more; it is no edit, so the shadow's numbers stay."""
    fields = [
        FieldChange(name, shadow.value, shadow.stamp)
        for name, shadow in twin.shadow.items()
        if name in recorder.binding.fields
    ]
    return recorder.record(
        twin,
        ChangeKind.EDIT,
        recorder.user,
        recorder.now,
        recorder.next_synthetic(),
        fields,
        content=True,
    )
