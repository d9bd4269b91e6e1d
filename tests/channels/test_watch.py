# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""New files wake the worker, whatever happens to the folder meanwhile."""

from __future__ import annotations

import os
import resource
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from channels.file_pair import SYNC, Exchange

from trac_issuesync.channels.watch import DirectoryWatch
from trac_issuesync.wire.naming import message_name

PATIENCE = 30
"""Seconds until a wake-up that never comes counts as missing; a wake-up that comes ends the wait."""


class Bell:
    """Counts wake-ups and lets a test wait for the next."""

    def __init__(self) -> None:
        self._rung = threading.Event()

    def ring(self) -> None:
        """Wake."""
        self._rung.set()

    def heard(self, patience: float = PATIENCE) -> bool:
        """Whether it rings now or soon; forgets it."""
        heard = self._rung.wait(patience)
        self._rung.clear()
        return heard

    def silent(self) -> bool:
        """Whether it has not rung since it was last heard."""
        return not self._rung.is_set()


@pytest.fixture
def bell() -> Bell:
    """A new one."""
    return Bell()


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    """Two ends; the master's RECEIVE is watched."""
    return Exchange(tmp_path)


@pytest.fixture
def watch(exchange: Exchange, bell: Bell) -> Iterator[DirectoryWatch]:
    """A watch on RECEIVE, set."""
    watch = DirectoryWatch(lambda: [exchange.to_b], bell.ring)
    watch.refresh()
    assert bell.heard()
    yield watch
    watch.stop()


def _deliver(exchange: Exchange, number: int) -> None:
    exchange.a.deliver(message_name(SYNC, "s", number), b"x")


@pytest.mark.usefixtures("watch")
def test_a_delivery_wakes(exchange: Exchange, bell: Bell) -> None:
    """A message that appears by renaming wakes."""
    _deliver(exchange, 1)
    assert bell.heard()


@pytest.mark.usefixtures("watch")
def test_a_plain_copy_and_a_file_moved_in_wake(exchange: Exchange, bell: Bell) -> None:
    """A file written in place wakes, and so does one moved in from another folder."""
    exchange.path(1).write_bytes(b"x")
    assert bell.heard()
    (exchange.root / "outside").write_bytes(b"x")
    os.rename(exchange.root / "outside", exchange.path(2))
    assert bell.heard()


def test_dot_names_do_not_wake(exchange: Exchange) -> None:
    """Writing under dot-names wakes nobody, and a delivery wakes once, for its renaming."""
    rung = threading.Semaphore(0)
    watch = DirectoryWatch(lambda: [exchange.to_b], rung.release)
    watch.refresh()
    assert rung.acquire(timeout=PATIENCE)
    for number in range(10):
        (exchange.to_b / f".half-{number}").write_bytes(b"x")
    for number in range(1, 4):
        _deliver(exchange, number)
        assert rung.acquire(timeout=PATIENCE)
    # Events come in order, so one for a dot-name would have been counted by now.
    assert not rung.acquire(blocking=False)
    watch.stop()


def test_a_folder_removed_and_made_again(exchange: Exchange, bell: Bell, watch: DirectoryWatch) -> None:
    """Refreshed at each cycle, it soon watches the new folder under the old name, even with the old inode."""
    for number in range(1, 4):
        shutil.rmtree(exchange.to_b)
        exchange.to_b.mkdir()
        for _ in range(PATIENCE * 100):
            watch.refresh()
            if bell.heard(0.01):
                break
        else:
            pytest.fail("the new folder is never watched")
        _deliver(exchange, number)
        assert bell.heard()


def test_a_folder_replaced_between_refreshes(exchange: Exchange, bell: Bell, watch: DirectoryWatch) -> None:
    """A folder renamed away and replaced is noticed at the next refresh, which wakes."""
    exchange.to_b.rename(exchange.root / "away")
    exchange.to_b.mkdir()
    watch.refresh()
    assert bell.heard()
    _deliver(exchange, 1)
    assert bell.heard()


def test_a_link_that_is_swapped(exchange: Exchange, bell: Bell, watch: DirectoryWatch) -> None:
    """After a refresh the new target is watched."""
    exchange.to_b.rename(exchange.root / "first")
    (exchange.root / "second").mkdir()
    for target in ("first", "second"):
        (exchange.root / "link").symlink_to(exchange.root / target)
        os.replace(exchange.root / "link", exchange.to_b)
        watch.refresh()
        bell.heard()
        _deliver(exchange, 1)
        assert bell.heard()


def test_an_unchanged_refresh_is_silent(bell: Bell, watch: DirectoryWatch) -> None:
    """A refresh that finds everything as it was does not wake, or the worker would never sleep."""
    watch.refresh()
    assert bell.silent()


def test_nothing_to_watch(tmp_path: Path, bell: Bell) -> None:
    """Missing folders, files and dangling links are no error and no wake-up."""
    (tmp_path / "file").write_bytes(b"")
    (tmp_path / "link").symlink_to(tmp_path / "gone")
    watch = DirectoryWatch(lambda: [tmp_path / "file", tmp_path / "link", tmp_path / "none"], bell.ring)
    watch.refresh()
    assert bell.silent()
    watch.stop()


def test_where_watching_is_impossible(exchange: Exchange, bell: Bell) -> None:
    """If the system gives no watch nothing is raised and nothing is left; a later refresh tries again."""
    watch = DirectoryWatch(lambda: [exchange.to_b], bell.ring)
    before = threading.active_count()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        watch.refresh()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert bell.silent()
    assert threading.active_count() == before
    watch.refresh()
    assert bell.heard()
    _deliver(exchange, 1)
    assert bell.heard()
    watch.stop()


def test_stop_is_final(exchange: Exchange, bell: Bell) -> None:
    """After stop nothing wakes, no thread is left, and a late refresh does nothing."""
    before = threading.active_count()
    watch = DirectoryWatch(lambda: [exchange.to_b], bell.ring)
    watch.refresh()
    assert bell.heard()
    watch.stop()
    watch.stop()
    watch.refresh()
    _deliver(exchange, 1)
    assert bell.silent()
    assert threading.active_count() == before
