# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Secrets are not in the database in clear."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from trac.env import Environment

import trac_issuesync.tracker.environment  # noqa: F401  (Trac knows the components of imported modules only)
from trac_issuesync.crypto.secretbox import SecretBox
from trac_issuesync.tracker.store import SqlStore

CANARY = "canary-4711-in-the-mine"


def test_a_secret_is_not_in_the_files_of_the_database(trac_env: Callable[..., Environment]) -> None:
    """Whoever reads the database, its journal or its backup finds no password."""
    env = trac_env()
    store = SqlStore(env, lambda: SecretBox(str(Path(env.path) / "conf" / "issuesync.key")))
    store.save_secret("s", "password", CANARY)
    assert store.secret("s", "password") == CANARY
    env.shutdown()
    files = [path for path in (Path(env.path) / "db").iterdir() if path.is_file()]
    assert any(b"issuesync_secret" in path.read_bytes() for path in files)
    assert not any(CANARY.encode() in path.read_bytes() for path in files)


def test_the_key_is_not_asked_for_without_need(trac_env: Callable[..., Environment]) -> None:
    """A store for queues only works where the key file cannot be read, such as in a web process."""

    def no_key() -> SecretBox:
        raise AssertionError("The key file was opened.")

    store = SqlStore(trac_env(), no_key)
    assert store.secret("s", "password") is None
    store.drop_secret("s", "password")
    store.remove_sync("s")
