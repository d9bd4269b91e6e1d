# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the synchronization user may do is remembered only where no policy looks at the ticket."""

from __future__ import annotations

import pytest
from support.environments import MakeEnvironment
from trac.core import Component, implements
from trac.perm import DefaultPermissionPolicy, IPermissionPolicy, PermissionSystem
from trac.ticket.model import Ticket

from trac_issuesync.tracker.trac_tracker import TracTracker


class OddTicketsOnly(Component):
    """Refuses changes of tickets with an even number."""

    implements(IPermissionPolicy)
    abstract = False

    def check_permission(self, action, username, resource, perm):
        even = resource is not None and resource.realm == "ticket" and int(resource.id) % 2 == 0
        return False if action == "TICKET_EDIT_COMMENT" and even else None


@pytest.fixture
def tickets(trac_env: MakeEnvironment):
    def make(policies: str = ""):
        options = [("components", f"{OddTicketsOnly.__module__}.*", "enabled")]
        options += [("trac", "permission_policies", policies)] if policies else []
        env = trac_env(options=options)
        PermissionSystem(env).grant_permission("sync", "TICKET_EDIT_COMMENT")
        for _ in range(3):
            ticket = Ticket(env)
            ticket["summary"] = "A ticket"
            ticket.insert()
        return env

    return make


def test_a_policy_that_looks_at_the_ticket_is_asked_for_each(tickets):
    env = tickets("OddTicketsOnly, DefaultPermissionPolicy")
    tracker = TracTracker(env)
    assert [tracker.may("sync", "TICKET_EDIT_COMMENT", number) for number in (1, 2, 3)] == [True, False, True]


def test_rights_are_told_apart_by_user_and_action(tickets):
    tracker = TracTracker(tickets())
    assert tracker.may("sync", "TICKET_EDIT_COMMENT", 1)
    assert not tracker.may("sync", "TICKET_EDIT_DESCRIPTION", 1)
    assert not tracker.may("nobody", "TICKET_EDIT_COMMENT", 2)


def test_a_right_taken_away_is_gone_with_the_next_cycle(tickets):
    env = tickets()
    tracker = TracTracker(env)
    assert tracker.may("sync", "TICKET_EDIT_COMMENT", 1)
    PermissionSystem(env).revoke_permission("sync", "TICKET_EDIT_COMMENT")
    # Trac itself remembers for five seconds.
    DefaultPermissionPolicy(env).permission_cache.clear()
    assert tracker.may("sync", "TICKET_EDIT_COMMENT", 1)
    tracker.refresh()
    assert not tracker.may("sync", "TICKET_EDIT_COMMENT", 1)
