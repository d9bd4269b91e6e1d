# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Reasons for which a synchronization stops itself, and those among them that starting it does not cure."""

from __future__ import annotations

__all__ = ["PARTNER_DELETED", "evidence_in", "lasting", "restored"]

PARTNER_DELETED = "The partner has deleted this synchronization. The tickets stay; delete it here too."

_UNTIL = ". Nothing is exchanged until an administrator of either side runs: issuesync check "
_HOW = (
    " --heal here|there (both sides then send what they have and the later edit of each field stands; where"
    " two are equally old, the side named, here or there, takes the other's)"
)


def restored(evidence: str, name: str) -> str:
    """The reason where ``evidence`` (a clause) proves that a side of ``name`` went back in time."""
    return f"{evidence}{_UNTIL}{name}{_HOW}"


def evidence_in(reason: str) -> str:
    """The evidence of a reason that ``restored`` made; empty for any other reason."""
    evidence, until, _ = reason.partition(_UNTIL)
    return evidence if until else ""


def lasting(reason: str) -> bool:
    """True if going on as before would do harm, or would have nobody to talk to."""
    return reason == PARTNER_DELETED or bool(evidence_in(reason))
