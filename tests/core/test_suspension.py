# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which suspensions a start may end."""

from __future__ import annotations

from trac_issuesync.core.suspension import PARTNER_DELETED, lasting, restored


def test_a_deleted_partner_and_a_restored_backup_outlast_a_start() -> None:
    """Nobody would answer, or old content would overwrite new."""
    assert lasting(PARTNER_DELETED)
    assert lasting(restored("The partner acknowledges message 9, but only 3 were sent"))


def test_other_suspensions_end_with_a_start() -> None:
    """An administrator who has looked at the reason goes on."""
    assert not lasting("The environment was moved to another folder.")
    assert not lasting("")
