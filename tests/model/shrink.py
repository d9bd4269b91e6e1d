# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The shortest run that still fails as a longer one does, to be read by a person."""

from __future__ import annotations

from dataclasses import replace

from model.ends import Failure, StoreMaker
from model.world import Plan, run

__all__ = ["told"]

_MOST_TRIES = 300


def told(plan: Plan, make_store: StoreMaker | None = None) -> str:
    """What fails in ``plan``, and its rules without those that are not needed for a failure."""
    failure = _failure(plan, make_store)
    rules, tries, size = list(plan.rules), 0, len(plan.rules) // 2
    while size and tries < _MOST_TRIES:
        at = 0
        while at < len(rules) and tries < _MOST_TRIES:
            tries += 1
            fewer = rules[:at] + rules[at + size :]
            if _failure(replace(plan, rules=tuple(fewer)), make_store):
                rules = fewer
            else:
                at += size
        size //= 2
    short = replace(plan, rules=tuple(rules))
    return f"{failure}\n{short}\nfails with: {_failure(short, make_store)}"


def _failure(plan: Plan, make_store: StoreMaker | None) -> str:
    try:
        run(plan, make_store)
    except Failure as failure:
        return str(failure)
    return ""
