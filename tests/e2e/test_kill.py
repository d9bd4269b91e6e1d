# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``kill -9`` of the workers at random, while both sides are edited."""

from __future__ import annotations

from pathlib import Path

from e2e.killing import Havoc
from e2e.two_projects import made
from support.judge_read import read

SECONDS = 15


def test_killed_workers_lose_and_double_nothing(short_tmp: Path) -> None:
    """After 15 seconds of kills and edits both sides end equal, judged straight from both databases."""
    two = made(short_tmp, 25)
    two.connect()
    two.start()
    havoc = Havoc(two, seed=1)
    havoc.run(SECONDS)
    assert havoc.problems == []
    assert havoc.kills >= 5
    assert havoc.edits >= 40
    two.run_until_quiet()
    assert two.differences(conflicts_allowed=True) == []
    assert [party.shown.quarantined for party in two.parties] == [0, 0]
    busy = [ticket for ticket in read(two.acme.env) if len(ticket.changes) + len(ticket.comments) >= 5]
    assert len(busy) >= 10
