# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A gpg home is private, bounded in time, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from trac_issuesync.core.errors import Invalid, SyncError, Transient
from trac_issuesync.crypto.home import HOME_PATH_LIMIT, GpgHome
from trac_issuesync.crypto.keys import generate, import_public
from trac_issuesync.crypto.sealer import GpgSealer

PATIENCE = 30.0


def _agents(path: str) -> list[int]:
    """Processes that name ``path`` on their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if os.fsencode(path) in command:
                found.append(int(entry.name))
    return found


def _assert_gone(path: str) -> None:
    assert not os.path.lexists(path)
    # The agent ends by itself once told to; only never ending is a fault.
    deadline = time.monotonic() + PATIENCE
    while _agents(path) and time.monotonic() < deadline:
        os.sched_yield()
    assert _agents(path) == []


def test_the_home_is_private_and_leaves_nothing(short_tmp: Path) -> None:
    """Nobody else may look into the folder; folder and agent are gone after the with block."""
    with GpgHome(str(short_tmp)) as home:
        assert stat.S_IMODE(os.stat(home.path).st_mode) == 0o700
        generate(home, "acme")
        assert _agents(home.path)
    _assert_gone(home.path)
    assert list(short_tmp.iterdir()) == []


def test_an_error_inside_leaves_nothing_either(short_tmp: Path) -> None:
    """Whatever ends the with block, the private keys go, and the error comes out as it was."""
    paths = []

    def work() -> None:
        with GpgHome(str(short_tmp)) as outer, GpgHome(str(short_tmp)) as inner:
            for home in (outer, inner):
                paths.append(home.path)
                generate(home, "acme")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        work()
    for path in paths:
        _assert_gone(path)
    assert len(paths) == 2


def test_closing_twice_is_harmless_and_a_closed_home_says_so(short_tmp: Path) -> None:
    """A second close does nothing; a run in a closed home is told, not started."""
    home = GpgHome(str(short_tmp))
    home.close()
    home.close()
    with pytest.raises(Invalid) as caught:
        home.run(["--list-keys"])
    assert caught.value.code == "home-closed"


def test_what_a_killed_process_left_is_removed(short_tmp: Path) -> None:
    """Private keys of a worker that was killed do not stay on the disk, nor does its agent."""
    script = (
        "import os, signal, sys\n"
        "from trac_issuesync.crypto.home import GpgHome\n"
        "from trac_issuesync.crypto.keys import generate\n"
        "home = GpgHome(sys.argv[1])\n"
        "generate(home, 'acme')\n"
        "print(home.path, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    with GpgHome(str(short_tmp)) as alive:
        key = generate(alive, "globex")
        done = subprocess.run(
            [sys.executable, "-c", script, str(short_tmp)], stdout=subprocess.PIPE, text=True, check=False
        )
        left = done.stdout.strip()
        assert done.returncode == -signal.SIGKILL
        assert os.path.isdir(left)
        with GpgHome(str(short_tmp)):
            _assert_gone(left)
        # A home in use is not taken for a left-over.
        assert alive.run(["--list-secret-keys", key.fingerprint]).returncode == 0


def test_foreign_things_with_a_like_name_are_left_alone(short_tmp: Path) -> None:
    """A file or a link that only bears such a name is not followed nor removed."""
    target = short_tmp / "precious"
    target.mkdir()
    (target / "file").write_text("kept")
    (short_tmp / "issuesync-gpg-link").symlink_to(target)
    (short_tmp / "issuesync-gpg-file").write_text("kept")
    GpgHome(str(short_tmp)).close()
    assert (target / "file").read_text() == "kept"
    assert (short_tmp / "issuesync-gpg-link").is_symlink()
    assert (short_tmp / "issuesync-gpg-file").read_text() == "kept"


def test_a_path_too_long_for_the_agent_is_refused_in_words(short_tmp: Path) -> None:
    """Just below the limit the agent works; above it, nothing is tried."""
    fits = short_tmp / ("x" * (HOME_PATH_LIMIT - len(str(short_tmp)) - 1 - len("/issuesync-gpg-12345678")))
    fits.mkdir()
    with GpgHome(str(fits)) as home:
        assert len(home.path) == HOME_PATH_LIMIT
        generate(home, "acme")
    longer = Path(f"{fits}y")
    longer.mkdir()
    with pytest.raises(Invalid) as caught:
        GpgHome(str(longer))
    assert caught.value.code == "home-path"
    assert list(longer.iterdir()) == []


def test_a_long_temporary_folder_is_passed_over(short_tmp: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a wish a home is made where its path fits, wherever TMPDIR points."""
    longer = short_tmp / ("x" * 90)
    longer.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(longer))
    with GpgHome() as home:
        assert os.path.dirname(home.path) == "/tmp"


