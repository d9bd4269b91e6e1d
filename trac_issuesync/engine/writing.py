# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Writes to one open ticket, each with its record of the log rows that it made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from trac_issuesync.core.model import CommentRef
from trac_issuesync.core.timing import last_change, storing_time, wire_time
from trac_issuesync.engine.gathered import Gathered
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import LoggedEntry
from trac_issuesync.engine.storage import TicketEditor

__all__ = ["Logged", "TicketWriter", "mark_for_others"]

Logged = dict[tuple[int, str], "int | None"]


class TicketWriter:
    """Writes through ``editor``; ``known`` is what is recorded of the ticket's log and grows with each write.

    ``origin`` is the true time of a partner's edit, None for an edit of this side.
    """

    def __init__(self, link: Link, gathered: Gathered, editor: TicketEditor, known: Logged) -> None:
        self._link, self._gathered = link, gathered
        self._editor, self._known = editor, known

    def edit(self, values: Mapping[str, str], comment: str, author: str, origin: int | None) -> None:
        """Set fields (local words) and add a comment as one edit."""
        self._note(self._editor.edit(values, comment, author, self._when(origin)), origin)

    def edit_comment(self, at: int, text: str, author: str, origin: int | None) -> None:
        """Replace the text of the comment that is logged at ``at``."""
        self._note(self._editor.edit_comment(at, text, author, self._when(origin)), origin)

    def comment_time(self, ref: CommentRef) -> int | None:
        """When a comment is logged here, by the side where it was written and its original time."""
        role = self._link.sync.role
        for entry in self._editor.snapshot.log:
            if entry.field == "comment":
                origin = self._known.get((entry.time, "comment"))
                mine = origin is None and ref.side is role
                if (mine and wire_time(entry.time) == ref.time) or (
                    origin == ref.time and ref.side is not role
                ):
                    return entry.time
        return None

    def _when(self, origin: int | None) -> int:
        now = self._link.clock.now()
        return storing_time(now if origin is None else origin, last_change(self._editor.snapshot), now)

    def _note(self, written: Sequence[tuple[int, str]], origin: int | None) -> None:
        for at, name in written:
            self._known[(at, name)] = origin
            self._gathered.entries.append(LoggedEntry(self._editor.snapshot.number, at, name, origin))


def mark_for_others(link: Link, tickets: Iterable[int]) -> None:
    """What one synchronization writes to a ticket is news for the environment's others."""
    numbers = list(tickets)
    for other in link.store.syncs() if numbers else ():
        if other.id != link.id and not other.deleted:
            link.store.mark(other.id, numbers)
