# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Reads all tickets of a Trac environment as facts, without Trac and without the product.

Only the database's driver, the attachment files and Trac's documented layout are used. The product's tables
are read for one thing: the original time of an edit that had to be stored under another one.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from support.plain_database import PlainDatabase

__all__ = ["Attachment", "Change", "Comment", "CommentEdit", "TicketFacts", "read"]


@dataclass(frozen=True, slots=True, order=True)
class Change:
    """One value changed. ``time`` is when it was made at its origin, in µs since 1970."""

    field: str
    old: str
    new: str
    author: str
    time: int


@dataclass(frozen=True, slots=True, order=True)
class Comment:
    """A comment as it reads now."""

    author: str
    time: int
    text: str


@dataclass(frozen=True, slots=True, order=True)
class CommentEdit:
    """One edit of the comment made at ``comment_time``; both times at the origin, in µs."""

    editor: str
    time: int
    comment_time: int
    before: str
    after: str


@dataclass(frozen=True, slots=True, order=True)
class Attachment:
    """An attached file. ``sha256`` is of the bytes on disk, empty if there is no such file."""

    name: str
    sha256: str
    size: int
    author: str
    time: int
    description: str


@dataclass(frozen=True, slots=True)
class TicketFacts:
    """All there is to know about one ticket. ``created`` is in µs; ``fields`` holds the non-empty values."""

    number: int
    reporter: str
    created: int
    first_summary: str
    fields: Mapping[str, str]
    changes: tuple[Change, ...]
    comments: tuple[Comment, ...]
    edits: tuple[CommentEdit, ...]
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of ``ticket_change``; ``moved`` is the original time of an edit that came from the partner."""

    time: int
    author: str
    field: str
    old: str
    new: str
    moved: int | None

    @property
    def origin(self) -> int:
        return self.time if self.moved is None else self.moved


COLUMNS = (
    "id", "type", "time", "component", "severity", "priority", "owner", "reporter", "cc", "version",
    "milestone", "status", "resolution", "summary", "description", "keywords",
)  # fmt: skip


def read(env_path: str | Path, partner: str | None = None) -> list[TicketFacts]:
    """Every ticket of the environment by number; `` (partner)`` is taken off the names of people.

    Raises FileNotFoundError where there is no database, the driver's errors where it cannot be read.
    """
    env = Path(env_path)
    with PlainDatabase(env) as database:
        return _Reader(env, database, partner).tickets()


class _Reader:
    """One pass over one database, in one read transaction."""

    def __init__(self, env: Path, database: PlainDatabase, partner: str | None) -> None:
        self.env = env
        self.database = database
        self.suffix = f" ({partner})" if partner else None
        self.logged = {
            (ticket, time, field): int(str(origin))
            for ticket, time, field, origin in self._own("issuesync_logged", "ticket, time, field, origin")
        }
        self.attached = {
            (ticket, name, time): int(str(origin))
            for ticket, name, time, origin in self._own(
                "issuesync_attachment", "ticket, filename, time, origin"
            )
        }

    def tickets(self) -> list[TicketFacts]:
        rows = self.database.rows(f"SELECT {', '.join(COLUMNS)} FROM ticket ORDER BY id")
        custom: dict[int, dict[str, str]] = {}
        for number, name, value in self.database.rows("SELECT ticket, name, value FROM ticket_custom"):
            custom.setdefault(number, {})[name] = value or ""
        return [self._ticket(dict(zip(COLUMNS, row, strict=True)), custom.get(row[0], {})) for row in rows]

    def _ticket(self, row: dict[str, object], custom: dict[str, str]) -> TicketFacts:
        number, created = int(str(row.pop("id"))), int(str(row.pop("time")))
        fields = {name: "" if value is None else str(value) for name, value in row.items()} | custom
        for name in ("reporter", "owner"):
            fields[name] = self._person(fields[name])
        log = self._log(number)
        comments, edits = _talk(log)
        summaries = [entry.old for entry in log if entry.field == "summary"]
        return TicketFacts(
            number=number,
            reporter=fields["reporter"],
            created=created,
            first_summary=summaries[0] if summaries else fields["summary"],
            fields={name: value for name, value in fields.items() if value},
            changes=tuple(sorted(self._change(entry) for entry in log if _is_value(entry))),
            comments=comments,
            edits=edits,
            attachments=self._attachments(number),
        )

    def _own(self, table: str, columns: str) -> list[tuple[object, ...]]:
        """Rows of one of the product's tables that name an original time; none if it is not installed."""
        if not self.database.has(table):
            return []
        return self.database.rows(f"SELECT {columns} FROM {table} WHERE origin IS NOT NULL")

    def _person(self, name: str | None) -> str:
        name = name or ""
        return name.removesuffix(self.suffix) if self.suffix else name

    def _log(self, number: int) -> list[_Row]:
        rows = self.database.rows(
            "SELECT time, author, field, oldvalue, newvalue FROM ticket_change WHERE ticket=? ORDER BY time",
            number,
        )
        return [
            _Row(
                time=time,
                author=self._person(author),
                field=field,
                old=old or "",
                new=new or "",
                moved=self.logged.get((number, time, field)),
            )
            for time, author, field, old, new in rows
        ]

    def _change(self, row: _Row) -> Change:
        person = row.field in ("owner", "reporter")
        old, new = (self._person(row.old), self._person(row.new)) if person else (row.old, row.new)
        return Change(field=row.field, old=old, new=new, author=row.author, time=row.origin)

    def _attachments(self, number: int) -> tuple[Attachment, ...]:
        rows = self.database.rows(
            "SELECT filename, size, time, description, author FROM attachment WHERE type='ticket' AND id=?",
            str(number),
        )
        return tuple(
            sorted(
                Attachment(
                    name=name,
                    sha256=self._digest(number, name),
                    size=size or 0,
                    author=self._person(author),
                    time=self.attached.get((number, name, time), time),
                    description=description or "",
                )
                for name, size, time, description, author in rows
            )
        )

    def _digest(self, number: int, name: str) -> str:
        parent = hashlib.sha1(str(number).encode()).hexdigest()
        extension = re.search(r"\.[A-Za-z0-9]+\Z", name)
        stored = hashlib.sha1(name.encode()).hexdigest() + (extension.group(0) if extension else "")
        path = self.env / "files" / "attachments" / "ticket" / parent[:3] / parent / stored
        return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def _is_value(row: _Row) -> bool:
    """Trac also logs NULL becoming empty, which nobody sees as a change."""
    return row.field != "comment" and not row.field.startswith("_") and row.old != row.new


def _talk(log: list[_Row]) -> tuple[tuple[Comment, ...], tuple[CommentEdit, ...]]:
    """Comments that say or said something, and their edits: Trac keeps edits as rows ``_comment0`` and on."""
    comments, edits = [], []
    for row in (row for row in log if row.field == "comment"):
        history = sorted(
            (entry for entry in log if entry.time == row.time and entry.field.startswith("_comment")),
            key=lambda entry: int(entry.field.removeprefix("_comment")),
        )
        texts = [*(entry.old for entry in history), row.new]
        if any(texts):
            comments.append(Comment(author=row.author, time=row.origin, text=row.new))
        for number, entry in enumerate(history):
            # The row stands under the comment's time and holds the edit's own time as its new value.
            at = int(entry.new) if entry.moved is None else entry.moved
            edits.append(
                CommentEdit(
                    editor=entry.author,
                    time=at,
                    comment_time=row.origin,
                    before=texts[number],
                    after=texts[number + 1],
                )
            )
    return tuple(sorted(comments)), tuple(sorted(edits))
