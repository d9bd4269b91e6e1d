# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A program: runs a server until its standard input ends, then kills it and removes its folder.

Standard input is a pipe that only the test process holds, so it also ends when that process is killed.
"""

from __future__ import annotations

import pwd
import shutil
import signal
import subprocess
import sys

__all__ = ["main"]


def main(folder: str, account: str, stop: str, *command: str) -> None:
    """Run ``command`` in ``folder`` as ``account`` (empty: ours); ``stop`` names the signal that ends it."""
    # Ctrl-C reaches the whole group; the test process ends first and then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with open(f"{folder}/server.log", "wb") as log:
        server = subprocess.Popen(
            command,
            cwd=folder,
            user=account or None,
            group=pwd.getpwnam(account).pw_gid if account else None,
            extra_groups=[] if account else None,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    sys.stdin.read()
    server.send_signal(signal.Signals[stop])
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
