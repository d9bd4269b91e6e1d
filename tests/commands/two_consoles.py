# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Two real projects driven through Trac's own console, in this process; cycles run by the engine itself."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.environments import MakeEnvironment
from trac.admin.console import TracAdmin, _quote_args
from trac.env import Environment
from trac.perm import PermissionSystem
from trac.ticket.model import Ticket

import trac_issuesync.tracker.commands
import trac_issuesync.tracker.environment
import trac_issuesync.tracker.listeners  # noqa: F401  as Trac loads every component of an egg
from trac_issuesync.core.model import State
from trac_issuesync.engine.cycle import run_cycle
from trac_issuesync.engine.link import Pace
from trac_issuesync.tracker.links import Links

__all__ = ["USER", "Console", "Said", "Two", "ticket"]

USER = "issuesync"
RIGHTS = ("TICKET_VIEW", "TICKET_CREATE", "TICKET_MODIFY", "TICKET_EDIT_COMMENT")


@dataclass(frozen=True)
class Said:
    """What a command did: exit status and both streams."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Console:
    """One project and its ``trac-admin``."""

    env: Environment
    capture: pytest.CaptureFixture[str]
    gpg_base: Path

    def __call__(self, *words: str) -> Said:
        """Run ``trac-admin <env> issuesync <words>``; the words go through Trac's own quoting."""
        admin = TracAdmin()
        admin.env_set(self.env.path, self.env)
        self.capture.readouterr()
        status = admin.onecmd(" ".join(_quote_args(["issuesync", *words])))
        streams = self.capture.readouterr()
        return Said(status, streams.out, streams.err)

    def ok(self, *words: str) -> Said:
        """The same for a command that has to succeed."""
        said = self(*words)
        assert said.status == 0, said
        return said

    def show(self, name: str) -> dict[str, Any]:
        return self("show", name, "--json").json

    def exchange(self, name: str) -> tuple[Path, Path]:
        """SEND and RECEIVE."""
        paths = self.show(name)["exchange"]
        return Path(paths["send"]), Path(paths["receive"])

    def complete(self, text: str) -> list[str]:
        """What Trac's console offers for the last word of a line; readline ends words at blanks and ``=``."""
        admin = TracAdmin()
        admin.env_set(self.env.path, self.env)
        return sorted(admin.complete_line(re.split(r"[ =]", text)[-1], text))

    def cycle(self) -> None:
        """One cycle of each synchronization, in no hurry to be left to a worker."""
        with Links(self.env, gpg_base=str(self.gpg_base)) as links:
            links.refresh()
            for sync in links.store.syncs():
                run_cycle(links.open(sync, pace=Pace(), sleep=lambda seconds: None))

    def change(self, act: Callable[[Links], None]) -> None:
        """Do something to the tables by hand."""
        with Links(self.env, gpg_base=str(self.gpg_base)) as links:
            act(links)


@dataclass(frozen=True)
class Two:
    """acme is the master and calls the synchronization globex; globex is the slave and calls it acme."""

    acme: Console
    globex: Console
    folder: Path

    @classmethod
    def make(cls, make: MakeEnvironment, capture: pytest.CaptureFixture[str], folder: Path) -> Two:
        consoles = [Console(_project(make, name), capture, folder) for name in ("acme", "globex")]
        return cls(consoles[0], consoles[1], folder)

    @property
    def file(self) -> Path:
        return self.folder / "acme.handshake"

    def accepted(self, *settings: str) -> Two:
        """Created, handed over, accepted, and joined by links; nothing is said yet."""
        self.acme.ok("create", "globex", "file", f"user={USER}", "label=Globex")
        self.acme.ok("handshake", "globex", str(self.file))
        self.globex.ok("accept", str(self.file), "name=acme", f"user={USER}", "label=ACME", *settings)
        send, receive = self.acme.exchange("globex")
        for theirs, ours in zip(self.globex.exchange("acme"), (receive, send), strict=True):
            theirs.rmdir()
            theirs.symlink_to(ours)
        return self

    def connected(self, *settings: str) -> Two:
        """The same, with the handshake done."""
        self.accepted(*settings)
        for _ in range(4):
            self.globex.cycle()
            self.acme.cycle()
        states = {self.acme.show("globex")["state"], self.globex.show("acme")["state"]}
        assert states == {State.STOPPED.value}
        return self

    def started(self, *settings: str) -> Two:
        self.connected(*settings)
        self.acme.ok("start", "globex")
        self.globex.ok("start", "acme")
        return self

    def settle(self) -> None:
        """Cycles until neither side has anything to say."""
        for _ in range(10):
            self.acme.cycle()
            self.globex.cycle()
            shown = self.acme.show("globex"), self.globex.show("acme")
            if not any(side["waiting"] or side["unacknowledged"] for side in shown):
                return
        pytest.fail(f"They do not come to rest: {shown}")


def ticket(env: Environment, summary: str, **values: str) -> int:
    """Save a ticket as a user would."""
    made = Ticket(env)
    made["summary"] = summary
    made["reporter"] = "alice"
    for name, value in values.items():
        made[name] = value
    return int(made.insert())


def _project(make: MakeEnvironment, name: str) -> Environment:
    env = make(name)
    for action in RIGHTS:
        PermissionSystem(env).grant_permission(USER, action)
    return env
