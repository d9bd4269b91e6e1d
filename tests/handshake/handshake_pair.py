# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two real projects with real gpg that shake hands through real folders."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.environments import MakeEnvironment
from trac.env import Environment
from trac.perm import PermissionSystem

import trac_issuesync.tracker.environment  # noqa: F401  makes the component known that creates our tables
from trac_issuesync.engine.cycle import run_cycle
from trac_issuesync.engine.link import Pace, Report
from trac_issuesync.engine.records import Sync
from trac_issuesync.tracker.accepting import accept_slave, read_handshake, write_handshake
from trac_issuesync.tracker.creation import create_master
from trac_issuesync.tracker.links import Links

__all__ = ["USER", "Pair", "events", "link_folders", "made_pair", "project", "run"]

USER = "sync"


@dataclass(frozen=True)
class Pair:
    """acme is the master, globex the slave; both have a user that may do what a synchronization needs."""

    acme: Links
    globex: Links

    def create(self, name: str = "one", **settings: str) -> Sync:
        return create_master(self.acme, name, "file", {"user": USER, **settings})

    def accept(self, master: Sync, **settings: str) -> Sync:
        handshake = read_handshake(write_handshake(self.acme, master))
        return accept_slave(self.globex, handshake, {"user": USER, **settings})

    def join(self, name: str = "one", **settings: str) -> tuple[Sync, Sync]:
        """Created and accepted, with folders that are each other's, but nothing said yet."""
        master = self.create(name, **settings)
        slave = self.accept(master)
        link_folders(self.acme, self.globex, master.id)
        return master, slave


def project(make: MakeEnvironment, name: str) -> Environment:
    env = make(name)
    for action in ("TICKET_VIEW", "TICKET_CREATE", "TICKET_MODIFY", "TICKET_EDIT_COMMENT"):
        PermissionSystem(env).grant_permission(USER, action)
    return env


@contextmanager
def made_pair(make: MakeEnvironment, base: Path) -> Iterator[Pair]:
    with (
        Links(project(make, "acme"), gpg_base=str(base)) as acme,
        Links(project(make, "globex"), gpg_base=str(base)) as globex,
    ):
        yield Pair(acme, globex)


def link_folders(one: Links, other: Links, sync_id: str) -> None:
    """What an administrator does: the folders of ``other`` become links to those of ``one``."""
    send, receive = one.paths.exchange(sync_id)
    their_send, their_receive = other.paths.exchange(sync_id)
    for link, target in ((their_receive, send), (their_send, receive)):
        link.rmdir()
        link.symlink_to(target)


def run(links: Links, sync: Sync) -> Report:
    """One cycle that waits for nothing."""
    return run_cycle(links.open(sync, pace=Pace(), sleep=lambda seconds: None))


def events(links: Links, sync: Sync) -> list[tuple[str, str]]:
    """The log, oldest first."""
    return [(line.event, line.text) for line in reversed(links.store.log(sync.id))]
