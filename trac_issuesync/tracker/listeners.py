# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Listens to Trac's tickets and attachments, only to say which ticket changed."""

from __future__ import annotations

from trac.attachment import IAttachmentChangeListener
from trac.core import Component, implements
from trac.ticket.api import ITicketChangeListener

from trac_issuesync.tracker.hints import Hints
from trac_issuesync.tracker.quiet import is_applying

__all__ = ["TicketListener"]


class TicketListener(Component):
    """Tells the synchronization worker at once that a ticket changed.

    Nothing is lost without it; changes are then found a few seconds later. It writes nothing to the
    database and never makes a save fail.
    """

    implements(ITicketChangeListener, IAttachmentChangeListener)

    def __init__(self) -> None:
        self._hints = Hints(self.env.path)

    def ticket_created(self, ticket) -> None:
        self._tell(ticket.id)

    def ticket_changed(self, ticket, comment, author, old_values) -> None:
        self._tell(ticket.id)

    def ticket_deleted(self, ticket) -> None:
        self._tell(ticket.id)

    def ticket_comment_modified(self, ticket, cdate, author, comment, old_comment) -> None:
        self._tell(ticket.id)

    def ticket_change_deleted(self, ticket, cdate, changes) -> None:
        self._tell(ticket.id)

    def attachment_added(self, attachment) -> None:
        self._tell_parent(attachment.parent_realm, attachment.parent_id)

    def attachment_deleted(self, attachment) -> None:
        self._tell_parent(attachment.parent_realm, attachment.parent_id)

    def attachment_moved(self, attachment, old_parent_realm, old_parent_id, old_filename) -> None:
        self._tell_parent(attachment.parent_realm, attachment.parent_id)
        self._tell_parent(old_parent_realm, old_parent_id)

    def attachment_reparented(self, attachment, old_parent_realm, old_parent_id) -> None:
        self._tell_parent(attachment.parent_realm, attachment.parent_id)
        self._tell_parent(old_parent_realm, old_parent_id)

    def _tell_parent(self, realm, number) -> None:
        if realm == "ticket":
            self._tell(number)

    def _tell(self, number) -> None:
        # What a synchronization applies it marks itself, in the same transaction.
        if is_applying():
            return
        try:
            self._hints.tell(int(number))
        except Exception as error:
            self.log.debug("No hint given for ticket #%s, a sweep will find it: %s", number, error)
