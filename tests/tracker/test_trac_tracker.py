# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Users, permissions, options and limits as Trac has them, also when another process changes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import MakeEnvironment
from trac.env import Environment
from trac.perm import PermissionSystem
from trac.ticket.model import Ticket
from trac.util.datefmt import from_utimestamp

from trac_issuesync.tracker.trac_tracker import TracTracker

START = 1_700_000_000_000_001


@pytest.fixture
def env(trac_env: MakeEnvironment) -> Environment:
    return trac_env(
        "acme", options=[("ticket-custom", "size", "select"), ("ticket-custom", "size.options", "S|M")]
    )


@pytest.fixture
def tracker(env: Environment) -> TracTracker:
    return TracTracker(env)


def trac_admin(env: Environment, *words: str) -> None:
    """Run trac-admin as an administrator does, in a process of its own."""
    command = [sys.executable, "-W", "ignore", "-m", "trac.admin.console", env.path, *words]
    subprocess.run(command, check=True, capture_output=True)


def insert(env: Environment, count: int) -> list[int]:
    numbers = []
    with env.db_transaction:
        for index in range(count):
            ticket = Ticket(env)
            ticket["summary"] = "One"
            ticket["reporter"] = "joe" if index % 2 else "ann"
            ticket["component"] = "component1"
            numbers.append(ticket.insert(from_utimestamp(START + index)))
    return numbers


def options(tracker: TracTracker, name: str) -> tuple[str, ...]:
    field = tracker.catalogue().field(name)
    assert field
    return field.options


def test_changes_of_another_process_are_seen_after_refresh(env: Environment, tracker: TracTracker) -> None:
    """A milestone added and a component renamed elsewhere show in the catalogue and in the tickets."""
    number = insert(env, 1)[0]
    assert "component1" in options(tracker, "component")
    trac_admin(env, "milestone", "add", "next")
    trac_admin(env, "component", "rename", "component1", "engine")
    assert tracker.refresh() is False
    assert "next" in options(tracker, "milestone")
    assert options(tracker, "component") == ("component2", "engine")
    assert tracker.read([number])[number].values["component"] == "engine"


def test_a_changed_configuration_is_seen_after_refresh(env: Environment, tracker: TracTracker) -> None:
    """A custom field added to trac.ini is there, and the caller is told to open the environment anew."""
    assert tracker.catalogue().field("extra") is None
    trac_admin(env, "config", "set", "ticket-custom", "extra", "text")
    assert tracker.refresh() is True
    assert tracker.catalogue().field("extra") is not None
    assert tracker.refresh() is False
    with env.db_transaction:
        made = tracker.create({"summary": "One", "status": "new", "extra": "x"}, START).snapshot
    assert tracker.read([made.number])[made.number].values["extra"] == "x"


def test_viewing_is_decided_by_permissions(env: Environment, tracker: TracTracker) -> None:
    """With Trac's own policies all tickets or none; unknown users may what anonymous may."""
    numbers = insert(env, 3)
    assert tracker.visible(numbers, "joe") == set(numbers)
    PermissionSystem(env).revoke_permission("anonymous", "TICKET_VIEW")
    fresh = TracTracker(Environment(env.path))
    assert fresh.visible(numbers, "joe") == set()
    assert fresh.visible([], "joe") == set()


def test_fine_grained_policies_are_respected(trac_env: MakeEnvironment) -> None:
    """A single ticket closed to one user by authz_policy is not visible to that user."""
    env = trac_env(
        "fine",
        options=[
            ("components", "tracopt.perm.authz_policy.*", "enabled"),
            ("trac", "permission_policies", "AuthzPolicy, DefaultPermissionPolicy"),
            ("authz_policy", "authz_file", "authz.conf"),
        ],
        plugin=False,
    )
    first, second = insert(env, 2)
    Path(env.path, "conf", "authz.conf").write_text(f"[ticket:{second}@*]\njoe =\n")
    tracker = TracTracker(env)
    assert tracker.visible([first, second], "joe") == {first}
    assert [tracker.may("joe", "TICKET_VIEW", number) for number in (0, first, second)] == [True, True, False]
    assert tracker.visible([first, second], "ann") == {first, second}


def test_users_are_known_by_session_or_permission(env: Environment, tracker: TracTracker) -> None:
    """Groups, anonymous visitors and strangers are no users."""
    permissions = PermissionSystem(env)
    permissions.grant_permission("joe", "TICKET_ADMIN")
    permissions.grant_permission("kim", "staff")
    permissions.grant_permission("staff", "TICKET_VIEW")
    for name, logged_in in ("lee", 1), ("visitor", 0):
        env.db_transaction("INSERT INTO session VALUES (%s, %s, 0)", (name, logged_in))
    env.invalidate_known_users_cache()
    tracker.refresh()
    people = ("joe", "kim", "lee", "staff", "anonymous", "authenticated", "stranger", "visitor", "")
    known = [name for name in people if tracker.knows_user(name)]
    assert known == ["joe", "kim", "lee"]
    permissions.grant_permission("max", "TICKET_VIEW")
    tracker.refresh()
    assert tracker.knows_user("max")


@pytest.mark.parametrize(
    "field", ["component", "milestone", "version", "type", "priority", "severity", "resolution"]
)
def test_options_grow_once(tracker: TracTracker, field: str) -> None:
    """A value unknown so far is there afterwards; asking twice makes no second one."""
    assert tracker.add_option(field, "Größer")
    assert tracker.add_option(field, "Größer")
    assert options(tracker, field).count("Größer") == 1


@pytest.mark.parametrize(
    ("field", "name"),
    [("size", "XL"), ("status", "odd"), ("keywords", "x"), ("component", "a  b"), ("type", "")],
)
def test_what_cannot_grow_does_not(tracker: TracTracker, field: str, name: str) -> None:
    """Custom options and statuses are the administrator's, and no name is stored otherwise than given."""
    before = tracker.catalogue()
    assert not tracker.add_option(field, name)
    assert tracker.catalogue() == before


def test_limits_of_texts_are_tracs(trac_env: MakeEnvironment) -> None:
    """The sizes that Trac's own pages check, since its model does not."""
    options = [
        ("ticket", "max_comment_size", "100"),
        ("ticket", "max_description_size", "200"),
        ("ticket", "max_summary_size", "30"),
        ("ticket-custom", "note", "text"),
        ("ticket-custom", "note.max_size", "7"),
    ]
    tracker = TracTracker(trac_env("limited", options=options, plugin=False))
    names = ("comment", "description", "summary", "note", "keywords")
    assert [tracker.max_text(name) for name in names] == [100, 200, 30, 7, 0]
