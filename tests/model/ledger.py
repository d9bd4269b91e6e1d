# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What users of the model have done, so that it can be said at rest what must be there, once, and where."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Born", "Ledger", "Write"]


@dataclass
class Write:
    """A value that a user gave to a field, and the value that the ticket showed then."""

    value: str
    over: str
    home: str


@dataclass
class Born:
    """A ticket by its birthmark: where it was born, who deleted it, what was said and attached to it.

    Words are unique in the whole run. ``maybe`` holds those that a restore may have undone, and is full for
    a ticket that may be gone as a whole (``uncertain``).
    """

    mark: str
    home: str
    deleted: set[str] = field(default_factory=set)
    said: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    words: dict[str, str] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)
    writes: list[Write] = field(default_factory=list)
    maybe: set[str] = field(default_factory=set)
    uncertain: bool = False

    def superseded(self) -> set[str]:
        """Values over which somebody wrote who saw them."""
        return {write.over for write in self.writes}


class Ledger:
    """All tickets of a run by birthmark; ``moment`` counts what was done."""

    def __init__(self) -> None:
        self.born: dict[str, Born] = {}
        self.moment = 0
        self._done: dict[str, int] = {}
        self._words = 0

    def word(self, kind: str) -> str:
        """A word that nobody has used."""
        self._words += 1
        return f"{kind}{self._words}"

    def done(self, word: str) -> str:
        """What a word stands for has been committed."""
        self.moment += 1
        self._done[word] = self.moment
        return word

    def birth(self, home: str) -> Born:
        """A ticket is made at ``home``."""
        mark = self.done(self.word("t"))
        self.born[mark] = Born(mark, home)
        return self.born[mark]

    def doubt(self, home: str, since: int) -> None:
        """What was done at ``home`` after the moment ``since`` may have been undone by a restore."""
        for born in self.born.values():
            born.uncertain |= born.home == home and self._done[born.mark] > since
            for words in (born.said, born.files, born.words):
                born.maybe |= {w for w, where in words.items() if where == home and self._done[w] > since}
