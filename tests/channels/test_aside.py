# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What is set aside is kept for a person within a quota and an age limit, oldest out first."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from channels.file_pair import HOUR, Exchange
from hypothesis import given
from hypothesis import strategies as st

from trac_issuesync.channels.aside import Kept, Quota, to_drop
from trac_issuesync.channels.frame import frame

kept_files = st.lists(
    st.builds(Kept, st.text("abc", min_size=1), st.integers(0, 50), st.integers(0, 50)),
    unique_by=lambda item: item.file,
)


quotas = st.builds(Quota, st.integers(0, 8), st.integers(0, 200), st.integers(0, 60))


@given(kept_files, st.integers(50, 100), quotas)
def test_what_is_kept_is_within_the_quota_and_newest(kept: list[Kept], now: int, quota: Quota) -> None:
    """The rest is within all three limits, and nothing older is kept than what was dropped."""
    dropped = to_drop(kept, now, quota)
    rest = [item for item in kept if item not in dropped]
    assert len(rest) <= quota.files
    assert sum(item.size for item in rest) <= quota.size
    assert all(now - item.since <= quota.age for item in rest)
    assert all(old.since <= new.since for old in dropped for new in rest)


@given(kept_files)
def test_nothing_is_dropped_without_need(kept: list[Kept]) -> None:
    """A quota that is just reached drops nothing."""
    quota = Quota(len(kept), sum(item.size for item in kept), 50)
    assert to_drop(kept, 50, quota) == []


def _refuse(exchange: Exchange, number: int) -> str:
    exchange.path(number).write_bytes(frame(b"%d" % number))
    channel = exchange.b
    return channel.set_aside(next(channel.fetch(1)).handle, "forged", "It is not signed by the partner.")


def _numbers(exchange: Exchange) -> list[int]:
    return [int(path.read_bytes().partition(b"\n")[2]) for path in exchange.kept()]


def test_oldest_out_first_and_told(tmp_path: Path) -> None:
    """Beyond the quota the oldest goes, and the log says so."""
    exchange = Exchange(tmp_path, quota=Quota(files=2))
    for number in (1, 2, 3):
        _refuse(exchange, number)
        exchange.clock.advance(1)
    assert _numbers(exchange) == [2, 3]
    assert [code for code, _ in exchange.log] == ["aside-dropped"]


def test_age_limit_without_new_arrivals(tmp_path: Path) -> None:
    """What is too old goes though nothing else is ever set aside."""
    exchange = Exchange(tmp_path, quota=Quota(age=HOUR))
    _refuse(exchange, 1)
    exchange.clock.advance(2 * HOUR)
    assert exchange.fetched() == []
    assert _numbers(exchange) == []


def test_larger_than_the_whole_quota(tmp_path: Path) -> None:
    """One huge file does not push out all others: it goes itself, and the log says so."""
    exchange = Exchange(tmp_path, quota=Quota(size=100_000))
    _refuse(exchange, 1)
    with exchange.path(2).open("wb") as file:
        file.truncate(100_001)
    assert exchange.fetched() == []
    assert not exchange.path(2).exists()
    assert _numbers(exchange) == [1]
    assert "not kept" in exchange.log[-1][1]


def test_other_files_there_are_left_alone(tmp_path: Path) -> None:
    """What a person put into the folder is neither counted nor dropped."""
    exchange = Exchange(tmp_path, quota=Quota(files=0))
    exchange.aside.mkdir()
    (exchange.aside / "notes.txt").write_text("mine")
    _refuse(exchange, 1)
    assert [path.name for path in exchange.aside.iterdir()] == ["notes.txt"]


def test_the_folder_is_ours_alone(tmp_path: Path) -> None:
    """Nobody else may look at what is kept, and its name tells when and why it was set aside."""
    exchange = Exchange(tmp_path)
    where = _refuse(exchange, 1)
    assert stat.S_IMODE(os.stat(exchange.aside).st_mode) == 0o700
    assert exchange.kept()[0].name.startswith(f"{exchange.clock.now():017d}-forged-")
    assert exchange.kept()[0].name in where


def test_hostile_reason(tmp_path: Path) -> None:
    """Whatever the code of the reason is, the file stays inside the folder."""
    exchange = Exchange(tmp_path)
    exchange.path(1).write_bytes(frame(b"1"))
    channel = exchange.b
    channel.set_aside(next(channel.fetch(1)).handle, "../../x\0y\n" * 50, "Bad.")
    assert _numbers(exchange) == [1]


def test_across_file_systems(tmp_path: Path) -> None:
    """Where renaming is impossible the message is copied and then removed."""
    far = Path(_other_file_system(tmp_path))
    exchange = Exchange(tmp_path)
    folder = far / tmp_path.name
    folder.mkdir()
    try:
        exchange.to_b.rmdir()
        exchange.to_b.symlink_to(folder)
        _refuse(exchange, 1)
        assert _numbers(exchange) == [1]
        assert list(folder.iterdir()) == []
    finally:
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()


def _other_file_system(here: Path) -> str:
    for place in ("/dev/shm", "/run/user", "/var/tmp"):
        if os.access(place, os.W_OK) and os.stat(place).st_dev != os.stat(here).st_dev:
            return place
    # With a single file system renaming is always possible, and then it must work.
    return str(here.parent)
