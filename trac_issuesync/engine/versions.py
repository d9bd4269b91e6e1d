# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Contract versions and bindings as one round of work needs them, read once."""

from __future__ import annotations

from collections.abc import Mapping

from trac_issuesync.core.binding import Binding
from trac_issuesync.core.model import Catalogue, Change, Policy, Side, Twin
from trac_issuesync.core.plan import Facts, Plan, plan_change
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import Published
from trac_issuesync.engine.storage import TicketEditor

__all__ = ["Versions"]


class Versions:
    """Bindings by contract version over the project's catalogue, which is read once until ``forget``."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self.published = {v.contract.version: v for v in link.store.versions(link.id)}
        self.in_force = link.in_force()
        self._catalogue: Catalogue | None = None
        self._bindings: dict[int, Binding] = {}
        self._users: dict[str, bool] = {}
        self._longest: dict[str, int] = {}
        ours, theirs = link.sync.yields, link.store.counters(link.id).partner_yields
        gives_way = ours if ours is not None and ours is theirs else Side.SLAVE
        self.facts = Facts(self._knows_user, self._max_text, self._policy, gives_way)

    def forget(self) -> None:
        """Read the project's options anew (one was created)."""
        self._catalogue = None
        self._bindings.clear()

    def bound(self, version: int) -> Published | None:
        """The version if this side has bound it; its changes wait until then."""
        found = self.published.get(version)
        return found if found is not None and found.ours is not None else None

    def binding(self, version: Published) -> Binding:
        number = version.contract.version
        if number not in self._bindings:
            if self._catalogue is None:
                self._catalogue = self._link.tracker.catalogue()
            self._bindings[number] = self._link.binding(version, self._catalogue)
        return self._bindings[number]

    def plan(
        self,
        change: Change,
        version: Published,
        twin: Twin | None,
        editor: TicketEditor | None,
        later: frozenset[str],
        instead: Mapping[str, str],
        skip: Mapping[str, str] | None,
    ) -> Plan:
        """What a change made under ``version`` means for a ticket as it is now; see ``plan_change``."""
        binding, contract = self.binding(version), version.contract
        current = editor.snapshot.values if editor is not None else {}
        shadows = twin.shadow if twin is not None else {}
        return plan_change(change, shadows, current, binding, contract, self.facts, later, instead, skip)

    def _knows_user(self, name: str) -> bool:
        if name not in self._users:
            self._users[name] = self._link.tracker.knows_user(name)
        return self._users[name]

    def _max_text(self, name: str) -> int:
        if name not in self._longest:
            self._longest[name] = self._link.tracker.max_text(name)
        return self._longest[name]

    def _policy(self, version: int) -> Policy:
        found = self.published.get(version)
        return found.contract.policy if found is not None else Policy.NEWEST
