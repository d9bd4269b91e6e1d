# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Real Trac environments for tests: made once, then copied or put back."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trac.cache import CacheManager
from trac.config import Configuration
from trac.db import DatabaseManager
from trac.env import Environment
from trac.perm import DefaultPermissionPolicy

__all__ = ["MakeEnvironment", "Option", "Saved", "copy_environment", "make_blank"]

Option = tuple[str, str, str]
MakeEnvironment = Callable[..., Environment]

_BLANK: tuple[Option, ...] = (("trac", "database", "sqlite:db/trac.db"), ("logging", "log_type", "none"))


def make_blank(path: Path) -> Path:
    """Create a Trac environment with Trac's default data and without the plugin; SQLite, no log."""
    Environment(str(path), create=True, options=list(_BLANK)).shutdown()
    return path


def copy_environment(
    blank: Path, path: Path, options: Iterable[Option] = (), plugin: bool = True, address: str = ""
) -> Environment:
    """Copy ``blank`` to ``path``, set ``options`` (section, name, value) in its trac.ini and open it.

    With ``plugin`` our components are enabled and the upgrade has run, as an administrator would do it.
    The blank never had the plugin, so two copies do not look like one environment copied by accident.
    ``address`` is that of an empty database on a server to use in place of the blank's.
    """
    shutil.copytree(blank, path)
    config = Configuration(str(path / "conf" / "trac.ini"))
    if address:
        config.set("trac", "database", address)
        config.save()
        bare = Environment(str(path))
        DatabaseManager(bare).init_db()
        DatabaseManager(bare).insert_default_data()
        bare.shutdown()
    config.set("project", "name", path.name)
    if plugin:
        config.set("components", "trac_issuesync.*", "enabled")
    for section, name, value in options:
        config.set(section, name, value)
    config.save()
    env = Environment(str(path))
    if env.needs_upgrade():
        env.upgrade()
    return env


class Saved:
    """The rows and files of ``env`` as they were when this was made.

    ``put_back`` is many times as fast as making another environment. trac.ini must not be altered meanwhile.
    """

    def __init__(self, env: Environment) -> None:
        self.env = env
        manager = DatabaseManager(env)
        with env.db_query as db:
            self._tables = {
                name: _Table.read(db, manager, name) for name in manager.get_table_names() if name != "cache"
            }

    def put_back(self) -> None:
        """Undo all that was done to the tickets, the tables and the files."""
        shutil.rmtree(Path(self.env.path) / "files", ignore_errors=True)
        with self.env.db_transaction as db:
            for name, table in self._tables.items():
                db(f"DELETE FROM {db.quote(name)}")
                if table.rows:
                    db.executemany(table.insert, table.rows)
            # Numbers that only rise tell Trac when what it holds in memory is old.
            db("UPDATE cache SET generation=generation+1")
        CacheManager(self.env).reset_metadata()
        DefaultPermissionPolicy(self.env).permission_cache = {}


@dataclass(frozen=True)
class _Table:
    insert: str
    rows: list[tuple[Any, ...]]

    @classmethod
    def read(cls, db: Any, manager: DatabaseManager, name: str) -> _Table:
        columns = manager.get_column_names(name)
        names, marks = ",".join(map(db.quote, columns)), ",".join(["%s"] * len(columns))
        rows = list(db(f"SELECT {names} FROM {db.quote(name)}"))
        return cls(f"INSERT INTO {db.quote(name)} ({names}) VALUES ({marks})", rows)
