# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A person's answer to an open conflict: an ordinary edit that also settles the question on both sides."""

from __future__ import annotations

from msgspec.structs import replace

from trac_issuesync.core.capture import Recorder
from trac_issuesync.core.contract import decided_with
from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.model import ChangeKind, CommentRef, FieldChange, Shadow, Twin, TwinState
from trac_issuesync.core.plan import local_words
from trac_issuesync.engine.collect import collect_ticket
from trac_issuesync.engine.gathered import Gathered, settled_text
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import ConflictRecord
from trac_issuesync.engine.storage import TicketEditor
from trac_issuesync.engine.versions import Versions
from trac_issuesync.engine.writing import TicketWriter, mark_for_others

__all__ = ["resolve"]


def resolve(link: Link, number: int, author: str, *, mine: bool) -> tuple[ConflictRecord, ...]:
    """Let this side's value of conflict ``number`` stand, or the other one; returns what is settled by it.

    The value is written as an edit by ``author`` and leaves even where it stands already. Raises Invalid,
    and changes nothing, where that cannot be. The caller holds the lease.
    """
    with link.store.transaction():
        records = _open_questions(link, number)
        answer = _Answer(link, records[0], author)
        values = {record.field: record.mine if mine else record.theirs for record in records}
        answer.set({**records[0].beside, **values})
        answer.write()
    return records


def _open_questions(link: Link, number: int) -> tuple[ConflictRecord, ...]:
    """The conflict, and what belongs to the same two edits and is decided with it."""
    everything = link.store.conflicts(link.id)
    chosen = next((record for record in everything if record.id == number), None)
    if chosen is None:
        raise Invalid(f"There is no conflict {number} here.", "unknown-id")
    if chosen.resolved:
        raise Invalid(f"Conflict {number} is resolved already.", "resolved")
    group = decided_with(chosen.field)
    return tuple(
        record
        for record in everything
        if (record.uid, record.change) == (chosen.uid, chosen.change) and record.field in group
    )


class _Answer:
    """One change under way, of the ticket of ``record``; all of it within one transaction."""

    def __init__(self, link: Link, record: ConflictRecord, author: str) -> None:
        self._link, self._author = link, author
        self._versions = Versions(link)
        self._gathered = Gathered()
        self._counters = link.store.counters(link.id)
        self._recorder = self._make_recorder()
        twin, self._editor = self._open(record)
        self._known = link.store.logged(link.id, [twin.ticket]).get(twin.ticket, {})
        self._twin = collect_ticket(
            link, self._recorder, self._gathered, twin, self._editor.snapshot, self._known
        )
        self._known.update({(e.time, e.field): e.origin for e in self._gathered.entries})
        self._writer = TicketWriter(link, self._gathered, self._editor, self._known)
        self._fields: list[FieldChange] = []
        self._shadow: dict[str, Shadow] = {}

    def set(self, values: dict[str, str]) -> None:
        """Write values (contract words) as one edit, and note them for the change."""
        for name, shown in self._write(values).items():
            before = self._twin.shadow.get(name)
            old = before.value if before is not None else ""
            now = self._recorder.now
            field, after = self._recorder.set_field(
                self._twin, name, values[name], shown, old, self._author, now, settles=True
            )
            self._fields.append(field)
            self._shadow[name] = after

    def write(self) -> None:
        """Store the change with everything that goes with it."""
        link, recorder = self._link, self._recorder
        recorder.complete(self._twin, self._fields, self._shadow, self._author, recorder.now)
        change, twin = recorder.record(
            self._twin,
            ChangeKind.EDIT,
            self._author,
            recorder.now,
            recorder.next_synthetic(),
            self._fields,
            shadow=self._shadow,
        )
        self._gathered.changes.append(change)
        self._gathered.keep(twin)
        for field in self._fields:
            if field.settles:
                self._gathered.settle(twin, field.name)
                link.log("resolved", settled_text(field.name, change.author), ticket=twin.ticket)
        self._gathered.write(link)
        current = link.store.counters(link.id)
        link.save_counters(replace(current, change=recorder.change, synthetic=recorder.synthetic))
        mark_for_others(link, [twin.ticket])

    def _make_recorder(self) -> Recorder:
        version = self._versions.in_force
        if version is None:
            raise Invalid("The synchronization is not connected, so nothing can be agreed on.", "handshake")
        return self._link.recorder(version.contract, self._versions.binding(version), self._counters)

    def _open(self, record: ConflictRecord) -> tuple[Twin, TicketEditor]:
        link = self._link
        twin = link.store.twins(link.id, [record.uid]).get(record.uid)
        editor = link.tracker.open(twin.ticket) if twin is not None else None
        if twin is None or editor is None or editor.snapshot.created != twin.created:
            raise Invalid(f"Ticket #{record.ticket} was deleted, so there is nothing to resolve.", "gone")
        if twin.state is not TwinState.ACTIVE:
            raise Invalid(f"The partner has deleted its ticket of #{record.ticket}.", "gone")
        if not link.tracker.may(link.sync.user, "TICKET_VIEW", twin.ticket):
            user = link.sync.user
            raise Invalid(f"The synchronization user {user} may not view #{twin.ticket}.", "hidden")
        return twin, editor

    def _write(self, values: dict[str, str]) -> dict[str, str]:
        """Returns what the ticket shows for each of them then."""
        local = {name: self._local(name, value) for name, value in values.items()}
        current = self._editor.snapshot.values
        edited = {name: text for name, text in local.items() if text != current.get(name, text)}
        if edited:
            self._writer.edit(edited, "", self._author, None)
        for ref in filter(None, map(CommentRef.parse, values)):
            at = self._writer.comment_time(ref)
            if at is None:
                raise Invalid("The comment is no longer there.", "gone")
            self._writer.edit_comment(at, local[ref.field], self._author, None)
        return {name: self._editor.snapshot.values.get(name, text) for name, text in local.items()}

    def _local(self, name: str, value: str) -> str:
        ref, binding = CommentRef.parse(name), self._recorder.binding
        if ref is None and name not in binding.fields:
            raise Invalid(f"The field {name} is no longer shared, so there is nothing to agree on.", "field")
        shadow, current = self._twin.shadow.get(name), self._editor.snapshot.values
        local = local_words(value, name, ref, shadow, current, binding, self._versions.facts)
        if local.refusal:
            raise Invalid(f"That value cannot be set here: {local.refusal}.", "refused")
        if local.create and not self._link.tracker.add_option(name, local.value):
            raise Invalid(f"{name} {local.value[:80]!r} cannot be created here.", "option")
        return local.value
