# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Single plausible edits of a ticket object: field changes and steps of Trac's default workflow.

These set values on a ``trac.ticket.model.Ticket`` and say what they did; saving is the caller's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from random import Random

from trac.ticket.model import Ticket

from tools import sample_text
from tools.sample_setup import COMPONENTS, MILESTONES, VERSIONS

__all__ = ["change_field", "new_values", "step_status"]

PRIORITIES = ("blocker", "critical", "major", "minor", "trivial")
RESOLUTIONS = ("fixed", "invalid", "wontfix", "duplicate", "worksforme")
CUSTOMERS = ("", "Northwind Mills", "Kowalski & Söhne", "株式会社さくら", "مكتبة النور", "O'Brien")
LABELS = ("", "night, batch", "first-line", "vip, größe", "印刷")
REGIONS = ("", "Europe", "Asia", "Americas", "Ελλάδα")
NEXT = {
    "new": ("assigned", "accepted", "closed"),
    "assigned": ("accepted", "closed"),
    "accepted": ("closed", "assigned"),
    "reopened": ("accepted", "assigned", "closed"),
    "closed": ("reopened",),
}
"""Where Trac's default workflow leads from each status."""

DAY = timedelta(days=1)


def new_values(rng: Random, people: Sequence[str], now: datetime) -> dict[str, object]:
    """Values of every field of a new ticket, as ``Ticket.populate`` takes them."""
    return {
        "summary": sample_text.summary(rng),
        "description": sample_text.description(rng),
        "type": rng.choice(("defect", "defect", "enhancement", "task", "question")),
        "status": "new",
        "component": rng.choice(COMPONENTS),
        "priority": rng.choice(PRIORITIES),
        "version": rng.choice(("", *VERSIONS)),
        "milestone": rng.choice(("", *MILESTONES)),
        "keywords": sample_text.keywords(rng),
        "owner": rng.choice(("", *people)),
        "cc": rng.choice(("", "", *people)),
        "customer": rng.choice(CUSTOMERS),
        "labels": rng.choice(LABELS),
        "needs_docs": rng.choice("01"),
        "region": rng.choice(REGIONS),
        "impact": rng.choice(("low", "medium", "high")),
        "test_plan": sample_text.test_plan(rng),
        "due_on": _day(rng, now),
        "checked_at": rng.choice((None, now - timedelta(seconds=rng.randrange(86_400)))),
    }


def change_field(rng: Random, ticket: Ticket, people: Sequence[str], now: datetime) -> str:
    """Give one field (not cc, not the workflow's) another value; returns the field's name."""
    fresh = new_values(rng, people, now)
    names = [name for name in fresh if name not in ("cc", "status", "owner")]
    rng.shuffle(names)
    for name in names:
        if (fresh[name] or "") != (ticket[name] or ""):
            ticket[name] = fresh[name]
            return name
    ticket["summary"] = sample_text.summary(rng) + f" ({rng.randrange(1000)})"
    return "summary"


def step_status(rng: Random, ticket: Ticket, author: str, people: Sequence[str]) -> str:
    """Take one step of the default workflow with what belongs to it; returns the new status."""
    status = rng.choice(NEXT.get(ticket["status"], ("reopened",)))
    ticket["status"] = status
    ticket["resolution"] = rng.choice(RESOLUTIONS) if status == "closed" else ""
    if status == "accepted":
        ticket["owner"] = author
    elif status == "assigned":
        ticket["owner"] = rng.choice(tuple(people))
    return status


def _day(rng: Random, now: datetime) -> datetime | None:
    if rng.random() < 0.5:
        return None
    day = now + DAY * rng.randint(1, 90)
    return datetime(day.year, day.month, day.day, tzinfo=timezone.utc)
