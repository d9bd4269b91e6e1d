# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""No bytes of others make a reader fail with anything but its named errors, or take more than its share."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from fuzz.targets import TARGETS

CORPUS = Path(__file__).resolve().parents[1] / "data" / "corpus"
KEPT = sorted(path for name in TARGETS for path in (CORPUS / name).glob("*"))
_INPUTS = {"plaintext": 400, "handshake": 150}


@pytest.mark.parametrize("name", TARGETS)
def test_inputs_near_to_sound_ones_are_answered(name: str) -> None:
    """The same ones each time; ``make soak`` makes others."""
    target = TARGETS[name]
    for seed in range(_INPUTS.get(name, 600)):
        data = target.input(seed)
        try:
            target.check(data)
        except BaseException:
            print(f"seed {seed}: {data[:2000]!r}")  # noqa: T201
            raise


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_kept_inputs_are_answered(path: Path) -> None:
    """What failed once, and one of each kind that is refused."""
    TARGETS[path.parent.name].check(path.read_bytes())


def test_every_target_keeps_inputs() -> None:
    """And each kept one has its target."""
    kept = {path.name for path in CORPUS.iterdir()}
    assert kept - {"hostile", "directory"} == set(TARGETS)
    assert {path.parent.name for path in KEPT} == set(TARGETS)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_memory_is_bounded_by_the_input(name: str) -> None:
    """A hundred inputs of up to 200 kB; none takes more than sixty times that."""
    target = TARGETS[name]
    inputs = [target.input(seed) for seed in range(10_000, 10_040)]
    target.check(inputs[0])
    tracemalloc.start()
    try:
        for data in inputs:
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            target.check(data)
            assert tracemalloc.get_traced_memory()[1] - before < (6 << 20) + 60 * len(data)
    finally:
        tracemalloc.stop()
