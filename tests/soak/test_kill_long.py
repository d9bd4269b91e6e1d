# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The same as ``tests/e2e/test_kill*.py``, for as long as ``make soak`` has time."""

from __future__ import annotations

from pathlib import Path

import pytest
from e2e.killing import Havoc
from e2e.two_projects import made
from soak.budget import Soak
from support.databases import MARIADB, POSTGRES, SQLITE, Servers


@pytest.mark.soak
@pytest.mark.parametrize("kinds", [(SQLITE, SQLITE), (POSTGRES, MARIADB)], ids="-".join)
def test_killed_workers_lose_and_double_nothing_for_long(
    short_tmp: Path, soak: Soak, servers: Servers, kinds: tuple[str, str]
) -> None:
    """Round after round of kills and edits, compared after each.

    A kill comes every 1.2 seconds or so, in turn on either side: 200 on each take about 8 minutes.
    """
    acme, globex = (servers.address(kind) for kind in kinds)
    two = made(short_tmp, 60, databases=(acme, globex))
    two.connect()
    two.start()
    for seed in soak.seeds():
        havoc = Havoc(two, seed=100 * seed)
        havoc.run(min(120, max(soak.left, 5)))
        two.run_until_quiet()
        wrong = havoc.problems + two.differences(conflicts_allowed=True)
        master, slave = havoc.kills
        soak.note(seed, wrong, kills_of_master=master, kills_of_slave=slave, edits=havoc.edits)
        assert wrong == [], f"in the round of seed {seed}"
