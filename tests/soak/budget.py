# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""How long a soak test goes on, with which seeds, and the file that tells afterwards what it did."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["DEFAULT_SECONDS", "Soak", "seconds_each"]

DEFAULT_SECONDS = 3600.0


def seconds_each(environ: Mapping[str, str], tests: int) -> float:
    """The share of each of ``tests`` soak tests in ``SOAK_SECONDS`` (an hour). Raises ValueError."""
    seconds = float(environ.get("SOAK_SECONDS") or DEFAULT_SECONDS)
    if not 0 < seconds < float("inf"):
        raise ValueError(f"SOAK_SECONDS is {seconds}; it has to be a number of seconds above 0.")
    return seconds / max(tests, 1)


@dataclass
class Soak:
    """The budget of one soak test, and its log.

    ``seeds`` gives one seed per round until the time is up, at least one; ``note`` writes what a round did
    and adds it up; ``log`` is the file. Each line is on disk at once, as a run may be killed.
    """

    name: str
    seconds: float
    first_seed: int
    log: Path
    totals: Counter[str] = field(default_factory=Counter)
    _end: float = field(init=False)
    _started: float = field(init=False)

    def __post_init__(self) -> None:
        self._started = time.monotonic()
        self._end = self._started + self.seconds
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.write_text("", encoding="utf-8")
        self._write(f"start {self.name} seconds={self.seconds:.0f} first_seed={self.first_seed}")

    @property
    def left(self) -> float:
        """Seconds of the budget that are left, 0 when it is used up."""
        return max(self._end - time.monotonic(), 0.0)

    def seeds(self) -> Iterator[int]:
        """The seed of each round: the first one and those that follow it."""
        seed = self.first_seed
        yield seed
        while self.left:
            seed += 1
            yield seed

    def note(self, seed: int, differences: object = (), **counts: int) -> None:
        """Write one round: its counts, such as ``kills`` and ``edits``, and what was found to differ.

        ``differences`` is empty where all is as it must be.
        """
        self.totals.update(rounds=1, different=int(bool(differences)), **counts)
        words = " ".join(f"{name}={count}" for name, count in counts.items())
        self._write(f"round seed={seed} {words} differences={differences or 'none'}")

    def end(self) -> None:
        """Write the sums of all rounds."""
        words = " ".join(f"{name}={count}" for name, count in self.totals.items())
        self._write(f"end {self.name} {words}")

    def _write(self, text: str) -> None:
        with self.log.open("a", encoding="utf-8") as file:
            file.write(f"{time.monotonic() - self._started:9.1f} s  {text}\n")
