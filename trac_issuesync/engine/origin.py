# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""One ticket, one name, one way: how projects that are connected in a ring do not multiply their tickets.

A ticket keeps the uid of its birth in every synchronization. One that is here already by another
synchronization is not taken in again: it is declined, and the partner is told by a birth with number 0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from trac_issuesync.core.capture import ticket_uid
from trac_issuesync.core.model import TicketSnapshot, Twin, TwinState
from trac_issuesync.engine.link import Link
from trac_issuesync.wire.messages import Birth

__all__ = ["DECLINED_HERE", "Origins", "declined", "is_fresh", "origins_of", "take_births", "uid_of"]

DECLINED_HERE = "the ticket is shared with this project by another synchronization"

Origins = Mapping[tuple[int, int], str]


def origins_of(link: Link, snapshots: Mapping[int, TicketSnapshot], twins: Mapping[int, Twin]) -> Origins:
    """Uids, by number and creation time, of tickets that are to be captured as new but have one already.

    To be asked after the snapshots were read: what another synchronization makes commits with its twin.
    """
    fresh = [n for n, s in snapshots.items() if n not in twins or twins[n].created != s.created]
    found = link.store.origins(link.id, fresh)
    taken = link.store.twins(link.id, list(found.values()))
    return {ticket: uid for ticket, uid in found.items() if uid not in taken}


def uid_of(link: Link, snapshot: TicketSnapshot, origins: Origins) -> str:
    """The uid under which a ticket begins to be shared: that of its birth, wherever that was."""
    known = origins.get((snapshot.number, snapshot.created))
    return known or ticket_uid(link.store.environment(), snapshot)


def is_fresh(twin: Twin | None) -> bool:
    """True as long as the partner has not been heard of about this ticket in this synchronization."""
    return twin is None or not (twin.partner or twin.seen)


def declined(uid: str, twin: Twin | None, other: Twin, *, here: bool) -> Twin:
    """The twin of a ticket that is not taken in, because ``other`` is its twin in another synchronization.

    One that came by another way and was deleted (it is not ``here``, noticed or not) stays deleted.
    """
    state = TwinState.DECLINED if here else TwinState.GONE
    twin = twin or Twin(uid, other.ticket, other.created)
    return replace(twin, state=state, shadow={})


def take_births(link: Link, births: Sequence[Birth]) -> None:
    """Learn the partner's numbers of our tickets; number 0 says that it has the ticket by another way."""
    twins = link.store.twins(link.id, [birth.uid for birth in births])
    moved: list[Twin] = []
    for birth in births:
        twin = twins.get(birth.uid)
        if twin is None:
            continue
        if birth.ticket:
            twin = replace(twin, partner=birth.ticket)
        elif twin.state not in (TwinState.GONE, TwinState.DECLINED):
            twin = replace(twin, state=TwinState.DECLINED, shadow={})
            text = (
                "The partner has this ticket by another synchronization, so it does not take it by this one:"
                " what is edited here reaches it by the other way."
            )
            link.log("declined", text, ticket=twin.ticket)
        twins[birth.uid] = twin
        moved.append(twin)
    link.store.save_twins(link.id, moved)
