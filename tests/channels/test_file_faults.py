# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Full disks, missing rights, folders that go or are swapped: told in words, nothing lost or left behind."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from channels.file_pair import HOUR, SECOND, SYNC, Exchange

from trac_issuesync.channels.frame import frame
from trac_issuesync.core.errors import Invalid, Transient
from trac_issuesync.wire.naming import message_name

NOBODY = 65534


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    """Two ends."""
    return Exchange(tmp_path)


@pytest.fixture
def open_exchange() -> Iterator[Exchange]:
    """Two ends in a place that an account without rights can reach."""
    root = Path(tempfile.mkdtemp(dir="/tmp"))
    root.chmod(0o755)
    exchange = Exchange(root / "x")
    if os.geteuid() == 0:
        for path in (exchange.root, exchange.to_a, exchange.to_b):
            os.chown(path, NOBODY, NOBODY)
    yield exchange
    shutil.rmtree(root)


@contextlib.contextmanager
def without_rights() -> Iterator[None]:
    """Run as an ordinary account, because nothing is forbidden to root."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


@contextlib.contextmanager
def small_files() -> Iterator[None]:
    """Let no file of this process grow beyond 1000 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk of 16 KB, or an ordinary one where nothing may be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=16k", "none", str(folder)]
    mounted = os.geteuid() == 0 and subprocess.run(command, check=False, capture_output=True).returncode == 0
    yield folder
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


def _fails(exchange: Exchange, number: int, size: int = 10) -> Transient:
    with pytest.raises(Transient) as raised:
        exchange.a.deliver(message_name(SYNC, "s", number), b"x" * size)
    return raised.value


def test_a_file_that_cannot_grow(exchange: Exchange) -> None:
    """A write that fails in the middle is told as temporary, leaves nothing, and works later."""
    with small_files():
        error = _fails(exchange, 1, 4000)
    assert error.code == "file-too-big"
    assert list(exchange.to_b.iterdir()) == []
    exchange.a.deliver(message_name(SYNC, "s", 1), b"x" * 4000)
    assert exchange.fetched() == [b"x" * 4000]


def test_the_message_before_survives_a_failed_replacement(exchange: Exchange) -> None:
    """If the second writing of a name fails the first is still there, whole."""
    exchange.a.deliver(message_name(SYNC, "s", 1), b"first")
    with small_files():
        _fails(exchange, 1, 4000)
    assert exchange.fetched() == [b"first"]


def test_a_full_disk(exchange: Exchange, small_disk: Path) -> None:
    """A full disk is told in words and leaves no half message and no dot-name behind."""
    exchange.to_b.rmdir()
    exchange.to_b.symlink_to(small_disk)
    (small_disk / "ballast").write_bytes(b"x" * 12_000)
    if small_disk.is_mount():
        error = _fails(exchange, 1, 4500)
        assert error.code == "disk-full"
        assert "the disk is full. Free some space" in error.text
    else:
        with small_files():
            _fails(exchange, 1, 4500)
    assert [path.name for path in small_disk.iterdir()] == ["ballast"]
    (small_disk / "ballast").unlink()
    exchange.a.deliver(message_name(SYNC, "s", 1), b"x" * 4500)
    assert exchange.fetched() == [b"x" * 4500]


def test_notes_that_cannot_be_written_do_no_harm(exchange: Exchange) -> None:
    """Messages go on being taken while the note of a half one cannot be stored."""
    exchange.aside.write_bytes(b"a file in the place of the folder")
    exchange.path(1).write_bytes(b"half")
    exchange.a.deliver(message_name(SYNC, "s", 2), b"two")
    assert exchange.fetched() == [b"two"]


def test_what_cannot_be_set_aside_holds_back_no_other(exchange: Exchange) -> None:
    """A file too large that cannot be moved stays, is told once, and the next message is taken."""
    exchange.aside.write_bytes(b"a file in the place of the folder")
    exchange.path(1).write_bytes(b"x" * 50_000)
    exchange.a.deliver(message_name(SYNC, "s", 2), b"two")
    channel = exchange.b
    assert [found.data for found in channel.fetch(10)] == [b"two"]
    assert exchange.path(1).exists()
    assert "cannot be moved" in exchange.log[0][1]
    handle = next(channel.fetch(1)).handle
    with pytest.raises(Transient, match="cannot be moved"):
        channel.set_aside(handle, "forged", "Not signed.")
    assert [found.data for found in channel.fetch(10)] == [b"two"]


