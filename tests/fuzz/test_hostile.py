# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A partner with the right key and bad intent: named refusals, no harm, and honest edits go on."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from fuzz.stage import Theatre

from trac_issuesync.core.model import Side

CORPUS = sorted((Path(__file__).resolve().parents[1] / "data" / "corpus" / "hostile").glob("*.json"))


def played(attacker: Side, seed: int, messages: int = 15) -> None:
    """One run by seed; what was said is told if it does harm."""
    theatre = Theatre(attacker)
    try:
        theatre.act(Random(seed), messages)
        theatre.check()
    except BaseException:
        print(f"seed {seed}, {attacker.value}:", json.dumps(theatre.said))  # noqa: T201
        raise


@pytest.mark.parametrize("attacker", list(Side), ids=lambda side: side.value)
@pytest.mark.parametrize("seed", range(20))
def test_hostile_messages_do_no_harm(attacker: Side, seed: int) -> None:
    """Nothing unshared changes or leaves, little is stored, and honest edits arrive or it is said why."""
    played(attacker, seed)
