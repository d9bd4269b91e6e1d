# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Any text survives in a column of any of the databases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from trac.db.pool import TimeoutError as PoolTimeoutError

from trac_issuesync.core.model import Shadow
from trac_issuesync.tracker.store.encoding import JsonColumn, bytes_of, text_of
from trac_issuesync.tracker.store.failures import transient

SHADOWS: JsonColumn[dict[str, Shadow]] = JsonColumn(dict[str, Shadow])


@given(st.dictionaries(st.text(max_size=5), st.builds(Shadow, st.text(), st.integers(0, 1 << 62))))
def test_every_text_comes_back(shadow: dict[str, Shadow]) -> None:
    """What is written is read back; the text holds nothing that some database cannot store."""
    text = SHADOWS.encode(shadow)
    assert SHADOWS.decode(text) == shadow
    assert all("\0" < character <= "\uffff" for character in text)


@given(st.binary())
def test_every_byte_comes_back(data: bytes) -> None:
    """Bodies are read back byte for byte from printable ASCII."""
    assert bytes_of(text_of(data)) == data
    assert text_of(data).isascii()


def driver_error(driver: str, name: str, *args: object, **members: object) -> Exception:
    """An error as a driver raises it: what counts is where its class comes from and what it carries."""
    kind = type(name, (Exception,), {"__module__": driver, **members})
    return kind(*args)


PASSING = [
    (driver_error("sqlite3", "OperationalError", "database is locked"), "database-busy"),
    (driver_error("sqlite3", "OperationalError", "database table is locked"), "database-busy"),
    (driver_error("sqlite3", "OperationalError", "database or disk is full"), "disk-full"),
    (
        driver_error("sqlite3", "OperationalError", "attempt to write a readonly database"),
        "database-read-only",
    ),
    (driver_error("sqlite3", "OperationalError", "disk I/O error"), "database-lost"),
    (driver_error("psycopg2.errors", "DeadlockDetected", "deadlock", pgcode="40P01"), "database-busy"),
    (driver_error("psycopg2.errors", "SerializationFailure", "", pgcode="40001"), "database-busy"),
    (driver_error("psycopg2.errors", "LockNotAvailable", "", pgcode="55P03"), "database-busy"),
    (driver_error("psycopg2.errors", "AdminShutdown", "", pgcode="57P01"), "database-lost"),
    (driver_error("psycopg2.errors", "DiskFull", "", pgcode="53100"), "disk-full"),
    (driver_error("psycopg2", "OperationalError", "server closed", pgcode=None), "database-lost"),
    (driver_error("psycopg2", "InterfaceError", "connection already closed"), "database-lost"),
    (driver_error("pymysql.err", "OperationalError", 1213, "Deadlock found"), "database-busy"),
    (driver_error("pymysql.err", "OperationalError", 1205, "Lock wait timeout"), "database-busy"),
    (driver_error("pymysql.err", "OperationalError", 2013, "Lost connection"), "database-lost"),
    (driver_error("pymysql.err", "InterfaceError", 0, ""), "database-lost"),
    (PoolTimeoutError("Unable to get database connection"), "database-busy"),
]
STAYING = [
    driver_error("sqlite3", "OperationalError", "no such table: issuesync_twin"),
    driver_error("sqlite3", "IntegrityError", "UNIQUE constraint failed: busy locked"),
    driver_error("psycopg2.errors", "UniqueViolation", "", pgcode="23505"),
    driver_error("psycopg2.errors", "UndefinedTable", "", pgcode="42P01"),
    driver_error("psycopg2", "ProgrammingError", "can't adapt", pgcode=None),
    driver_error("pymysql.err", "OperationalError", 1054, "Unknown column"),
    driver_error("pymysql.err", "IntegrityError", 1062, "Duplicate entry"),
    ValueError("database is locked"),
]


@pytest.mark.parametrize(("error", "code"), PASSING, ids=repr)
def test_what_passes_by_itself_is_told_apart(error: Exception, code: str) -> None:
    """Busy, lost and full databases are tried again, and the sentence says so without the driver's words."""
    found = transient(error)
    assert found is not None
    assert found.code == code
    assert found.text.endswith(".")


@pytest.mark.parametrize("error", STAYING, ids=repr)
def test_what_stays_is_not_tried_again(error: Exception) -> None:
    """A taken key or a missing table is the same next time, so it is not hidden."""
    assert transient(error) is None
