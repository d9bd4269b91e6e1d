# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What must hold between two simulated sides at rest: nothing lost, nothing doubled, all values equal."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

from trac_issuesync.core.comments import comment_ref
from trac_issuesync.core.model import FieldKind, TicketSnapshot, TwinState
from trac_issuesync.core.text_merge import list_items
from trac_issuesync.testing.sim_pair import SimPair, SimSide

__all__ = ["differences"]

_NUMBERED = re.compile(r"\.\d+(?=\.|$)")


def differences(pair: SimPair) -> list[str]:
    """Sentences about everything in which the two sides differ though both are quiet; empty if nothing."""
    found: list[str] = []
    master, slave = _by_uid(pair.master), _by_uid(pair.slave)
    for uid in sorted(master.keys() ^ slave.keys()):
        where = "master" if uid in master else "slave"
        found.append(f"{uid} is a twin on the {where} only")
    for uid in sorted(master.keys() & slave.keys()):
        found += [f"{uid}: {text}" for text in _compare(pair, master[uid], slave[uid])]
    for side in pair.sides:
        tickets = side.tracker.numbers(0, 10_000)
        local = Counter(twin.ticket for twin in side.store.twins_of_tickets(side.sync_id, tickets).values())
        found += [f"{side.side.value} #{n} has no twin" for n in tickets if n not in local]
    return found


def _by_uid(side: SimSide) -> dict[str, TicketSnapshot]:
    numbers = side.tracker.numbers(0, 10_000)
    twins = side.store.twins_of_tickets(side.sync_id, numbers)
    tickets = side.tracker.read(numbers)
    return {t.uid: tickets[n] for n, t in twins.items() if n in tickets and t.state is TwinState.ACTIVE}


def _compare(pair: SimPair, ours: TicketSnapshot, theirs: TicketSnapshot) -> list[str]:
    found: list[str] = []
    for field in pair.contract.fields:
        if field.kind in (FieldKind.REPORTER, FieldKind.OWNER):
            continue
        mine, other = ours.values[field.name], theirs.values[field.name]
        same = (
            sorted(list_items(mine)) == sorted(list_items(other))
            if field.kind is FieldKind.LIST
            else mine == other
        )
        if not same:
            found.append(f"{field.name} is {mine!r} on the master and {other!r} on the slave")
    mine_said, their_said = _comments(pair.master, ours), _comments(pair.slave, theirs)
    if mine_said != their_said:
        found.append(f"comments differ: {mine_said - their_said} against {their_said - mine_said}")
    if _files(pair.master, ours) != _files(pair.slave, theirs):
        found.append("attachments differ")
    return found


def _files(side: SimSide, ticket: TicketSnapshot) -> Counter[tuple[str, str]]:
    """Names and digests; a file whose name was taken here got a number behind its name."""
    found: Counter[tuple[str, str]] = Counter()
    for row in ticket.attachments:
        stream = side.tracker.open_attachment(ticket.number, row.filename)
        data = stream.read() if stream is not None else b""
        found[(_NUMBERED.sub("", row.filename), hashlib.sha256(data).hexdigest())] += 1
    return found


def _comments(side: SimSide, ticket: TicketSnapshot) -> Counter[tuple[str, str, str]]:
    logged = side.store.logged(side.sync_id, [ticket.number]).get(ticket.number, {})
    said: Counter[tuple[str, str, str]] = Counter()
    for entry in ticket.log:
        if entry.field == "comment" and entry.new:
            origin = logged.get((entry.time, "comment"))
            author = entry.author.split(" (")[0]
            ref = comment_ref(entry.time, origin, side.side)
            said[(author, ref.field, entry.new)] += 1
    return said
