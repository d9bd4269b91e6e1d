# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The tickets of a Trac environment as the engine's ``Tracker``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import BinaryIO

from trac.cache import CacheManager
from trac.env import Environment
from trac.ticket.api import TicketSystem

from trac_issuesync.core.model import AttachmentRow, Catalogue, TicketSnapshot
from trac_issuesync.tracker import attachments, options, users
from trac_issuesync.tracker.catalogue import Layouts
from trac_issuesync.tracker.editor import TracEditor, create_ticket, open_ticket
from trac_issuesync.tracker.reader import TicketReader

__all__ = ["TracTracker"]


class TracTracker:
    """Implements ``engine.storage.Tracker`` over Trac 1.6; see there for what each method promises.

    Made for one thread, as Trac's caches are. Call ``refresh`` at the start of each cycle.
    """

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._layouts = Layouts(env)
        self._reader = TicketReader(env, self._layouts)
        self._users = users.Users(env)

    def refresh(self) -> bool:
        """See what other processes changed in fields, options, users and trac.ini; call outside transactions.

        True if trac.ini changed: Trac's components keep part of the old configuration (workflow, enabled
        plugins), so the caller should open the environment anew. Use an Environment object that is not the
        web server's, or Trac will not notice there that the configuration changed.
        """
        CacheManager(self._env).reset_metadata()
        self._users.forget()
        if not self._env.config.parse_if_needed():
            return False
        del TicketSystem(self._env).custom_fields
        TicketSystem(self._env).reset_ticket_fields()
        self._layouts.forget()
        return True

    def catalogue(self) -> Catalogue:
        return self._layouts.current().catalogue

    def read(self, numbers: Sequence[int]) -> dict[int, TicketSnapshot]:
        return self._reader.read(numbers)

    def visible(self, numbers: Sequence[int], user: str) -> set[int]:
        return users.visible(self._env, numbers, user)

    def may(self, user: str, action: str, number: int) -> bool:
        return self._users.may(user, action, number)

    def numbers(self, above: int, limit: int) -> list[int]:
        return self._reader.numbers(above, limit)

    def changed_since(self, time: int) -> set[int]:
        return self._reader.changed_since(time)

    def touched_since(self, time: int) -> set[int]:
        return self._reader.touched_since(time)

    def open(self, number: int) -> TracEditor | None:
        return open_ticket(self._env, self._layouts.current(), self._reader, number)

    def create(self, values: Mapping[str, str], when: int) -> TracEditor:
        return create_ticket(self._env, self._layouts.current(), self._reader, values, when)

    def staged(self, number: int, row: AttachmentRow, content: BinaryIO) -> AbstractContextManager[BinaryIO]:
        return attachments.staged(self._env, number, row, content)

    def attach(self, number: int, row: AttachmentRow, content: BinaryIO, replaces: str) -> str:
        return attachments.attach(self._env, number, row, content, replaces)

    def open_attachment(self, number: int, filename: str) -> BinaryIO | None:
        return attachments.open_attachment(self._env, number, filename)

    def knows_user(self, name: str) -> bool:
        return self._users.knows(name)

    def add_option(self, field: str, name: str) -> bool:
        return options.add_option(self._env, field, name)

    def max_attachment(self) -> int:
        return attachments.max_attachment(self._env)

    def max_text(self, field: str) -> int:
        return options.max_text(self._env, field)
