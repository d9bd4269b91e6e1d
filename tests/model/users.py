# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""People of the model: each does one thing to one ticket, with a word that nobody else uses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from random import Random

from model.ledger import Born, Ledger, Write

from trac_issuesync.core.model import Catalogue, FieldDef, FieldKind
from trac_issuesync.core.text_merge import list_items
from trac_issuesync.testing.sim_catalogue import default_catalogue
from trac_issuesync.testing.sim_database import UniqueViolation
from trac_issuesync.testing.sim_tracker import Pending, SimTracker
from trac_issuesync.testing.sim_world import SimEnvironment

__all__ = ["MARK", "PRIORITIES", "Users", "catalogue", "mark_of"]

# A field that nobody edits, by which a ticket is recognised in every project.
MARK = "birthmark"
PRIORITIES = ("minor", "major", "critical")


def catalogue() -> Catalogue:
    """The usual fields and the birthmark."""
    usual = default_catalogue()
    return Catalogue((*usual.fields, FieldDef(MARK, FieldKind.TEXT, "Birthmark", custom=True)))


def mark_of(tracker: SimTracker, number: int) -> str:
    """The birthmark of a ticket."""
    return tracker.snapshot(number).values[MARK]


@dataclass(frozen=True)
class _Slow:
    """A request that has read and not committed."""

    born: Born
    environment: SimEnvironment
    number: int
    word: str
    pending: Pending


