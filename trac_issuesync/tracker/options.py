# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The values that a project's own fields offer, and how long a text may be."""

from __future__ import annotations

from trac.env import Environment
from trac.ticket.api import TicketSystem
from trac.ticket.model import Component, Milestone, Priority, Resolution, Severity, Type, Version
from trac.ticket.model import simplify_whitespace as simplified

from trac_issuesync.core.text import clean_line

__all__ = ["add_option", "max_text"]

_GROWING = {
    "component": Component,
    "milestone": Milestone,
    "priority": Priority,
    "resolution": Resolution,
    "severity": Severity,
    "type": Type,
    "version": Version,
}


def add_option(env: Environment, field: str, name: str) -> bool:
    """Create a component, milestone, version or enum value through Trac's model; True if it is there now.

    False if the field cannot grow (statuses, custom fields), or Trac would store another name.
    """
    kind = _GROWING.get(field)
    if kind is None or TicketSystem(env).fields.by_name(field, {}).get("custom"):
        return False
    if not name or simplified(clean_line(name)) != name:
        return False
    if name not in {option.name for option in kind.select(env)}:
        option = kind(env)
        option.name = name
        option.insert()
    return True


def max_text(env: Environment, field: str) -> int:
    """Longest text accepted for a field, or for ``comment``, in characters; 0: no limit."""
    system = TicketSystem(env)
    limits = {
        "comment": system.max_comment_size,
        "description": system.max_description_size,
        "summary": system.max_summary_size,
    }
    limit = limits[field] if field in limits else system.fields.by_name(field, {}).get("max_size", 0)
    return max(0, limit)
