# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Who is known in a Trac project, and which tickets a user may view."""

from __future__ import annotations

from collections.abc import Sequence

from trac.attachment import LegacyAttachmentPolicy
from trac.env import Environment
from trac.perm import DefaultPermissionPolicy, PermissionCache, PermissionSystem
from trac.ticket.web_ui import DefaultTicketPolicy
from trac.wiki.web_ui import DefaultWikiPolicy

__all__ = ["Users", "may", "visible"]

# For TICKET_VIEW these decide by the user alone, whatever the ticket.
_SAME_FOR_ALL = (DefaultPermissionPolicy, DefaultTicketPolicy, DefaultWikiPolicy, LegacyAttachmentPolicy)
_NOT_USERS = frozenset({"anonymous", "authenticated"})


def visible(env: Environment, numbers: Sequence[int], user: str) -> set[int]:
    """Those of the tickets that ``user`` may view by the permission policies of the project."""
    permissions = PermissionCache(env, user)
    if all(type(policy) in _SAME_FOR_ALL for policy in PermissionSystem(env).policies):
        # Every ticket gets the answer of the first one.
        return set(numbers) if "TICKET_VIEW" in permissions("ticket", next(iter(numbers), 1)) else set()
    return {number for number in numbers if "TICKET_VIEW" in permissions("ticket", number)}


def may(env: Environment, user: str, action: str, number: int) -> bool:
    """True if ``user`` has the permission ``action`` on a ticket, or with number 0 in the project."""
    permissions = PermissionCache(env, user)
    return action in (permissions("ticket", number) if number else permissions)


class Users:
    """The known users: who has logged in, or has permissions of their own and is no group."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._names: frozenset[str] | None = None

    def knows(self, name: str) -> bool:
        """True if ``name`` is a known user."""
        if self._names is None:
            self._names = self._find()
        return name in self._names

    def forget(self) -> None:
        """Ask Trac again next time."""
        self._names = None

    def _find(self) -> frozenset[str]:
        rows = PermissionSystem(self._env).get_all_permissions()
        holders = {subject for subject, _ in rows}
        # Trac writes permissions in capitals; whatever else is granted is a group.
        groups = {action for _, action in rows if not action.isupper()}
        logged_in = set(self._env.get_known_users(as_dict=True))
        return frozenset((holders - groups) | logged_in) - _NOT_USERS
