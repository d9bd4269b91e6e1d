# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The verdict of ``make bench``: what is promised is judged, whatever else stands in the table."""

from __future__ import annotations

import math

import pytest

from benchmarks.report import Bound, Kind, failed, row, status, table

AT_LEAST = Bound(Kind.AT_LEAST, 1.0)
AT_MOST = Bound(Kind.AT_MOST, 0.2, "ms more")


def test_a_ratio_just_reached_is_kept_and_one_below_is_missed():
    kept = row("rate", "writes/s", [750], [750], bound=AT_LEAST)
    missed = row("rate", "writes/s", [749], [750], bound=AT_LEAST)
    assert status([kept]) == 0
    assert status([missed]) == 1


def test_a_difference_over_its_bound_is_missed_although_the_ratio_is_fine():
    over = row("save", "ms", [1.21], [1.0], bound=AT_MOST, judged=0.21)
    assert status([over]) == 1
    assert failed([over]) == ["save: 0.21, promised is at most 0.2 ms more."]


def test_one_missed_promise_among_kept_ones_fails_the_run():
    kept = row("rate", "writes/s", [2], [1], bound=AT_LEAST)
    missed = row("save", "ms", [2], [1], bound=AT_MOST, judged=1.0)
    assert status([kept, missed, kept]) == 1


def test_a_run_that_judged_nothing_fails():
    assert status([]) == 1
    assert status([row("memory", "MB", [80])]) == 1


def test_a_promise_without_a_figure_to_judge_is_missed():
    nothing = row("rate", "writes/s", [750], bound=AT_LEAST)
    assert math.isnan(nothing.judged)
    assert status([nothing]) == 1


def test_a_row_needs_a_figure():
    with pytest.raises(ValueError, match="nothing was measured"):
        row("rate", "writes/s", [])


def test_the_ratio_is_taken_round_by_round():
    """A machine that slows down in the third round slows both, and the ratio stays."""
    made = row("rate", "writes/s", [800, 800, 100], [400, 400, 50], bound=AT_LEAST)
    assert made.ratio == 2
    one_bad_round = row("rate", "writes/s", [800, 800, 100], [400, 400, 400])
    assert one_bad_round.ratio == 2


def test_rounds_that_do_not_pair_up_are_an_error():
    with pytest.raises(ValueError, match="shorter"):
        row("rate", "writes/s", [1, 2, 3], [1, 2], bound=AT_LEAST)


def test_the_table_shows_median_range_ratio_and_verdict():
    text = table(
        [
            row("rate", "writes/s", [1200, 900, 1000], [500, 500, 500], bound=AT_LEAST),
            row("save", "ms", [2.0], [1.0], bound=AT_MOST, judged=1.0),
            row("memory", "MB", [81.25]),
        ]
    )
    assert (
        "| rate | 1,000 writes/s (900 to 1,200) | 500 writes/s (500 to 500) | 2 | at least 1 (is 2) | yes |"
        in text
    )
    assert "| save | 2 ms | 1 ms | 2 | at most 0.2 ms more (is 1) | **no** |" in text
    assert "| memory | 81.2 MB |  |  |  |  |" in text
