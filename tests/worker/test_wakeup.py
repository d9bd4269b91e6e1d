# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What wakes a worker, and what does not."""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

from trac_issuesync.tracker.hints import Hints, hint_file
from trac_issuesync.tracker.wakeup import Bell, Wakeup

LONG = 120.0
"""Seconds that pass only in a test that fails."""


def test_ringing_before_the_wait_counts_and_counts_once() -> None:
    """Nothing is missed between a look and the wait, and a storm of hints makes one look, not many."""
    bell = Bell()
    for _ in range(3):
        bell.set()
    assert bell.wait(LONG)
    assert not bell.wait(0)
    assert not bell.wait(-1)


def test_a_signal_handler_may_ring_for_its_own_thread() -> None:
    """The handler runs in the very thread that waits, wherever it is just then, and wakes it."""
    bell = Bell()
    before = signal.signal(signal.SIGUSR1, lambda number, frame: bell.stop())
    try:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGUSR1)).start()
        assert bell.wait(LONG)
        assert bell.stopped
    finally:
        signal.signal(signal.SIGUSR1, before)


def test_a_new_file_in_a_watched_folder_rings(tmp_path: Path) -> None:
    """Folders may be named later, and another list of folders takes the place of the first."""
    bell = Bell()
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with Wakeup(str(tmp_path / "env"), bell) as wakeup:
        for name in ("a", "b"):
            wakeup.watch([tmp_path / name])
            while bell.wait(0.5):
                pass
            (tmp_path / name / "message").write_text("x")
            assert bell.wait(LONG)
        while bell.wait(0.5):
            pass
        (tmp_path / "a" / "another").write_text("x")
        assert not bell.wait(0.5)


def test_a_hint_of_another_process_rings(tmp_path: Path) -> None:
    """It is a line in a file of the environment."""
    bell = Bell()
    hint_file(str(tmp_path)).parent.mkdir(parents=True)
    with Wakeup(str(tmp_path), bell) as wakeup:
        wakeup.watch([])
        while bell.wait(0.5):
            pass
        child = os.fork()
        if child == 0:
            Hints(str(tmp_path)).tell(7)
            os._exit(0)
        os.waitpid(child, 0)
        assert bell.wait(LONG)
        assert wakeup.hints.take() == {7}


def test_who_only_looks_in_takes_no_hints_away(tmp_path: Path) -> None:
    """``issuesync run`` inside a process with a worker leaves that one in charge."""
    bell, passing = Bell(), Bell()
    with Wakeup(str(tmp_path), bell) as wakeup:
        with Wakeup(str(tmp_path), passing, in_charge=False):
            wakeup.hints.tell(3)
        wakeup.hints.tell(4)
        assert bell.wait(LONG)
        assert wakeup.hints.take() == {3, 4}