def test_no_right_to_write(open_exchange: Exchange) -> None:
    """A read-only SEND is temporary trouble, told with what to do; the check says so too."""
    open_exchange.to_b.chmod(0o500)
    with without_rights():
        error = _fails(open_exchange, 1)
        findings = [finding for finding in open_exchange.a.test() if not finding.ok]
    assert error.code == "no-permission"
    assert "Give the account of the Trac server access" in error.text
    assert [finding.code for finding in findings] == ["no-permission"]
    assert str(open_exchange.to_b) in findings[0].text


def test_no_right_to_remove(open_exchange: Exchange) -> None:
    """A RECEIVE from which nothing can be removed is told at done, set_aside and withdraw, never silently."""
    with without_rights():
        channel = open_exchange.b
        open_exchange.a.deliver(message_name(SYNC, "s", 1), b"one")
        open_exchange.to_b.chmod(0o500)
        handle = next(channel.fetch(1)).handle
        with pytest.raises(Transient, match="cannot be removed"):
            channel.done(handle)
        with pytest.raises(Transient, match="cannot be moved"):
            channel.set_aside(handle, "forged", "Not signed.")
        with pytest.raises(Transient, match="cannot be removed"):
            open_exchange.a.withdraw([message_name(SYNC, "s", 1)])


@pytest.mark.parametrize("mode", [0o000, 0o300, 0o400])
def test_no_right_to_read_the_folder(open_exchange: Exchange, mode: int) -> None:
    """A RECEIVE that cannot be opened, listed or searched is told, with messages in it or not."""
    open_exchange.path(1).write_bytes(frame(b"one"))
    open_exchange.to_b.chmod(mode)
    with without_rights():
        with pytest.raises(Transient, match="permission is denied"):
            list(open_exchange.b.fetch(10))
        findings = open_exchange.b.test()
    open_exchange.to_b.chmod(0o700)
    assert any(not finding.ok and "permission is denied" in finding.text for finding in findings)


def test_a_message_that_may_not_be_read(open_exchange: Exchange) -> None:
    """It is waited for, told with its reason, reported by the check, and holds back no other."""
    open_exchange.path(1).write_bytes(frame(b"one"))
    open_exchange.path(1).chmod(0)
    with without_rights():
        open_exchange.a.deliver(message_name(SYNC, "s", 2), b"two")
        assert open_exchange.fetched() == [b"two"]
        findings = [finding for finding in open_exchange.b.test() if not finding.ok]
    assert [code for code, _ in open_exchange.log] == ["unreadable"]
    assert "permission is denied" in open_exchange.log[0][1]
    assert [finding.code for finding in findings] == ["unreadable"]
    open_exchange.path(1).chmod(0o644)
    with without_rights():
        assert open_exchange.fetched() == [b"one", b"two"]


def test_link_whose_target_is_gone(exchange: Exchange) -> None:
    """Everything says which link points where, and works again when the target is back."""
    target = exchange.root / "usb stick"
    exchange.to_b.rmdir()
    exchange.to_b.symlink_to(target)
    error = _fails(exchange, 1)
    assert error.code == "link-gone"
    assert f"{exchange.to_b} is a symbolic link to {target}, which is not there" in error.text
    for call in (
        lambda: exchange.fetched(),
        lambda: exchange.b.done("x/y"),
        lambda: exchange.b.set_aside("x/y", "code", "text"),
        lambda: exchange.a.withdraw([message_name(SYNC, "s", 1)]),
    ):
        with pytest.raises(Transient, match="which is not there"):
            call()
    assert [finding.code for finding in exchange.a.test() if not finding.ok] == ["link-gone"]
    target.mkdir()
    exchange.a.deliver(message_name(SYNC, "s", 1), b"one")
    assert exchange.fetched() == [b"one"]


def test_missing_folder_and_file_in_its_place(exchange: Exchange) -> None:
    """A folder that is missing, or is no folder, is told as such."""
    exchange.to_b.rmdir()
    assert _fails(exchange, 1).code == "folder-missing"
    exchange.to_b.write_bytes(b"")
    assert _fails(exchange, 1).code == "not-a-folder"
    exchange.to_b.unlink()
    exchange.to_b.symlink_to(exchange.to_b.name)
    assert _fails(exchange, 1).code == "link-loop"


