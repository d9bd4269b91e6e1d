# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A tracker in memory that behaves as Trac 1.6 on SQLite does, odd corners included.

The number of the newest deleted ticket is given again; two log rows of a ticket with the same time and
field collide; a comment edit is logged under the comment's old time. ``sim_tracker`` adds what users do.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from os.path import splitext
from typing import BinaryIO

from msgspec.structs import replace

from trac_issuesync.core.errors import Denied
from trac_issuesync.core.model import AttachmentRow, Catalogue, FieldDef, LogEntry, TicketSnapshot
from trac_issuesync.core.text import clean_line, clean_text, safe_file_name
from trac_issuesync.engine.ports import Clock
from trac_issuesync.testing.sim_catalogue import GROWING, cleaned, default_catalogue, stored
from trac_issuesync.testing.sim_database import SimDatabase, TicketRow

__all__ = ["SimEditor", "SimLimits", "SimTickets"]

TEXT_LIMIT = 262_144


def _no_texts() -> dict[str, int]:
    return {"summary": TEXT_LIMIT, "description": TEXT_LIMIT, "comment": TEXT_LIMIT}


@dataclass(frozen=True)
class SimLimits:
    """``attachment`` in bytes (-1: none); ``text`` in characters by field, ``comment`` among them."""

    attachment: int = 262_144
    text: Mapping[str, int] = field(default_factory=_no_texts)