class Users:
    """The users of all projects; ``act`` lets one of ``environment`` do something that ``rng`` chooses."""

    def __init__(self, ledger: Ledger, most_tickets: int) -> None:
        self.ledger, self._most = ledger, most_tickets
        self._pending: list[_Slow] = []
        often = [self._field, self._field, self._comment, self._list, self._text, self._edit_comment]
        self._acts: list[Callable[[SimEnvironment, int, Random], None]] = [
            *(often * 3),
            *([self._status, self._slow, self._slow] * 2),
            self._attach,
        ]

    def act(self, environment: SimEnvironment, rng: Random) -> None:
        """Make a ticket, or do something to one."""
        numbers = environment.tracker.numbers(0, 1000)
        if not numbers or (len(numbers) < self._most and rng.random() < 0.15):
            self.create(environment)
            return
        rng.choice(self._acts)(environment, rng.choice(numbers), rng)

    def create(self, environment: SimEnvironment) -> None:
        """A new ticket."""
        born = self.ledger.birth(environment.name)
        environment.tracker.user_create({"summary": born.mark, MARK: born.mark}, self._author(environment))

    def delete(self, environment: SimEnvironment, rng: Random) -> None:
        """Delete a ticket, often the newest, whose number the next one then gets."""
        numbers = environment.tracker.numbers(0, 1000)
        if numbers:
            number = numbers[-1] if rng.random() < 0.6 else rng.choice(numbers)
            self._born(environment, number).deleted.add(environment.name)
            environment.tracker.user_delete(number)

    def batch(self, environment: SimEnvironment, rng: Random) -> None:
        """Many tickets in one transaction, as batch modify does."""
        with environment.database.transaction():
            for number in environment.tracker.numbers(0, 1000):
                rng.choice((self._field, self._comment, self._list))(environment, number, rng)

    def commit(self, rng: Random) -> None:
        """One of the slow requests commits."""
        if self._pending:
            self._commit(self._pending.pop(rng.randrange(len(self._pending))))

    def finish(self) -> None:
        """All slow requests commit."""
        while self._pending:
            self._commit(self._pending.pop())

    def drop(self, environment: SimEnvironment) -> None:
        """The slow requests of a project that is restored are lost."""
        self._pending = [slow for slow in self._pending if slow.environment is not environment]

    def _commit(self, slow: _Slow) -> None:
        snapshot = slow.environment.tracker.snapshot(slow.number)
        if snapshot is None or snapshot.values[MARK] != slow.born.mark:
            return
        with suppress(UniqueViolation):
            slow.pending.commit()
            word, home = self.ledger.done(slow.word), slow.environment.name
            slow.born.said[word] = home
            slow.born.writes.append(Write(word, snapshot.values["customer"], home))

    def _slow(self, environment: SimEnvironment, number: int, rng: Random) -> None:
        word = self.ledger.word("c")
        values, author = {"customer": word}, self._author(environment)
        pending = environment.tracker.begin_edit(number, values, f"said {word}", author)
        self._pending.append(_Slow(self._born(environment, number), environment, number, word, pending))

    def _field(self, environment: SimEnvironment, number: int, rng: Random) -> None:
        name = rng.choice(("customer", "customer", "priority", "urgent"))
        if name == "priority":
            self._edit(environment, number, {name: rng.choice(PRIORITIES)})
        elif name == "urgent":
            self._edit(environment, number, {name: rng.choice("01")})
        else:
            self._customer(environment, number, "")

    def _customer(self, environment: SimEnvironment, number: int, comment: str) -> None:
        word = self.ledger.word("c")
        shown = environment.tracker.snapshot(number).values["customer"]
        self._edit(environment, number, {"customer": word}, comment)
        self.ledger.done(word)
        self._born(environment, number).writes.append(Write(word, shown, environment.name))

    def _comment(self, environment: SimEnvironment, number: int, rng: Random) -> None:
        word = self.ledger.word("c")
        self._edit(environment, number, {}, f"said {word}")
        self._born(environment, number).said[self.ledger.done(word)] = environment.name

    def _edit_comment(self, environment: SimEnvironment, number: int, rng: Random) -> None:
        log = environment.tracker.snapshot(number).log
        comments = [entry for entry in log if entry.field == "comment" and entry.new.startswith("said ")]
        if comments:
            chosen = rng.choice(comments)
            text = f"{' '.join(chosen.new.split()[:2])} {self.ledger.word('v')}"
            author = self._author(environment)
            environment.tracker.user_comment_edit(number, chosen.time, text, author)

    def _list(self, environment: SimEnvironment, number: int, rng: Random) -> None:
        born = self._born(environment, number)
        words = list(list_items(environment.tracker.snapshot(number).values["keywords"]))
        if words and rng.random() < 0.4:
            gone = words.pop(rng.randrange(len(words)))
            born.removed.add(gone)
        else:
            word = self.ledger.done(self.ledger.word("k"))
            words.append(word)
            born.words[word] = environment.name
        self._edit(environment, number, {"keywords": " ".join(words)})

    def _text(self, environment: SimEnvironment, number: int, rng: Random) -> None:
        lines = environment.tracker.snapshot(number).values["description"].split("\n")
        lines = ([*lines, "", "", ""])[:4]
        lines[rng.randint(0, 3)] = self.ledger.word("line ")
        self._edit(environment, number, {"description": "\n".join(lines)})

    def _status(self, environment: SimEnvironment, number: int, rng: Random) -> None:
        status, resolution = rng.choice(
            (("closed", "fixed"), ("closed", "invalid"), ("accepted", ""), ("reopened", ""))
        )
        self._edit(environment, number, {"status": status, "resolution": resolution})

    def _attach(self, environment: SimEnvironment, number: int, rng: Random) -> None:
        word = self.ledger.word("f")
        data = rng.choice((b"", b"same", b"x" * 5000, word.encode() * 30))
        environment.tracker.user_attach(number, f"{word}.txt", data, self._author(environment))
        self._born(environment, number).files[self.ledger.done(word)] = environment.name

    def _edit(
        self, environment: SimEnvironment, number: int, values: dict[str, str], comment: str = ""
    ) -> None:
        environment.tracker.user_edit(number, values, comment, self._author(environment))

    def _born(self, environment: SimEnvironment, number: int) -> Born:
        return self.ledger.born[mark_of(environment.tracker, number)]

    @staticmethod
    def _author(environment: SimEnvironment) -> str:
        return f"user-{environment.name}"
