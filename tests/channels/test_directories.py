# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Exchange directories are made once, and the printed commands do what they promise."""

from __future__ import annotations

import stat
import subprocess
from pathlib import Path

import pytest

from trac_issuesync.channels.directories import ensure_directories, link_commands
from trac_issuesync.core.errors import Invalid

SYNC = "0123456789abcdef0123"


def test_made_for_our_account_alone(tmp_path: Path) -> None:
    """Both are made, closed to everybody else, and a second call changes nothing."""
    send, receive = ensure_directories(tmp_path / "files" / "exchange", SYNC)
    assert (send, receive) == (
        tmp_path / "files" / "exchange" / SYNC / "SEND",
        tmp_path / "files" / "exchange" / SYNC / "RECEIVE",
    )
    for folder in (send, receive, send.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    receive.chmod(0o770)
    assert ensure_directories(tmp_path / "files" / "exchange", SYNC) == (send, receive)
    assert stat.S_IMODE(receive.stat().st_mode) == 0o770


def test_links_are_left_alone(tmp_path: Path) -> None:
    """A link stays, even while its target is not mounted: nothing is made in its place."""
    home = tmp_path / SYNC
    home.mkdir()
    (home / "SEND").symlink_to(tmp_path / "not mounted")
    send, _ = ensure_directories(tmp_path, SYNC)
    assert send.is_symlink()
    assert not (tmp_path / "not mounted").exists()


def test_trouble_is_told_in_words(tmp_path: Path) -> None:
    """A file in the place of a folder is told with its path."""
    (tmp_path / SYNC).write_bytes(b"")
    with pytest.raises(Invalid, match=SYNC):
        ensure_directories(tmp_path, SYNC)


def test_the_commands_connect_both_sides(tmp_path: Path) -> None:
    """Run by a shell on both sides with one target, SEND of each is RECEIVE of the other."""
    target = str(tmp_path / "net share; it's $HOME")
    master = ensure_directories(tmp_path / "master's", SYNC)
    slave = ensure_directories(tmp_path / "slave", SYNC)
    for (send, receive), side in ((master, "m"), (slave, "s")):
        for command in link_commands(send, receive, target, side):
            subprocess.run(["sh", "-ec", command], check=True)
    assert master[0].samefile(slave[1])
    assert master[1].samefile(slave[0])
    assert not master[0].samefile(master[1])


def test_the_commands_lose_nothing(tmp_path: Path) -> None:
    """A folder that is not empty stays as it is."""
    send, receive = ensure_directories(tmp_path / "env", SYNC)
    (send / "message").write_bytes(b"x")
    command = link_commands(send, receive, str(tmp_path / "share"), "m")[0]
    assert subprocess.run(["sh", "-ec", command], check=False, capture_output=True).returncode != 0
    assert (send / "message").read_bytes() == b"x"
    assert not send.is_symlink()
