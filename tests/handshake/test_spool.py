# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Bytes of attachments gather on disk in any order, and nothing else is ever touched."""

from __future__ import annotations

import hashlib
import os
import resource
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trac_issuesync.core.errors import Refused, Transient
from trac_issuesync.tracker.spool import FileSpool

CONTENT = bytes(range(256)) * 40
SHA = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@given(order=st.permutations(range(8)), again=st.lists(st.integers(0, 7), max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
def test_parts_in_any_order_and_doubled_make_the_whole(
    folder: Path, order: list[int], again: list[int]
) -> None:
    """It matches once the last part is there, and not before."""
    spool = FileSpool(folder)
    spool.drop(SHA)
    size = len(CONTENT) // 8
    for done, part in enumerate(order):
        assert not spool.matches(SHA, len(CONTENT)), done
        spool.write(SHA, part * size, CONTENT[part * size : (part + 1) * size])
    for part in again:
        spool.write(SHA, part * size, CONTENT[part * size : (part + 1) * size])
    assert spool.matches(SHA, len(CONTENT))
    stream = spool.open(SHA)
    assert stream is not None
    with stream:
        assert stream.read() == CONTENT


def test_other_bytes_or_another_size_do_not_match(folder: Path) -> None:
    """Only the very content that the digest names is taken."""
    spool = FileSpool(folder)
    spool.write(SHA, 0, CONTENT)
    assert not spool.matches(SHA, len(CONTENT) - 1)
    spool.write(SHA, 5, b"!")
    assert not spool.matches(SHA, len(CONTENT))


def test_nothing_there_is_no_error(folder: Path) -> None:
    """What was never written is not there, and dropping it is fine, also without a folder."""
    spool = FileSpool(folder)
    assert spool.open(SHA) is None
    assert not spool.matches(SHA, 0)
    spool.drop(SHA)
    assert not folder.exists()
    spool.write(SHA, 0, CONTENT)
    spool.drop(SHA)
    assert list(folder.iterdir()) == []


def test_only_our_account_may_read(folder: Path) -> None:
    """Attachments may be secret."""
    FileSpool(folder).write(SHA, 0, CONTENT)
    (file,) = folder.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["", "x", SHA[:-1], SHA.upper(), "../" + SHA, SHA + "\n", "/etc/passwd"])
def test_names_are_digests(folder: Path, name: str) -> None:
    """Nothing that the partner sends becomes another path."""
    spool = FileSpool(folder)
    for act in (
        lambda: spool.write(name, 0, b"x"),
        lambda: spool.matches(name, 1),
        lambda: spool.open(name),
        lambda: spool.drop(name),
    ):
        with pytest.raises(Refused):
            act()


@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_nothing_but_plain_files_is_opened(folder: Path, tmp_path: Path, kind: str) -> None:
    """A link, FIFO or folder in the place is an error that names it, never followed and never waited for."""
    spool, victim = FileSpool(folder), tmp_path / "victim"
    victim.write_bytes(b"precious")
    folder.mkdir()
    place = folder / f"{SHA}.part"
    if kind == "link":
        place.symlink_to(victim)
    elif kind == "fifo":
        os.mkfifo(place)
    else:
        place.mkdir()
    with pytest.raises(Transient, match="part"):
        spool.write(SHA, 0, CONTENT)
    with pytest.raises(Transient):
        spool.open(SHA)
    assert victim.read_bytes() == b"precious"


def test_no_room_is_told_and_may_pass(folder: Path) -> None:
    """A full disk is not the partner's fault: the message stays where it is and comes again."""
    if not os.path.exists("/dev/full"):
        pytest.skip("this system has no /dev/full")
    spool = FileSpool(folder)
    folder.mkdir()

    def full(descriptor: int, data: object, offset: int) -> int:
        with open("/dev/full", "wb", buffering=0) as device:
            return device.write(b"x") or 0

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(Transient, match="Free some space") as caught:
            spool.write(SHA, 0, CONTENT)
    assert caught.value.code == "disk-full"
    spool.write(SHA, 0, CONTENT)
    assert spool.matches(SHA, len(CONTENT))


@pytest.mark.parametrize("offset", [2**53, 2**63 - 1, 2**63, 2**70])
def test_an_offset_that_no_file_can_have_is_refused(folder: Path, offset: int) -> None:
    """Nonsense of the partner is set aside, or it would be tried for ever."""
    # ext4 ends below the first of them; a limit of this process makes every file system end there.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 40, hard))
    try:
        with pytest.raises(Refused):
            FileSpool(folder).write(SHA, offset, b"x")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
