# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Finding what the partner cannot read of a message, without sending it for ever.

What an unreadable message held goes again in two messages, and so on down to a single thing. That one is
taken out: a change is held with the reason, so that it holds back its own ticket and no other; anything else
is left out with a line in the log. So a message of n things costs at most 2n more.
"""

from __future__ import annotations

from itertools import chain

from msgspec.structs import replace

from trac_issuesync.engine.control import queue
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.numbering import number_body
from trac_issuesync.engine.records import HeldChange
from trac_issuesync.wire.messages import Body, Missing

__all__ = ["isolate"]


def isolate(link: Link, lost: Body, reason: str) -> None:
    """Let what ``lost`` held go again in halves, or take out what is alone in it; in a transaction."""
    alone = _things(lost)
    if lost.report is not None and alone:
        # A report says what is so when it leaves: the next message has one anew.
        link.save_counters(replace(link.store.counters(link.id), report_owed=True))
    if len(alone) == 1:
        _take_out(link, alone[0], reason)
    elif alone:
        half = len(alone) // 2
        for things in (alone[:half], alone[half:]):
            number_body(link, _together(things))


def _things(body: Body) -> list[Body]:
    return [
        *(Body(changes=(change,)) for change in body.changes),
        *(Body(births=(birth,)) for birth in body.births),
        *(Body(control=(item,)) for item in body.control),
        *(Body(parts=(part,)) for part in body.parts),
    ]


def _together(things: list[Body]) -> Body:
    return Body(
        changes=tuple(chain.from_iterable(thing.changes for thing in things)),
        births=tuple(chain.from_iterable(thing.births for thing in things)),
        control=tuple(chain.from_iterable(thing.control for thing in things)),
        parts=tuple(chain.from_iterable(thing.parts for thing in things)),
    )


def _take_out(link: Link, thing: Body, reason: str) -> None:
    store = link.store
    for change in thing.changes:
        store.add_changes(link.id, [change])
        why = f"the partner cannot read it: {reason}"
        store.hold(link.id, [HeldChange(change.number, change.ticket, why, "", link.clock.now())])
        twin = store.twins(link.id, [change.ticket]).get(change.ticket)
        text = f"Change {change.number} of {change.author} does not leave: {why}"
        link.log("held", text, ticket=twin.ticket if twin is not None else 0, problem=True)
    for part in thing.parts:
        store.drop_blob(link.id, part.sha256, outgoing=True)
        queue(link, Missing(part.sha256))
        text = f"Bytes of an attachment are left out, because the partner cannot read them: {reason}"
        link.log("left-out", text, digest=part.sha256, problem=True)
    for item in (*thing.births, *thing.control):
        kind = type(item).__name__.lower()
        text = f"A {kind} is left out, because the partner cannot read it: {reason}"
        link.log("left-out", text, problem=True)
