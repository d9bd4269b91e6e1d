# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A partner with the right key and bad intent: named refusals, no harm, and honest edits go on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fuzz.stage import Theatre, played

from trac_issuesync.core.model import Side

CORPUS = sorted((Path(__file__).resolve().parents[1] / "data" / "corpus" / "hostile").glob("*.json"))


@pytest.mark.parametrize("attacker", list(Side), ids=lambda side: side.value)
@pytest.mark.parametrize("seed", range(12))
def test_hostile_messages_do_no_harm(attacker: Side, seed: int) -> None:
    """Nothing unshared changes or leaves, little is stored, and honest edits arrive or it is said why."""
    played(attacker, seed)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_kept_attacks_do_no_harm(path: Path) -> None:
    """What did harm once, said by either side."""
    for attacker in Side:
        theatre = Theatre(attacker)
        for tree in json.loads(path.read_text(encoding="utf-8")):
            theatre.say(tree)
            theatre.victim.cycle()
        theatre.rest()
        theatre.check()


def test_attacks_are_kept() -> None:
    """The folder was found."""
    assert CORPUS
