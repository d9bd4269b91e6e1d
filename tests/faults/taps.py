# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Wraps everything by which a cycle leaves a trace: transactions, files, folders, gpg's place.

Points are named by who does what: ``send._send_numbered: commit``, ``file.deliver/put: rename``.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
from trac.db.sqlite_backend import PyFormatCursor

from trac_issuesync.channels import aside, durable, safe_dir
from trac_issuesync.engine.ports import Met, Sealer
from trac_issuesync.testing.steps import Steps
from trac_issuesync.tracker import attachments, spool
from trac_issuesync.tracker.store.database import Database

__all__ = ["Tap", "TappedSealer", "tapped"]

_PACKAGE = "trac_issuesync."
_OURS = ("channels.", "tracker.spool", "tracker.attachments")
_EFFECTS = frozenset({"fsync", "link", "rename", "replace", "unlink", "pwrite"})
_CHANGES = re.compile(r"\s*(INSERT|UPDATE|DELETE)\b", re.IGNORECASE)


class Tap:
    """Sends the points of all wrapped ports to ``steps``; while that is None nothing is counted.

    ``finely``: statements, and reading of files and folders, are points, too. They leave no trace, so dying
    there is like dying at the next point, but each of them can fail.
    """

    def __init__(self) -> None:
        self.steps: Steps | None = None
        self.finely = False

    def at(self, what: str) -> None:
        if self.steps is not None:
            self.steps.at(f"{_who()}: {what}")


def _who() -> str:
    """The function of the engine or the worker, or of the channel and the file system, that is at work."""
    inner = outer = name = ""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        module = str(frame.f_globals.get("__name__", ""))
        inside = module.removeprefix(_PACKAGE)
        if module != inside and not inside.startswith(("tracker.store", "testing.")):
            name = f"{inside.rpartition('.')[2]}.{frame.f_code.co_name}"
            if not inside.startswith(_OURS):
                break
            inner, outer = inner or frame.f_code.co_name, name
        frame = frame.f_back
    if not outer:
        return name
    return outer if outer.endswith(f".{inner}") else f"{outer}/{inner}"


class _Os:
    """``os`` with its effects counted."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        if name not in _EFFECTS and not (name == "scandir" and self._tap.finely):
            return real

        def counted(*args: Any, **more: Any) -> Any:
            self._tap.at(name)
            return real(*args, **more)

        return counted

    def open(self, path: Any, flags: int, *args: Any, **more: Any) -> int:
        """Opening to read leaves no trace."""
        if flags & os.O_CREAT:
            self._tap.at("create")
        elif self._tap.finely:
            self._tap.at("open")
        return os.open(path, flags, *args, **more)

    def fdopen(self, file: int, mode: str) -> Any:
        stream = os.fdopen(file, mode)
        return _Stream(stream, self._tap) if "w" in mode else stream


class _Stream:
    """A file that is written; when a write fails half of it is there."""

    def __init__(self, stream: Any, tap: Tap) -> None:
        self._stream, self._tap = stream, tap

    def write(self, data: bytes) -> int:
        try:
            self._tap.at("write")
        except BaseException:
            self._stream.write(data[: len(data) // 2])
            self._stream.flush()
            raise
        return int(self._stream.write(data))

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *failure: object) -> None:
        self._stream.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class TappedSealer:
    """A sealer that can fail before it has done anything."""

    def __init__(self, sealer: Sealer, tap: Tap) -> None:
        self._sealer, self._tap = sealer, tap

    def seal(self, plaintext: bytes) -> bytes:
        self._tap.at("seal")
        return self._sealer.seal(plaintext)

    def open(self, sealed: bytes) -> bytes:
        self._tap.at("unseal")
        return self._sealer.open(sealed)

    def meet(self, sealed: bytes, key_in: Callable[[bytes], str]) -> Met:
        self._tap.at("meet")
        return self._sealer.meet(sealed, key_in)

    def pin(self, key: str) -> str:
        self._tap.at("pin")
        return self._sealer.pin(key)


@contextmanager
def tapped() -> Iterator[Tap]:
    """Inside, all ports of this process are wrapped."""
    tap = Tap()
    with pytest.MonkeyPatch.context() as patch:
        for module in (safe_dir, aside, durable, spool, attachments):
            patch.setattr(module, "os", _Os(tap))
        _wrap_transactions(patch, tap)
        _wrap_statements(patch, tap)
        yield tap


def _wrap_transactions(patch: pytest.MonkeyPatch, tap: Tap) -> None:
    real = Database.transaction

    @contextmanager
    def transaction(self: Database, *, fenced: bool = True) -> Iterator[Any]:
        outermost = self._local.connection is None
        with real(self, fenced=fenced) as db:
            yield db
            if outermost:
                tap.at("commit")

    patch.setattr(Database, "transaction", transaction)


def _wrap_statements(patch: pytest.MonkeyPatch, tap: Tap) -> None:
    real = PyFormatCursor._rollback_on_error

    def run(self: Any, function: Callable[..., Any], sql: str, *args: Any, **more: Any) -> Any:
        def counted(*inner: Any, **others: Any) -> Any:
            if tap.finely and _CHANGES.match(sql):
                tap.at("statement")
            return function(*inner, **others)

        return real(self, counted, sql, *args, **more)

    patch.setattr(PyFormatCursor, "_rollback_on_error", run)
