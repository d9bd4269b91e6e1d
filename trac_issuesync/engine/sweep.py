# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Finding tickets that may have changed without anybody saying so; sweeps only mark, collect decides.

Each cycle looks at the indexed times, every few minutes a scan looks at the others, and once a day every
ticket is compared with what is recorded, a page at a time, so that no cycle waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from trac_issuesync.core.binding import Binding
from trac_issuesync.core.capture import Recorder
from trac_issuesync.core.model import TicketSnapshot, Twin
from trac_issuesync.engine.collect import would_capture
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import AttachmentRecord, Published

__all__ = ["sweep"]

_PAGE = 200
_PAGES_A_CYCLE = 25


def sweep(link: Link) -> None:
    """Mark what the sweeps that are due find."""
    version = link.in_force()
    if version is None:
        return
    now = link.clock.now()
    counters = link.store.counters(link.id)
    found: set[int] = set()
    # A clock that stepped back stamps new edits below the watermarks, where no sweep by time looks.
    back = now < counters.swept
    # The first comparison may take hours, in which the tickets it has passed are edited.
    if counters.compared or counters.compared_upto:
        found |= link.tracker.changed_since(counters.swept - link.pace.sweep_overlap)
        if now - counters.swept_slowly >= link.pace.slow_sweep_every:
            found |= link.tracker.touched_since(counters.swept_slowly - link.pace.sweep_overlap)
            counters = replace(counters, swept_slowly=now)
    else:
        counters = replace(counters, swept_slowly=now)
    counters = replace(counters, swept=now)
    binding = link.binding(version)
    # Looked at before the write lock is taken: collect decides under it, a sweep only marks.
    marks = _unrecorded(link, version, binding, found) if found else []
    with link.store.transaction():
        if marks:
            link.store.mark(link.id, marks)
        link.save_counters(counters)
    if back or counters.compared_upto or now - counters.compared >= link.pace.compare_every:
        _compare(link, version, binding, now)


def _unrecorded(link: Link, version: Published, binding: Binding, numbers: set[int]) -> list[int]:
    """Of tickets changed lately, those whose log, attachments or content are not recorded as they are."""
    recorder = link.recorder(version.contract, binding, link.store.counters(link.id))
    page = sorted(numbers)
    snapshots = link.tracker.read(page)
    twins = link.store.twins_of_tickets(link.id, page)
    logged = link.store.logged(link.id, page)
    attached = link.store.attachments(link.id, page)
    return [
        number
        for number in page
        if _has_news(
            recorder,
            snapshots.get(number),
            twins.get(number),
            logged.get(number, {}),
            attached.get(number, []),
        )
    ]


def _has_news(
    recorder: Recorder,
    snapshot: TicketSnapshot | None,
    twin: Twin | None,
    logged: dict[tuple[int, str], int | None],
    attached: Sequence[AttachmentRecord],
) -> bool:
    try:
        return would_capture(recorder, snapshot, twin, logged, attached)
    except Exception:
        # Collecting says of this one ticket what is wrong with it; no other is held back.
        return True


def _compare(link: Link, version: Published, binding: Binding, now: int) -> None:
    """Go on with the full comparison where it stopped; ``compared_upto`` is the last ticket looked at."""
    for _ in range(_PAGES_A_CYCLE):
        if link.stopping():
            return
        counters = link.store.counters(link.id)
        above = counters.compared_upto
        page = set(link.tracker.numbers(above, _PAGE))
        page |= set(link.store.twin_numbers(link.id, above, _PAGE))
        numbers = sorted(page)[:_PAGE]
        marks = _unrecorded(link, version, binding, set(numbers)) if numbers else []
        upto = numbers[-1] if numbers else 0
        done = len(numbers) < _PAGE
        with link.store.transaction():
            counters = link.store.counters(link.id)
            if marks:
                link.store.mark(link.id, marks)
            compared = now if done else counters.compared
            link.save_counters(replace(counters, compared_upto=0 if done else upto, compared=compared))
        if done:
            return
