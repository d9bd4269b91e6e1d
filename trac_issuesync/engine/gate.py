# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The gate between outbox and messages: what plugins let through leaves, the rest is held with its reason.

Plugins are asked when a change is about to be numbered, not when it is captured: that happens inside
transactions, which nobody may keep waiting. What they answer is used in the transaction that puts the
change into its message, so that it is altered once and for all, under the number that it already has.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from trac_issuesync.core.model import Change, Twin
from trac_issuesync.core.vetting import leaving
from trac_issuesync.engine.fitting import fitting
from trac_issuesync.engine.hooks import Stopped
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import HeldChange
from trac_issuesync.engine.versions import Versions
from trac_issuesync.engine.vetting import ask_outgoing

__all__ = ["Gate"]

_ASKED_AGAIN = 3600 * 1_000_000


class Gate:
    """For one round of numbering: ``ask`` outside transactions, then ``leave`` and ``seal`` inside one."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._versions: Versions | None = None
        self._answers: dict[int, Change | Stopped] = {}
        self._blocked: set[str] = set()
        self._late: set[str] = set()
        self._reasons: dict[int, str] = {}
        self._free()

    def ask(self) -> None:
        """Ask plugins about what waits, unless there is nobody to ask."""
        link = self._link
        if not link.hooks.outgoing:
            return
        waiting = link.store.waiting_changes(link.id, link.pace.most_changes)
        fresh = [c for c in waiting if c.number not in self._answers and c.ticket not in self._blocked]
        if fresh:
            self._versions = self._versions or Versions(link)
            self._answers.update(ask_outgoing(link, self._versions, fresh))

    def leave(self, waiting: Sequence[Change]) -> tuple[list[Change], int]:
        """Those of the ``waiting`` changes that leave now, as they leave, and how many were held instead."""
        link = self._link
        asking = link.hooks.outgoing
        if not asking and not self._blocked:
            return list(waiting), 0
        held: list[HeldChange] = []
        going: list[Change] = []
        for change in waiting:
            answer = self._answers.get(change.number) if asking else change
            if change.ticket in self._blocked:
                held.append(HeldChange(change.number, change.ticket, "", "", link.clock.now()))
            elif isinstance(answer, Stopped):
                held.append(self._hold(change, answer))
            elif answer is None:
                # Captured since plugins were asked; its ticket goes on in the next round.
                self._late.add(change.ticket)
            elif change.ticket not in self._late:
                going.append(answer)
        if held:
            link.store.hold(link.id, held)
        return going, len(held)

    def seal(self, waiting: Sequence[Change], going: Sequence[Change]) -> list[Change]:
        """Make final what goes into the message now: shadows move with what plugins altered."""
        if not self._link.hooks.outgoing:
            return list(going)
        captured = {change.number: change for change in waiting}
        store, sync = self._link.store, self._link.id
        twins = store.twins(sync, sorted({change.ticket for change in going}))
        sealed = [self._seal(captured[change.number], change, twins) for change in going]
        store.save_twins(sync, list(twins.values()))
        return sealed

    def _seal(self, captured: Change, change: Change, twins: dict[str, Twin]) -> Change:
        twin = twins.get(change.ticket)
        final = leaving(captured, change, twin.shadow if twin is not None else {})
        if twin is not None and final.shadow:
            twins[change.ticket] = replace(twin, shadow={**twin.shadow, **final.shadow})
        if final.withheld:
            text = f"Plugins left out of change {change.number}: {', '.join(final.withheld)}."
            self._link.log("withheld", text, ticket=twin.ticket if twin is not None else 0)
        return fitting(final.change)

    def _hold(self, change: Change, stopped: Stopped) -> HeldChange:
        link = self._link
        self._blocked.add(change.ticket)
        if self._reasons.get(change.number) != stopped.reason:
            twin = link.store.twins(link.id, [change.ticket]).get(change.ticket)
            text = (
                f"Change {change.number} of {change.author} does not leave: the plugin {stopped.by} says:"
                f" {stopped.reason}."
            )
            link.log("held", text, ticket=twin.ticket if twin is not None else 0, problem=True)
        return HeldChange(change.number, change.ticket, stopped.reason, stopped.by, link.clock.now())

    def _free(self) -> None:
        """Let plugins look again at what they held; what nobody asks about stays where it is."""
        link = self._link
        held = link.store.held(link.id)
        if not held:
            return
        heads = {row.uid: row for row in held if row.reason}
        changed = {change.ticket for change in link.store.waiting_changes(link.id, link.pace.most_changes)}
        # Without a reason is what an administrator freed while a round was under way that held it again.
        freed = {row.uid for row in held} - set(heads)
        again = sorted(freed) + [uid for uid, row in heads.items() if self._is_due(row, changed)]
        self._blocked = {row.uid for row in held} - set(again)
        self._reasons = {row.number: row.reason for row in held}
        if again:
            with link.store.transaction():
                link.store.unhold(link.id, again)

    def _is_due(self, row: HeldChange, changed: set[str]) -> bool:
        link = self._link
        if not row.by:
            return False
        aged = not 0 <= link.clock.now() - row.since < _ASKED_AGAIN
        return aged or row.uid in changed or row.by not in link.hooks.names
