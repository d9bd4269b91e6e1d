# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""One more edit as a user would make it, through Trac's model, while others write to the same database."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from random import Random
from typing import TypeVar

from trac.attachment import Attachment
from trac.env import Environment
from trac.ticket.model import Ticket
from trac.util.datefmt import from_utimestamp

from tools import sample_text
from tools.sample_files import sample_file
from tools.sample_steps import change_field, new_values, step_status

__all__ = ["KINDS", "random_edit", "retrying"]

KINDS = (
    "field",
    "field",
    "comment",
    "comment",
    "status",
    "status",
    "edit comment",
    "attachment",
    "new ticket",
)
"""Kinds of edits, as often as they are drawn."""

T = TypeVar("T")
TRIES = 60
PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class _Hand:
    """Who edits what, and with which dice."""

    env: Environment
    rng: Random
    author: str
    people: tuple[str, ...]
    number: int


def random_edit(
    env: Environment,
    rng: Random,
    tickets: list[int],
    author: str = "alice",
    *,
    kinds: Sequence[str] = KINDS,
    people: Sequence[str] = ("alice", "bob"),
) -> str:
    """Make one edit by ``author`` on one of ``tickets``, or a new ticket (its number is appended); says what.

    A locked database is tried again for some seconds; then Trac's own error flies out and nothing was saved.
    """
    kind = rng.choice(tuple(kinds)) if tickets else "new ticket"
    hand = _Hand(env, rng, author, tuple(people), rng.choice(tickets) if tickets else 0)
    return {
        "field": _field,
        "comment": _comment,
        "status": _status,
        "edit comment": _edit_comment,
        "attachment": _attachment,
        "new ticket": lambda hand: _new_ticket(hand, tickets),
    }[kind](hand)


def retrying(env: Environment, work: Callable[[], T]) -> T:
    """``work()``, again while the database is locked; it must be one transaction."""
    for left in range(TRIES, -1, -1):
        try:
            return work()
        except env.db_exc.OperationalError as error:
            if "locked" not in str(error) or not left:
                raise
            time.sleep(PAUSE)
    raise AssertionError("unreachable")


def _saved(hand: _Hand, change: Callable[[Ticket], str], text: str) -> str:
    """Load, change and save the ticket; from scratch again when the database was locked."""

    def work() -> str:
        ticket = Ticket(hand.env, hand.number)
        said = change(ticket)
        ticket.save_changes(hand.author, text)
        return said

    return retrying(hand.env, work)


def _field(hand: _Hand) -> str:
    now = datetime.now(timezone.utc)
    text = sample_text.comment(hand.rng) if hand.rng.random() < 0.3 else ""
    name = _saved(hand, lambda ticket: change_field(hand.rng, ticket, hand.people, now), text)
    return f"{hand.author} set {name} of #{hand.number}"


def _status(hand: _Hand) -> str:
    status = _saved(hand, lambda ticket: step_status(hand.rng, ticket, hand.author, hand.people), "")
    return f"{hand.author} made #{hand.number} {status}"


def _comment(hand: _Hand) -> str:
    _saved(hand, lambda ticket: "", sample_text.comment(hand.rng))
    return f"{hand.author} commented on #{hand.number}"


def _edit_comment(hand: _Hand) -> str:
    def work() -> bool:
        rows = hand.env.db_query(
            "SELECT time, newvalue FROM ticket_change WHERE ticket=%s AND field='comment' AND newvalue<>''"
            " ORDER BY time",
            (hand.number,),
        )
        if not rows:
            return False
        at, text = hand.rng.choice(list(rows))
        ticket = Ticket(hand.env, hand.number)
        ticket.modify_comment(from_utimestamp(at), hand.author, sample_text.revised(hand.rng, text))
        return True

    if not retrying(hand.env, work):
        return _comment(hand)
    return f"{hand.author} edited a comment of #{hand.number}"


def _attachment(hand: _Hand) -> str:
    file = sample_file(hand.rng)

    def work() -> str:
        attachment = Attachment(hand.env, "ticket", hand.number)
        attachment.author = hand.author
        attachment.description = file.description
        attachment.insert(file.name, io.BytesIO(file.data), len(file.data))
        return str(attachment.filename)

    return f"{hand.author} attached {retrying(hand.env, work)} to #{hand.number}"


def _new_ticket(hand: _Hand, tickets: list[int]) -> str:
    values = new_values(hand.rng, hand.people, datetime.now(timezone.utc))

    def work() -> int:
        ticket = Ticket(hand.env)
        ticket.populate(values)
        ticket["reporter"] = hand.author
        return int(ticket.insert())

    number = retrying(hand.env, work)
    tickets.append(number)
    return f"{hand.author} created #{number}"
