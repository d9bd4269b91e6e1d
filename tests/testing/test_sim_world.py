# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A simulated environment is saved and brought back as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from trac_issuesync.core.errors import Transient
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.testing.sim_world import SimEnvironment


def test_the_clock_shows_what_it_is_told() -> None:
    """It stands still, goes on and steps back only when moved."""
    clock = SimClock(1000)
    assert (clock.now(), clock.now()) == (1000, 1000)
    assert clock.advance(5) == 1005
    assert clock.advance(-10) == 995
    clock.set(3)
    assert clock.now() == 3


def test_a_restore_brings_back_tables_tickets_and_files(tmp_path: Path) -> None:
    """Everything of the environment goes back together; the clock does not."""
    world = SimEnvironment("here", SimClock(1000), folder=tmp_path)
    number = world.tracker.user_create({"summary": "one"}, "alice")
    world.store.mark("s", [number])
    (world.parts / "ab").mkdir()
    (world.parts / "ab" / "kept").write_bytes(b"old")
    backup = world.backup()
    before = world.tracker.read([number])
    world.clock.advance(50)
    world.tracker.user_edit(number, {"summary": "two"}, "text", "bob")
    world.tracker.user_attach(number, "a.txt", b"x", "bob")
    world.store.unmark("s", world.store.marks("s", 9))
    (world.parts / "ab" / "kept").write_bytes(b"new")
    (world.parts / "later").write_bytes(b"later")
    world.restore(backup)
    assert world.tracker.read([number]) == before
    assert world.tracker.open_attachment(number, "a.txt") is None
    assert [mark.ticket for mark in world.store.marks("s", 9)] == [number]
    assert (world.parts / "ab" / "kept").read_bytes() == b"old"
    assert not (world.parts / "later").exists()
    assert world.clock.now() == 1050


def test_a_temporary_folder_is_made_when_needed_and_removed() -> None:
    """An environment without files costs no folder, one with files leaves none."""
    with SimEnvironment("here") as world:
        (world.parts / "x").write_bytes(b"x")
        folder = world.parts
    assert not folder.exists()
    with SimEnvironment("there") as world:
        assert world.backup().files == {}


def test_another_store_is_another_process() -> None:
    """It shares the tables and has leases of its own."""
    world = SimEnvironment("here")
    other = world.another_store()
    assert world.store.acquire("s", "one", 0, 10)
    assert other.acquire("s", "two", 20, 10)
    other.mark("s", [1])
    with pytest.raises(Transient):
        world.store.mark("s", [2])
    assert [mark.ticket for mark in world.store.marks("s", 9)] == [1]


def test_two_environments_share_nothing() -> None:
    """Each has its own id, tickets and tables."""
    one, two = SimEnvironment("one"), SimEnvironment("two")
    one.tracker.user_create({"summary": "one"}, "alice")
    one.store.mark("s", [1])
    assert (one.store.environment(), two.store.environment()) == ("one", "two")
    assert two.tracker.numbers(0, 9) == []
    assert two.store.marks("s", 9) == []
