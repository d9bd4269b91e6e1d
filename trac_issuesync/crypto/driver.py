# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""One run of gpg through python-gnupg: bounded in time and output, its status lines kept as they are."""

from __future__ import annotations

import contextlib
import io
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from subprocess import Popen
from typing import Any

import gnupg

from trac_issuesync.core.errors import Invalid, Transient

__all__ = ["Driver", "Run"]

# --logger-file keeps gpg's own words off the descriptor of the status lines, where they could look like one.
# The two --ignore options let a partner whose clock is some seconds ahead talk to us at all: gpg otherwise
# refuses keys and signatures "from the future". Expiry is still judged.
_OPTIONS = (
    "--no-options",
    "--no-random-seed-file",
    "--no-auto-key-retrieve",
    "--no-auto-key-locate",
    "--no-auto-check-trustdb",
    "--disable-dirmngr",
    "--trust-model=always",
    "--ignore-time-conflict",
    "--ignore-valid-from",
    "--pinentry-mode=error",
    "--compress-algo=none",
    "--no-emit-version",
    "--no-comments",
    "--logger-file=/dev/null",
)

# gpg looks at the output limit once per block, so it gets this much more than what we count ourselves.
_SLACK = 128 * 1024


@dataclass(frozen=True)
class Run:
    """What one gpg run left: its status lines, at most the allowed bytes of output, its exit status.

    ``overflow`` is true if there was more output than allowed; gpg was stopped then.
    """

    status: str
    output: bytes
    returncode: int
    overflow: bool


class _Result:
    """Takes what python-gnupg collects; its own parsers raise inside a thread on an empty user id."""

    def __init__(self, gpg: object) -> None:
        self.data = b""
        self.stderr = ""
        self.returncode: int | None = None

    def handle_status(self, key: str, value: str) -> None:
        """Nothing: the lines are judged as text by ``verdict``."""


class Driver(gnupg.GPG):  # type: ignore[misc]
    """gpg in one home. Not for two threads at a time."""

    result_map = dict.fromkeys(gnupg.GPG.result_map, _Result)

    def __init__(self, program: str, home: str, timeout: float) -> None:
        self._timeout = timeout
        self._late = threading.Event()
        self._process: Popen[bytes] | None = None
        environment = {"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
        try:
            super().__init__(program, gnupghome=home, options=list(_OPTIONS), env=environment)
        except (OSError, ValueError) as error:
            self._raise_if_late()
            text = "gpg cannot be run here; install GnuPG 2.2 or later (Debian package gnupg)."
            raise Invalid(text, "no-gpg") from error

    def run(self, arguments: list[str], data: bytes, limit: int) -> Run:
        """Run gpg with ``data`` on its input and at most ``limit`` bytes of output.

        Raises ``Transient`` if it took longer than the time limit or was ended by a signal.
        """
        result, gathered = _Result(self), _Gathered(limit, self._stop)
        self._late.clear()
        self.on_data = gathered.take
        # A gpg that ends early leaves its input unread; what it said before is what counts.
        bounded = ["--max-output", str(limit + _SLACK), *arguments]
        with contextlib.suppress(OSError, ValueError):
            self._handle_io(bounded, io.BytesIO(data), result, binary=True)
        self._raise_if_late()
        if result.returncode is None or (result.returncode < 0 and not gathered.overflow):
            raise Transient("gpg was ended before it finished; it will be tried again.", "gpg-failed")
        return Run(result.stderr, b"".join(gathered.chunks), result.returncode, gathered.overflow)

    def _open_subprocess(self, args: list[str], passphrase: bool = False) -> Any:
        self._process = super()._open_subprocess(args, passphrase)
        return self._process

    def _collect_output(
        self, process: Popen[bytes], result: Any, writer: Any = None, stdin: Any = None
    ) -> Any:
        timer = threading.Timer(self._timeout, self._expire)
        timer.daemon = True
        timer.start()
        try:
            return super()._collect_output(process, result, writer, stdin)
        finally:
            timer.cancel()

    def _raise_if_late(self) -> None:
        if self._late.is_set():
            text = f"gpg did not finish within {self._timeout:g} s; it will be tried again."
            raise Transient(text, "gpg-timeout")

    def _expire(self) -> None:
        self._late.set()
        self._stop()

    def _stop(self) -> None:
        if self._process is not None:
            self._process.kill()


class _Gathered:
    """Counts the output and keeps what is allowed."""

    def __init__(self, limit: int, stop: Callable[[], None]) -> None:
        self.chunks: list[bytes] = []
        self.overflow = False
        self._left = limit
        self._stop = stop

    def take(self, chunk: bytes) -> bool:
        """Called by python-gnupg with each piece; false because we keep it ourselves."""
        self._left -= len(chunk)
        if self._left >= 0:
            self.chunks.append(chunk)
        elif not self.overflow:
            self.overflow = True
            self.chunks.clear()
            self._stop()
        return False
