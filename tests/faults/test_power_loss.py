# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What was said to be stored is there after a power failure, and each single sync is needed for that."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from faults.lossy_disk import LossyDisk
from support.environments import MakeEnvironment
from trac.env import Environment
from trac.ticket.model import Ticket

from trac_issuesync.channels import aside, durable, safe_dir
from trac_issuesync.channels.file import FileChannel
from trac_issuesync.core.model import AttachmentRow
from trac_issuesync.testing.sim_clock import SimClock
from trac_issuesync.tracker import attachments, spool
from trac_issuesync.tracker.spool import FileSpool
from trac_issuesync.wire.naming import message_name

SYNC = "0123456789abcdef0123"
DATA = bytes(range(256)) * 40
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path, int], LossyDisk]:
    """Put the modules that write files onto a lossy disk below a folder."""

    def put(root: Path, deaf: int) -> LossyDisk:
        disk = LossyDisk(root, deaf)
        for module in (durable, safe_dir, aside, spool, attachments):
            monkeypatch.setattr(module, "os", disk)
        return disk

    return put


def survives(act: Callable[[int], tuple[LossyDisk, Callable[[], bool]]]) -> tuple[bool, list[bool]]:
    """Whether what ``act`` stores outlives a power failure; and so with each sync left out in turn.

    ``act`` gets the number of the sync to leave out, in a fresh place, and returns the disk and the question
    to be asked afterwards.
    """
    disk, there = act(0)
    disk.fail()
    sound, without = there(), []
    for deaf in range(1, disk.syncs + 1):
        lossy, question = act(deaf)
        lossy.fail()
        without.append(question())
    return sound, without


def channel(root: Path, side: str) -> FileChannel:
    """An end of one exchange: ``m`` writes, ``s`` reads."""
    folders = (root / "there", root / "back") if side == "m" else (root / "back", root / "there")
    partner = "s" if side == "m" else "m"
    return FileChannel(*folders, root / "aside", SYNC, partner, SimClock(), 10**6, lambda code, text: None)


@pytest.mark.parametrize("before", [b"", b"older"])
def test_a_delivered_message(plug: Callable[..., LossyDisk], tmp_path: Path, before: bytes) -> None:
    """Whole under its name, also where it replaced another; neither its bytes nor its name may wait."""
    places = iter(range(100))

    def act(deaf: int) -> tuple[LossyDisk, Callable[[], bool]]:
        root = tmp_path / str(next(places))
        for name in ("there", "back"):
            (root / name).mkdir(parents=True)
        if before:
            channel(root, "m").deliver(message_name(SYNC, "m", 1), before)
        disk = plug(root, deaf)
        channel(root, "m").deliver(message_name(SYNC, "m", 1), DATA)
        return disk, lambda: [found.data for found in channel(root, "s").fetch(9)] == [DATA]

    assert survives(act) == (True, [False, False])


def test_bytes_of_an_incoming_file(plug: Callable[..., LossyDisk], tmp_path: Path) -> None:
    """All parts are there, in a folder that was made for them."""
    places = iter(range(100))

    def act(deaf: int) -> tuple[LossyDisk, Callable[[], bool]]:
        root = tmp_path / str(next(places))
        root.mkdir()
        disk = plug(root, deaf)
        gathered = FileSpool(root / "spool" / SYNC)
        gathered.write(SHA, 0, DATA)
        return disk, lambda: gathered.matches(SHA, len(DATA))

    assert survives(act) == (True, [False, False, False, False])


def test_the_second_part_of_an_incoming_file(plug: Callable[..., LossyDisk], tmp_path: Path) -> None:
    """What comes later is synced as the first part was."""
    gathered = FileSpool(tmp_path / "spool")
    gathered.write(SHA, 0, DATA[:5000])
    disk = plug(tmp_path, 0)
    gathered.write(SHA, 5000, DATA[5000:])
    disk.fail()
    assert gathered.matches(SHA, len(DATA))


def test_an_attachment_on_record(plug: Callable[..., LossyDisk], trac_env: MakeEnvironment) -> None:
    """When its row is committed its bytes, its name and the folders above it are on disk."""
    env = trac_env()

    def act(deaf: int) -> tuple[LossyDisk, Callable[[], bool]]:
        number, files = _ticket(env), Path(env.path, "files")
        shutil.rmtree(files)
        files.mkdir()
        disk = plug(files, deaf)
        row = AttachmentRow("plan.txt", 1_700_000_000_000_000, len(DATA), "ann", "")
        with attachments.staged(env, number, row, io.BytesIO(DATA)) as ready, env.db_transaction:
            attachments.attach(env, number, row, ready, "")
        return disk, lambda: _bytes(env, number) == DATA

    sound, without = survives(act)
    assert sound
    assert len(without) >= 3
    assert not any(without)


def _ticket(env: Environment) -> int:
    ticket = Ticket(env)
    ticket["summary"] = "One"
    return int(ticket.insert())


def _bytes(env: Environment, number: int) -> bytes:
    stream = attachments.open_attachment(env, number, "plan.txt")
    if stream is None:
        return b""
    with stream:
        return stream.read()
