# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Turning what happened to a ticket into changes (DESIGN section 4, "Level-triggered").

Pure: a snapshot of the ticket with its log, what is recorded of the log, and the twin go in; changes, the
moved twin and the log entries to record come out. The truth is the log and the ticket, never an event.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

from msgspec import Struct
from msgspec.structs import replace

from trac_issuesync.core.authors import author_name
from trac_issuesync.core.binding import Binding
from trac_issuesync.core.contract import Contract, decided_with
from trac_issuesync.core.log_groups import Edit, edits_of, initial_value
from trac_issuesync.core.model import (
    Change,
    ChangeKind,
    CommentRef,
    FieldChange,
    Shadow,
    Side,
    TicketSnapshot,
    Twin,
    TwinState,
)
from trac_issuesync.core.timing import wire_time

__all__ = ["Captured", "Recorder", "capture_gone", "capture_new", "capture_twin", "ticket_uid"]

Logged = Mapping[tuple[int, str], "int | None"]


class Captured(Struct, frozen=True):
    """``changes`` for the outbox, the ``twin`` as it stands then, and log ``entries`` (time, field)."""

    twin: Twin
    changes: tuple[Change, ...] = ()
    entries: tuple[tuple[int, str], ...] = ()


def ticket_uid(environment: str, snapshot: TicketSnapshot) -> str:
    """The identity of a ticket born here: a number alone is used again after a deletion on SQLite."""
    return f"{environment}/{snapshot.number}/{wire_time(snapshot.created)}"


class Recorder:
    """Gives numbers to changes of one ticket after another and moves the twin with each.

    ``change`` and ``synthetic`` are the last numbers given, to be stored with what was captured; ``base`` is
    the number above which those of the present epoch are.
    """

    def __init__(
        self,
        side: Side,
        contract: Contract,
        binding: Binding,
        user: str,
        now: int,
        change: int,
        synthetic: int,
        base: int = 0,
    ) -> None:
        self.side, self.contract, self.binding = side, contract, binding
        self.user, self.now = user, now
        self.change, self.synthetic = change, synthetic
        self.base = base

    def record(
        self,
        twin: Twin,
        kind: ChangeKind,
        author: str,
        time: int,
        identity: str,
        fields: Iterable[FieldChange] = (),
        comment: str = "",
        shadow: Mapping[str, Shadow] | None = None,
        **more: object,
    ) -> tuple[Change, Twin]:
        """One change, and the twin after it. ``identity`` with ticket and kind makes the change's id."""
        self.change += 1
        change = Change(
            id=change_id(twin.uid, kind, identity),
            number=self.change,
            ticket=twin.uid,
            kind=kind,
            author=author_name(author),
            time=wire_time(time),
            version=self.contract.version,
            after=twin.last if twin.last > self.base else 0,
            seen=twin.seen,
            fields=tuple(fields),
            comment=comment,
            **more,  # type: ignore[arg-type]
        )
        moved = twin.shadow if shadow is None else {**twin.shadow, **shadow}
        return change, replace(twin, last=self.change, shadow=moved)

    def set_field(
        self,
        twin: Twin,
        name: str,
        value: str,
        local: str | None,
        old: str,
        author: str,
        time: int,
        settles: bool = False,
    ) -> tuple[FieldChange, Shadow]:
        """A field change numbered as the next change, and the shadow that goes with it."""
        known = twin.shadow.get(name)
        before = [twin.shadow[n].stamp + 1 for n in decided_with(name) if n in twin.shadow]
        stamp = wire_time(max([time, *before]))
        kind = self.contract.kind(name)
        merges = kind is not None and kind.merges
        field = FieldChange(name, value, stamp, old if merges else "", settles=settles)
        shadow = Shadow(
            value=value,
            stamp=stamp,
            local=None if local == value else local,
            number=self.change + 1,
            mine_stamp=stamp,
            mine_author=author_name(author),
            mine_version=self.contract.version,
            mine_time=wire_time(time),
            mine_settles=settles,
            swapped=known.swapped if known is not None else None,
        )
        return field, shadow

    def complete(
        self, twin: Twin, fields: list[FieldChange], shadow: dict[str, Shadow], author: str, time: int
    ) -> None:
        """Add the fields that are decided together with those there, at the values they have.

        Of a concurrent close and accept one then stands as a whole on both sides.
        """
        for name in {other for field in fields for other in decided_with(field.name)} - set(shadow):
            before = twin.shadow.get(name)
            if before is not None and name in self.binding.fields:
                field, after = self.set_field(twin, name, before.value, before.shown, "", author, time)
                fields.append(field)
                shadow[name] = after

    def next_synthetic(self) -> str:
        """An identity for a change that has no log entry; the moved shadow keeps it single."""
        self.synthetic += 1
        return f"synthetic:{self.synthetic}"


