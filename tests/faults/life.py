# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The scenario with its moments kept, so that each stage can be lived again and again with other mishaps."""

from __future__ import annotations

import random
from dataclasses import dataclass

from faults.scenario import STAGES, Stage
from faults.world import World

from trac_issuesync.testing.steps import Steps
from trac_issuesync.tracker.turn import Ran

__all__ = ["Life", "Undisturbed"]

Facts = list[dict[str, list[tuple[object, ...]]]]


@dataclass(frozen=True)
class Undisturbed:
    """A stage in which nothing went wrong: the points passed, and what is at its end."""

    passed: list[str]
    facts: Facts


class Life:
    """One world; ``Stage`` by ``Stage`` its moments are kept as they are first asked for."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._begins = [world.keep()]
        self._undisturbed: dict[tuple[Stage, bool], Undisturbed] = {}

    def undisturbed(self, stage: Stage) -> Undisturbed:
        """Live all up to and with ``stage``; afterwards ``live`` begins from there."""
        key = (stage, self.world.tap.finely)
        if key not in self._undisturbed:
            self._undisturbed[key] = self._live_undisturbed(stage)
        return self._undisturbed[key]

    def _live_undisturbed(self, stage: Stage) -> Undisturbed:
        place = STAGES.index(stage)
        while len(self._begins) <= place:
            self._begins[-1]()
            self._run(STAGES[len(self._begins) - 1])
            self._begins.append(self.world.keep())
        steps = Steps()
        self.live(stage, steps)
        return Undisturbed(steps.passed, self.world.facts())

    def plan(self, most: int, vital: tuple[str, ...] = (), most_vital: int = 0) -> dict[Stage, list[int]]:
        """Of each name at most ``most`` of the points that have it, by a fixed lot: their numbers by stage.

        Of names that begin with one of ``vital`` there are at most ``most_vital``.
        """
        places: dict[str, list[tuple[Stage, int]]] = {}
        for stage in STAGES:
            for number, name in enumerate(self.undisturbed(stage).passed, 1):
                places.setdefault(name, []).append((stage, number))
        found: dict[Stage, list[int]] = {stage: [] for stage in STAGES}
        for name, each in sorted(places.items()):
            limit = most_vital if name.startswith(vital) else most
            for stage, number in random.Random(name).sample(each, min(limit, len(each))):
                found[stage].append(number)
        return found

    def live(self, stage: Stage, steps: Steps, *further: Steps) -> list[Ran]:
        """The stage once more from its beginning, with what ``steps`` has happen, to rest.

        After a kill the next of ``further`` goes on from there.
        """
        self._begins[STAGES.index(stage)]()
        self.world.steps, self.world.further = steps, list(further)
        return self._run(stage)

    def differences(self, stage: Stage) -> list[str]:
        """In what the world is not as at the undisturbed end of ``stage``, or does not stay so."""
        self.world.steps, self.world.further = None, []
        expected = self.undisturbed_facts(stage)
        found = _differences(expected, self.world.facts())
        if self.world.round():
            found.append("something moves once more")
        return found + _differences(expected, self.world.facts())

    def undisturbed_facts(self, stage: Stage) -> Facts:
        return next(known.facts for (of, _), known in self._undisturbed.items() if of is stage)

    def _run(self, stage: Stage) -> list[Ran]:
        stage(self.world)
        self.world.settle()
        return self.world.told


def _differences(expected: Facts, found: Facts) -> list[str]:
    return [
        f"{side} {kind}: {there[kind]} instead of {kinds[kind]}"
        for side, kinds, there in zip(("acme", "globex"), expected, found, strict=True)
        for kind in kinds
        if kinds[kind] != there[kind]
    ]
