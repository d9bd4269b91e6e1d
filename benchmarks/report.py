# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Figures with their baselines as a table, and whether every promise was kept. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import median

__all__ = ["Bound", "Kind", "Row", "failed", "row", "status", "table"]


class Kind(Enum):
    """Which way a figure may go."""

    AT_LEAST = "at least"
    AT_MOST = "at most"


@dataclass(frozen=True)
class Bound:
    """What was promised of the judged figure; ``unit`` is empty for a ratio."""

    kind: Kind
    value: float
    unit: str = ""

    def holds(self, figure: float) -> bool:
        """A figure that is no number keeps no promise."""
        return figure >= self.value if self.kind is Kind.AT_LEAST else figure <= self.value

    def __str__(self) -> str:
        return f"{self.kind.value} {shown(self.value)}{' ' + self.unit if self.unit else ''}"


@dataclass(frozen=True)
class Row:
    """One measure: ``ours`` and ``baseline`` in ``unit``, a figure of each for each round.

    ``judged`` is held against the bound; without a bound the row is told, not judged. Without a baseline
    there is no ratio.
    """

    what: str
    unit: str
    ours: tuple[float, ...]
    baseline: tuple[float, ...]
    judged: float
    bound: Bound | None

    @property
    def ratio(self) -> float | None:
        """Median of the ratios of the rounds, so that a slow moment hits both sides of a ratio alike."""
        if not self.baseline:
            return None
        pairs = zip(self.ours, self.baseline, strict=True)
        return median(a / b if b else float("nan") for a, b in pairs)

    @property
    def kept(self) -> bool:
        return self.bound is None or self.bound.holds(self.judged)


def row(
    what: str,
    unit: str,
    ours: Sequence[float],
    baseline: Sequence[float] = (),
    *,
    bound: Bound | None = None,
    judged: float | None = None,
) -> Row:
    """A row whose ratio is judged, or ``judged`` if that is given. Raises ValueError without figures."""
    if not ours:
        raise ValueError(f"{what}: nothing was measured")
    made = Row(what, unit, tuple(ours), tuple(baseline), 0.0, bound)
    if judged is None:
        ratio = made.ratio
        judged = float("nan") if ratio is None else ratio
    return Row(what, unit, made.ours, made.baseline, judged, bound)


def status(rows: Iterable[Row]) -> int:
    """Exit status: 0 if every promise was kept and there was one, else 1."""
    judged = [r for r in rows if r.bound is not None]
    return 0 if judged and all(r.kept for r in judged) else 1


def failed(rows: Iterable[Row]) -> list[str]:
    """A sentence for each promise that was not kept."""
    return [f"{r.what}: {shown(r.judged)}, promised is {r.bound}." for r in rows if not r.kept]


def table(rows: Iterable[Row]) -> str:
    """Markdown; each cell is the median (least to most) of the rounds."""
    lines = ["| measure | ours | baseline | ratio | promised | kept |", "|---|---|---|---|---|---|"]
    for r in rows:
        ratio = shown(r.ratio) if r.ratio is not None else ""
        promise = f"{r.bound} (is {shown(r.judged)})" if r.bound else ""
        kept = ("yes" if r.kept else "**no**") if r.bound else ""
        cells = (r.what, _cell(r.ours, r.unit), _cell(r.baseline, r.unit), ratio, promise, kept)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def shown(figure: float) -> str:
    """Three digits that count, whole numbers whole."""
    if figure != figure:
        return "none"
    if abs(figure) >= 100 or figure == int(figure):
        return f"{figure:,.0f}"
    return f"{figure:.3g}"


def _cell(figures: Sequence[float], unit: str) -> str:
    if not figures:
        return ""
    middle = f"{shown(median(figures))} {unit}"
    if len(figures) == 1:
        return middle
    return f"{middle} ({shown(min(figures))} to {shown(max(figures))})"
