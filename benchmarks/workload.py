# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tickets and changes made up beforehand, and written by Trac's model one by one: the baseline."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

from trac.attachment import Attachment
from trac.env import Environment
from trac.ticket.model import Ticket

from tools import sample_text
from tools.sample_steps import change_field, new_values, step_status

__all__ = ["CHANGES_EACH", "PEOPLE", "Planned", "plan", "write"]

CHANGES_EACH = 5
PEOPLE = ("alice", "bob")
_GUESTS = ("maria", "王小明", "anonymous")


@dataclass(frozen=True)
class Step:
    """One change: fields, comment, or with ``corrects`` another text for the comment of an earlier time."""

    when: datetime
    author: str
    values: dict[str, Any]
    comment: str
    corrects: datetime | None = None


@dataclass(frozen=True)
class Planned:
    """One ticket: its first values, its changes, and the bytes of a file or none."""

    when: datetime
    values: dict[str, Any]
    steps: tuple[Step, ...]
    file: bytes = b""


def plan(tickets: int, *, files: bool = False, seed: int = 7) -> list[Planned]:
    """As many tickets with five changes each, the same every time; with ``files`` each has one of 20 kB."""
    rng = Random(seed)
    end = datetime(2026, 1, 1, tzinfo=timezone.utc)
    return [
        _ticket(rng, end - timedelta(days=300) * rng.random() - timedelta(days=30), files)
        for _ in range(tickets)
    ]


def write(env_path: Path, planned: Sequence[Planned]) -> float:
    """Write it all by Trac's model, each insert and each change on its own; returns the seconds it took.

    A change reads the ticket first, as Trac's web pages do.
    """
    env = Environment(str(env_path))
    try:
        begun = time.perf_counter()
        for ticket in planned:
            _write(env, ticket)
        return time.perf_counter() - begun
    finally:
        env.shutdown()


def _write(env: Environment, planned: Planned) -> None:
    ticket = Ticket(env)
    ticket.populate(planned.values)
    number = ticket.insert(when=planned.when)
    for step in planned.steps:
        ticket = Ticket(env, number)
        if step.corrects is not None:
            ticket.modify_comment(step.corrects, step.author, step.comment, step.when)
            continue
        ticket.populate(step.values)
        ticket.save_changes(step.author, step.comment, step.when)
    if planned.file:
        attachment = Attachment(env, "ticket", number)
        attachment.author = planned.steps[-1].author
        attachment.insert("trace.bin", io.BytesIO(planned.file), len(planned.file), planned.steps[-1].when)


def _ticket(rng: Random, birth: datetime, files: bool) -> Planned:
    values = new_values(rng, PEOPLE, birth) | {"reporter": rng.choice((*PEOPLE, *_GUESTS))}
    now = dict(values)
    steps = tuple(_steps(rng, birth, now))
    return Planned(birth, values, steps, rng.randbytes(20_000) if files else b"")


def _steps(rng: Random, birth: datetime, now: dict[str, Any]) -> Iterator[Step]:
    """One in twelve changes corrects the comment before it; a third are steps of the workflow."""
    when, said = birth, None
    for _ in range(CHANGES_EACH):
        when += timedelta(hours=rng.randint(1, 100), microseconds=rng.randrange(1_000_000))
        author = rng.choice((*PEOPLE, *PEOPLE, *_GUESTS))
        if said is not None and rng.random() < 0.15:
            yield Step(when, author, {}, sample_text.comment(rng), said)
            said = None
            continue
        before, kind = dict(now), rng.random()
        if kind < 0.33:
            step_status(rng, now, author, PEOPLE)
        elif kind < 0.8:
            change_field(rng, now, PEOPLE, when)
        comment = sample_text.comment(rng) if kind >= 0.8 or rng.random() < 0.5 else ""
        values = {name: value for name, value in now.items() if value != before.get(name)}
        yield Step(when, author, values, comment)
        said = when if comment else None
