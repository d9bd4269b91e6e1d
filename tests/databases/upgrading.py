# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""From every former version of our tables to the present one; one class per database runs it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from databases.real_contracts import made
from support.environments import MakeEnvironment
from trac.core import TracError
from trac.db import DatabaseManager
from trac.env import Environment

from trac_issuesync.testing.store_samples import a_counters, a_line, a_message, a_sync, a_twin, received
from trac_issuesync.tracker import environment
from trac_issuesync.tracker.schema import TABLES, VERSION, VERSION_NAME
from trac_issuesync.tracker.store import SqlStore

__all__ = ["Upgrading"]

A = "sync-a"
Upgrade = Callable[[int], None]


class Upgrading:
    """``kind`` names the database."""

    kind: str

    @pytest.fixture(params=range(1, VERSION))
    def former(self, request: pytest.FixtureRequest, trac_env: MakeEnvironment) -> Environment:
        """An environment whose tables have a former version and hold rows."""
        env = trac_env(plugin=False, database=self.kind)
        make_version(env, request.param)
        fill(made(env))
        return env

    def test_what_was_stored_is_there_after_an_upgrade(self, former: Environment) -> None:
        """All rows are read as before, all tables exist, and everything can be written."""
        assert environment.needs_upgrade(former)
        environment.upgrade(former)
        assert not environment.needs_upgrade(former)
        check(former)

    def test_an_upgrade_that_was_killed_is_run_again(
        self, former: Environment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Killed at the end of its last step, where MariaDB has committed all but the version."""

        def killed(*args: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(DatabaseManager, "set_database_version", killed)
        with pytest.raises(KeyboardInterrupt):
            environment.upgrade(former)
        monkeypatch.undo()
        assert environment.needs_upgrade(former)
        environment.upgrade(former)
        check(former)

    def test_a_newer_database_is_refused(self, trac_env: MakeEnvironment) -> None:
        """In plain words, with both versions; nothing is touched."""
        env = trac_env(database=self.kind)
        DatabaseManager(env).set_database_version(VERSION + 1, VERSION_NAME)
        with pytest.raises(TracError, match=rf"version {VERSION + 1}.*version {VERSION} only"):
            env.needs_upgrade()


def make_version(env: Environment, version: int) -> None:
    """Our tables as the code of that version made them."""
    with env.db_transaction:
        DatabaseManager(env).upgrade(version, VERSION_NAME, "trac_issuesync.tracker.upgrades")


def fill(store: SqlStore) -> None:
    """Rows of the tables that every version has, by the methods whose columns never changed."""
    store.save_sync(a_sync(A, "acme"))
    store.save_counters(A, a_counters())
    store.save_twins(A, [a_twin("env/1/1", 7)])
    store.add_message(A, a_message(1))
    store.add_inbox(A, [received(1)])
    store.add_log(A, [a_line(1)])
    store.mark(A, [7])


def check(env: Environment) -> None:
    """``fill``'s rows are there, and the same can be done for another synchronization."""
    store = made(env)
    assert {name for name in DatabaseManager(env).get_table_names() if name.startswith("issuesync")} == set(
        TABLES
    )
    assert store.sync(A) == a_sync(A, "acme")
    assert store.counters(A) == a_counters()
    assert store.twins(A, ["env/1/1"]) == {"env/1/1": a_twin("env/1/1", 7)}
    assert store.messages(A) == [a_message(1)]
    assert store.inbox(A, ["env/1/1"]) == {"env/1/1": [received(1)]}
    assert [mark.ticket for mark in store.marks(A, 9)] == [7]
    assert store.environment()
    store.remove_sync(A)
    fill(store)
