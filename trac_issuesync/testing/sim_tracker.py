# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A tracker in memory, and what people, scripts and administrators do to it behind the engine's back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trac_issuesync.core.model import AttachmentRow, Catalogue
from trac_issuesync.engine.ports import Clock
from trac_issuesync.testing.sim_database import SimDatabase, TicketRow
from trac_issuesync.testing.sim_tickets import SimEditor, SimLimits, SimTickets

__all__ = ["Pending", "SimTracker"]


class Pending:
    """An edit that has taken its time and read its old values, but is not committed yet."""

    def __init__(
        self,
        tracker: SimTickets,
        number: int,
        values: Mapping[str, str],
        comment: str,
        author: str,
        time: int,
    ) -> None:
        current = tracker.read([number])[number].values
        new = {name: tracker.as_stored(name, value) for name, value in values.items()}
        self._tracker = tracker
        self._number = number
        self._new = new
        self._old = {name: current[name] for name in new if new[name] != current[name]}
        self._comment = comment
        self._author = author
        self.time = time

    def commit(self) -> None:
        """Write it now under the time taken before; LookupError if the ticket has been deleted."""
        with self._tracker.database.transaction():
            editor = SimEditor(self._tracker, self._number)
            editor.write(self._old, self._new, self._comment, self._author, self.time)


class SimTracker(SimTickets):
    """The tickets of one simulated project and its users, each act in a transaction of its own.

    A ``time`` that is given is used as it is, even if it lies in the past, and collides with a log row of
    the same time; without one it is the clock's, moved by microseconds while that is taken on the ticket.
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
        super().__init__(database, clock, catalogue=catalogue, known_users=known_users, limits=limits)
        self._promised: set[tuple[int, int]] = set()

    def user_create(self, values: Mapping[str, str], author: str, time: int | None = None) -> int:
        """A new ticket with Trac's defaults for what is not given; returns its number."""
        when = self.clock.now() if time is None else time
        defaults = {f.name: f.default for f in self.catalogue().fields}
        given = {**defaults, "status": "new", "reporter": author, **values}
        with self.database.transaction():
            return self.insert(given, when).snapshot.number

    def user_edit(
        self, number: int, values: Mapping[str, str], comment: str, author: str, time: int | None = None
    ) -> int:
        """Fields and comment in one change; returns the time of it."""
        when = self._free_time(number) if time is None else time
        with self.database.transaction():
            SimEditor(self, number).save(values, comment, author, when)
        return when

    def user_comment_edit(self, number: int, at: int, text: str, author: str, time: int | None = None) -> int:
        """Other words for the comment logged at ``at``; returns the time of the edit."""
        when = self.clock.now() if time is None else time
        with self.database.transaction():
            SimEditor(self, number).save_comment(at, text, author, when)
        return when

    def user_attach(
        self,
        number: int,
        name: str,
        data: bytes,
        author: str,
        time: int | None = None,
        *,
        description: str = "",
    ) -> str:
        """A file on a ticket; returns the name that it got."""
        when = self.clock.now() if time is None else time
        row = AttachmentRow(name, when, len(data), author, description)
        with self.database.transaction():
            return self.add_file(number, row, data)

    def user_detach(self, number: int, name: str) -> None:
        """Delete an attachment; Trac logs nothing of it."""
        with self.database.transaction():
            self.database.attachment.drop(number, name)
            self.database.content.drop(number, name)

    def user_delete(self, number: int) -> None:
        """Delete a ticket with its log and attachments; the newest one's number is free again."""
        with self.database.transaction():
            self.database.tickets.drop("", number)
            self.database.ticket_change.clear(number)
            self.database.attachment.clear(number)
            self.database.content.clear(number)

    def sql_rename(self, field: str, old: str, new: str) -> None:
        """Rename an option as Trac does: tickets change with no log row and no new change time."""
        definition = self.catalogue().field(field)
        with self.database.transaction():
            for number, row in list(self.database.tickets.rows("").items()):
                if row.values.get(field) == old:
                    values = {**row.values, field: new}
                    self.database.tickets.put("", number, TicketRow(row.created, row.changed, values))
            if definition is not None and old in definition.options:
                options = tuple(new if option == old else option for option in definition.options)
                self.set_options(field, options)

    def begin_edit(self, number: int, values: Mapping[str, str], comment: str, author: str) -> Pending:
        """An edit by another request that takes its time now and commits later, or never."""
        when = self._free_time(number)
        self._promised.add((number, when))
        return Pending(self, number, values, comment, author, when)

    def _free_time(self, number: int) -> int:
        taken = {time for time, _ in self.database.ticket_change.rows(number)}
        when = self.clock.now()
        while when in taken or (number, when) in self._promised:
            when += 1
        return when
