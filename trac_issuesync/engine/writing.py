# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Writes to one open ticket, each with its record of the log rows that it made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from trac_issuesync.core.comments import comment_ref, origin_of
from trac_issuesync.core.model import CommentRef, Side, Twin
from trac_issuesync.core.plan import Plan
from trac_issuesync.core.timing import last_change, storing_time
from trac_issuesync.engine.gathered import Gathered
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import LoggedEntry
from trac_issuesync.engine.storage import TicketEditor

__all__ = ["Logged", "TicketWriter", "mark_for_others", "settled"]

Logged = dict[tuple[int, str], "int | None"]


class TicketWriter:
    """Writes through ``editor``; ``known`` is what is recorded of the ticket's log and grows with each write.

    ``origin`` is the true time of a partner's edit, None for an edit of this side. ``maker`` is the side
    where a comment that the partner sends was first written.
    """

    def __init__(self, link: Link, gathered: Gathered, editor: TicketEditor, known: Logged) -> None:
        self._link, self._gathered = link, gathered
        self._editor, self._known = editor, known

    def edit(
        self,
        values: Mapping[str, str],
        comment: str,
        author: str,
        origin: int | None,
        maker: Side | None = None,
    ) -> None:
        """Set fields (local words) and add a comment as one edit."""
        written = self._editor.edit(values, comment, author, self._when(origin))
        if origin is not None and maker is not None:
            origin = origin_of(CommentRef(maker, origin), self._link.sync.role)
        self._note(written, origin)

    def edit_comment(self, at: int, text: str, author: str, origin: int | None) -> None:
        """Replace the text of the comment that is logged at ``at``."""
        self._note(self._editor.edit_comment(at, text, author, self._when(origin)), origin)

    def comment_time(self, ref: CommentRef) -> int | None:
        """When a comment is logged here, by the side where it was written and its original time."""
        for entry in self._editor.snapshot.log:
            if entry.field == "comment":
                origin = self._known.get((entry.time, "comment"))
                if comment_ref(entry.time, origin, self._link.sync.role) == ref:
                    return entry.time
        return None

    def _when(self, origin: int | None) -> int:
        now = self._link.clock.now()
        return storing_time(now if origin is None else origin, last_change(self._editor.snapshot), now)

    def _note(self, written: Sequence[tuple[int, str]], origin: int | None) -> None:
        for at, name in written:
            self._known[(at, name)] = origin
            self._gathered.entries.append(LoggedEntry(self._editor.snapshot.number, at, name, origin))


def settled(twin: Twin, editor: TicketEditor, plan: Plan) -> Twin:
    """The shadow after writing: what the ticket shows may be cleaned further by Trac."""
    values = editor.snapshot.values
    shadow = dict(twin.shadow)
    for name, moved in plan.shadow.items():
        if name in plan.passed:
            continue
        shown = values.get(name, moved.shown)
        shadow[name] = replace(moved, local=None if shown == moved.value else shown)
    return replace(twin, shadow=shadow)


def mark_for_others(link: Link, tickets: Iterable[int]) -> None:
    """What one synchronization writes to a ticket is news for the environment's others."""
    numbers = list(tickets)
    for other in link.store.syncs() if numbers else ():
        if other.id != link.id and not other.deleted:
            link.store.mark(other.id, numbers)
