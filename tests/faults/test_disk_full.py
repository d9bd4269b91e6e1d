# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A really full disk, wherever it is: a plain sentence, once; nothing lost; with room again it goes on."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faults.world import SYNC, Project, World
from trac.db import DatabaseManager

from trac_issuesync.tracker.status import status

NOISE = os.urandom(120_000)


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Callable[[], None]]:
    """Put ``folder`` on a disk of ``size`` bytes and fill it to the last; yields what makes room again."""
    if os.geteuid():
        pytest.skip("only root can mount a small disk")
    there = folder.with_name(folder.name + ".before")
    folder.rename(there)
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    mounted = subprocess.run(command, check=False, capture_output=True, text=True)
    if mounted.returncode:
        folder.rmdir()
        there.rename(folder)
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    try:
        shutil.copytree(there, folder, dirs_exist_ok=True, symlinks=True)
        ballast = folder / "ballast"
        _fill(ballast)
        yield ballast.unlink
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)
        folder.rmdir()
        there.rename(folder)


def _fill(ballast: Path) -> None:
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise


def problems(side: Project) -> list[str]:
    """What ``issuesync show`` complains about."""
    sync = side.sync
    assert sync is not None
    return [problem.text for problem in status(side.links, sync).problems]


def complaints(side: Project) -> list[str]:
    """Lines of the log that are problems."""
    return [line.text for line in side.store.log(SYNC, limit=10_000) if line.problem]


def told(world: World) -> set[str]:
    return {text for ran in world.told for text in ran.report.problems}


def many_rounds(world: World) -> None:
    """As in an hour and a half."""
    for _ in range(18):
        world.round()
    assert not any(ran.failed for ran in world.told)


def summaries(side: Project) -> list[object]:
    return sorted(row[0] for row in side.facts()["tickets"])


def test_the_exchange_folder_is_full(world: World) -> None:
    """Tickets are saved and wait; show says why; no half file lies about."""
    with small_disk(world.shared / "master", 2_000_000) as make_room:
        world.acme.create("One")
        world.globex.create("Two")
        many_rounds(world)
        assert summaries(world.acme) == ["One", "Two"]
        assert summaries(world.globex) == ["Two"]
        assert len(complaints(world.acme)) == 1
        assert "the disk is full. Free some space" in complaints(world.acme)[0]
        assert "the disk is full. Free some space" in problems(world.acme)[0]
        assert [path.name for path in (world.shared / "master").iterdir()] == ["ballast"]
        make_room()
        world.settle()
        assert summaries(world.acme) == summaries(world.globex) == ["One", "Two"]
        assert problems(world.acme) == []


def test_the_spool_of_the_receiver_is_full(world: World) -> None:
    """The bytes of a file wait in the folder; what comes behind them is taken; then the file is whole."""
    number = world.acme.create("One")
    world.settle()
    spool = world.globex.links.paths.spool(SYNC)
    spool.mkdir(parents=True, exist_ok=True)
    with small_disk(spool, 2_000_000) as make_room:
        world.acme.attach(number, "noise.bin", NOISE)
        world.round()
        world.acme.create("Two")
        many_rounds(world)
        assert summaries(world.globex) == ["One", "Two"]
        assert any("no room for an incoming attachment" in text for text in told(world))
        assert len(complaints(world.globex)) <= 2
        make_room()
        world.settle()
        assert len(world.globex.facts()["files"]) == 1
        assert world.globex.facts()["files"][0][2] == world.acme.facts()["files"][0][2]


def test_the_disk_of_the_attachments_is_full(world: World) -> None:
    """A file that has come whole waits for room, and nothing waits for it."""
    number = world.acme.create("One")
    world.settle()
    folder = Path(world.globex.env.path, "files", "attachments")
    folder.mkdir(exist_ok=True)
    with small_disk(folder, 2_000_000) as make_room:
        world.acme.attach(number, "noise.bin", NOISE)
        world.acme.create("Two")
        many_rounds(world)
        assert summaries(world.globex) == ["One", "Two"]
        assert world.globex.facts()["files"] == []
        assert any("the disk is full. Free some space" in text for text in complaints(world.globex))
        assert len(complaints(world.globex)) <= 2
        make_room()
        world.settle()
        assert world.globex.facts()["files"][0][2] == world.acme.facts()["files"][0][2]


def test_the_disk_of_the_database_is_full(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing can be saved, also by users; it is said once, in Trac's log; then nothing is missing."""
    for number in range(20):
        world.acme.create(f"Ticket {number}", description=NOISE[:9000].hex())
    world.acme.cycle()
    DatabaseManager(world.globex.env).shutdown()
    with small_disk(Path(world.globex.env.path, "db"), 3_000_000) as make_room:
        world.globex.begin()
        world.told.clear()
        many_rounds(world)
        assert told(world) == {"The disk of the database is full. Make room; this is tried again by itself."}
        assert len([r for r in caplog.records if "The disk of the database is full" in r.getMessage()]) == 1
        make_room()
        world.settle()
        assert summaries(world.globex) == summaries(world.acme)
        DatabaseManager(world.globex.env).shutdown()
