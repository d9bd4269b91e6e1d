# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A disk, a database or gpg that fails once, at any point, is told in plain words and costs nothing."""

from __future__ import annotations

import errno
import os
import sqlite3
import zlib
from collections.abc import Iterator

import pytest
from faults.life import Life
from faults.scenario import STAGES, Stage

from trac_issuesync.core.errors import Transient
from trac_issuesync.testing.steps import Steps
from trac_issuesync.tracker.turn import Ran

EACH, VITAL, EACH_VITAL = 1, ("apply.", "collect.", "receive."), 2

DATABASE = ("database is locked", "database or disk is full", "disk I/O error")
WRITING = (errno.ENOSPC, errno.EIO, errno.EDQUOT)
READING = (errno.EIO, errno.EACCES, errno.ESTALE)
WRITES = frozenset({"create", "write", "pwrite", "fsync", "link", "rename", "replace"})

SILENT = {
    "attachments.attach/_move: link": "a disk without hard links fails so, too, and there is another way",
    "attachments.staged: unlink": "what is left is found by the next run",
    "lease.release: commit": "the lease runs out by itself",
    "lease.release: statement": "the lease runs out by itself",
}
"""What may fail without a word, and why."""


def mishap(name: str) -> Exception:
    """What may happen there, always the same for the same point."""
    what, lot = name.rpartition(": ")[2], zlib.crc32(name.encode())
    if what in ("commit", "statement"):
        return sqlite3.OperationalError(DATABASE[lot % 3])
    if what in ("seal", "unseal", "meet", "pin"):
        return Transient("gpg cannot be run: no more processes; it is tried again by itself.", "gpg")
    number = (WRITING if what in WRITES else READING)[lot % 3]
    return OSError(number, os.strerror(number))


@pytest.fixture(scope="module", autouse=True)
def finely(life: Life) -> Iterator[None]:
    """Also what only reads may fail, and each statement."""
    life.world.tap.finely = True
    yield
    life.world.tap.finely = False


@pytest.fixture(scope="module")
def plan(life: Life) -> dict[Stage, list[int]]:
    """Which points are to fail."""
    return life.plan(EACH, VITAL, EACH_VITAL)


def said(told: list[Ran]) -> list[str]:
    return [text for ran in told for text in ran.report.problems]


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_failing_once(life: Life, plan: dict[Stage, list[int]], stage: Stage) -> None:
    """No traceback; a sentence; the end of the undisturbed run; and then nothing moves any more."""
    passed = life.undisturbed(stage).passed
    for number in plan[stage]:
        name = passed[number - 1]
        steps = Steps(number, mishap)
        told = life.live(stage, steps)
        where = f"failing at {number}: {name}: {mishap(name)}"
        assert steps.fired, where
        assert not any(ran.failed for ran in told), (where, said(told))
        assert bool(said(told)) != (name in SILENT), where
        assert not any("Error" in text for text in said(told)), (where, said(told))
        assert life.differences(stage) == [], where
