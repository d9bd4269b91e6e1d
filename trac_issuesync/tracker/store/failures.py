# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which errors of a database pass by themselves, and how to say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from trac.db.pool import TimeoutError as PoolTimeoutError

from trac_issuesync.core.errors import Transient

__all__ = ["told_plainly", "transient"]

_BUSY = "The database is busy with other work; this is tried again by itself."
_LOST = "The connection to the database was lost; this is tried again by itself."
_FULL = "The disk of the database is full. Make room; this is tried again by itself."
_READ_ONLY = (
    "The database cannot be written. Run this as the account of the web server, and see that this account may"
    " write the file and its folder. If a backup was put back, restart the web server."
)

_SQLITE = (
    ("locked", "database-busy", _BUSY),
    ("busy", "database-busy", _BUSY),
    ("is full", "disk-full", _FULL),
    ("readonly", "database-read-only", _READ_ONLY),
    ("disk i/o error", "database-lost", _LOST),
    ("unable to open database", "database-lost", _LOST),
)
# When somebody saves trac.ini in the browser, Trac closes the connections of all threads of the web server,
# also those that are just in use by others.
_CLOSED = "closed database"
_POSTGRES = (
    ("40", "database-busy", _BUSY),  # serialization failure, deadlock
    ("55P03", "database-busy", _BUSY),  # lock not available
    ("53100", "disk-full", _FULL),
    ("53", "database-busy", _BUSY),  # too many connections, out of memory
    ("08", "database-lost", _LOST),
    ("57P", "database-lost", _LOST),  # server shuts down or starts
)
_MARIADB_BUSY = frozenset({1040, 1203, 1205, 1213})
_MARIADB_LOST = frozenset({0, 1053, 1927, 2002, 2003, 2006, 2013, 2055})
_MARIADB_FULL = frozenset({1021, 1114})


def transient(error: BaseException) -> Transient | None:
    """The error as one that may pass, or None if it is a mistake that stays (a missing table, a doubled key).

    Drivers are told apart by what their errors carry, because only one of the three is installed.
    """
    if isinstance(error, PoolTimeoutError):
        return Transient(_BUSY, "database-busy")
    if isinstance(error, AssertionError) and isinstance(error.__context__, Exception):
        # Trac's pool stumbles over a connection that it closed itself, see _CLOSED.
        return transient(error.__context__)
    if type(error).__name__ == "ProgrammingError" and _CLOSED in str(error):
        return Transient(_LOST, "database-lost")
    if type(error).__name__ == "Error" and str(error) == "Already closed":
        # PyMySQL, about a connection that it lost before.
        return Transient(_LOST, "database-lost")
    if type(error).__name__ not in ("OperationalError", "InterfaceError", "InternalError") and not hasattr(
        error, "pgcode"
    ):
        return None
    driver = type(error).__module__.partition(".")[0]
    if driver == "sqlite3":
        return _by_text(str(error).lower())
    if driver == "psycopg2" or hasattr(error, "pgcode"):
        return _by_state(getattr(error, "pgcode", None), type(error).__name__)
    if driver == "pymysql":
        return _by_number(error.args[0] if error.args else None)
    return None


def _by_text(text: str) -> Transient | None:
    return next((Transient(plain, code) for part, code, plain in _SQLITE if part in text), None)


def _by_state(state: str | None, name: str) -> Transient | None:
    if state is None:
        # No answer came from the server at all: the connection broke.
        return Transient(_LOST, "database-lost") if name in ("OperationalError", "InterfaceError") else None
    return next((Transient(plain, code) for start, code, plain in _POSTGRES if state.startswith(start)), None)


def _by_number(number: object) -> Transient | None:
    for numbers, code, plain in (
        (_MARIADB_BUSY, "database-busy", _BUSY),
        (_MARIADB_LOST, "database-lost", _LOST),
        (_MARIADB_FULL, "disk-full", _FULL),
    ):
        if number in numbers:
            return Transient(plain, code)
    return None


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn database errors that pass by themselves into Transient; all others fly on unchanged."""
    try:
        yield
    except Exception as error:
        plain = transient(error)
        if plain is None:
            raise
        try:
            raise plain from error
        finally:
            # Or the error and this frame would hold each other, and with them the connection.
            del plain
