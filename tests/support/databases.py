# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Private PostgreSQL and MariaDB servers for tests, and a fresh database for each environment.

A server is started when it is first needed, in a folder of its own, and listens on a Unix socket there and
nowhere else. ``guard`` ends it with this process, however that ends. Nothing is forced to the disk, since no
test crashes the server or the machine; locks, isolation, constraints and rollback are those of any server.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from glob import glob
from pathlib import Path
from types import TracebackType

import pytest

__all__ = ["KINDS", "MARIADB", "POSTGRES", "SERVED", "SQLITE", "Servers"]

SQLITE, POSTGRES, MARIADB = "sqlite", "postgres", "mariadb"
SERVED = (POSTGRES, MARIADB)
KINDS = (SQLITE, *SERVED)

_ACCOUNT = "nobody"
_START_SECONDS = 60
_PROGRAMS = "/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/sbin", "/usr/libexec", "/usr/local/sbin"
_SYSTEM_TABLES = ("/usr/share/mysql/mysql_system_tables.sql", "/usr/share/mariadb/mysql_system_tables.sql")


@dataclass(frozen=True)
class _Server:
    """A running server: ``execute`` runs one statement outside any transaction."""

    folder: Path
    guard: subprocess.Popen[bytes]
    execute: Callable[[str], None]


@dataclass
class Servers:
    """The servers of this process; ``address`` is what a test asks for. Use it as a context manager."""

    running: dict[str, _Server] = field(default_factory=dict)
    _made: int = 0

    def __enter__(self) -> Servers:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for server in self.running.values():
            assert server.guard.stdin is not None
            server.guard.stdin.close()
            server.guard.wait()
        self.running.clear()

    def address(self, kind: str) -> str:
        """Trac's address of a fresh, empty database.

        Where the server's programs are missing the test fails, or is skipped for people who cannot install
        them.
        """
        if kind == SQLITE:
            return "sqlite:db/trac.db"
        if kind not in self.running:
            self.running[kind] = _start(kind)
        server, self._made = self.running[kind], self._made + 1
        name = f"trac{self._made}"
        if kind == POSTGRES:
            server.execute(f"CREATE DATABASE {name}")
            return f"postgres://trac@localhost/{name}?host={server.folder}"
        server.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
        # With the character set named, Trac connects once and not twice.
        return f"mysql://root@localhost/{name}?charset=utf8mb4&unix_socket={server.folder}/socket"


def _start(kind: str) -> _Server:
    folder = Path(tempfile.mkdtemp(prefix="db", dir="/tmp"))
    account = _ACCOUNT if os.geteuid() == 0 else ""
    if account:
        shutil.chown(folder, account)
    try:
        command = _postgres(folder, account) if kind == POSTGRES else _mariadb(folder, account)
        guard = subprocess.Popen(
            [
                *(sys.executable, str(Path(__file__).with_name("guard.py")), str(folder), account),
                # The data is thrown away, so neither is given time to tidy up; PostgreSQL frees its memory.
                "SIGQUIT" if kind == POSTGRES else "SIGKILL",
                *command,
            ],
            stdin=subprocess.PIPE,
            # Not in our group: it has to outlive us for a moment.
            start_new_session=True,
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    execute = _execute_postgres if kind == POSTGRES else _execute_mariadb
    server = _Server(folder, guard, lambda statement: execute(folder, statement))
    _wait(server)
    return server


def _wait(server: _Server) -> None:
    end = time.monotonic() + _START_SECONDS
    while True:
        try:
            return server.execute("SELECT 1")
        except Exception as error:
            if type(error).__name__ != "OperationalError":
                raise
            if time.monotonic() > end or server.guard.poll() is not None:
                log = server.folder / "server.log"
                raise RuntimeError(log.read_text() if log.exists() else "The server ended at once.") from None
        time.sleep(0.02)


def _postgres(folder: Path, account: str) -> Sequence[str]:
    data = str(folder / "data")
    initdb = _program("initdb")
    _run([initdb, "-D", data, "-U", "trac", "-A", "trust", "-N", "-E", "UTF8", "--locale=C"], folder, account)
    settings: Mapping[str, object] = {
        "listen_addresses": "",
        "unix_socket_directories": folder,
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "off",
        "shared_buffers": "32MB",
        "max_connections": 200,
    }
    said = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    return [_program("postgres"), "-D", data, *said]


def _mariadb(folder: Path, account: str) -> Sequence[str]:
    # The folder keeps everybody else out, so there are no passwords.
    common = [
        *(_program("mariadbd", "mysqld"), "--no-defaults", f"--datadir={folder}/data", "--skip-grant-tables"),
        *("--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0"),
        *("--innodb-flush-method=nosync", "--sync-frm=0"),
        *("--innodb-log-file-size=16M", f"--tmpdir={folder}"),
    ]
    _run(["mkdir", f"{folder}/data"], folder, account)
    tables = next(path for path in map(Path, _SYSTEM_TABLES) if path.exists())
    sql = "CREATE DATABASE mysql;\nUSE mysql;\n" + tables.read_text(encoding="utf-8")
    _run([*common, "--bootstrap"], folder, account, sql)
    return [
        *(*common, "--skip-networking", f"--socket={folder}/socket", f"--pid-file={folder}/pid"),
        *("--character-set-server=utf8mb4", "--collation-server=utf8mb4_bin", "--max-connections=200"),
    ]


def _run(command: Sequence[str], folder: Path, account: str, said: str = "") -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        user=account or None,
        group=pwd.getpwnam(account).pw_gid if account else None,
        extra_groups=[] if account else None,
        input=said.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {done.stdout.decode()}")


def _program(*names: str) -> str:
    """The newest program of one of these names."""
    folders = [folder for pattern in _PROGRAMS for folder in sorted(glob(pattern), reverse=True)]
    where = os.pathsep.join([*folders, os.environ.get("PATH", "")])
    for name in names:
        if found := shutil.which(name, path=where):
            return found
    text = f"{names[0]} is missing: install what tools/debian-packages-test lists."
    if os.geteuid() == 0 or os.environ.get("CI"):
        pytest.fail(text)
    pytest.skip(text)


def _execute_postgres(folder: Path, statement: str) -> None:
    # Here, so that most tests do without the driver.
    import psycopg2

    connection = psycopg2.connect(host=str(folder), user="trac", dbname="postgres")
    try:
        # CREATE DATABASE refuses to run inside a transaction.
        connection.autocommit = True
        connection.cursor().execute(statement)
    finally:
        connection.close()


def _execute_mariadb(folder: Path, statement: str) -> None:
    import pymysql

    connection = pymysql.connect(unix_socket=f"{folder}/socket", user="root")
    try:
        connection.cursor().execute(statement)
    finally:
        connection.close()
