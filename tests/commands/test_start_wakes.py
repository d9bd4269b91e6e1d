# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``start`` is noticed at once by a worker in whatever process, not after its interval."""

from __future__ import annotations

from commands.two_consoles import Two

from trac_issuesync.tracker.hints import Hints, hint_file
from trac_issuesync.tracker.wakeup import Bell, Wakeup

PATIENCE = 30


def test_start_wakes_the_worker_of_another_process(two: Two) -> None:
    two.connected()
    path, bell = two.acme.env.path, Bell()
    # In another process the worker would not stand on this one's board.
    with Wakeup(path, bell, in_charge=False) as wakeup:
        wakeup.watch([])
        bell.wait(0)
        two.acme.ok("start", "globex")
        assert bell.wait(PATIENCE)


def test_a_wake_alone_names_no_ticket(two: Two) -> None:
    hints = Hints(two.acme.env.path)
    hints.tell(7)
    hints.wake()
    assert hints.take() == {7}


def test_a_start_that_cannot_wake_anybody_starts_nevertheless(two: Two) -> None:
    """For example because the folder for hints is on a full disk; the worker looks after its interval."""
    two.connected()
    file = hint_file(two.acme.env.path)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    file.mkdir()
    two.acme.ok("start", "globex")
    assert two.acme.show("globex")["enabled"]
