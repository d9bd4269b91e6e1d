# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""No second synchronization with the same project: a ticket goes by one, so the other carries nothing."""

from __future__ import annotations

from collections.abc import Iterable

from trac_issuesync.core.errors import Invalid
from trac_issuesync.engine.records import Sync

__all__ = ["check_no_rival"]


def check_no_rival(syncs: Iterable[Sync], partner_environment: str, sync_id: str, *, started: bool) -> None:
    """Raise Invalid if another synchronization than ``sync_id`` has that partner (``started``: and runs)."""
    for other in syncs:
        same = bool(partner_environment) and other.partner_environment == partner_environment
        if same and other.id != sync_id and not other.deleted and (other.enabled or not started):
            raise Invalid(
                f"{other.name} is a synchronization with the same project already. A ticket goes by one"
                " synchronization only, so a second one carries nothing. Use that one, or delete it first on"
                f" both sides: issuesync delete {other.name}",
                "same-partner",
            )
