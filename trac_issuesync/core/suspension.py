# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Reasons for which a synchronization stops itself, and those among them that starting it does not cure."""

from __future__ import annotations

__all__ = ["PARTNER_DELETED", "lasting", "restored"]

PARTNER_DELETED = "The partner has deleted this synchronization. The tickets stay; delete it here too."

_COMPARE = "Nothing is exchanged until both administrators have compared the tickets."


def restored(evidence: str) -> str:
    """The reason where ``evidence`` (a clause) proves that one side went back in time."""
    return f"{evidence}. {_COMPARE}"


def lasting(reason: str) -> bool:
    """True if going on as before would do harm, or would have nobody to talk to."""
    return reason == PARTNER_DELETED or reason.endswith(_COMPARE)
