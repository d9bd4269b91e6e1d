# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A worker that is killed before any of its effects leaves nothing that the next one does not put right."""

from __future__ import annotations

import pytest
from faults.life import Life
from faults.scenario import STAGES, Stage

from trac_issuesync.testing.steps import Steps

EACH, VITAL, EACH_VITAL = 2, ("apply.", "collect.", "receive._take_numbered"), 10
"""Of each point so many, over the life of the synchronization; all of them: make soak."""

# What a kill leaves behind, and the points before which it does so. Dying before a point is dying after the
# one before it; a message is sealed anew each time it is sent, so no sealed
# bytes are kept. Beginnings of names.
CRASHES = {
    "capture read, before commit": {"collect._collect_batch: commit"},
    "capture committed, before it has a number": {"send._number_one: commit"},
    "numbered, before it is sealed": {"send._send_numbered: seal"},
    "sealed, before it is put": {"file.deliver/put: create"},
    "half of it written": {"file.deliver/put: write"},
    "written, before it has its name": {"file.deliver/put: fsync", "file.deliver/put: rename"},
    "put done, before sent": {"file.deliver/sync_descriptor: fsync", "send._send_numbered: commit"},
    "fetched, before it is opened": {"receive._take: unseal"},
    "bytes of a file half written, before its message is taken": {"spool.write/_write_all: pwrite"},
    "bytes of a file written, before its message is taken": {"spool.write: fsync"},
    "opened, before the inbox has it": {"receive._take_numbered: commit", "receive._take: commit"},
    "the inbox has it, before done": {"file.done/remove: unlink"},
    "acknowledged, before withdrawn": {"file.withdraw/remove: unlink"},
    "refused, before it is set aside": {"file.set_aside/_move: rename"},
    "set aside, before that is on record": {"receive._set_aside: commit"},
    "inside apply": {"apply._apply_batch: commit"},
    "a file staged, before it is the attachment's": {"attachments.attach/_move: link"},
    "the attachment's file in its place, before its row": {"attachments_in._attach: commit"},
    "attached, before the bytes are forgotten": {"spool.drop: unlink"},
    "acknowledgement due, before it is put": {"send._send_ack: seal"},
    "acknowledgement put, before sent": {"send._send_ack: commit"},
    "said hello, before that is on record": {"send._say_hello: commit"},
    "hello read, before the key is pinned": {"control.greet: meet", "control.greet: pin"},
    "key pinned, before the row": {"control.greet: commit"},
    "swept or compared, before the watermark moves": {"sweep."},
    "farewell done, before everything is forgotten": {"links.remove: commit"},
    "lease taken, and never given back": {"lease.take: commit", "lease.release: commit"},
}


@pytest.fixture(scope="module")
def plan(life: Life) -> dict[Stage, list[int]]:
    """Which points to die at."""
    return life.plan(EACH, VITAL, EACH_VITAL)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_killed_before_an_effect(life: Life, plan: dict[Stage, list[int]], stage: Stage) -> None:
    """The end is that of the undisturbed run, and after it nothing moves any more."""
    passed = life.undisturbed(stage).passed
    for number in plan[stage]:
        steps = Steps(number)
        life.live(stage, steps)
        where = f"killed before {number}: {passed[number - 1]}"
        assert steps.passed == passed[:number], where
        assert life.differences(stage) == [], where


def test_every_row_of_the_crash_table_is_lived(life: Life, plan: dict[Stage, list[int]]) -> None:
    """Each of its points is among those that are died at; one that is renamed is missed here."""
    died = {life.undisturbed(stage).passed[number - 1] for stage in STAGES for number in plan[stage]}
    missed = {
        row: [point for point in points if not any(name.startswith(point) for name in died)]
        for row, points in CRASHES.items()
    }
    assert {row: points for row, points in missed.items() if points} == {}
