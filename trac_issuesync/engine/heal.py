# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Heal: at the beginning of an epoch both sides send what they hold of every ticket (docs/architecture.md).

The content of a ticket goes out the first time that the ticket is looked at in the epoch, before anything of
the partner's is applied to it. What is captured with it needs no changes of its own: the content holds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec.structs import replace

from trac_issuesync.core.authors import author_of
from trac_issuesync.core.capture import Recorder, capture_twin
from trac_issuesync.core.comments import comment_ref
from trac_issuesync.core.model import (
    AttachmentInfo,
    Change,
    ChangeKind,
    CommentRef,
    FieldChange,
    LogEntry,
    Shadow,
    TicketSnapshot,
    Twin,
    TwinState,
)
from trac_issuesync.engine.gathered import Gathered
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import AttachmentState, LoggedEntry

__all__ = ["go_on_healing", "heal_ticket", "is_due"]

_PAGE = 500
_PAGES_A_CYCLE = 20

Logged = Mapping[tuple[int, str], "int | None"]


def is_due(recorder: Recorder, twin: Twin) -> bool:
    """True if the partner has not been sent what this side holds of the ticket in this epoch."""
    return twin.last < recorder.base


def go_on_healing(link: Link) -> None:
    """Mark the tickets whose content is to be sent, a page at a time, and tell of those deleted here."""
    version = link.in_force()
    if version is None or not link.store.counters(link.id).healing:
        return
    binding = link.binding(version)
    for _ in range(_PAGES_A_CYCLE):
        if link.stopping():
            return
        with link.store.transaction():
            counters = link.store.counters(link.id)
            twins = link.store.twins_above(link.id, counters.healed_upto, _PAGE)
            recorder, gathered = link.recorder(version.contract, binding, counters), Gathered()
            due = [twin for twin in twins if is_due(recorder, twin)]
            for twin in due:
                # One whose creation was skipped never had a ticket here.
                if twin.state is TwinState.GONE and twin.ticket:
                    _tell_gone(recorder, gathered, twin)
            gathered.write(link)
            link.store.mark(link.id, [twin.ticket for twin in due if twin.state is TwinState.ACTIVE])
            more = len(twins) == _PAGE
            link.save_counters(
                replace(
                    counters,
                    change=recorder.change,
                    synthetic=recorder.synthetic,
                    healing=more,
                    healed_upto=twins[-1].uid if more else "",
                )
            )
        if not more:
            return


def _tell_gone(recorder: Recorder, gathered: Gathered, twin: Twin) -> None:
    identity = f"heal:{recorder.base}"
    change, twin = recorder.record(
        twin, ChangeKind.GONE, recorder.user, recorder.now, identity, heal=recorder.side
    )
    gathered.changes.append(change)
    gathered.keep(twin)


def heal_ticket(
    link: Link, recorder: Recorder, gathered: Gathered, twin: Twin, snapshot: TicketSnapshot, logged: Logged
) -> Twin:
    """Send what this side holds of a ticket: fields, comments, attachments; the twin after that."""
    captured = capture_twin(recorder, twin, snapshot, logged)
    gathered.entries += [LoggedEntry(twin.ticket, at, name) for at, name in captured.entries]
    twin = replace(captured.twin, last=recorder.base)
    link.store.add_birth(link.id, twin.uid, twin.ticket)
    for part in (_fields, _comments, _attachments):
        for change, moved in part(link, recorder, twin, snapshot, logged):
            gathered.changes.append(change)
            twin = moved
    return gathered.keep(twin)


_Parts = Iterator[tuple[Change, Twin]]


def _fields(link: Link, recorder: Recorder, twin: Twin, snapshot: TicketSnapshot, logged: Logged) -> _Parts:
    held = {name: shadow for name, shadow in twin.shadow.items() if name in recorder.binding.fields}
    yield recorder.record(
        twin,
        ChangeKind.CREATE,
        author_of(snapshot.values.get("reporter", ""), link.sync.settings.label),
        snapshot.created,
        f"heal:{recorder.base}",
        [FieldChange(name, shadow.value, shadow.stamp) for name, shadow in held.items()],
        shadow={name: _sent(recorder, shadow, shadow.stamp) for name, shadow in held.items()},
        heal=recorder.side,
    )


def _comments(link: Link, recorder: Recorder, twin: Twin, snapshot: TicketSnapshot, logged: Logged) -> _Parts:
    for entry in snapshot.log:
        if entry.field != "comment":
            continue
        ref = comment_ref(entry.time, logged.get((entry.time, "comment")), recorder.side)
        edited = twin.shadow.get(ref.field)
        if (edited is None and not entry.new.strip()) or _kept_back(link, twin, ref):
            continue
        change, twin = _comment(link, recorder, twin, entry, ref, edited)
        yield change, twin


def _comment(
    link: Link, recorder: Recorder, twin: Twin, entry: LogEntry, ref: CommentRef, edited: Shadow | None
) -> tuple[Change, Twin]:
    """A stamp above the comment's own time says that it was edited."""
    stamp = ref.time if edited is None else max(edited.stamp, ref.time + 1)
    ours = ref.side is recorder.side
    return recorder.record(
        twin,
        ChangeKind.EDIT,
        entry.author if ours else author_of(entry.author, link.sync.settings.label),
        ref.time,
        f"heal:{recorder.base}:{ref.field}",
        [FieldChange(ref.field, entry.new if edited is None else edited.value, stamp)],
        shadow=None if edited is None else {ref.field: _sent(recorder, edited, stamp)},
        heal=ref.side,
    )


def _kept_back(link: Link, twin: Twin, ref: CommentRef) -> bool:
    """Where the history of tickets does not leave, what was said before there was a partner does not."""
    ours = ref.side is link.sync.role and twin.uid.startswith(f"{link.store.environment()}/")
    return ours and link.sync.settings.history != "full" and ref.time < link.sync.created


def _attachments(
    link: Link, recorder: Recorder, twin: Twin, snapshot: TicketSnapshot, logged: Logged
) -> _Parts:
    there = {(row.filename, row.time) for row in snapshot.attachments}
    for record in link.store.attachments(link.id, [twin.ticket]).get(twin.ticket, []):
        stands = record.state is AttachmentState.KNOWN and (record.filename, record.time) in there
        # One that waits for its bytes may still get them from another file of this side.
        if record.uid != twin.uid or not (stands or record.state is AttachmentState.PENDING):
            continue
        ours = record.side is recorder.side
        change, twin = recorder.record(
            twin,
            ChangeKind.ATTACHMENT,
            record.author if ours else author_of(record.author, link.sync.settings.label),
            record.origin,
            f"heal:{recorder.base}:{record.side.value}:{record.origin}",
            attachment=AttachmentInfo(
                record.filename, record.size, record.sha256, record.description, record.replaces
            ),
            heal=record.side,
        )
        yield change, twin


def _sent(recorder: Recorder, shadow: Shadow, stamp: int) -> Shadow:
    """The shadow of a field whose content goes out with the next number."""
    own = shadow.number and shadow.mine is None
    return replace(
        shadow,
        stamp=stamp,
        number=recorder.change + 1,
        mine=None,
        mine_stamp=stamp,
        mine_author=shadow.mine_author if own else recorder.user,
        mine_time=shadow.mine_time if own else stamp,
        mine_version=recorder.contract.version,
        mine_settles=False,
        heal=True,
    )
