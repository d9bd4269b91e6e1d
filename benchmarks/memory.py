# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""How much memory the workers need for a file that would not fit into what was promised."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

from trac.attachment import Attachment
from trac.config import Configuration
from trac.env import Environment
from trac.ticket.model import Ticket

from benchmarks.pair import bare, connected, difference, number, workers
from benchmarks.report import Bound, Kind, Row, row

__all__ = ["memory_rows"]

MEGABYTE = 1 << 20
AT_MOST = Bound(Kind.AT_MOST, 200, "MB")


def memory_rows(folder: Path, megabytes: int) -> list[Row]:
    """A first synchronization with one attachment of that size; peaks of both workers without their gpg."""
    pair = bare(folder)
    for path in (pair.acme, pair.globex):
        config = Configuration(str(path / "conf" / "trac.ini"))
        config.set("attachment", "max_size", str(2 * megabytes * MEGABYTE))
        config.save()
    _write(pair.acme, folder / "big.bin", megabytes)
    connected(pair)
    with workers(pair) as both:
        rest = max(worker.used().peak for worker in both)
        begun = time.perf_counter()
        pair.start()
        pair.wait_until_quiet(1)
        taken = time.perf_counter() - begun
        used = [worker.used() for worker in both]
    found = difference(pair)
    if found or number(pair.globex, "SELECT size FROM attachment") != megabytes * MEGABYTE:
        raise AssertionError(f"the attachment did not arrive: {found[:1]}")
    peaks = [one.peak for one in used]
    cpu = sum(one.cpu for one in used) / megabytes * 1e3
    name = f"first synchronization with an attachment of {megabytes} MB, most memory of the"
    return [
        *(
            row(f"{name} {whose}", "MB", [peak], [rest], bound=AT_MOST, judged=peak)
            for whose, peak in zip(("sender", "receiver"), peaks, strict=True)
        ),
        row("... megabytes a second", "MB/s", [megabytes / taken]),
        row("... processor time of both workers with gpg, a megabyte", "ms", [cpu]),
    ]


def _write(env_path: Path, file: Path, megabytes: int) -> None:
    """One ticket with a file that no compression makes smaller."""
    rng = Random(5)
    with open(file, "wb") as target:
        for _ in range(megabytes):
            target.write(rng.randbytes(MEGABYTE))
    env = Environment(str(env_path))
    try:
        ticket = Ticket(env)
        ticket.populate({"summary": "A large file", "reporter": "alice", "status": "new"})
        attachment = Attachment(env, "ticket", ticket.insert())
        attachment.author = "alice"
        with open(file, "rb") as source:
            attachment.insert(file.name, source, megabytes * MEGABYTE)
    finally:
        env.shutdown()
    file.unlink()
