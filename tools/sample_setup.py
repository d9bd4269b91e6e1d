# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The vocabulary of the sample: custom fields of every Trac kind, components, versions, milestones, types."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timezone

from trac.config import Configuration
from trac.env import Environment
from trac.ticket.model import Component, Milestone, Type, Version

__all__ = ["COMPONENTS", "CUSTOM_FIELDS", "MILESTONES", "TYPES", "VERSIONS", "configure"]

COMPONENTS = ("server", "web pages", "reports", "mail", "Übersetzung")
MILESTONES = ("spring release", "summer release", "later", "完成")
VERSIONS = ("1.0", "1.1", "2.0", "2.1-beta")
TYPES = ("question",)
"""What comes on top of Trac's own types."""

CUSTOM_FIELDS = (
    ("customer", "text"),
    ("customer.label", "Customer"),
    ("labels", "text"),
    ("labels.format", "list"),
    ("needs_docs", "checkbox"),
    ("needs_docs.label", "Needs documentation"),
    ("region", "select"),
    ("region.options", "|Europe|Asia|Americas|Ελλάδα"),
    ("impact", "radio"),
    ("impact.options", "low|medium|high"),
    ("impact.value", "low"),
    ("test_plan", "textarea"),
    ("test_plan.format", "wiki"),
    ("test_plan.rows", "6"),
    ("due_on", "time"),
    ("due_on.format", "date"),
    ("checked_at", "time"),
    ("checked_at.format", "datetime"),
)
"""Options of ``[ticket-custom]``."""

ATTACHMENT_LIMIT = 2 * 1024 * 1024


def configure(env_path: str, owners: Sequence[str] = ("alice", "bob")) -> None:
    """Give a Trac environment the sample's fields and vocabulary; what exists already stays.

    ``owners`` own the components in turn. Trac's placeholder components, versions and milestones go.
    """
    config = Configuration(os.path.join(env_path, "conf", "trac.ini"))
    for name, value in CUSTOM_FIELDS:
        config.set("ticket-custom", name, value)
    config.set("attachment", "max_size", str(ATTACHMENT_LIMIT))
    config.set("ticket", "default_type", "defect")
    config.set("ticket", "default_component", COMPONENTS[0])
    config.save()
    env = Environment(env_path)
    try:
        with env.db_transaction:
            _vocabulary(env, owners)
    finally:
        env.shutdown()


def _vocabulary(env: Environment, owners: Sequence[str]) -> None:
    for kind, wanted in ((Component, COMPONENTS), (Version, VERSIONS), (Milestone, MILESTONES)):
        for item in list(kind.select(env)):
            if item.name not in wanted:
                item.delete()
    present = {
        kind: {item.name for item in kind.select(env)} for kind in (Component, Version, Milestone, Type)
    }
    for number, name in enumerate(COMPONENTS):
        if name not in present[Component]:
            component = Component(env)
            component.name, component.owner = name, owners[number % len(owners)]
            component.insert()
    for number, name in enumerate(VERSIONS):
        if name not in present[Version]:
            version = Version(env)
            version.name, version.time = name, datetime(2024, 1 + number, 1, tzinfo=timezone.utc)
            version.insert()
    for name in MILESTONES:
        if name not in present[Milestone]:
            milestone = Milestone(env)
            milestone.name = name
            milestone.insert()
    for name in TYPES:
        if name not in present[Type]:
            kind = Type(env)
            kind.name = name
            kind.insert()
