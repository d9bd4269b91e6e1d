# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Finding tickets that may have changed without anybody saying so; sweeps only mark, collect decides.

Each cycle looks at the indexed times, every few minutes a scan looks at the others, and once a day every
ticket is compared with what is recorded, some pages in each cycle, so that no cycle waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from trac_issuesync.core.binding import Binding
from trac_issuesync.core.capture import Recorder
from trac_issuesync.core.model import TicketSnapshot, Twin
from trac_issuesync.engine.collect import would_capture
from trac_issuesync.engine.link import Link, Report
from trac_issuesync.engine.pacing import Batches
from trac_issuesync.engine.records import AttachmentRecord, Counters, Published

__all__ = ["sweep"]

# About what one cycle collects; a person's edit waits behind no more than these.
_MOST_MARKS = 1000
# Parts of the overlap by which the stored watermark may lag behind, where nothing was found to store.
_LAG = 10


def sweep(link: Link, report: Report) -> None:
    """Mark what the sweeps that are due find; ``report.comparing`` tells that a comparison is to go on."""
    version = link.in_force()
    if version is None:
        return
    now = link.clock.now()
    counters = link.store.counters(link.id)
    # A clock that stepped back stamps new edits below the watermarks, where no sweep by time looks.
    back = now < counters.swept
    look = _Look(link, version, link.binding(version), counters)
    _sweep_by_time(link, look, counters, now)
    if back or counters.compared_upto or now - counters.compared >= link.pace.compare_every:
        report.comparing = not _compare(link, look, now, above=0 if back else counters.compared_upto)


def _sweep_by_time(link: Link, look: _Look, counters: Counters, now: int) -> None:
    found: set[int] = set()
    since = counters.swept - link.pace.sweep_overlap
    slow = now - counters.swept_slowly >= link.pace.slow_sweep_every
    # The first comparison may take hours, in which the tickets it has passed are edited.
    if counters.compared or counters.compared_upto:
        found = link.tracker.changed_since(since)
        if slow:
            found |= link.tracker.touched_since(counters.swept_slowly - link.pace.sweep_overlap)
    else:
        slow = True
    marks: list[int] = []
    rest = sorted(found)
    while rest:
        if link.stopping():
            return
        page, rest = rest[: look.page], rest[look.page :]
        marks += look.unrecorded(page)
    idle = not found and 0 <= now - counters.swept < link.pace.sweep_overlap // _LAG
    if idle and not slow:
        return
    with link.store.transaction():
        if marks:
            link.store.mark(link.id, marks)
        counters = link.store.counters(link.id)
        swept_slowly = now if slow else counters.swept_slowly
        link.save_counters(replace(counters, swept=now, swept_slowly=swept_slowly))


def _compare(link: Link, look: _Look, now: int, above: int) -> bool:
    """Go on with the full comparison where it stopped, for one turn; true if it came to the end.

    ``above`` is the last ticket looked at, stored as ``compared_upto`` after each turn. The first one ever
    only marks: there is hardly anything recorded to compare with.
    """
    if len(link.store.marks(link.id, _MOST_MARKS)) >= _MOST_MARKS:
        return False
    first = not link.store.counters(link.id).compared
    end = link.clock.now() + link.pace.compare_turn
    marks: list[int] = []
    done = False
    while not done and not link.stopping():
        limit = _MOST_MARKS if first else look.page
        page = _numbers(link, above, limit)
        marks += page if first else look.unrecorded(page)
        above, done = (page[-1] if page else above), len(page) < limit
        if len(marks) >= _MOST_MARKS or link.clock.now() >= end:
            break
    with link.store.transaction():
        counters = link.store.counters(link.id)
        if marks:
            link.store.mark(link.id, marks)
        compared = now if done else counters.compared
        link.save_counters(replace(counters, compared_upto=0 if done else above, compared=compared))
    return done


def _numbers(link: Link, above: int, limit: int) -> list[int]:
    """The next tickets and twins whose ticket may be gone, ascending."""
    page = set(link.tracker.numbers(above, limit))
    page |= set(link.store.twin_numbers(link.id, above, limit))
    return sorted(page)[:limit]


@dataclass
class _Look:
    """Compares tickets with what is recorded of them, a page at a time.

    Read before the write lock is taken: collect decides under it. ``page`` is how many tickets to give at
    once, so that reading them takes about a slice of time.
    """

    link: Link
    version: Published
    binding: Binding
    counters: Counters

    def __post_init__(self) -> None:
        self._recorder = self.link.recorder(self.version.contract, self.binding, self.counters)
        self._pages = Batches(self.link.pace)

    @property
    def page(self) -> int:
        return self._pages.size

    def unrecorded(self, page: Sequence[int]) -> list[int]:
        """Those whose log, attachments or content are not recorded as they are."""
        link = self.link
        started = link.clock.now()
        snapshots = link.tracker.read(page)
        twins = link.store.twins_of_tickets(link.id, page)
        logged = link.store.logged(link.id, page)
        attached = link.store.attachments(link.id, page)
        found = [
            number
            for number in page
            if _has_news(
                self._recorder,
                snapshots.get(number),
                twins.get(number),
                logged.get(number, {}),
                attached.get(number, []),
            )
        ]
        self._pages.learn(len(page), link.clock.now() - started, 0)
        return found


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
