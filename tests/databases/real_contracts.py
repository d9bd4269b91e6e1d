# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The contracts of store and tracker over a real Trac environment, on whichever database it uses."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from trac.attachment import Attachment
from trac.env import Environment
from trac.perm import PermissionSystem
from trac.ticket.model import Ticket
from trac.util.datefmt import from_utimestamp

# Trac knows the components of imported modules only.
import trac_issuesync.tracker.environment
import trac_issuesync.tracker.listeners  # noqa: F401
from trac_issuesync.crypto.secretbox import SecretBox
from trac_issuesync.engine.storage import Store, Tracker
from trac_issuesync.testing.store_contract import StoreContract
from trac_issuesync.testing.tracker_contract import TicketUsers, TrackerContract
from trac_issuesync.tracker.store import SqlStore
from trac_issuesync.tracker.trac_tracker import TracTracker

__all__ = ["CUSTOM_OPTIONS", "SqlStoreContract", "TracTrackerContract", "made"]

CUSTOM_OPTIONS = [
    ("ticket-custom", name, value)
    for name, value in {
        "line": "text",
        "plan": "textarea",
        "tags": "text",
        "tags.format": "list",
        "size": "select",
        "size.options": "S|M|L",
        "size.value": "M",
        "flag": "checkbox",
        "flag.value": "1",
        "due": "time",
    }.items()
]
"""Custom fields of every kind: the environment of ``TracTrackerContract`` has them."""


def made(env: Environment) -> SqlStore:
    """A store that seals secrets with the environment's key file."""
    return SqlStore(env, lambda: SecretBox(str(Path(env.path) / "conf" / "issuesync.key")))


class SqlStoreContract(StoreContract):
    """Wants a fixture ``env``; the second store has an ``Environment`` of its own, as a process has."""

    @pytest.fixture
    def store(self, env: Environment) -> Store:
        return made(env)

    @pytest.fixture
    def other_store(self, env: Environment) -> Iterator[Store]:
        second = Environment(env.path)
        yield made(second)
        second.shutdown()


class Users:
    """Users of the project, by Trac's own model as its pages call it."""

    def __init__(self, env: Environment) -> None:
        self.env = env

    def user_create(self, values: Mapping[str, str], author: str, time: int) -> int:
        ticket = Ticket(self.env)
        for name, value in {"status": "new", "reporter": author, **values}.items():
            ticket[name] = value
        return ticket.insert(from_utimestamp(time))

    def user_edit(self, number: int, values: Mapping[str, str], comment: str, author: str, time: int) -> int:
        ticket = Ticket(self.env, number)
        for name, value in values.items():
            ticket[name] = value
        ticket.save_changes(author, comment, from_utimestamp(time))
        return time

    def user_comment_edit(self, number: int, at: int, text: str, author: str, time: int) -> int:
        Ticket(self.env, number).modify_comment(from_utimestamp(at), author, text, from_utimestamp(time))
        return time

    def user_attach(self, number: int, name: str, data: bytes, author: str, time: int) -> str:
        attachment = Attachment(self.env, "ticket", number)
        attachment.author = author
        attachment.insert(name, io.BytesIO(data), len(data), from_utimestamp(time))
        return attachment.filename

    def user_delete(self, number: int) -> None:
        Ticket(self.env, number).delete()


class TracTrackerContract(TrackerContract):
    """Wants a fixture ``env`` with ``CUSTOM_OPTIONS``."""

    @pytest.fixture
    def store(self, env: Environment) -> Store:
        return made(env)

    @pytest.fixture
    def tracker(self, env: Environment) -> Tracker:
        permissions = PermissionSystem(env)
        for action in ("TICKET_VIEW", "TICKET_CREATE", "TICKET_MODIFY"):
            for group in ("anonymous", "authenticated"):
                if (group, action) in permissions.get_all_permissions():
                    permissions.revoke_permission(group, action)
            permissions.grant_permission("viewer", action)
        return TracTracker(env)

    @pytest.fixture
    def users(self, env: Environment) -> TicketUsers:
        return Users(env)

    @pytest.fixture
    def stranger(self) -> str:
        return "stranger"

    @pytest.fixture
    def known_user(self) -> str:
        return "viewer"
