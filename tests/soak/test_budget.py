# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The budget of soak tests is shared, kept, and told in a file."""

from __future__ import annotations

from pathlib import Path

import pytest
from soak.budget import Soak, seconds_each


def test_an_hour_unless_set_otherwise_is_shared_by_all_soak_tests() -> None:
    """``SOAK_SECONDS`` is for the whole run, however many tests there are."""
    assert seconds_each({}, 4) == 900
    assert seconds_each({"SOAK_SECONDS": ""}, 1) == 3600
    assert seconds_each({"SOAK_SECONDS": "90"}, 3) == 30


@pytest.mark.parametrize("seconds", ["0", "-1", "inf", "nan", "long"])
def test_a_budget_that_is_none_is_refused(seconds: str) -> None:
    """A run that would do nothing, or never end, does not begin."""
    with pytest.raises(ValueError, match=r"SOAK_SECONDS|could not convert"):
        seconds_each({"SOAK_SECONDS": seconds}, 1)


def test_there_is_one_round_even_without_time(tmp_path: Path) -> None:
    """Whatever the set-up took, something is tried; a used-up budget begins no second round."""
    soak = Soak("test_x", 1e-9, 7, tmp_path / "x.log")
    assert list(soak.seeds()) == [7]
    assert soak.left == 0


def test_rounds_go_on_with_new_seeds_while_there_is_time(tmp_path: Path) -> None:
    """Each round has a seed of its own, and the next run can begin with any of them."""
    seeds = Soak("test_x", 3600, 7, tmp_path / "x.log").seeds()
    assert [next(seeds) for _ in range(3)] == [7, 8, 9]


def test_the_log_tells_seeds_counts_differences_and_sums(tmp_path: Path) -> None:
    """It can be quoted: what each round did, what differed, and all of it added up."""
    soak = Soak("test_x", 60, 7, tmp_path / "logs" / "x.log")
    soak.note(7, kills=3, edits=10)
    soak.note(8, ["#4 status"], kills=2, edits=1)
    soak.end()
    lines = [line.split(" s  ", 1)[1] for line in soak.log.read_text(encoding="utf-8").splitlines()]
    assert lines == [
        "start test_x seconds=60 first_seed=7",
        "round seed=7 kills=3 edits=10 differences=none",
        "round seed=8 kills=2 edits=1 differences=['#4 status']",
        "end test_x rounds=2 different=1 kills=5 edits=11",
    ]


def test_a_former_run_leaves_nothing_in_the_log(tmp_path: Path) -> None:
    """The file is about one run."""
    Soak("test_x", 60, 1, tmp_path / "x.log").note(1)
    again = Soak("test_x", 60, 2, tmp_path / "x.log")
    assert "seed=1" not in again.log.read_text(encoding="utf-8")
