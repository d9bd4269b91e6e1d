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

# For these actions these policies decide by the user alone, whatever the ticket.
_WHATEVER_THE_TICKET = frozenset(
    {"TICKET_VIEW", "TICKET_CREATE", "TICKET_APPEND", "TICKET_CHGPROP", "TICKET_EDIT_COMMENT"}
)
_SAME_FOR_ALL = (DefaultPermissionPolicy, DefaultTicketPolicy, DefaultWikiPolicy, LegacyAttachmentPolicy)
_NOT_USERS = frozenset({"anonymous", "authenticated"})


def visible(env: Environment, numbers: Sequence[int], user: str) -> set[int]:
    """Those of the tickets that ``user`` may view by the permission policies of the project."""
    permissions = PermissionCache(env, user)
    if _all_alike(env):
        # Every ticket gets the answer of the first one.
        return set(numbers) if "TICKET_VIEW" in permissions("ticket", next(iter(numbers), 1)) else set()
    return {number for number in numbers if "TICKET_VIEW" in permissions("ticket", number)}


def _all_alike(env: Environment) -> bool:
    return all(type(policy) in _SAME_FOR_ALL for policy in PermissionSystem(env).policies)


def may(env: Environment, user: str, action: str, number: int) -> bool:
    """True if ``user`` has the permission ``action`` on a ticket, or with number 0 in the project."""
    permissions = PermissionCache(env, user)
    return action in (permissions("ticket", number) if number else permissions)


class Users:
    """The known users: who has logged in, or has permissions of their own and is no group.

    Also what they may do, remembered until ``forget`` where it does not depend on the ticket.
    """

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._names: frozenset[str] | None = None
        self._alike: bool | None = None
        self._rights: dict[tuple[str, str], bool] = {}

    def may(self, user: str, action: str, number: int) -> bool:
        """True if ``user`` has the permission ``action`` on a ticket, or with number 0 in the project.

        A project with other permission policies than Trac's own is asked anew each time: their answer may
        change with the ticket.
        """
        if self._alike is None:
            self._alike = _all_alike(self._env)
        if not self._alike or action not in _WHATEVER_THE_TICKET:
            return may(self._env, user, action, number)
        if (user, action) not in self._rights:
            self._rights[user, action] = may(self._env, user, action, number)
        return self._rights[user, action]

    def knows(self, name: str) -> bool:
        """True if ``name`` is a known user."""
        if self._names is None:
            self._names = self._find()
        return name in self._names

    def forget(self) -> None:
        """Ask Trac again next time."""
        self._names = self._alike = None
        self._rights.clear()

    def _find(self) -> frozenset[str]:
        rows = PermissionSystem(self._env).get_all_permissions()
        holders = {subject for subject, _ in rows}
        # Trac writes permissions in capitals; whatever else is granted is a group.
        groups = {action for _, action in rows if not action.isupper()}
        logged_in = set(self._env.get_known_users(as_dict=True))
        return frozenset((holders - groups) | logged_in) - _NOT_USERS