def change_id(uid: str, kind: ChangeKind, identity: str) -> str:
    """Digest that is the same whenever the same edit is captured again."""
    return hashlib.sha256(f"{uid}\n{kind.value}\n{identity}".encode()).hexdigest()[:32]


def capture_new(recorder: Recorder, uid: str, snapshot: TicketSnapshot, *, history: bool) -> Captured:
    """A ticket that has no twin: its creation, then its history (or its current content alone)."""
    twin = Twin(uid, snapshot.number, snapshot.created)
    fields: list[FieldChange] = []
    shadow: dict[str, Shadow] = {}
    reporter = snapshot.values.get("reporter", "")
    for name in recorder.binding.fields:
        local = snapshot.values.get(name, "")
        if history:
            local = initial_value(snapshot, name, local)
        field, after = recorder.set_field(
            twin, name, recorder.binding.to_contract(name, local), local, "", reporter, snapshot.created
        )
        fields.append(field)
        shadow[name] = after
    created, twin = recorder.record(
        twin, ChangeKind.CREATE, reporter, snapshot.created, "create", fields, shadow=shadow
    )
    if not history:
        entries = tuple((entry.time, entry.field) for entry in snapshot.log)
        return Captured(twin, (created,), entries)
    rest = capture_twin(recorder, twin, snapshot, {})
    return Captured(rest.twin, (created, *rest.changes), rest.entries)


def capture_twin(recorder: Recorder, twin: Twin, snapshot: TicketSnapshot, logged: Logged) -> Captured:
    """Everything that happened to a twin's ticket and is not recorded yet, oldest first.

    If the result still differs from the ticket (an edit by SQL, a rename), one synthetic change follows.
    """
    changes: list[Change] = []
    entries: list[tuple[int, str]] = []
    for edit in edits_of(snapshot, logged, recorder.side):
        entries += edit.entries
        fields, shadow = _fields_of(recorder, twin, edit)
        if fields or edit.comment.strip():
            change, twin = recorder.record(
                twin,
                ChangeKind.EDIT,
                edit.author,
                edit.time,
                edit.identity,
                fields,
                edit.comment,
                shadow,
            )
            changes.append(change)
    synthetic = _difference(recorder, twin, snapshot)
    if synthetic is not None:
        change, twin = synthetic
        changes.append(change)
    return Captured(twin, tuple(changes), tuple(entries))


def capture_gone(recorder: Recorder, twin: Twin) -> Captured:
    """The ticket of a twin was deleted here."""
    change, twin = recorder.record(twin, ChangeKind.GONE, recorder.user, recorder.now, "gone")
    return Captured(replace(twin, state=TwinState.GONE, shadow={}), (change,))


def _fields_of(recorder: Recorder, twin: Twin, edit: Edit) -> tuple[list[FieldChange], dict[str, Shadow]]:
    fields: list[FieldChange] = []
    shadow: dict[str, Shadow] = {}
    for name, (old, new) in edit.values.items():
        if CommentRef.parse(name) is None and name not in recorder.binding.fields:
            continue
        before = twin.shadow.get(name)
        value = recorder.binding.to_contract(name, new)
        was = before.value if before is not None else recorder.binding.to_contract(name, old)
        field, after = recorder.set_field(twin, name, value, new, was, edit.author, edit.time)
        fields.append(field)
        shadow[name] = after
    recorder.complete(twin, fields, shadow, edit.author, edit.time)
    return fields, shadow


def _difference(recorder: Recorder, twin: Twin, snapshot: TicketSnapshot) -> tuple[Change, Twin] | None:
    fields: list[FieldChange] = []
    shadow: dict[str, Shadow] = {}
    for name in recorder.binding.fields:
        local = snapshot.values.get(name, "")
        before = twin.shadow.get(name)
        if (before.shown if before is not None else "") == local:
            continue
        value = recorder.binding.to_contract(name, local)
        was = before.value if before is not None else ""
        field, after = recorder.set_field(twin, name, value, local, was, recorder.user, recorder.now)
        fields.append(field)
        shadow[name] = after
    if not fields:
        return None
    recorder.complete(twin, fields, shadow, recorder.user, recorder.now)
    return recorder.record(
        twin,
        ChangeKind.EDIT,
        recorder.user,
        recorder.now,
        recorder.next_synthetic(),
        fields,
        shadow=shadow,
    )
