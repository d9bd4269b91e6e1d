# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Trac's log of a ticket read as edits: who changed what at once, and which comments were edited.

A ``ticket_change`` row is unique by (time, field). ``comment`` rows hold the comment's number in ``old``
and its latest text in ``new``; ``_comment0``, ``_comment1``… rows carry the comment's old time, the text
before that edit in ``old`` and the time of the edit in ``new`` (trac.ticket.model.Ticket.modify_comment).
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from trac_issuesync.core.comments import comment_ref
from trac_issuesync.core.model import LogEntry, Side, TicketSnapshot

__all__ = ["Edit", "edits_of", "initial_value"]

Logged = Mapping[tuple[int, str], "int | None"]


class Edit(Struct, frozen=True):
    """One edit in local words: ``values`` by field as (old, new), ``entries`` the log rows it covers.

    ``order`` sorts edits; it is the time, but an edit of a comment never comes before what it edits,
    whatever a clock that stepped back says.
    """

    order: int
    time: int
    author: str
    identity: str
    values: dict[str, tuple[str, str]]
    comment: str
    entries: tuple[tuple[int, str], ...]


def initial_value(snapshot: TicketSnapshot, name: str, current: str) -> str:
    """What a field held when the ticket was created: the oldest logged change tells."""
    oldest = min((e for e in snapshot.log if e.field == name), key=lambda e: e.time, default=None)
    return current if oldest is None else oldest.old


def edits_of(snapshot: TicketSnapshot, logged: Logged, side: Side) -> list[Edit]:
    """The edits whose log rows are not in ``logged``, in the order of their times."""
    revisions = _revisions(snapshot.log)
    edits = _changesets(snapshot.log, logged, revisions)
    edits += _comment_edits(snapshot.log, logged, revisions, side)
    return sorted(edits, key=lambda edit: (edit.order, "_comment" in edit.identity))


def _revisions(log: tuple[LogEntry, ...]) -> dict[int, list[LogEntry]]:
    """Edits of each comment by the comment's time, in the order they were made."""
    found: dict[int, list[tuple[int, LogEntry]]] = {}
    for entry in log:
        if entry.field.startswith("_comment") and _whole(entry.field[8:]):
            found.setdefault(entry.time, []).append((int(entry.field[8:]), entry))
    return {at: [entry for _, entry in sorted(rows, key=lambda r: r[0])] for at, rows in found.items()}


def _changesets(
    log: tuple[LogEntry, ...], logged: Logged, revisions: Mapping[int, list[LogEntry]]
) -> list[Edit]:
    groups: dict[int, list[LogEntry]] = {}
    for entry in log:
        if not entry.field.startswith("_") and (entry.time, entry.field) not in logged:
            groups.setdefault(entry.time, []).append(entry)
    return [_changeset(at, rows, revisions.get(at, [])) for at, rows in groups.items()]


def _changeset(at: int, rows: list[LogEntry], revisions: list[LogEntry]) -> Edit:
    comment, author = "", ""
    values: dict[str, tuple[str, str]] = {}
    for entry in rows:
        if entry.field == "comment":
            comment = revisions[0].old if revisions else entry.new
            author = entry.author
        else:
            values[entry.field] = (entry.old, entry.new)
            author = author or entry.author
    fields = sorted(entry.field for entry in rows)
    identity = f"{at}:{','.join(fields)}"
    return Edit(at, at, author, identity, values, comment, tuple((at, name) for name in fields))


def _comment_edits(
    log: tuple[LogEntry, ...], logged: Logged, revisions: Mapping[int, list[LogEntry]], side: Side
) -> list[Edit]:
    latest = {entry.time: entry.new for entry in log if entry.field == "comment"}
    edits: list[Edit] = []
    for at, rows in revisions.items():
        origin = logged.get((at, "comment"))
        ref = comment_ref(at, origin, side)
        order = at
        for index, entry in enumerate(rows):
            time = int(entry.new) if _whole(entry.new) else at
            order = max(order, time)
            if (at, entry.field) in logged:
                continue
            text = rows[index + 1].old if index + 1 < len(rows) else latest.get(at, "")
            edits.append(
                Edit(
                    order,
                    time,
                    entry.author,
                    f"{at}:{entry.field}",
                    {ref.field: (entry.old, text)},
                    "",
                    ((at, entry.field),),
                )
            )
    return edits


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 19
