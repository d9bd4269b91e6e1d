# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The words of a command are taken apart as a person means them, or refused with what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from trac_issuesync.core.errors import Invalid
from trac_issuesync.tracker.commands.arguments import Usage, parse
from trac_issuesync.tracker.commands.texts import grouped, listed, printable, size, table
from trac_issuesync.tracker.settings import secret_of


def test_settings_words_and_options_are_told_apart_in_any_order() -> None:
    """A setting keeps everything after its first ``=``; options may stand anywhere."""
    found = parse(
        ["--json", "user=a=b", "globex", "--wait", "5", "description="],
        least=1,
        most=1,
        keys=("user", "description"),
        flags=("json",),
        valued=("wait",),
    )
    assert found.words == ("globex",)
    assert found.settings == {"user": "a=b", "description": ""}
    assert found.options == {"json": "", "wait": "5"}
    assert found.whole("wait", 0) == 5
    assert parse(["--wait=7"], valued=("wait",)).whole("wait", 0) == 7
    assert parse([]).whole("wait", 3) == 3


def test_a_command_without_settings_takes_words_with_an_equals_sign_as_they_are() -> None:
    """A query for tickets looks like a setting."""
    assert parse(["globex", "status=new&owner=x"], most=2).words == ("globex", "status=new&owner=x")


def test_everything_wrong_is_told_at_once() -> None:
    """Nobody has to try five times."""
    with pytest.raises(Usage) as caught:
        parse(["usr=x", "user=a", "user=b", "--yes", "--wait", "one", "two"], most=1, keys=("user",))
    for text in ("did you mean user?", "user is given twice", "--yes", "--wait", "words too many: two"):
        assert text in caught.value.text
    with pytest.raises(Usage, match="missing"):
        parse([], least=1, most=1)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "١", "9" * 30, "ten"])
def test_a_number_of_seconds_is_a_whole_number(text: str) -> None:
    """Also digits of other scripts, which Python would take, are refused."""
    with pytest.raises(Usage, match="--wait"):
        parse([f"--wait={text}"], valued=("wait",)).whole("wait", 0)
    with pytest.raises(Usage, match="--wait wants a value"):
        parse(["--wait"], valued=("wait",))


def test_a_secret_may_lie_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands on a command line is seen by every user of the machine."""
    monkeypatch.setenv("ISSUESYNC_TEST", "from the environment")
    (tmp_path / "secret").write_text("from a file\n", encoding="utf-8")
    assert secret_of("env:ISSUESYNC_TEST", "passphrase") == "from the environment"
    assert secret_of(f"file:{tmp_path}/secret", "passphrase") == "from a file"
    assert secret_of("plain: words", "passphrase") == "plain: words"
    with pytest.raises(Invalid, match="NOT_SET"):
        secret_of("env:ISSUESYNC_NOT_SET", "passphrase")
    with pytest.raises(Invalid, match="No such file"):
        secret_of(f"file:{tmp_path}/none", "passphrase")


def test_nothing_that_steers_a_terminal_is_printed() -> None:
    """A partner's words could otherwise rewrite the screen."""
    assert printable("a\x1b[2Jb\r\u202ec\ud800 Ä 你好") == "a?[2Jb??c? Ä 你好"
    assert "\x1b" not in "".join(table(("Name",), [("\x1b]0;x",)]) + listed("types", ["\x1b"]))


def test_numbers_and_fingerprints_are_made_for_reading() -> None:
    """Groups of four digits, sizes with their unit."""
    assert grouped("ABCD1234EF") == "ABCD 1234 EF"
    assert [size(n) for n in (9_999, 10_000, 2_500_000)] == ["9999 bytes", "10 kB", "2.5 MB"]
    assert table(("A", "Long"), [("wide cell", "x")]) == ["A          Long", "wide cell  x"]
