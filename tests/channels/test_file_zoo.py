# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Nothing but plain files directly inside is ever opened, whatever lies or is swapped in there."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from channels.file_pair import Exchange

from trac_issuesync.channels.frame import frame
from trac_issuesync.channels.safe_dir import opened


class Spy:
    """Notes every file that is opened while it looks; audit hooks cannot be removed, so it is made once."""

    def __init__(self) -> None:
        self._tell: Callable[[str], None] | None = None
        sys.addaudithook(self._hook)

    def _hook(self, event: str, args: tuple[object, ...]) -> None:
        if event == "open" and self._tell is not None:
            self._tell(os.path.basename(str(args[0])))

    @contextlib.contextmanager
    def looking(self, before: Callable[[str], None] = lambda file: None) -> Iterator[list[str]]:
        """Collect the names opened inside the block, after calling ``before`` with each."""
        seen: list[str] = []

        def tell(file: str) -> None:
            before(file)
            seen.append(file)

        self._tell = tell
        try:
            yield seen
        finally:
            self._tell = None


@pytest.fixture(scope="session")
def spy() -> Spy:
    """The only one of the test run."""
    return Spy()


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    """Two ends."""
    return Exchange(tmp_path)


def _secret(exchange: Exchange) -> Path:
    secret = exchange.root / "secret"
    secret.write_bytes(frame(b"secret of the server"))
    return secret


def _zoo(exchange: Exchange) -> set[str]:
    secret = _secret(exchange)
    exchange.path(1).symlink_to(secret)
    exchange.path(2).symlink_to(exchange.root / "nowhere")
    os.mkfifo(exchange.path(3))
    os.link(secret, exchange.path(4))
    exchange.path(5).mkdir()
    with opened(exchange.to_b) as folder, socket.socket(socket.AF_UNIX) as listener:
        # Socket addresses are limited to about 100 characters, and test folders are longer.
        listener.bind(f"/proc/self/fd/{folder}/{exchange.path(6).name}")
    with contextlib.suppress(PermissionError):
        os.mknod(exchange.path(7), stat.S_IFCHR | 0o600, os.makedev(1, 5))
    return {path.name for path in exchange.to_b.iterdir()}


def test_only_plain_files_are_opened(exchange: Exchange, spy: Spy) -> None:
    """Links, FIFOs, second names, folders, sockets and devices named like messages are not even opened."""
    zoo = _zoo(exchange)
    assert len(zoo) >= 6
    exchange.a.deliver(exchange.path(8).stem, b"good")
    with spy.looking() as seen:
        assert exchange.fetched() == [b"good"]
    assert exchange.path(8).name in seen
    assert zoo.isdisjoint(seen)
    assert {path.name for path in exchange.to_b.iterdir()} == zoo | {exchange.path(8).name}


def test_the_zoo_is_reported(exchange: Exchange) -> None:
    """The check counts what lies there and is no message, and says what to do."""
    zoo = _zoo(exchange)
    findings = [finding for finding in exchange.b.test() if finding.code == "foreign-files"]
    assert len(findings) == 1
    assert not findings[0].ok
    assert str(len(zoo)) in findings[0].text
    assert "Remove them" in findings[0].text


def test_the_zoo_is_never_moved_or_removed_by_a_handle(exchange: Exchange) -> None:
    """A message swapped for a link after its fetch is neither removed nor set aside through its handle."""
    secret = _secret(exchange)
    exchange.a.deliver(exchange.path(1).stem, b"secret of the server")
    handle = next(exchange.b.fetch(1)).handle
    exchange.path(1).unlink()
    exchange.path(1).symlink_to(secret)
    exchange.b.done(handle)
    exchange.b.set_aside(handle, "forged", "Not signed.")
    assert exchange.path(1).is_symlink()
    assert exchange.kept() == []


def test_a_delivery_replaces_a_link_and_does_not_follow_it(exchange: Exchange) -> None:
    """A link that somebody put in the place of a message is replaced; its target stays as it was."""
    secret = _secret(exchange)
    before = secret.read_bytes()
    exchange.path(1).symlink_to(secret)
    exchange.a.deliver(exchange.path(1).stem, b"mine")
    assert secret.read_bytes() == before
    assert exchange.fetched() == [b"mine"]


@pytest.mark.parametrize("kind", ["link", "second name", "FIFO", "nothing"])
def test_swapped_between_looking_and_opening(exchange: Exchange, spy: Spy, kind: str) -> None:
    """A message swapped in the very moment before it is opened leads nowhere and blocks nothing."""
    secret = _secret(exchange)
    exchange.a.deliver(exchange.path(1).stem, b"good")

    def swap(file: str) -> None:
        if file != exchange.path(1).name:
            return
        exchange.path(1).unlink()
        if kind == "link":
            exchange.path(1).symlink_to(secret)
        elif kind == "second name":
            os.link(secret, exchange.path(1))
        elif kind == "FIFO":
            os.mkfifo(exchange.path(1))

    with spy.looking(swap) as seen:
        assert exchange.fetched() == []
    assert exchange.path(1).name in seen
