# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Bugs to be planted, one at a time: each takes one protection out of the engine or of its store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from model.ends import StoreMaker
from msgspec.structs import replace

from trac_issuesync.core import capture, merge
from trac_issuesync.core.log_groups import Edit
from trac_issuesync.core.model import Change, Side, TicketSnapshot, Twin
from trac_issuesync.engine import acknowledge, apply_ticket, receive
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import InboxChange, ReceivedNumber
from trac_issuesync.testing.sim_steps import SteppedStore

__all__ = ["BUGS", "RESTORES", "plant"]

Later = Callable[[], None]


def _made(kind: type[SteppedStore]) -> StoreMaker:
    return lambda end: kind(end.side.environment.database, end.clock)


class _Late(SteppedStore):
    """A store that can put off what belongs into a transaction until that has committed."""

    later: list[Later] | None = None

    @contextmanager
    def _fenced(self) -> Iterator[None]:
        if self.later is not None:
            with super()._fenced():
                yield
            return
        self.later = []
        try:
            with super()._fenced():
                yield
            for write in self.later:
                write()
        finally:
            self.later = None

    def _put_off(self, write: Later) -> None:
        if self.later is None:
            write()
        else:
            self.later.append(write)


class _AcknowledgeBeforeStore(_Late):
    """The number of a message counts as received before its changes are stored."""

    def add_inbox(self, sync: str, changes: Sequence[InboxChange]) -> None:
        self._put_off(lambda: super(_Late, self).add_inbox(sync, changes))


class _CursorBeforeCommit(_Late):
    """Log rows count as captured before the changes are stored."""

    def add_changes(self, sync: str, changes: Sequence[Change], *args: Any, **more: Any) -> None:
        self._put_off(lambda: super(_Late, self).add_changes(sync, changes, *args, **more))


class _ShadowApart(_Late):
    """The shadow moves in a transaction of its own, after the ticket was written."""

    def save_twins(self, sync: str, twins: Sequence[Twin]) -> None:
        self._put_off(lambda: super(_Late, self).save_twins(sync, twins))


class _NoUniqueKey(SteppedStore):
    """A number of a message or of a change may stand in the queues twice."""

    def add_received(self, sync: str, number: ReceivedNumber) -> None:
        with self.transaction():
            self.database.received.put(sync, number.number, number)

    def add_inbox(self, sync: str, changes: Sequence[InboxChange]) -> None:
        with self.transaction():
            for item in changes:
                self.database.inbox.put(sync, item.change.number, item)


class _GapIgnored(SteppedStore):
    """Changes forget which one of their ticket came before."""

    def add_inbox(self, sync: str, changes: Sequence[InboxChange]) -> None:
        super().add_inbox(sync, [replace(one, change=replace(one.change, after=0)) for one in changes])


class _NoFence(SteppedStore):
    """Nobody looks whether the lease is still ours."""

    @contextmanager
    def _fenced(self) -> Iterator[None]:
        held, self._held = self._held, {}
        try:
            with super()._fenced():
                yield
        finally:
            self._held = {**held, **self._held}


def _store(kind: type[SteppedStore]) -> Callable[[pytest.MonkeyPatch], StoreMaker]:
    return lambda patch: _made(kind)


def _unique_key(patch: pytest.MonkeyPatch) -> StoreMaker:
    patch.setattr(receive, "_fresh", lambda link, number: True)
    return _made(_NoUniqueKey)


def _catch_inside(patch: pytest.MonkeyPatch) -> None:
    """What fails in the middle of a ticket is passed over, and the transaction goes on."""
    run = apply_ticket.TicketApplier.run

    def forgiving(
        self: apply_ticket.TicketApplier, uid: str, rows: Sequence[InboxChange], twin: Twin | None
    ) -> Iterator[InboxChange]:
        try:
            yield from run(self, uid, rows, twin)
        except ValueError:
            return

    patch.setattr(apply_ticket.TicketApplier, "run", forgiving)


def _order_of_arrival(patch: pytest.MonkeyPatch) -> None:
    """What comes last stands."""

    def last(side: Side, *rest: object) -> Side:
        return side.other

    patch.setattr(merge, "_winner", last)


def _vector_of_all(patch: pytest.MonkeyPatch) -> None:
    """A change claims to have seen whatever was applied to any ticket."""
    record, recorder = capture.Recorder.record, Link.recorder
    highest = 0

    def counting(self: Link, *args: Any) -> capture.Recorder:
        nonlocal highest
        twins: Iterable[Twin] = self.store.database.twins.rows(self.id).values()  # type: ignore[attr-defined]
        highest = max((twin.seen for twin in twins), default=0)
        return recorder(self, *args)

    def claiming(self: capture.Recorder, twin: Twin, *args: Any, **more: Any) -> tuple[Change, Twin]:
        change, moved = record(self, replace(twin, seen=max(highest, twin.seen)), *args, **more)
        return change, replace(moved, seen=twin.seen)

    patch.setattr(Link, "recorder", counting)
    patch.setattr(capture.Recorder, "record", claiming)


def _apply_blindly(patch: pytest.MonkeyPatch) -> None:
    """A change is applied without a look at what was edited here meanwhile."""
    patch.setattr(apply_ticket, "collect_ticket", lambda recorder, gathered, twin, snapshot, logged: twin)


def _cursor_of_time(patch: pytest.MonkeyPatch) -> None:
    """Only what is logged later than anything recorded counts as new."""
    edits_of = capture.edits_of

    def later(snapshot: TicketSnapshot, logged: capture.Logged, side: Side) -> list[Edit]:
        newest = max((at for at, _ in logged), default=0)
        edits = edits_of(snapshot, logged, side)
        return [edit for edit in edits if edit.time > newest or "_comment" in edit.identity]

    patch.setattr(capture, "edits_of", later)


def _no_guard(patch: pytest.MonkeyPatch) -> None:
    """Nobody compares what an acknowledgement says with what was sent."""
    patch.setattr(acknowledge, "judge_ack", lambda link, counters, ack, expected: "")


BUGS: dict[str, Callable[[pytest.MonkeyPatch], StoreMaker | None]] = {
    "acknowledge before store": _store(_AcknowledgeBeforeStore),
    "cursor before commit": _store(_CursorBeforeCommit),
    "missing unique key": _unique_key,
    "catch inside a transaction": _catch_inside,
    "winner by order of arrival": _order_of_arrival,
    "vector per synchronization": _vector_of_all,
    "apply without capturing first": _apply_blindly,
    "log cursor by time": _cursor_of_time,
    "gap ignored": _store(_GapIgnored),
    "shadow outside the apply transaction": _store(_ShadowApart),
    "numbers reused after a restore": _no_guard,
    "lease without fence": _store(_NoFence),
}

# Found only where backups are brought back.
RESTORES = frozenset({"numbers reused after a restore"})


def plant(name: str, patch: pytest.MonkeyPatch) -> StoreMaker | None:
    """Put a bug into the engine until ``patch`` is undone; what makes stores, if the bug is in those."""
    return BUGS[name](patch)
