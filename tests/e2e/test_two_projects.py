# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The main job: two real projects with real tickets are kept in step through exchange directories."""

from __future__ import annotations

from pathlib import Path

from e2e.two_projects import made


def test_two_projects_are_kept_in_step(short_tmp: Path) -> None:
    """Created, handed over, accepted and started by commands, both have the same tickets, then and later."""
    two = made(short_tmp, 40)
    two.connect()
    assert [party.shown.state for party in two.parties] == ["stopped", "stopped"]
    two.start()
    two.run_until_quiet()
    assert two.differences() == []
    assert two.acme.edit(1, 15)
    two.run_until_quiet()
    assert two.globex.edit(2, 15)
    two.run_until_quiet()
    assert two.differences() == []
    two.acme.edit(3, 15)
    two.globex.edit(4, 15)
    two.run_until_quiet()
    assert two.differences(conflicts_allowed=True) == []
    assert [party.shown.quarantined for party in two.parties] == [0, 0]
