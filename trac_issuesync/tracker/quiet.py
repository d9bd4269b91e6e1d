# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Marks what a synchronization itself writes, so that it is neither mailed by Trac nor taken for news."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from trac.env import Environment
from trac.ticket.notification import TicketAttachmentNotifier

__all__ = ["applying", "hold_back_attachment_mail", "is_applying"]

_APPLYING: ContextVar[bool] = ContextVar("trac_issuesync_applying", default=False)


@contextmanager
def applying() -> Iterator[None]:
    """Inside, this thread (no other) writes on behalf of a partner."""
    token = _APPLYING.set(True)
    try:
        yield
    finally:
        _APPLYING.reset(token)


def is_applying() -> bool:
    """True if this thread writes on behalf of a partner."""
    return _APPLYING.get()


class _PatientNotifier(TicketAttachmentNotifier):
    """Trac's notifier but for one thing: it says nothing about attachments that a synchronization stores."""

    # Not to be found by Trac as one more listener.
    abstract = True

    def _notify_attachment(self, attachment, category, time) -> None:
        if not is_applying():
            super()._notify_attachment(attachment, category, time)


def hold_back_attachment_mail(env: Environment) -> None:
    """Make Trac's attachment notifier keep silent while ``applying()``.

    For attachments alone Trac mails from inside the model, before an outer transaction commits. A stand-in
    takes the notifier's place in this environment object, where other listeners and users' own uploads
    go on as ever; if an administrator switched the notifier off it stays off.
    """
    if env[TicketAttachmentNotifier] and not isinstance(env[TicketAttachmentNotifier], _PatientNotifier):
        env.components[TicketAttachmentNotifier] = _PatientNotifier(env)
