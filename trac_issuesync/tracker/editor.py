# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Writes to one ticket through Trac's own model, so that other plugins' listeners see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from trac.env import Environment
from trac.ticket.model import Ticket
from trac.util.datefmt import from_utimestamp
from trac.util.text import empty

from trac_issuesync.core.errors import Denied
from trac_issuesync.core.model import FieldKind, LogEntry, TicketSnapshot
from trac_issuesync.core.text import clean_line, clean_text
from trac_issuesync.tracker.catalogue import Layout
from trac_issuesync.tracker.forms import from_model, to_model
from trac_issuesync.tracker.quiet import applying
from trac_issuesync.tracker.reader import TicketReader, log_entry

__all__ = ["TracEditor", "create_ticket", "open_ticket"]

Written = list[tuple[int, str]]


class _SyncTicket(Ticket):
    """Trac's ticket over a layout's list of fields, filled from a snapshot instead of by reading again."""

    def __init__(self, env: Environment, layout: Layout, snapshot: TicketSnapshot | None = None) -> None:
        self.env = env
        self.fields = layout.fields
        self.editable_fields = set(layout.editable)
        self.std_fields = [field["name"] for field in layout.fields if not field.get("custom")]
        self.custom_fields = list(layout.custom)
        self.time_fields = list(layout.times)
        self.values = {}
        self._old = {}
        self.id = None
        self.version = None
        if snapshot:
            self.id = snapshot.number
            self.values = _model_values(layout, snapshot)


class TracEditor:
    """Implements ``engine.storage.TicketEditor``; made by ``open_ticket`` and ``create_ticket``."""

    def __init__(
        self, env: Environment, layout: Layout, reader: TicketReader, ticket: Ticket, snapshot: TicketSnapshot
    ) -> None:
        self._env = env
        self._layout = layout
        self._reader = reader
        self._ticket = ticket
        self._snapshot = snapshot

    @property
    def snapshot(self) -> TicketSnapshot:
        """The ticket with all that was written so far, values as Trac stored them."""
        return self._snapshot

    def edit(self, values: Mapping[str, str], comment: str, author: str, when: int) -> Written:
        """See ``TicketEditor.edit``; nothing is written if neither a value nor a comment is new."""
        ticket, before = self._ticket, dict(self._ticket.values)
        for name, text in values.items():
            native = _native(self._layout, name, text)
            if from_model(self._layout.kinds[name], native) != self._snapshot.values[name]:
                ticket[name] = native
        comment = clean_text(comment)
        if ticket.values == before and not comment.strip():
            return []
        with applying():
            if not ticket.save_changes(clean_line(author), comment, from_utimestamp(when)):
                return []
        return self._note(when, when)

    def edit_comment(self, at: int, text: str, author: str, when: int) -> Written:
        """See ``TicketEditor.edit_comment``; Denied if there is no change at that time any more."""
        known = {entry.field for entry in self._snapshot.log if entry.time == at}
        if not known:
            raise Denied("The comment to change is no longer there.", "no_comment")
        with applying():
            self._ticket.modify_comment(
                from_utimestamp(at), clean_line(author), clean_text(text), from_utimestamp(when)
            )
        return [entry for entry in self._note(at, when) if entry[1] not in known]

    def _note(self, at: int, when: int) -> Written:
        """Bring the snapshot up to date with all the log rows at ``at``; returns them as (time, field)."""
        old = self._snapshot
        changed, rows = self._written(at)
        if changed != when:
            self._read_again()
        else:
            kinds = self._layout.kinds
            log = tuple(entry for entry in old.log if entry.time < at)
            later = tuple(entry for entry in old.log if entry.time > at)
            new = {entry.field: entry.new for entry in rows if entry.field in kinds and at == when}
            self._snapshot = TicketSnapshot(
                number=old.number,
                created=old.created,
                changed=when,
                values=old.values | new,
                log=(*log, *rows, *later),
                attachments=old.attachments,
            )
        return [(entry.time, entry.field) for entry in rows]

    def _written(self, at: int) -> tuple[int, list[LogEntry]]:
        """When the ticket says it was changed, and its log rows at a time."""
        rows = self._env.db_query(
            """SELECT t.changetime, c.author, c.field, c.oldvalue, c.newvalue
               FROM ticket AS t LEFT JOIN ticket_change AS c ON c.ticket=t.id AND c.time=%s WHERE t.id=%s""",
            (at, self._snapshot.number),
        )
        entries = [log_entry(self._layout, at, *row[1:]) for row in rows if row[2]]
        return rows[0][0] if rows else 0, sorted(entries, key=lambda entry: entry.field)

    def _read_again(self) -> None:
        # Another plugin's listener wrote to the same ticket meanwhile.
        number = self._snapshot.number
        snapshot = self._reader.read([number]).get(number)
        if snapshot is None:
            raise Denied(f"Another plugin deleted ticket #{number} while it was being changed.", "gone")
        self._ticket = _SyncTicket(self._env, self._layout, snapshot)
        self._snapshot = snapshot


def open_ticket(env: Environment, layout: Layout, reader: TicketReader, number: int) -> TracEditor | None:
    """An editor for a ticket, or None if there is none; inside a write transaction, which locks the ticket.

    On SQLite the transaction holds the only write lock; elsewhere the reader locks the row.
    """
    snapshot = reader.read([number]).get(number)
    if snapshot is None:
        return None
    return TracEditor(env, layout, reader, _SyncTicket(env, layout, snapshot), snapshot)


def create_ticket(
    env: Environment, layout: Layout, reader: TicketReader, values: Mapping[str, str], when: int
) -> TracEditor:
    """Insert a ticket; a field given as empty is empty, one not given at all gets Trac's default."""
    ticket = _SyncTicket(env, layout)
    ticket.values = dict(layout.defaults)
    for name, text in values.items():
        ticket[name] = _native(layout, name, text)
    if not ticket.values.get("status"):
        ticket["status"] = "new"
    with applying():
        number = ticket.insert(from_utimestamp(when))
    stored = {name: from_model(kind, ticket.values.get(name)) for name, kind in layout.kinds.items()}
    snapshot = TicketSnapshot(number, when, when, stored, (), ())
    editor = TracEditor(env, layout, reader, ticket, snapshot)
    if _changed(env, number) != when:
        editor._read_again()
    return editor


def _native(layout: Layout, name: str, text: str) -> str | datetime | None:
    kind = layout.kinds.get(name)
    if kind is None:
        raise Denied(f"There is no field {name} in this project any more. Change the mapping.", "no_field")
    return to_model(kind, text, name)


def _model_values(layout: Layout, snapshot: TicketSnapshot) -> dict[str, object]:
    """What Trac's model would have read from the database.

    But for one thing: Trac stores the default of a custom field that has no row yet with the next save,
    whoever makes it. Here it is stored when somebody sets it.
    """
    values: dict[str, object] = {name: value or empty for name, value in snapshot.values.items()}
    for name in layout.times:
        if name in snapshot.values:
            values[name] = to_model(FieldKind.TIME, snapshot.values[name], name)
    values["time"] = from_utimestamp(snapshot.created)
    values["changetime"] = from_utimestamp(snapshot.changed)
    return values


def _changed(env: Environment, number: int) -> int:
    rows = env.db_query("SELECT changetime FROM ticket WHERE id=%s", (number,))
    return rows[0][0] if rows else 0
