# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Secrets at rest stay secret, and each way of losing the key is told in words."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trac_issuesync.core.errors import Invalid
from trac_issuesync.crypto.secretbox import SecretBox, open_with_passphrase, seal_with_passphrase


def _key_file(folder: Path) -> Path:
    return folder / "issuesync.key"


def _code(box: SecretBox, sealed: str) -> str:
    with pytest.raises(Invalid) as caught:
        box.open(sealed)
    return caught.value.code


@pytest.mark.parametrize(
    "secret", ["", "hunter2", "p\u00e4ss \u6f22 \U0001f600", "\ud800", "x" * 100_000, "a\x00b\n"]
)
def test_a_secret_comes_back_also_in_a_later_process(tmp_path: Path, secret: str) -> None:
    """Any text survives; a new box over the same file opens it; it does not show in what is stored."""
    sealed = SecretBox(str(_key_file(tmp_path))).seal(secret)
    assert SecretBox(str(_key_file(tmp_path))).open(sealed) == secret
    assert sealed.isascii()
    assert not secret or secret not in sealed


def test_the_key_file_is_made_private(tmp_path: Path) -> None:
    """Only the owner may read it, whatever the umask, and no draft stays beside it."""
    before = os.umask(0)
    try:
        SecretBox(str(_key_file(tmp_path))).seal("x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(_key_file(tmp_path).stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [_key_file(tmp_path)]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o644, 0o666])
def test_a_key_file_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    """The text names the file and the command that mends it; afterwards it works."""
    box = SecretBox(str(_key_file(tmp_path)))
    sealed = box.seal("x")
    _key_file(tmp_path).chmod(mode)
    with pytest.raises(Invalid, match=r"chmod 600 .*issuesync\.key") as caught:
        SecretBox(str(_key_file(tmp_path))).open(sealed)
    assert caught.value.code == "open-key-file"
    _key_file(tmp_path).chmod(0o600)
    assert SecretBox(str(_key_file(tmp_path))).open(sealed) == "x"


def test_the_wrong_key_file_is_told_from_a_missing_or_damaged_one(tmp_path: Path) -> None:
    """Each loss has its own code, and none makes a new key over sealed secrets."""
    first, second = tmp_path / "first", tmp_path / "second"
    sealed = SecretBox(str(first)).seal("x")
    SecretBox(str(second)).seal("y")
    assert _code(SecretBox(str(second)), sealed) == "other-key-file"
    assert _code(SecretBox(str(first)), sealed[:-4]) == "other-key-file"
    assert _code(SecretBox(str(first)), "\u6f22") == "other-key-file"
    second.write_text("nonsense")
    assert _code(SecretBox(str(second)), sealed) == "bad-key-file"
    second.unlink()
    assert _code(SecretBox(str(second)), sealed) == "no-key-file"
    assert not second.exists()
    second.mkdir()
    assert _code(SecretBox(str(second)), sealed) == "bad-key-file"


def test_a_folder_that_cannot_take_the_key_file_is_told(tmp_path: Path) -> None:
    """No traceback where the configuration folder is missing."""
    with pytest.raises(Invalid) as caught:
        SecretBox(str(tmp_path / "missing" / "issuesync.key")).seal("x")
    assert caught.value.code == "no-key-file"


def test_boxes_that_start_together_share_one_key(tmp_path: Path) -> None:
    """Two processes that both find no key file end up with the same one."""
    boxes = [SecretBox(str(_key_file(tmp_path))) for _ in range(8)]
    gate, sealed = threading.Barrier(len(boxes)), []

    def work(box: SecretBox) -> None:
        gate.wait()
        sealed.append(box.seal("x"))

    threads = [threading.Thread(target=work, args=(box,)) for box in boxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    reader = SecretBox(str(_key_file(tmp_path)))
    assert [reader.open(text) for text in sealed] == ["x"] * len(boxes)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_made_by_root_the_key_file_belongs_to_the_folder_s_owner(tmp_path: Path) -> None:
    """A web server can read what root's trac-admin made."""
    os.chown(tmp_path, 12345, 23456)
    SecretBox(str(_key_file(tmp_path))).seal("x")
    about = _key_file(tmp_path).stat()
    assert (about.st_uid, about.st_gid) == (12345, 23456)


def test_a_passphrase_closes_and_opens(tmp_path: Path) -> None:
    """The right passphrase opens, also typed with blanks around or composed otherwise; JSON can carry it."""
    sealed = seal_with_passphrase(b"\x00data", "Zo\u00eb's")
    assert json.loads(sealed)["kind"] == "issuesync-passphrase-1"
    assert sealed.isascii()
    for typed in ("Zo\u00eb's", " Zo\u00eb's\n", "Zoe\u0308's"):
        assert open_with_passphrase(sealed, typed) == b"\x00data"
    assert seal_with_passphrase(b"\x00data", "Zo\u00eb's") != sealed


@pytest.mark.parametrize("typed", ["", " ", "zo\u00eb's", "Zo\u00eb", "Zo\u00eb' s"])
def test_a_wrong_passphrase_is_told_as_such(typed: str) -> None:
    """The admin learns that it was the passphrase, not that the file is broken."""
    with pytest.raises(Invalid) as caught:
        open_with_passphrase(seal_with_passphrase(b"data", "Zo\u00eb's"), typed)
    assert caught.value.code == "wrong-passphrase"


def test_an_empty_passphrase_closes_nothing() -> None:
    """Blanks alone are refused before anything is written."""
    with pytest.raises(Invalid):
        seal_with_passphrase(b"data", " \n")


_LOCKED = json.loads(seal_with_passphrase(b"data", "pass"))


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "issuesync-passphrase-9"},
        {"salt": "AAAA"},
        {"nonce": ""},
        {"data": "\u00e9"},
        {"data": 7},
        {"n": 2**30},
    ],
)
def test_other_files_are_not_taken_for_closed_ones(changes: dict[str, object]) -> None:
    """Unknown versions, wrong sizes and additional costs are refused without any work."""
    with pytest.raises(Invalid) as caught:
        open_with_passphrase(json.dumps(_LOCKED | changes).encode(), "pass")
    assert caught.value.code == "not-sealed"


@given(st.binary(max_size=300))
@settings(max_examples=200)
def test_any_bytes_are_refused_in_words(junk: bytes) -> None:
    """Whatever an admin uploads, nothing but Invalid comes out."""
    with pytest.raises(Invalid):
        open_with_passphrase(junk, "pass")


def test_every_part_of_the_closed_file_is_protected() -> None:
    """With salt, nonce or data changed, the passphrase opens nothing."""
    for part in ("salt", "nonce", "data"):
        text = _LOCKED[part]
        changed = ("B" if text[0] != "B" else "C") + text[1:]
        with pytest.raises(Invalid) as caught:
            open_with_passphrase(json.dumps(_LOCKED | {part: changed}).encode(), "pass")
        assert caught.value.code == "wrong-passphrase"
