# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which comment a row of Trac's log is, on both sides.

A row that this side wrote for its partner is recorded with the comment's original time. That of a comment
which was first written here and came back, because this side was restored from a backup, is recorded below
zero, so that it goes on being ours.
"""

from __future__ import annotations

from trac_issuesync.core.model import CommentRef, Side
from trac_issuesync.core.timing import wire_time

__all__ = ["comment_ref", "origin_of"]


def comment_ref(time: int, origin: int | None, side: Side) -> CommentRef:
    """The comment logged at ``time`` on ``side``; ``origin`` is None for a row that we did not write."""
    if origin is None:
        return CommentRef(side, wire_time(time))
    return CommentRef(side, -1 - origin) if origin < 0 else CommentRef(side.other, origin)


def origin_of(ref: CommentRef, side: Side) -> int:
    """What ``side`` records with the rows that it writes for a comment."""
    return -1 - ref.time if ref.side is side else ref.time