def test_a_folder_in_the_place_of_a_message(exchange: Exchange) -> None:
    """A folder that has the name of a message is told, and no dot-name stays behind."""
    exchange.path(1).mkdir()
    assert _fails(exchange, 1).code == "folder-in-the-way"
    assert [path.name for path in exchange.to_b.iterdir()] == [exchange.path(1).name]


def test_send_is_swapped_between_deliveries(exchange: Exchange) -> None:
    """Each delivery goes whole to where the link points at that time, with one and the same channel."""
    first, second = exchange.root / "first", exchange.root / "second"
    first.mkdir()
    second.mkdir()
    exchange.to_b.rmdir()
    channel = exchange.a
    for number in range(1, 21):
        link = exchange.root / "new"
        link.symlink_to(second if number % 2 else first)
        os.replace(link, exchange.to_b)
        channel.deliver(message_name(SYNC, "s", number), b"x")
    assert len(list(first.iterdir())) == len(list(second.iterdir())) == 10
    assert {path.suffix for folder in (first, second) for path in folder.iterdir()} == {".isx"}


def test_receive_is_swapped_between_fetch_and_done(exchange: Exchange) -> None:
    """What lies in the new folder under the same name is not removed for what was fetched from the old."""
    exchange.a.deliver(message_name(SYNC, "s", 1), b"old")
    channel = exchange.b
    handle = next(channel.fetch(1)).handle
    exchange.to_b.rename(exchange.root / "old")
    exchange.to_b.mkdir()
    exchange.a.deliver(message_name(SYNC, "s", 1), b"new")
    channel.done(handle)
    assert exchange.fetched() == [b"new"]


def test_receive_is_swapped_in_the_middle_of_a_fetch(exchange: Exchange) -> None:
    """A fetch that has begun goes on in the folder where it began, without an error."""
    for number in (1, 2):
        exchange.a.deliver(message_name(SYNC, "s", number), b"%d" % number)
    fetching = exchange.b.fetch(10)
    assert next(fetching).data == b"1"
    exchange.to_b.rename(exchange.root / "old")
    assert [found.data for found in fetching] == [b"2"]


def test_leftovers_of_ours_are_removed_after_an_hour(exchange: Exchange) -> None:
    """Our dot-names from a process that was killed go when older than an hour; all others stay."""
    now = exchange.clock.now() // SECOND
    names = {
        f".isx-{SYNC}-s-aa.tmp": now - 3601,
        f".isx-{SYNC}-s-bb.tmp": now - 3599,
        f".isx-{SYNC}-m-cc.tmp": now - 9999,
        f".isx-{'f' * 20}-s-dd.tmp": now - 9999,
        ".syncthing.something.tmp": now - 9999,
    }
    for name, written in names.items():
        path = exchange.to_b / name
        path.write_bytes(b"half")
        os.utime(path, (written, written))
    channel = exchange.a
    channel.deliver(message_name(SYNC, "s", 1), b"one")
    left = {path.name for path in exchange.to_b.iterdir()} - {exchange.path(1).name}
    assert left == set(names) - {f".isx-{SYNC}-s-aa.tmp"}
    exchange.clock.advance(HOUR)
    channel.deliver(message_name(SYNC, "s", 2), b"two")
    assert not (exchange.to_b / f".isx-{SYNC}-s-bb.tmp").exists()


def test_killed_between_writing_and_renaming(exchange: Exchange) -> None:
    """A process that dies in the middle of a delivery leaves nothing that looks like a message."""
    child = os.fork()
    if child == 0:
        # It dies at the worst moment, without any clean-up of Python's, as by an operator or a power cut.
        os.rename = lambda *args, **kwargs: os.kill(os.getpid(), 9)  # type: ignore[assignment]
        exchange.a.deliver(message_name(SYNC, "s", 1), b"one")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status)
    assert len(list(exchange.to_b.iterdir())) == 1
    assert exchange.fetched() == []
    exchange.a.deliver(message_name(SYNC, "s", 1), b"one")
    assert exchange.fetched() == [b"one"]


def test_names_of_the_other_side_cannot_be_delivered(exchange: Exchange) -> None:
    """A caller's mistake is told, and nothing is written."""
    for name in (message_name(SYNC, "m", 1), message_name("f" * 20, "s", 1), "../x", ""):
        with pytest.raises(Invalid):
            exchange.a.deliver(name, b"x")
    assert list(exchange.to_b.iterdir()) == []
