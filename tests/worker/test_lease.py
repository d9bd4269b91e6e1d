# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whose lease may be taken over at once: that of a process of this system which has ended."""

from __future__ import annotations

import subprocess
import sys

from trac_issuesync.tracker.lease import is_dead, owner_name


def test_a_living_process_is_not_dead() -> None:
    """A worker does not take another's lease because it asks often."""
    assert not is_dead(owner_name())


def test_an_ended_process_of_this_system_is_dead() -> None:
    """A killed worker's lease need not run out first."""
    code = "from trac_issuesync.tracker.lease import owner_name; print(owner_name())"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert is_dead(told.stdout.strip())


def test_nothing_is_known_of_other_systems() -> None:
    """The same number elsewhere, or in another container, says nothing."""
    host, process, place = owner_name().split(":")
    assert not is_dead(f"elsewhere:999999999:{place}")
    assert not is_dead(f"{host}:999999999:another")
    assert not is_dead(f"{host}:{process}")
    assert not is_dead("")
