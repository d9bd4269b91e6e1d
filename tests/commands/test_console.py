# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Through Trac's console and the real program: help, completion, exit status, strange terminals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from commands.two_consoles import USER, Two

from trac_issuesync.tracker.commands import COMMANDS


def trac_admin(env: Path, *words: str, **variables: str) -> subprocess.CompletedProcess[bytes]:
    """The real program, as an administrator starts it."""
    program = Path(sys.executable).with_name("trac-admin")
    return subprocess.run(
        [sys.executable, str(program), str(env), *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, **variables},
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_help_of_its_own(two: Two, command) -> None:  # type: ignore[no-untyped-def]
    """A line for the list, and more below it where that is not all."""
    first, *rest = [part.strip() for part in command.help.strip().split("\n\n")]
    assert first
    assert len(first) < 80
    assert not first.endswith(".")
    assert rest, "the first line alone is not enough"
    assert two.acme("nothing-of-the-kind").status == 2


def test_words_too_few_or_too_many_show_the_usage(two: Two) -> None:
    """Exit status 2, what is wrong, and how it is used."""
    for words in (
        ("show",),
        ("show", "a", "b"),
        ("create", "x"),
        ("start",),
        ("list", "x"),
        ("run", "a", "b"),
    ):
        said = two.acme(*words)
        assert said.status == 2, words
        assert "Error:" in said.err, words
        assert f"issuesync {words[0]}" in said.out, words


def test_completion_offers_names_keys_values_and_options(two: Two) -> None:
    """A key stays open for its value; a name is followed by a blank."""
    two.acme.ok("create", "globex", "file", f"user={USER}")
    complete = two.acme.complete
    assert complete("issuesync sh") == ["show "]
    assert complete("issuesync show g") == ["globex "]
    assert complete("issuesync show globex --") == ["--json"]
    assert complete("issuesync create x f") == ["file "]
    assert complete("issuesync create x file enc") == ["encrypt="]
    assert complete("issuesync create x file encrypt=") == ["no", "yes"]
    assert complete("issuesync create x file policy=m") == ["master"]
    assert "user=" not in complete("issuesync create x file user=a ")
    assert complete("issuesync resolve globex 1 m") == ["mine "]
    assert complete(f"issuesync accept {two.folder}/gl") == [f"{two.folder}/globex/"]


def test_the_real_program_ends_with_the_documented_status(two: Two) -> None:
    """0 done, 1 something to look at, 2 error; errors go beside the output, never a traceback."""
    env = Path(two.acme.env.path)
    description = "Grüße, 'x' \"y\""
    done = trac_admin(
        env, "issuesync", "create", "globex", "file", f"user={USER}", f"description={description}"
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert two.acme.show("globex")["description"] == description
    two.acme.exchange("globex")[0].rmdir()
    looked = trac_admin(env, "issuesync", "doctor")
    assert looked.returncode == 1
    wrong = trac_admin(env, "issuesync", "start", "globex")
    assert (wrong.returncode, wrong.stdout) == (2, b"")
    assert b"not connected" in wrong.stderr
    assert b"Traceback" not in wrong.stderr


def test_a_terminal_that_cannot_show_a_letter_gets_a_question_mark(two: Two) -> None:
    """Not an error in the middle of the output."""
    two.acme.ok("create", "globex", "file", f"user={USER}", "description=你好 Ä")
    shown = trac_admin(Path(two.acme.env.path), "issuesync", "show", "globex", PYTHONIOENCODING="latin-1")
    assert shown.returncode == 0
    assert "?? Ä".encode("latin-1") in shown.stdout


def test_ctrl_c_while_waiting_is_no_traceback(two: Two) -> None:
    """A person who waits long enough just stops it; what was begun is kept."""
    two.accepted()
    program = Path(sys.executable).with_name("trac-admin")
    command = [sys.executable, str(program), two.globex.env.path, "issuesync", "run", "--wait", "100"]
    waiting = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert waiting.stdout is not None
    # It has said hello once it prints, and goes on waiting for the answer.
    assert b"sent" in waiting.stdout.readline()
    waiting.send_signal(signal.SIGINT)
    _, errors = waiting.communicate(timeout=60)
    assert waiting.returncode == 2
    assert b"Interrupted" in errors
    assert b"Traceback" not in errors
    assert two.globex.show("acme")["last_sent"] is not None
