# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Start and stop a ``tracd`` of our own on the loopback, known by a pid file; end no other process."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["DemoError", "Server", "program", "start", "stop", "tail", "wait_until"]

START_SECONDS = 40
STOP_SECONDS = 8
PAUSE = 0.1


class DemoError(Exception):
    """It did not work; the text says what and where to look."""


@dataclass(frozen=True, slots=True)
class Server:
    """One project's web server. ``folder`` holds the project ``name``, its password, pid and log files."""

    folder: Path
    name: str

    @property
    def env(self) -> Path:
        return self.folder / self.name

    @property
    def passwords(self) -> Path:
        return self.folder / f"{self.name}.htpasswd"

    @property
    def log(self) -> Path:
        return self.folder / f"{self.name}.tracd.log"

    @property
    def pid_file(self) -> Path:
        return self.folder / f"{self.name}.tracd.pid"


def program(name: str) -> str:
    """Path of one of Trac's programs beside the running Python. Raises DemoError if it is not there."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        raise DemoError(f"{path} is missing: install Trac in this virtual environment, for example by make.")
    return str(path)


def wait_until(done: Callable[[], bool], seconds: float, pause: float = PAUSE) -> bool:
    """Whether ``done()`` came true in time."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def start(server: Server) -> str:
    """Serve the project in the background until ``stop``; returns its URL.

    Raises DemoError, with the end of the log, when it does not answer.
    """
    port = _free_port()
    command = [program("tracd"), "--hostname", "127.0.0.1", "--port", str(port), "--single-env"]
    # Relative names, because tracd splits this argument at commas.
    command += ["--basic-auth", f"{server.name},{server.passwords.name},{server.name}", str(server.env)]
    pid = _spawn(server, [sys.executable, *command])
    server.pid_file.write_text(f"{pid}\n", encoding="ascii")
    url = f"http://127.0.0.1:{port}/"
    gone = False

    def settled() -> bool:
        nonlocal gone
        gone = os.waitpid(pid, os.WNOHANG)[0] == pid
        return gone or _answers(url)

    if not wait_until(settled, START_SECONDS) or gone:
        stop(server)
        raise DemoError(f"tracd does not serve {server.name}. The end of {server.log}:\n{tail(server.log)}")
    return url


def stop(server: Server) -> bool:
    """End the server if it runs; only a tracd that serves this very project is touched. Whether it ran."""
    try:
        pid = int(server.pid_file.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return False
    ran = _is_ours(pid, server)
    # An interrupt lets Trac and the worker clean up; a shell may have made us ignore it, so go on.
    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if not _is_ours(pid, server):
            break
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, kind)
        wait_until(lambda: not _is_ours(pid, server), STOP_SECONDS)
    server.pid_file.unlink(missing_ok=True)
    return ran


def tail(path: Path, lines: int = 15) -> str:
    """The last lines of a log, or a word that there is none."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return "(no such log)"
    return "\n".join(text.splitlines()[-lines:]) or "(empty)"


def _spawn(server: Server, command: list[str]) -> int:
    """Run a command in the server's folder, in a session of its own, all output to its log."""
    # Not subprocess.Popen, which holds on to its child: this one is to outlive us.
    shell = ["/bin/sh", "-c", 'cd "$0" && exec "$@"', str(server.folder), *command]
    write = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    files = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(server.log), write, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    return os.posix_spawn(shell[0], shell, os.environ, file_actions=files, setsid=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def _is_ours(pid: int, server: Server) -> bool:
    """Whether that process lives and is a tracd serving this project, so that a number used again is safe."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
    words = _command_line(pid)
    return str(server.env) in words and any(Path(word).name == "tracd" for word in words)


def _command_line(pid: int) -> list[str]:
    path = Path(f"/proc/{pid}/cmdline")
    if Path("/proc/self/cmdline").exists():
        try:
            return path.read_bytes().decode(errors="surrogateescape").split("\0")
        except OSError:
            return []
    found = subprocess.run(
        ["ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.split()
