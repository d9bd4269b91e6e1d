# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What other tests lean on holds: real environments, and the table of times."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from support.environments import MakeEnvironment
from support.groups import group_table
from trac.env import open_environment
from trac.ticket.model import Ticket


def test_two_environments_are_real_and_apart(trac_env: MakeEnvironment, short_tmp: Path) -> None:
    """Both store tickets in databases of their own, and options reach trac.ini."""
    acme = trac_env("acme", options=[("ticket-custom", "build", "text")])
    globex = trac_env("globex")
    ticket = Ticket(acme)
    ticket["summary"], ticket["build"] = "Leck im Kühler", "7"
    ticket.insert()
    assert open_environment(str(short_tmp / "acme")).db_query("SELECT summary FROM ticket") == [
        ("Leck im Kühler",)
    ]
    assert Ticket(acme, ticket.id)["build"] == "7"
    assert globex.db_query("SELECT summary FROM ticket") == []


def test_the_plugin_is_on_only_where_asked_for(trac_env: MakeEnvironment) -> None:
    """An environment can be compared with one that lacks the plugin; neither needs an upgrade."""
    with_it, without = trac_env("with"), trac_env("without", plugin=False)
    assert with_it.config.get("components", "trac_issuesync.*") == "enabled"
    assert without.config.get("components", "trac_issuesync.*") == ""
    assert not with_it.needs_upgrade()
    assert not without.needs_upgrade()


def test_paths_leave_room_for_the_sockets_of_gpg(short_tmp: Path) -> None:
    """GNUPGHOME over 86 characters breaks gpg-agent; half of that is left to the test."""
    assert len(str(short_tmp)) <= 43
    assert short_tmp.stat().st_mode & 0o777 == 0o700


@dataclass(frozen=True)
class Report:
    """As much of pytest's report as the table reads."""

    nodeid: str
    when: str
    duration: float


def test_the_table_adds_up_all_phases_and_counts_calls() -> None:
    """Set-up time belongs to its group and is told apart; the slowest group comes first."""
    reports = [
        Report("tests/core/test_merge.py::test_a", "setup", 0.25),
        Report("tests/core/test_merge.py::test_a", "call", 0.5),
        Report("tests/core/test_diff.py::test_b", "call", 0.25),
        Report("tests/core/test_diff.py::test_b", "teardown", 0.125),
        Report("tests/test_architecture.py::test_c[a/b]", "call", 2.0),
    ]
    assert group_table(reports) == [
        "    2.00 s  (setup 0.00, call 2.00, teardown 0.00)      1 tests  test_architecture.py",
        "    1.12 s  (setup 0.25, call 0.75, teardown 0.12)      2 tests  core",
    ]


def test_an_empty_run_has_an_empty_table() -> None:
    """Nothing collected is no reason to fail at the end."""
    assert group_table([]) == []
