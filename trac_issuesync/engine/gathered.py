# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What one transaction has captured so far, written in batches at its end."""

from __future__ import annotations

from dataclasses import dataclass, field

from msgspec.structs import replace

from trac_issuesync.core.capture import Captured, Recorder, capture_gone
from trac_issuesync.core.model import Change, Twin, TwinState
from trac_issuesync.engine.fitting import fitting
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import AttachmentRecord, ConflictRecord, LoggedEntry

__all__ = ["Gathered", "settled_text"]


@dataclass
class Gathered:
    """What one transaction writes at its end, in batches."""

    changes: list[Change] = field(default_factory=list)
    twins: dict[str, Twin] = field(default_factory=dict)
    entries: list[LoggedEntry] = field(default_factory=list)
    attachments: list[AttachmentRecord] = field(default_factory=list)
    conflicts: list[ConflictRecord] = field(default_factory=list)
    settled: list[tuple[Twin, str]] = field(default_factory=list)
    buried: list[int] = field(default_factory=list)

    def add(self, captured: Captured) -> Twin:
        """Take in what was captured of one ticket; the twin as it stands now."""
        twin = captured.twin
        self.changes += captured.changes
        self.keep(twin)
        self.entries += [LoggedEntry(twin.ticket, at, name) for at, name in captured.entries]
        return twin

    def keep(self, twin: Twin) -> Twin:
        """Store the twin as it stands now."""
        self.twins[twin.uid] = twin
        return twin

    def bury(self, recorder: Recorder, twin: Twin) -> Twin:
        """The ticket of a twin is gone, and its number may be another's by now, with a log of its own."""
        self.buried.append(twin.ticket)
        if twin.state is TwinState.ACTIVE:
            return self.add(capture_gone(recorder, twin))
        return self.keep(replace(twin, state=TwinState.GONE, shadow={}))

    def settle(self, twin: Twin, name: str) -> None:
        """The open questions about a field of a twin are answered."""
        self.settled.append((twin, name))
        self.conflicts = [
            replace(r, resolved=r.resolved or (r.uid, r.field) == (twin.uid, name)) for r in self.conflicts
        ]

    def write(self, link: Link) -> None:
        """Store it all, in the current transaction."""
        link.store.drop_logged(link.id, self.buried)
        link.store.add_logged(link.id, self.entries)
        link.store.add_changes(link.id, [self._fit(link, change) for change in self.changes])
        link.store.save_twins(link.id, list(self.twins.values()))
        link.store.save_attachments(link.id, self.attachments)
        # Of a ticket that only one side has there is nothing to agree on.
        alone = [(twin, "") for twin in self.twins.values() if twin.state is not TwinState.ACTIVE]
        for twin, name in [*self.settled, *alone]:
            there = link.store.conflicts(link.id, ticket=twin.ticket, unresolved=True)
            ids = [r.id for r in there if r.uid == twin.uid and name in ("", r.field)]
            link.store.resolve_conflicts(link.id, ids)
        link.store.add_conflicts(link.id, self.conflicts)

    def _fit(self, link: Link, change: Change) -> Change:
        fit = fitting(change)
        if fit is not change:
            twin = self.twins.get(change.ticket)
            text = f"Change {change.number} of {change.author} is too long for a message: it goes cut off."
            link.log("cut", text, ticket=twin.ticket if twin is not None else 0, problem=True)
        return fit


def settled_text(field: str, author: str) -> str:
    """The line of the log about an answered conflict, in the same words on both sides."""
    return f"The conflict about {field} was settled by {author}."
