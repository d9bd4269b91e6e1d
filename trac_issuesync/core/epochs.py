# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Epochs: what a side counts from the beginning after its counters may have gone back.

An epoch is a number larger than all the side used before; the clock sees to that where memory cannot. The
numbers of changes go on above those of all earlier epochs, so that none of them is ever mistaken for another.
"""

from __future__ import annotations

from trac_issuesync.core.errors import Refused

__all__ = ["MOST_EPOCH", "answered", "next_epoch", "numbers_above"]

MOST_EPOCH = 1 << 32
_SHIFT = 20


def next_epoch(used: int, now: int) -> int:
    """The epoch to begin at ``now`` (microseconds) after ``used``, the highest ever heard of.

    Raises Refused where there is none left, which takes a partner that names absurd ones.
    """
    epoch = max(used + 2, now // 1_000_000)
    if epoch > MOST_EPOCH:
        raise Refused("No numbers are left to begin anew with; create a new synchronization.", "epoch")
    return epoch


def answered(epoch: int) -> int:
    """The highest epoch from which a side takes nothing that begins anew in answer to ``epoch``.

    It lies between two epochs, so that who begins anew unasked never gives it.
    """
    return epoch - 1


def numbers_above(epoch: int) -> int:
    """The number above which the changes of an epoch are numbered."""
    return 0 if epoch <= 1 else epoch << _SHIFT
