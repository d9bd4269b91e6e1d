# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Ten thousand files in RECEIVE are worked off in bounded cycles, and what cannot be removed fills no log."""

from __future__ import annotations

from pathlib import Path

import pytest
from faults.world import SYNC, World

from trac_issuesync.channels.aside import Quota
from trac_issuesync.channels.file import FileChannel
from trac_issuesync.channels.frame import frame
from trac_issuesync.engine.link import Pace
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.tracker.status import status
from trac_issuesync.wire.naming import file_name, message_name

GARBAGE, HALVES, FOREIGN = 3000, 1000, 6000


def test_ten_thousand_files(world: World) -> None:
    """Garbage, half copies, foreign files and one real message: each cycle takes its share, and all goes."""
    world.acme.create("Real")
    world.acme.cycle()
    receive = world.shared / "master"
    for number in range(GARBAGE):
        (receive / file_name(message_name(SYNC, "m", 100 + number))).write_bytes(frame(b"not sealed"))
    for number in range(HALVES):
        (receive / file_name(message_name(SYNC, "m", 50_000 + number))).write_bytes(b"ISX1 half")
    for number in range(FOREIGN):
        (receive / f"holiday {number}.jpg").touch()
    most = Pace().most_fetched
    left = len(list(receive.iterdir()))
    for _ in range(GARBAGE // most + 2):
        report = world.globex.cycle().report
        assert report.set_aside <= most
        now = len(list(receive.iterdir()))
        assert left - now <= most + 1
        left = now
    assert [row[0] for row in world.globex.facts()["tickets"]] == ["Real"]
    kept = list(world.globex.links.paths.aside(SYNC).glob("*.isx"))
    assert len(kept) == Quota().files
    sync = world.globex.sync
    assert sync is not None
    assert status(world.globex.links, sync).problems == ()
    logged = world.globex.store.log(SYNC, limit=100_000)
    assert sum(line.event == "set-aside" for line in logged) == GARBAGE


def test_half_copies_are_looked_at_a_share_at_a_time(tmp_path: Path) -> None:
    """As many in each pass as messages are fetched at most, until all are known; then none is read again."""
    log: list[str] = []
    for name in ("send", "receive"):
        (tmp_path / name).mkdir()
    for number in range(1000):
        (tmp_path / "receive" / file_name(message_name(SYNC, "m", number + 1))).write_bytes(b"half")
    folders = (tmp_path / "send", tmp_path / "receive", tmp_path / "aside")
    channel = FileChannel(*folders, SYNC, "m", SimClock(), 10**6, lambda code, text: log.append(text))
    for told in (300, 600, 900, 1000, 1000):
        assert list(channel.fetch(300)) == []
        assert len(log) == told


def test_a_receive_folder_that_cannot_be_written(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be removed is told once, answered once, and logged no more; then all goes on."""
    for number in range(3):
        world.acme.create(f"Ticket {number}")
        world.acme.cycle()

    def refuse(*args: object, **more: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr("trac_issuesync.channels.file.remove", refuse)
        world.globex.cycle()
        lines = len(world.globex.store.log(SYNC))
        answers = len(list((world.shared / "slave").iterdir()))
        for _ in range(20):
            world.clock.advance(1_000_000)
            ran = world.globex.cycle()
            assert "cannot be removed" in ran.report.problems[0]
            assert not ran.report.busy
        assert len(world.globex.store.log(SYNC)) <= lines + 1
        assert len(list((world.shared / "slave").iterdir())) == answers
    world.settle()
    assert len(world.globex.facts()["tickets"]) == 3
    assert list((world.shared / "master").iterdir()) == []
