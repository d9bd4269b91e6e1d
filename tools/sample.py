# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Realistic sample tickets for a real Trac environment: ``python -m tools.sample <env> [tickets] [seed]``.

``configure`` gives an environment the fields and vocabulary, ``fill`` writes tickets with a year of history,
and ``random_edit`` makes one more edit as a user would.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from random import Random

from trac.attachment import Attachment
from trac.env import Environment
from trac.ticket.model import Ticket

from tools import sample_text
from tools.random_edit import random_edit
from tools.sample_files import SampleFile, sample_file, set_pieces
from tools.sample_setup import configure
from tools.sample_steps import change_field, new_values, step_status

__all__ = ["configure", "fill", "main", "random_edit"]

BATCH = 100
YEAR = timedelta(days=365)
GUESTS = ("maria", "王小明", "Δημήτρης Παππάς", "Anne-Söphie Müller", "سارة")
"""Authors that have no login."""


def fill(
    env_path: str,
    tickets: int = 220,
    seed: int = 1,
    *,
    people: Sequence[str] = ("alice", "bob"),
    until: datetime | None = None,
) -> int:
    """Write ``tickets`` sample tickets of the year before ``until`` (default: today 0:00 UTC).

    The environment must have gone through ``configure``. The same arguments give the same tickets.
    Attachments notify people as in Trac, so leave ``[notification]`` off. Returns how many changes were
    written after the creations, comment edits and attachments included.
    """
    end = until or datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    rng = Random(seed)
    births = sorted(end - YEAR * rng.uniform(0.02, 1.0) for _ in range(tickets))
    homes = _homes(set_pieces(rng), tickets)
    env = Environment(env_path)
    writer = _Writer(env, rng, tuple(people), end)
    try:
        for start in range(0, tickets, BATCH):
            with env.db_transaction:
                for number, birth in enumerate(births[start : start + BATCH], start=start):
                    writer.ticket(birth, homes.get(number, ()))
    finally:
        env.shutdown()
    return writer.changes


def _homes(pieces: Sequence[SampleFile], tickets: int) -> dict[int, list[SampleFile]]:
    """Which ticket (counted from 0) gets which of the odd files: spread evenly over the sample."""
    homes: dict[int, list[SampleFile]] = {}
    for number, piece in enumerate(pieces):
        homes.setdefault(number * tickets // len(pieces), []).append(piece)
    return homes


class _Writer:
    """Writes one ticket after the other; counts the changes."""

    def __init__(self, env: Environment, rng: Random, people: tuple[str, ...], end: datetime) -> None:
        self.env = env
        self.rng = rng
        self.people = people
        self.authors = (*people, *people, *GUESTS, "anonymous")
        self.end = end
        self.changes = 0

    def ticket(self, birth: datetime, pieces: Sequence[SampleFile]) -> None:
        """One ticket, born at ``birth``, with 1 to 12 changes (5 and more for most) and perhaps files."""
        rng = self.rng
        ticket = Ticket(self.env)
        ticket.populate(new_values(rng, self.people, birth))
        ticket["reporter"] = rng.choice(self.authors)
        ticket.insert(when=birth)
        times = self._times(birth, rng.choice((1, 2, 3, 4, 5, 5, 6, 6, 7, 8, 9, 10, 11, 12)))
        for number, (when, following) in enumerate(pairwise((*times, self.end)), start=1):
            self._change(ticket, when, number, following)
        for piece in pieces:
            self._attach(ticket, piece, times[-1])
        for _ in range(rng.choice((0, 0, 0, 1, 1, 2))):
            self._attach(ticket, sample_file(rng), birth + (self.end - birth) * rng.random())

    def _times(self, birth: datetime, count: int) -> list[datetime]:
        span = (self.end - birth) // timedelta(microseconds=1)
        return [birth + timedelta(microseconds=at) for at in sorted(self.rng.sample(range(1, span), count))]

    def _change(self, ticket: Ticket, when: datetime, number: int, following: datetime) -> None:
        rng = self.rng
        author = rng.choice(self.authors)
        kind = rng.random()
        if kind < 0.3:
            step_status(rng, ticket, author, self.people)
        elif kind < 0.75:
            change_field(rng, ticket, self.people, when)
            if rng.random() < 0.3:
                change_field(rng, ticket, self.people, when)
        text = sample_text.comment(rng) if kind >= 0.75 or rng.random() < 0.5 else ""
        replyto = str(rng.randint(1, number - 1)) if number > 1 and rng.random() < 0.25 else None
        if text and replyto:
            text = f"Replying to [comment:{replyto}]:\n> {rng.choice(sample_text.REMARKS)}\n\n{text}"
        ticket.save_changes(author, text, when, replyto)
        self.changes += 1
        if text:
            self._correct(ticket, when, author, text, following)

    def _correct(self, ticket: Ticket, when: datetime, author: str, text: str, before: datetime) -> None:
        """Sometimes the author, or the admin, edits the comment up to three times before the next change."""
        rng = self.rng
        edited = when
        for _ in range(rng.choice((0, 0, 0, 0, 0, 0, 1, 1, 2, 3))):
            text = sample_text.revised(rng, text)
            edited += (before - edited) * rng.uniform(0.01, 0.5)
            ticket.modify_comment(when, rng.choice((author, "admin")), text, edited)
            self.changes += 1

    def _attach(self, ticket: Ticket, file: SampleFile, when: datetime) -> None:
        attachment = Attachment(self.env, "ticket", ticket.id)
        attachment.author = self.rng.choice(self.authors)
        attachment.description = file.description
        attachment.insert(file.name, io.BytesIO(file.data), len(file.data), when)
        self.changes += 1


def main(arguments: Sequence[str]) -> int:
    """Fill the environment named on the command line."""
    if not 1 <= len(arguments) <= 3:
        print("Usage: python -m tools.sample <environment> [tickets] [seed]", file=sys.stderr)
        return 2
    numbers = [int(text) for text in arguments[1:]]
    configure(arguments[0])
    changes = fill(arguments[0], *numbers)
    print(f"{numbers[0] if numbers else 220} tickets and {changes} changes written to {arguments[0]}.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
