# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The fields of a freshly made Trac project with two custom ones, and how Trac stores their values."""

from __future__ import annotations

import re

from trac_issuesync.core.model import Catalogue, FieldDef, FieldKind
from trac_issuesync.core.text import clean_line, clean_text

__all__ = ["GROWING", "cleaned", "default_catalogue", "stored"]

GROWING = frozenset({"type", "priority", "severity", "resolution", "component", "version", "milestone"})


def default_catalogue() -> Catalogue:
    """What a new Trac 1.6 project offers, and the custom fields ``customer`` and ``urgent``."""
    return Catalogue(
        (
            FieldDef("summary", FieldKind.TEXT, "Summary"),
            FieldDef("reporter", FieldKind.REPORTER, "Reporter"),
            FieldDef("owner", FieldKind.OWNER, "Owner"),
            FieldDef("description", FieldKind.LONGTEXT, "Description"),
            _select("type", "Type", ("defect", "enhancement", "task"), default="defect"),
            FieldDef(
                "status", FieldKind.STATUS, "Status", ("accepted", "assigned", "closed", "new", "reopened")
            ),
            _select("priority", "Priority", ("blocker", "critical", "major", "minor"), default="major"),
            _select("milestone", "Milestone", ("milestone1", "milestone2")),
            _select("component", "Component", ("component1", "component2")),
            _select("version", "Version", ("1.0", "2.0")),
            _select("resolution", "Resolution", ("fixed", "invalid", "wontfix")),
            FieldDef("keywords", FieldKind.LIST, "Keywords"),
            FieldDef("cc", FieldKind.LIST, "Cc"),
            FieldDef("customer", FieldKind.TEXT, "Customer", custom=True),
            FieldDef("urgent", FieldKind.CHECKBOX, "Urgent", custom=True, default="0"),
        )
    )


def _select(name: str, label: str, options: tuple[str, ...], default: str = "") -> FieldDef:
    return FieldDef(name, FieldKind.SELECT, label, options, default=default)


def stored(field: FieldDef | None, value: str) -> str:
    """The text that Trac's model keeps when a field is set to ``value``."""
    if field is None or field.kind is FieldKind.LONGTEXT:
        return value
    if field.name == "cc":
        return ", ".join(dict.fromkeys(part for part in re.split(r"[;,\s]+", value) if part))
    return value.strip()


def cleaned(field: FieldDef | None, value: str) -> str:
    """What the engine's values become before Trac's model sees them; users' own text is not touched."""
    if field is not None and field.kind is FieldKind.LONGTEXT:
        return clean_text(value)
    if field is not None and field.kind is FieldKind.CHECKBOX:
        return value if value in ("", "1") else "0"
    return clean_line(value)
