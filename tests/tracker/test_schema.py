# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Our tables come with an upgrade, stay through the next one, and go without a trace."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from trac.core import TracError
from trac.db import DatabaseManager, Table
from trac.env import Environment

from trac_issuesync.core.errors import Invalid
from trac_issuesync.engine.records import AtPartner
from trac_issuesync.tracker import environment
from trac_issuesync.tracker.schema import TABLES, VERSION, VERSION_NAME
from trac_issuesync.tracker.store import SqlStore
from trac_issuesync.tracker.upgrades import db1, db2

MakeEnvironment = Callable[..., Environment]


def no_box() -> object:
    raise AssertionError("No secret is touched here.")


def our_tables(env: Environment) -> set[str]:
    return {name for name in DatabaseManager(env).get_table_names() if name.startswith("issuesync")}


def everything(env: Environment) -> tuple[list[object], list[object]]:
    """All that the database is made of, and Trac's own notes about it."""
    return (
        env.db_query("SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"),
        env.db_query("SELECT name, value FROM `system` ORDER BY name"),
    )


def test_an_upgrade_makes_exactly_the_named_tables(trac_env: MakeEnvironment) -> None:
    """The list that removal and purge go by is the list of what exists."""
    env = trac_env()
    assert our_tables(env) == set(TABLES)
    assert not env.needs_upgrade()


def test_a_new_environment_has_the_tables_at_once(tmp_path: Path) -> None:
    """``trac-admin initenv`` with the plugin enabled needs no upgrade afterwards."""
    options = [("components", "trac_issuesync.*", "enabled"), ("logging", "log_type", "none")]
    env = Environment(str(tmp_path / "new"), create=True, options=options)
    assert our_tables(env) == set(TABLES)
    assert not env.needs_upgrade()
    env.shutdown()


def test_each_environment_keeps_an_id_of_its_own(trac_env: MakeEnvironment) -> None:
    """Upgrading again leaves the id alone; another environment has another one."""
    one, two = trac_env("one"), trac_env("two")
    before = SqlStore(one, no_box).environment()
    environment.upgrade(one)
    assert SqlStore(one, no_box).environment() == before != SqlStore(two, no_box).environment()


def test_without_an_upgrade_the_store_says_what_to_do(trac_env: MakeEnvironment) -> None:
    """An environment that was never upgraded is told to be, not shown a database error."""
    with pytest.raises(Invalid, match="trac-admin"):
        SqlStore(trac_env(plugin=False), no_box).environment()


def test_a_newer_database_is_refused(trac_env: MakeEnvironment) -> None:
    """Code that is older than the tables does not touch them and says which versions it is about."""
    env = trac_env()
    DatabaseManager(env).set_database_version(VERSION + 1, VERSION_NAME)
    with pytest.raises(TracError, match=rf"version {VERSION + 1}.*version {VERSION} only"):
        env.needs_upgrade()


def test_a_creation_cut_short_is_completed(trac_env: MakeEnvironment) -> None:
    """Tables that a first try left behind stay as they are, the missing ones are added."""
    env = trac_env()
    SqlStore(env, no_box).mark("s", [7])
    with env.db_transaction as db:
        db("DROP TABLE issuesync_log")
        db("DELETE FROM `system` WHERE name=%s", (VERSION_NAME,))
    assert env.needs_upgrade()
    env.upgrade()
    assert our_tables(env) == set(TABLES)
    assert [mark.ticket for mark in SqlStore(env, no_box).marks("s", 9)] == [7]


def test_version_1_gets_what_came_later(trac_env: MakeEnvironment) -> None:
    """What an environment of the first release holds is still there after the upgrade."""
    env = trac_env()
    SqlStore(env, no_box).mark("s", [7])
    with env.db_transaction as db:
        for column in ("uid", "author", "skipped"):
            db(f"ALTER TABLE issuesync_rejected DROP COLUMN {column}")
        db("INSERT INTO issuesync_rejected (sync, number, reason) VALUES ('s', 3, 'no')")
    DatabaseManager(env).drop_tables(db2.TABLES)
    DatabaseManager(env).set_database_version(1, VERSION_NAME)
    assert env.needs_upgrade()
    env.upgrade()
    assert our_tables(env) == set(TABLES)
    assert SqlStore(env, no_box).held("s") == []
    assert SqlStore(env, no_box).partner_parked("s") == {3: AtPartner(3, "no")}
    assert [mark.ticket for mark in SqlStore(env, no_box).marks("s", 9)] == [7]


def test_a_failed_creation_leaves_nothing(trac_env: MakeEnvironment) -> None:
    """An error at the last table takes back the others, so that the database is as it was."""
    env = trac_env(plugin=False)
    with env.db_transaction as db:
        db("CREATE INDEX issuesync_log_time_idx ON ticket (time)")
    before = everything(env)
    with pytest.raises(env.db_exc.OperationalError, match="already exists"):
        environment.upgrade(env)
    assert everything(env) == before


def test_removal_leaves_no_trace(trac_env: MakeEnvironment) -> None:
    """After a purge the database is as if the plugin had never been there."""
    env = trac_env(plugin=False)
    before = everything(env)
    environment.upgrade(env)
    environment.remove_tables(env)
    assert everything(env) == before


@pytest.mark.parametrize("table", [*db1.TABLES, *db2.TABLES], ids=lambda table: table.name)
def test_keys_fit_into_mariadb(table: Table) -> None:
    """No key or index is longer than MariaDB's 3072 bytes at four bytes a character, or unbounded."""
    sizes = {column.name: column.key_size for column in table.columns if column.type == "text"}
    for columns in (table.key, *(index.columns for index in table.indices)):
        lengths = [sizes.get(name, 2) for name in columns if not (name == "id" and len(columns) == 1)]
        assert None not in lengths
        assert max(lengths, default=0) <= 191
        assert 4 * sum(lengths) <= 3072


def test_what_a_reader_of_the_database_finds(trac_env: MakeEnvironment) -> None:
    """These two tables are read from outside, so their columns are a promise."""
    manager = DatabaseManager(trac_env())
    assert set(manager.get_column_names("issuesync_logged")) == {"sync", "ticket", "time", "field", "origin"}
    assert set(manager.get_column_names("issuesync_attachment")) == {
        *("sync", "ticket", "filename", "time", "origin", "uid", "side", "size", "sha256", "state"),
        *("author", "description", "replaces", "reason"),
    }
