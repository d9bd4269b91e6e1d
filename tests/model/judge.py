# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What must hold in the model: at any moment, and at rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from model.ends import End
from model.ledger import Born, Ledger
from model.users import MARK

from trac_issuesync.core.model import TicketSnapshot, TwinState
from trac_issuesync.core.text_merge import list_items
from trac_issuesync.testing.sim_world import SimEnvironment

__all__ = ["lost_or_doubled", "out_of_order", "unrecorded"]


def out_of_order(end: End, other: End, *, restored: bool) -> list[str]:
    """What does not hold of one end now; ``other`` is the partner's end. Cheap.

    Once a side was ``restored`` the two may disagree about numbers, and may stop themselves.
    """
    store, sync = end.side.store, end.side.sync_id
    mine, theirs = store.counters(sync), other.side.store.counters(sync)
    twins = list(end.side.environment.database.twins.rows(sync).values())
    alive = Counter(twin.ticket for twin in twins if twin.state is not TwinState.GONE)
    seen = {twin.uid: twin.seen for twin in twins}
    inbox = [item.change for item in end.side.environment.database.inbox.rows(sync).values()]
    always = {
        "a ticket has two twins": any(count > 1 for count in alive.values()),
        "a number is on record twice": any(r.number <= mine.received for r in store.received(sync)),
        "an applied change waits": any(c.number <= seen.get(c.ticket, 0) for c in inbox),
        "a twin is ahead of the counter": any(twin.last > mine.change for twin in twins),
    }
    together = {
        "more is acknowledged than was sent": mine.acked > mine.message,
        "the partner has received more than was sent": theirs.received > mine.message,
        "more was acknowledged than the partner has received": mine.acked > theirs.received,
        "a twin has seen what was never captured": any(twin.seen > theirs.change for twin in twins),
        f"it is suspended: {end.side.sync.suspended}": bool(end.side.sync.suspended),
    }
    checks = always if restored else {**always, **together}
    return [f"{end.name}: {text}" for text, wrong in checks.items() if wrong]


def lost_or_doubled(ledger: Ledger, environments: Iterable[SimEnvironment]) -> list[str]:
    """Tickets, comments, files and list words that are not there, or twice, or that nobody made."""
    found: list[str] = []
    for environment in environments:
        tracker = environment.tracker
        tickets = list(tracker.read(tracker.numbers(0, 10_000)).values())
        here = Counter(ticket.values[MARK] for ticket in tickets)
        must = {b.mark for b in ledger.born.values() if not b.deleted and not b.uncertain}
        found += _compared(f"{environment.name}: ticket", here, must, set(ledger.born))
        for ticket in tickets:
            born = ledger.born.get(ticket.values[MARK])
            if born is not None and not born.deleted:
                found += [f"{environment.name}: {born.mark}: {text}" for text in _of_ticket(born, ticket)]
    return found


def _of_ticket(born: Born, ticket: TicketSnapshot) -> list[str]:
    said = Counter(e.new.split()[1] for e in ticket.log if e.field == "comment" and e.new.startswith("said "))
    files = Counter(row.filename.split(".")[0] for row in ticket.attachments)
    words = Counter(list_items(ticket.values["keywords"]))
    kept = set(born.words) - born.removed
    return [
        *_compared("comment", said, set(born.said) - born.maybe, set(born.said)),
        *_compared("file", files, set(born.files) - born.maybe, set(born.files)),
        *_compared("keyword", words, kept - born.maybe, set(born.words)),
    ]


def _compared(what: str, here: Counter[str], must: set[str], may: set[str]) -> list[str]:
    return [
        *(f"{what} {word} is lost" for word in sorted(must - set(here))),
        *(f"{what} {word} is there {count} times" for word, count in sorted(here.items()) if count > 1),
        *(f"{what} {word} comes from nowhere" for word in sorted(set(here) - may)),
    ]


def unrecorded(ledger: Ledger, edges: Iterable[tuple[End, End]]) -> list[str]:
    """Values of ``customer`` that were undone though nobody who wrote later had seen them, without a word.

    A value stands, or somebody wrote over it who saw it, or both ends of an edge have it in a record.
    """
    recorded: dict[str, set[str]] = {}
    shown: dict[str, dict[str, str]] = {}
    for one, two in edges:
        here, there = _recorded(one), _recorded(two)
        for uid in here:
            recorded.setdefault(uid, set()).update(here[uid] & there.get(uid, set()))
        for end in (one, two):
            for twin in end.side.environment.database.twins.rows(end.side.sync_id).values():
                ticket = end.side.tracker.snapshot(twin.ticket)
                if twin.state is TwinState.ACTIVE and ticket is not None:
                    shown.setdefault(twin.uid, {})[ticket.values["customer"]] = ticket.values[MARK]
    found: list[str] = []
    for uid, values in shown.items():
        born = ledger.born[next(iter(values.values()))]
        if born.deleted:
            continue
        found += [
            f"{born.mark} shows {v}, which somebody has replaced" for v in values if v in born.superseded()
        ]
        last = {write.value for write in born.writes} - born.superseded() - set(values)
        lost = sorted(last - recorded.get(uid, set()))
        found += [f"{born.mark}: {value} was undone without a record" for value in lost]
    return found


def _recorded(end: End) -> dict[str, set[str]]:
    """The values of ``customer`` in this end's conflict records, by uid."""
    found: dict[str, set[str]] = {}
    for record in end.side.store.conflicts(end.side.sync_id):
        if record.field == "customer":
            found.setdefault(record.uid, set()).update((record.mine, record.theirs))
    return found
