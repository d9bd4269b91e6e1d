# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The database of a Trac environment through its plain driver: no Trac, nothing of the product."""

from __future__ import annotations

import configparser
import sqlite3
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

__all__ = ["PlainDatabase", "address_of"]


def address_of(env: Path) -> str:
    """What trac.ini says."""
    config = configparser.RawConfigParser(strict=False)
    config.read(env / "conf" / "trac.ini", encoding="utf-8-sig")
    return config.get("trac", "database", fallback="sqlite:db/trac.db")


class PlainDatabase:
    """One connection, as a context manager; ``rows`` are of one moment until ``fresh`` begins another.

    ``scheme`` is that of Trac's address: sqlite, postgres or mysql. Raises FileNotFoundError where an SQLite
    database is missing, the driver's errors where it cannot be read.
    """

    def __init__(self, env: Path) -> None:
        address = address_of(env)
        self.scheme = address.partition(":")[0]
        connect = {"sqlite": _sqlite, "postgres": _postgres, "mysql": _mysql}[self.scheme]
        self._connection = connect(env, address)

    def __enter__(self) -> PlainDatabase:
        self.fresh()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def fresh(self) -> None:
        """Begin to see what is committed by now."""
        self._connection.rollback()
        if self.scheme == "sqlite":
            self.rows("BEGIN")
        elif self.scheme == "postgres":
            self.rows("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        else:
            self.rows("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            self.rows("START TRANSACTION WITH CONSISTENT SNAPSHOT")

    def rows(self, sql: str, *args: object) -> list[tuple[Any, ...]]:
        """All rows of a statement, whose values are marked by ``?``; none for one that gives no rows."""
        cursor = self._connection.cursor()
        cursor.execute(sql if self.scheme == "sqlite" else sql.replace("?", "%s"), args)
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def has(self, table: str) -> bool:
        if self.scheme == "sqlite":
            return bool(self.rows("SELECT 1 FROM sqlite_master WHERE type='table' AND name=?", table))
        here = "current_schema()" if self.scheme == "postgres" else "database()"
        sql = f"SELECT 1 FROM information_schema.tables WHERE table_schema={here} AND table_name=?"
        return bool(self.rows(sql, table))


def _sqlite(env: Path, address: str) -> Any:
    path = env / address.removeprefix("sqlite:").split("?", 1)[0]
    if not path.is_file():
        raise FileNotFoundError(path)
    # Not read-only: after a kill SQLite must be able to roll a hot journal back, as Trac would.
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=rw", uri=True, timeout=30)


def _postgres(env: Path, address: str) -> Any:
    import psycopg2

    parts, said = _parts(address)
    host = said.get("host", parts.hostname)
    return psycopg2.connect(
        host=host, port=parts.port, user=parts.username, password=parts.password, dbname=parts.path[1:]
    )


def _mysql(env: Path, address: str) -> Any:
    import pymysql

    parts, said = _parts(address)
    return pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        unix_socket=said.get("unix_socket"),
        user=parts.username,
        password=unquote(parts.password or ""),
        database=parts.path[1:],
        charset="utf8mb4",
    )


def _parts(address: str) -> tuple[Any, dict[str, str]]:
    parts = urlsplit(address)
    return parts, {name: values[-1] for name, values in parse_qs(parts.query).items()}
