# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a partner's heal means here: which ticket it is about, and what of it is here already."""

from __future__ import annotations

from msgspec.structs import replace

from trac_issuesync.core.binding import Binding
from trac_issuesync.core.capture import Recorder, ticket_uid
from trac_issuesync.core.comments import comment_ref
from trac_issuesync.core.model import Change, ChangeKind, CommentRef, Shadow, Side, Twin, TwinState
from trac_issuesync.engine.collect import collect_new, collect_ticket, in_scope
from trac_issuesync.engine.gathered import Gathered
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.storage import TicketEditor

__all__ = ["adopt", "local_ticket", "prepared", "tells_of_nothing"]

Logged = dict[tuple[int, str], "int | None"]


def local_ticket(link: Link, binding: Binding, uid: str, elsewhere: Twin | None) -> tuple[Twin | None, str]:
    """Where a ticket that is not paired is here all the same, and why it must not be shared, if so.

    It was born here and a restored side has not captured it yet, or ``elsewhere`` is its twin in another
    synchronization, which has brought it back first.
    """
    environment, number, _ = uid.split("/")
    found = elsewhere.ticket if elsewhere is not None else int(number)
    snapshot = link.tracker.read([found]).get(found)
    if snapshot is None:
        return None, ""
    same = (
        elsewhere.created == snapshot.created
        if elsewhere is not None
        else environment == link.store.environment() and ticket_uid(environment, snapshot) == uid
    )
    if not same:
        return None, ""
    # A partner may name any ticket of this project; what it holds leaves only if it would be shared anyway.
    private = "" if in_scope(binding, snapshot) else "the ticket is here and is of a type that is not shared"
    return Twin(uid, snapshot.number, snapshot.created), private


def adopt(
    link: Link, recorder: Recorder, gathered: Gathered, twin: Twin, known: Logged
) -> tuple[Twin, TicketEditor]:
    """Lock a ticket that is not paired and send what is here of it, before the partner's is applied."""
    editor = link.tracker.open(twin.ticket)
    if editor is None:
        raise LookupError(f"ticket {twin.ticket} was there a moment ago, under the write lock")
    before = len(gathered.entries)
    twin = collect_new(link, recorder, gathered, twin.uid, editor.snapshot)
    known.update({(entry.time, entry.field): entry.origin for entry in gathered.entries[before:]})
    return twin, editor


def tells_of_nothing(change: Change) -> bool:
    """True for what a heal says of a ticket that was deleted there, where it was never here."""
    return change.heal is not None and change.kind is ChangeKind.GONE


def prepared(
    link: Link,
    recorder: Recorder,
    gathered: Gathered,
    twin: Twin,
    editor: TicketEditor,
    change: Change,
    known: Logged,
) -> tuple[Twin, Change]:
    """Twin and change of a heal before it is applied.

    A ticket that the partner had deleted and has again, because it was restored, is in step from now on. A
    comment that is not here is one to be added; one that nobody has edited there has nothing new to say.
    """
    if twin.state is TwinState.PARTNER_GONE and change.kind is not ChangeKind.GONE:
        link.log("revived", "The partner has its ticket again; both are kept in step.", ticket=twin.ticket)
        twin = replace(twin, state=TwinState.ACTIVE)
        twin = collect_ticket(link, recorder, gathered, twin, editor.snapshot, known)
    if change.kind is not ChangeKind.EDIT or change.heal is None or len(change.fields) != 1:
        return twin, change
    (field,) = change.fields
    if not _is_here(editor, CommentRef(change.heal, change.time), known, recorder.side):
        if field.stamp > change.time:
            edited = Shadow(field.value, field.stamp)
            twin = replace(twin, shadow={**twin.shadow, field.name: edited})
        return twin, replace(change, fields=(), comment=field.value)
    return twin, change if field.stamp > change.time else replace(change, fields=())


def _is_here(editor: TicketEditor, ref: CommentRef, known: Logged, side: Side) -> bool:
    return any(
        entry.field == "comment" and comment_ref(entry.time, known.get((entry.time, "comment")), side) == ref
        for entry in editor.snapshot.log
    )
