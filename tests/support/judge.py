# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The independent judge: are the tickets of two environments the same, as multisets of facts?

It shares no code with the product. Empty lists of findings are what the promises "nothing lost, nothing
doubled, all values equal" mean.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import TypeVar

from support.judge_read import Attachment, Change, TicketFacts, read

__all__ = ["TicketFacts", "compare", "judge", "read"]

F = TypeVar("F", bound=Hashable)
NEAR = 1000
"""Creation times that differ by at most this many µs may belong to the same ticket."""


@dataclass(frozen=True, slots=True)
class _Rules:
    """What the comparison lets pass."""

    label_a: str
    label_b: str
    ignore: frozenset[str]
    users_a: frozenset[str] | None
    users_b: frozenset[str] | None
    conflicts: bool

    def strange(self, a: str, b: str) -> bool:
        """Whether one of the owners cannot be known at the other side."""
        return (self.users_b is not None and bool(a) and a not in self.users_b) or (
            self.users_a is not None and bool(b) and b not in self.users_a
        )


def compare(
    a: str | Path,
    b: str | Path,
    *,
    label_a: str,
    label_b: str,
    ignore_fields: Collection[str] = frozenset({"cc"}),
    users_a: Collection[str] | None = None,
    users_b: Collection[str] | None = None,
    conflicts_allowed: bool = False,
) -> list[str]:
    """Differences between the tickets of environments ``a`` and ``b``, as sentences; none means equal.

    ``label_a`` is how people of ``a`` are marked at ``b``: ``alice (ACME)``. With ``users_a`` and ``users_b``
    (all names known as owners there) owners may differ where the other side does not know the name. With
    ``conflicts_allowed`` histories may differ by edits that lost: then final values, comments and attachments
    must be equal and nothing may be doubled, but other edits need not be found on both sides.
    """
    rules = _Rules(
        label_a=label_a,
        label_b=label_b,
        ignore=frozenset(ignore_fields),
        users_a=None if users_a is None else frozenset(users_a),
        users_b=None if users_b is None else frozenset(users_b),
        conflicts=conflicts_allowed,
    )
    return judge(read(a, label_b), read(b, label_a), rules)


def judge(a: Iterable[TicketFacts], b: Iterable[TicketFacts], rules: _Rules) -> list[str]:
    """``compare`` on facts that are read already."""
    pairs, findings = _match(list(a), list(b), rules)
    for left, right in pairs:
        where = f"#{left.number} {rules.label_a} / #{right.number} {rules.label_b}"
        findings += [f"{where}: {text}" for text in _ticket(left, right, rules)]
    return findings


def _match(
    a: list[TicketFacts], b: list[TicketFacts], rules: _Rules
) -> tuple[list[tuple[TicketFacts, TicketFacts]], list[str]]:
    """Pairs of tickets with the same reporter, first summary and creation time, and what is left over."""
    pairs: list[tuple[TicketFacts, TicketFacts]] = []
    for tolerance in (0, NEAR):
        free: dict[tuple[str, str], list[TicketFacts]] = {}
        for ticket in b:
            free.setdefault((ticket.reporter, ticket.first_summary), []).append(ticket)
        for ticket in list(a):
            candidates = free.get((ticket.reporter, ticket.first_summary), [])
            near = [other for other in candidates if abs(other.created - ticket.created) <= tolerance]
            if near:
                candidates.remove(near[0])
                a.remove(ticket)
                b.remove(near[0])
                pairs.append((ticket, near[0]))
    sides = ((a, rules.label_a, rules.label_b), (b, rules.label_b, rules.label_a))
    known = {_key(ticket) for pair in pairs for ticket in pair}
    left = [
        f"#{ticket.number} at {here} by {ticket.reporter!r} ({ticket.first_summary!r}, {ticket.created}) "
        + (f"is doubled: {there} has it once." if _key(ticket) in known else f"has no twin at {there}.")
        for tickets, here, there in sides
        for ticket in tickets
    ]
    return pairs, left


def _key(ticket: TicketFacts) -> tuple[str, str, int]:
    return ticket.reporter, ticket.first_summary, ticket.created


def _ticket(a: TicketFacts, b: TicketFacts, rules: _Rules) -> list[str]:
    findings = _fields(a, b, rules)
    findings += _counts("comment", a.comments, b.comments, rules)
    if rules.conflicts:
        files = map(_unnumbered, a.attachments), map(_unnumbered, b.attachments)
        findings += _counts("attachment", *files, rules)
        for side, label in ((a, rules.label_a), (b, rules.label_b)):
            findings += _doubled("change", map(_unbased, side.changes), label)
            findings += _doubled("comment edit", side.edits, label)
    else:
        findings += _counts("attachment", a.attachments, b.attachments, rules)
        findings += _counts("comment edit", a.edits, b.edits, rules)
        keep = _kept(a, b, rules)
        findings += _counts("change", filter(keep, a.changes), filter(keep, b.changes), rules)
    for side, label in ((a, rules.label_a), (b, rules.label_b)):
        findings += _doubled("comment", side.comments, label)
        gone = [file.name for file in side.attachments if not file.sha256]
        findings += [f"the file of attachment {name!r} is gone at {label}." for name in gone]
    return findings


def _fields(a: TicketFacts, b: TicketFacts, rules: _Rules) -> list[str]:
    names = sorted((a.fields.keys() | b.fields.keys()) - rules.ignore)
    findings = []
    for name in names:
        left, right = a.fields.get(name, ""), b.fields.get(name, "")
        if left != right and not (name == "owner" and rules.strange(left, right)):
            findings.append(f"{name} is {left!r} at {rules.label_a} and {right!r} at {rules.label_b}.")
    return findings


def _kept(a: TicketFacts, b: TicketFacts, rules: _Rules) -> Callable[[Change], bool]:
    """Which changes count: not those of ignored fields, nor of an owner that one side did not always know.

    A name that is not known leaves the owner as it was, so all later changes of the owner start elsewhere.
    """
    owners = {
        name
        for side in (a, b)
        for change in side.changes
        if change.field == "owner"
        for name in (change.old, change.new)
    }
    passed = rules.ignore | ({"owner"} if any(rules.strange(name, name) for name in owners) else set())
    return lambda change: change.field not in passed


def _unbased(change: Change) -> Change:
    """The same edit applied twice finds another old value the second time."""
    return replace(change, old="")


def _unnumbered(file: Attachment) -> Attachment:
    """Two files of one name attached on both sides at once get their ``.2`` in another order."""
    return replace(file, name=re.sub(r"\.\d+(?=(\.[^.]*)?\Z)", "", file.name))


def _counts(kind: str, a: Iterable[F], b: Iterable[F], rules: _Rules) -> list[str]:
    left, right = Counter(a), Counter(b)
    findings = []
    for fact in sorted(left.keys() | right.keys(), key=repr):
        if left[fact] != right[fact]:
            times = f"{left[fact]} times at {rules.label_a}, {right[fact]} times at {rules.label_b}"
            findings.append(f"{kind} {_short(fact)} is there {times}.")
    return findings


def _doubled(kind: str, facts: Iterable[F], label: str) -> list[str]:
    return [
        f"{kind} {_short(fact)} is doubled at {label}: there {count} times."
        for fact, count in Counter(facts).items()
        if count > 1
    ]


def _short(fact: object) -> str:
    values = (repr(value) for value in astuple(fact))  # type: ignore[call-overload]
    return "(" + ", ".join(text if len(text) <= 60 else f"{text[:40]}…{text[-16:]}" for text in values) + ")"
