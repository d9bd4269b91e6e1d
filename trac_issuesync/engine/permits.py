# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What the project permits of a planned change; each answer is a reason in plain words, or empty."""

from __future__ import annotations

from trac_issuesync.core.model import Twin
from trac_issuesync.core.plan import Plan
from trac_issuesync.engine.link import Link

__all__ = ["forbidden", "forbidden_parts", "unshared"]


def unshared(plan: Plan, types: frozenset[str]) -> str:
    """Only tickets of the shared types enter."""
    kind = plan.values.get("type", "")
    shared = kind in types or any(name == "type" for name, _ in plan.create)
    return "" if shared else f"tickets of type {kind[:80]!r} are not shared"


def forbidden(link: Link, plan: Plan, twin: Twin | None) -> str:
    """The permissions of the synchronization user bound what a partner may change."""
    missing = _missing(link, plan, twin)
    return _lacking(link, missing) if missing else ""


def forbidden_parts(link: Link, plan: Plan, twin: Twin | None) -> dict[str, str]:
    """The reason by field (or ``comment``) of each part that is not permitted."""
    missing = _missing(link, plan, twin)
    return {name: _lacking(link, [action]) for action in missing for name in _needed(plan, twin)[action]}


def _missing(link: Link, plan: Plan, twin: Twin | None) -> list[str]:
    user, ticket = link.sync.user, twin.ticket if twin is not None else 0
    needed = _needed(plan, twin).items()
    return [action for action, names in needed if names and not link.tracker.may(user, action, ticket)]


def _lacking(link: Link, missing: list[str]) -> str:
    return f"the synchronization user {link.sync.user} has no permission {', '.join(missing)} here"


def _needed(plan: Plan, twin: Twin | None) -> dict[str, list[str]]:
    """Parts of the plan by the permission that they need."""
    parts = {
        "TICKET_CHGPROP": [*plan.values, *plan.put_back],
        "TICKET_APPEND": ["comment"] if plan.comment.strip() else [],
        "TICKET_EDIT_COMMENT": [ref.field for ref in plan.comments],
    }
    if twin is None:
        parts["TICKET_CREATE"] = [*parts.pop("TICKET_CHGPROP"), "summary"]
    return parts
