# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which suspensions a start may end."""

from __future__ import annotations

from trac_issuesync.core.suspension import PARTNER_DELETED, evidence_in, lasting, restored


def test_a_deleted_partner_and_a_restored_backup_outlast_a_start() -> None:
    """Nobody would answer, or old content would overwrite new."""
    assert lasting(PARTNER_DELETED)
    reason = restored("The slave has stored message 9, and the master has sent only 3", "acme")
    assert lasting(reason)
    assert "issuesync check acme --heal here|there" in reason
    assert evidence_in(reason) == "The slave has stored message 9, and the master has sent only 3"


def test_other_suspensions_end_with_a_start() -> None:
    """An administrator who has looked at the reason goes on."""
    assert not lasting("The environment was moved to another folder.")
    assert not lasting("")
    assert not evidence_in(PARTNER_DELETED)
