# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""One Trac project of the demo: made, given people and the plugin, and driven through ``trac-admin``."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import sqlite3
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from trac.config import Configuration
from trac.env import Environment
from trac.perm import PermissionSystem

from tools.sample_setup import configure
from tools.tracd import DemoError, program

__all__ = [
    "AUTHENTICATED",
    "SYNC_USER",
    "Status",
    "admin",
    "count",
    "create",
    "enable",
    "status",
    "write_passwords",
]

SYNC_USER = "issuesync"
"""Whose permissions bound what a synchronization may do; it has no password, so nobody logs in by it."""

AUTHENTICATED = (
    "TICKET_CREATE",
    "TICKET_MODIFY",
    "TICKET_VIEW",
    "TICKET_EDIT_CC",
    "TICKET_EDIT_COMMENT",
    "TICKET_EDIT_DESCRIPTION",
)
COMMAND_SECONDS = 300


@dataclass(frozen=True, slots=True)
class Status:
    """What ``issuesync show --json`` says, as far as the demo needs it."""

    state: str
    waiting: int
    unacknowledged: int
    quarantined: int
    problems: tuple[str, ...]
    send: Path
    receive: Path

    @property
    def quiet(self) -> bool:
        return not (self.waiting or self.unacknowledged)


def create(env: Path, title: str, people: Sequence[str], database: str = "sqlite:db/trac.db") -> None:
    """A Trac project with the sample's fields; ``people`` work on tickets, admin administers."""
    options = [
        ("trac", "database", database),
        ("project", "name", title),
        ("logging", "log_type", "file"),
        ("logging", "log_level", "INFO"),
        # Edits of comments and files shall not wait for a mail server that is not there.
        ("notification", "smtp_enabled", "false"),
    ]
    Environment(str(env), create=True, options=options).shutdown()
    configure(str(env), tuple(name for name in people if name != "admin"))
    opened = Environment(str(env))
    try:
        permissions = PermissionSystem(opened)
        granted = {(user, action) for user, action in permissions.get_all_permissions()}
        wanted = [("admin", "TRAC_ADMIN"), (SYNC_USER, "TICKET_ADMIN")]
        wanted += [("authenticated", action) for action in AUTHENTICATED]
        for user, action in wanted:
            if (user, action) not in granted:
                permissions.grant_permission(user, action)
        # Trac calls people known who have logged in once, and owners are mirrored to known people only.
        with opened.db_transaction as db:
            db.executemany(
                "INSERT INTO session (sid, authenticated, last_visit) VALUES (%s, 1, 0)",
                [(name,) for name in people],
            )
    finally:
        opened.shutdown()


def enable(env: Path) -> None:
    """Switch the plugin on and let it make its tables."""
    config = Configuration(str(env / "conf" / "trac.ini"))
    config.set("components", "trac_issuesync.*", "enabled")
    config.save()
    admin(env, "upgrade", "--no-backup")


def write_passwords(path: Path, people: Sequence[str]) -> Mapping[str, str]:
    """Make up a password for each and write the file that ``tracd --basic-auth`` reads."""
    passwords = {name: secrets.token_hex(4) for name in people}
    lines = []
    for name, password in passwords.items():
        digest = base64.b64encode(hashlib.sha1(password.encode()).digest()).decode()
        lines.append(f"{name}:{{SHA}}{digest}\n")
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.writelines(lines)
    return passwords


def admin(env: Path, *words: str, ok: Sequence[int] = (0,)) -> str:
    """Run ``trac-admin <env> <words>`` and return what it printed. Raises DemoError with its words."""
    command = [sys.executable, program("trac-admin"), str(env), *words]
    said = f"trac-admin {env.name} {' '.join(words)}"
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise DemoError(f"{said} did not end within {COMMAND_SECONDS} s.") from error
    if done.returncode not in ok:
        raise DemoError(f"{said} ended with {done.returncode}:\n{done.stdout}{done.stderr}".rstrip())
    return done.stdout


def status(env: Path, name: str) -> Status:
    """State and queues of one synchronization."""
    text = admin(env, "issuesync", "show", name, "--json", ok=(0, 1))
    try:
        shown = json.loads(text)
        return Status(
            state=shown["state"],
            waiting=shown["waiting"],
            unacknowledged=shown["unacknowledged"],
            quarantined=shown["quarantined"],
            problems=tuple(problem["text"] for problem in shown["problems"]),
            send=Path(shown["exchange"]["send"]),
            receive=Path(shown["exchange"]["receive"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DemoError(f"issuesync show {name} --json at {env.name} is not as expected: {text}") from error


def count(env: Path, statement: str = "SELECT count(*) FROM ticket", *values: object) -> int:
    """One number from the project's database, 0 for none."""
    database = sqlite3.connect(f"{(env / 'db' / 'trac.db').resolve().as_uri()}?mode=rw", uri=True, timeout=30)
    with closing(database):
        row = database.execute(statement, values).fetchone()
    return int(row[0] or 0) if row else 0