def test_without_gpg_it_says_what_to_install(short_tmp: Path) -> None:
    """A missing program is told in words, and nothing is left behind."""
    with pytest.raises(Invalid) as caught:
        GpgHome(str(short_tmp), program=str(short_tmp / "no-such-gpg"))
    assert caught.value.code == "no-gpg"
    assert list(short_tmp.iterdir()) == []


def _faulty_gpg(folder: Path, fault: str) -> str:
    """A gpg that behaves but for ``--decrypt``, where it does ``fault``."""
    program = folder / "gpg-faulty"
    program.write_text(f'#!/bin/sh\ncase "$*" in *--decrypt*) {fault};; esac\nexec gpg "$@"\n')
    program.chmod(0o700)
    return str(program)


@pytest.mark.parametrize("before", ["", "cat >/dev/null;", "head -c 200000 /dev/zero;"])
def test_a_hung_gpg_is_ended_and_told_as_transient(short_tmp: Path, before: str) -> None:
    """A gpg that never ends does not hold the worker, whatever it reads and writes; the home stays usable."""
    program = _faulty_gpg(short_tmp, f"{before} exec sleep 60")
    with GpgHome(str(short_tmp), program=program, timeout=2.0) as home:
        own = generate(home, "acme").fingerprint
        partner = generate(home, "globex").fingerprint
        with pytest.raises(Transient) as caught:
            GpgSealer(home, own, partner, True).open(bytes(1_000_000))
        assert caught.value.code == "gpg-timeout"
        assert GpgSealer(home, own, partner, True).seal(b"text")


def test_a_gpg_that_is_killed_is_not_the_message_s_fault(short_tmp: Path) -> None:
    """When the system kills gpg (out of memory), the message is tried again instead of being set aside."""
    with GpgHome(str(short_tmp), program=_faulty_gpg(short_tmp, "kill -9 $$")) as home:
        own, partner = generate(home, "acme").fingerprint, generate(home, "globex").fingerprint
        with pytest.raises(Transient) as caught:
            GpgSealer(home, own, partner, True).open(b"anything")
        assert caught.value.code == "gpg-failed"


def test_homes_of_many_threads_do_not_meet(short_tmp: Path) -> None:
    """Each thread with a home of its own makes, uses and removes it while others do the same."""
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(3):
                with GpgHome(str(short_tmp)) as one, GpgHome(str(short_tmp)) as two:
                    a, b = generate(one, "a"), generate(two, "b")
                    import_public(one, b.public)
                    import_public(two, a.public)
                    sealed = GpgSealer(one, a.fingerprint, b.fingerprint, True).seal(b"text")
                    assert GpgSealer(two, b.fingerprint, a.fingerprint, True).open(sealed) == b"text"
        except (SyncError, AssertionError, OSError) as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert list(short_tmp.iterdir()) == []


def test_no_secret_reaches_the_log(short_tmp: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not even at the lowest level do private keys or texts appear in the log."""
    caplog.set_level(1)
    with GpgHome(str(short_tmp)) as home:
        own, partner = generate(home, "acme"), generate(home, "globex")
        sealer = GpgSealer(home, own.fingerprint, partner.fingerprint, False)
        with pytest.raises(SyncError):
            sealer.open(sealer.seal(b"a very private text"))
    assert caplog.records
    for secret in (own.private.splitlines()[3], "a very private text", "PRIVATE KEY"):
        assert secret not in caplog.text
    assert own.private not in repr(own)