class SimTickets:
    """The tickets of one simulated project; implements ``engine.storage.Tracker``.

    ``known_users``, ``hidden`` (tickets that nobody may view), ``denied`` (pairs of a user and an action
    that the user lacks; everything else is allowed) and ``limits`` may be altered by a test at any time;
    like Trac's configuration they are no part of the database.
    """

    def __init__(
        self,
        database: SimDatabase,
        clock: Clock,
        *,
        catalogue: Catalogue | None = None,
        known_users: Sequence[str] = (),
        limits: SimLimits | None = None,
    ) -> None:
        self.database = database
        self.clock = clock
        self.known_users = set(known_users)
        self.hidden: set[int] = set()
        self.denied: set[tuple[str, str]] = set()
        self.limits = limits or SimLimits()
        self.listener: Callable[[int], None] = lambda number: None
        with database.transaction():
            database.catalogue.put("", "", catalogue or default_catalogue())

    def catalogue(self) -> Catalogue:
        return self.database.catalogue.rows("")[""]

    def read(self, numbers: Sequence[int]) -> dict[int, TicketSnapshot]:
        found = {number: self.snapshot(number) for number in numbers}
        return {number: snapshot for number, snapshot in found.items() if snapshot is not None}

    def snapshot(self, number: int) -> TicketSnapshot | None:
        """One ticket as it is now, its log by time and its attachments by name; None if there is none."""
        row = self.database.tickets.get("", number)
        if row is None:
            return None
        log = self.database.ticket_change.rows(number)
        attachments = self.database.attachment.rows(number)
        return TicketSnapshot(
            number,
            row.created,
            row.changed,
            {f.name: row.values.get(f.name, _unset(f)) for f in self.catalogue().fields},
            tuple(log[key] for key in sorted(log)),
            tuple(attachments[name] for name in sorted(attachments)),
        )

    def visible(self, numbers: Sequence[int], user: str) -> set[int]:
        return {number for number in numbers if self.may(user, "TICKET_VIEW", number)}

    def may(self, user: str, action: str, number: int) -> bool:
        return number not in self.hidden and (user, action) not in self.denied

    def numbers(self, above: int, limit: int) -> list[int]:
        return sorted(n for n in self.database.tickets.rows("") if n > above)[:limit]

    def changed_since(self, time: int) -> set[int]:
        found = {n for n, row in self.database.tickets.rows("").items() if row.created >= time}
        logs = self.database.ticket_change.groups.items()
        return found | {n for n, log in logs if any(at >= time for at, _ in log)}

    def touched_since(self, time: int) -> set[int]:
        found = {n for n, row in self.database.tickets.rows("").items() if row.changed >= time}
        attached = self.database.attachment.groups.items()
        return found | {n for n, rows in attached if any(row.time >= time for row in rows.values())}

    def open(self, number: int) -> SimEditor | None:
        self._need_transaction()
        return SimEditor(self, number) if number in self.database.tickets.rows("") else None

    def create(self, values: Mapping[str, str], when: int) -> SimEditor:
        self._need_transaction()
        editor = self.insert(self.clean(values), when)
        self.listener(editor.snapshot.number)
        return editor

    def insert(self, values: Mapping[str, str], when: int) -> SimEditor:
        """A new ticket as Trac's model makes it, with text as it is."""
        number = max(self.database.tickets.rows(""), default=0) + 1
        own = {name: self.as_stored(name, value) for name, value in values.items()}
        self.database.tickets.insert("", number, TicketRow(when, when, own))
        return SimEditor(self, number)

    def staged(self, number: int, row: AttachmentRow, content: BinaryIO) -> AbstractContextManager[BinaryIO]:
        if self.database.in_transaction:
            raise RuntimeError("bytes of attachments are copied outside transactions only")
        if number not in self.database.tickets.rows(""):
            raise Denied(f"Ticket #{number} was deleted, so it takes no attachment.", "gone")
        return nullcontext(content)

    def attach(self, number: int, row: AttachmentRow, content: BinaryIO, replaces: str) -> str:
        author, description = clean_line(row.author), clean_text(row.description)
        own = AttachmentRow(safe_file_name(row.filename), row.time, 0, author, description)
        data = content.read()
        with self.database.transaction():
            if number not in self.database.tickets.rows(""):
                raise Denied(f"Ticket #{number} was deleted, so it takes no attachment.", "gone")
            return self._stored_before(number, own, data) or self._replace_file(number, own, data, replaces)

    def _stored_before(self, number: int, row: AttachmentRow, data: bytes) -> str:
        """The name under which a run that was killed before it could note it has stored the same."""
        base, extension = splitext(row.filename)
        variant = re.compile(re.escape(base) + r"(\.[0-9]+)?" + re.escape(extension))
        for stored_row in self.database.attachment.rows(number).values():
            name = stored_row.filename
            same = (stored_row.time, stored_row.author) == (row.time, row.author) and variant.fullmatch(name)
            if same and self.database.content.get(number, name) == data:
                return name
        return ""

    def _replace_file(self, number: int, row: AttachmentRow, data: bytes, replaces: str) -> str:
        self.database.attachment.drop(number, replaces)
        self.database.content.drop(number, replaces)
        return self.add_file(number, row, data)

    def add_file(self, number: int, row: AttachmentRow, data: bytes) -> str:
        """A file as Trac's model stores it: under the next free variant of its name, which is returned."""
        name = self._free_name(number, row.filename)
        own = replace(row, filename=name, size=len(data))
        self.database.attachment.insert(number, name, own)
        self.database.content.insert(number, name, data)
        return name

    def _free_name(self, number: int, wanted: str) -> str:
        base, extension = splitext(wanted)
        name, variant = wanted, 1
        while name in self.database.attachment.rows(number):
            variant += 1
            name = f"{base}.{variant}{extension}"
        return name

    def open_attachment(self, number: int, filename: str) -> BinaryIO | None:
        content = self.database.content.get(number, filename)
        return None if content is None else io.BytesIO(content)

    def knows_user(self, name: str) -> bool:
        return name in self.known_users

    def add_option(self, field: str, name: str) -> bool:
        definition = self.catalogue().field(field)
        if definition is None or field not in GROWING:
            return False
        if name not in definition.options:
            self.set_options(field, (*definition.options, name))
        return True

    def set_options(self, field: str, options: tuple[str, ...]) -> None:
        """Give a field other options, as an administrator does; no ticket changes."""
        fields = (replace(f, options=options) if f.name == field else f for f in self.catalogue().fields)
        with self.database.transaction():
            self.database.catalogue.put("", "", Catalogue(tuple(fields)))

    def max_attachment(self) -> int:
        return self.limits.attachment

    def max_text(self, field: str) -> int:
        return self.limits.text.get(field, 0)

    def clean(self, values: Mapping[str, str]) -> dict[str, str]:
        """The engine's values without what a field cannot hold."""
        catalogue = self.catalogue()
        return {name: cleaned(catalogue.field(name), value) for name, value in values.items()}

    def as_stored(self, name: str, value: str) -> str:
        """What Trac's model makes of a value before it stores it."""
        return stored(self.catalogue().field(name), value)

    def _need_transaction(self) -> None:
        if not self.database.in_transaction:
            raise RuntimeError("A ticket is locked or created inside a transaction only.")


def _unset(definition: FieldDef) -> str:
    """What a ticket shows for a field that it has no row for."""
    return definition.default if definition.custom else ""


class SimEditor:
    """One ticket being written, with the rows that Trac's model writes; see ``engine.storage``."""

    def __init__(self, tracker: SimTickets, number: int) -> None:
        self._tracker = tracker
        self._number = number
        self._snapshot = self._read()

    @property
    def snapshot(self) -> TicketSnapshot:
        return self._snapshot

    def edit(self, values: Mapping[str, str], comment: str, author: str, when: int) -> list[tuple[int, str]]:
        written = self.save(self._tracker.clean(values), clean_text(comment), clean_line(author), when)
        self._tracker.listener(self._number)
        return written

    def save(self, values: Mapping[str, str], comment: str, author: str, when: int) -> list[tuple[int, str]]:
        """What Trac's model does with an edit; text is stored as it is."""
        current = self._snapshot.values
        new = {name: self._tracker.as_stored(name, value) for name, value in values.items()}
        old = {name: current.get(name, "") for name in new if new[name] != current.get(name, "")}
        return self.write(old, new, comment, author, when)

    def write(
        self, old: Mapping[str, str], new: Mapping[str, str], comment: str, author: str, when: int
    ) -> list[tuple[int, str]]:
        """Save the fields of ``old`` with their values in ``new``; the log keeps both as given."""
        if not old and not comment.strip():
            return []
        entries = [LogEntry(when, author, name, old[name], new[name]) for name in old]
        entries.append(LogEntry(when, author, "comment", self._next_comment_number(), comment))
        self._insert(entries)
        self._update(when, {name: new[name] for name in old})
        return [(entry.time, entry.field) for entry in entries]

    def edit_comment(self, at: int, text: str, author: str, when: int) -> list[tuple[int, str]]:
        written = self.save_comment(at, clean_text(text), clean_line(author), when)
        self._tracker.listener(self._number)
        return written

    def save_comment(self, at: int, text: str, author: str, when: int) -> list[tuple[int, str]]:
        """What Trac's model does with a comment edit; text is stored as it is."""
        rows = self._tracker.database.ticket_change.rows(self._number)
        comment = rows.get((at, "comment"))
        before = comment.new if comment else ""
        if text == before:
            return []
        revisions = [int(name[8:]) for time, name in rows if time == at and name.startswith("_comment")]
        revision = max(revisions, default=-1) + 1
        entries = [LogEntry(at, author, f"_comment{revision}", before, str(when))]
        if comment is not None:
            changed = replace(comment, new=text)
            self._tracker.database.ticket_change.put(self._number, (at, "comment"), changed)
        else:
            entries += self._comment_where_none_was(at, text)
        self._insert(entries)
        self._update(when, {})
        return [(entry.time, entry.field) for entry in entries]

    def _comment_where_none_was(self, at: int, text: str) -> list[LogEntry]:
        for entry in self._snapshot.log:
            if entry.time == at and not entry.field.startswith("_"):
                return [LogEntry(at, entry.author, "comment", "", text)]
        return []

    def _next_comment_number(self) -> str:
        rows = self._tracker.database.ticket_change.rows(self._number)
        number = 0
        for time in sorted({time for time, _ in rows}, reverse=True):
            comment = rows.get((time, "comment"))
            digits = comment.old.rsplit(".", 1)[-1] if comment else ""
            if digits.isdigit():
                return str(number + int(digits) + 1)
            number += 1
        return str(number + 1)

    def _insert(self, entries: Sequence[LogEntry]) -> None:
        for entry in entries:
            self._tracker.database.ticket_change.insert(self._number, (entry.time, entry.field), entry)

    def _update(self, when: int, values: Mapping[str, str]) -> None:
        row = self._tracker.database.tickets.rows("")[self._number]
        changed = TicketRow(row.created, when, {**row.values, **values})
        self._tracker.database.tickets.put("", self._number, changed)
        self._snapshot = self._read()

    def _read(self) -> TicketSnapshot:
        snapshot = self._tracker.snapshot(self._number)
        if snapshot is None:
            raise LookupError(f"Ticket {self._number} does not exist.")
        return snapshot
