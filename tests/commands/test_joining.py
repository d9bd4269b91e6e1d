# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""create, handshake and accept: what administrators see, and what is refused."""

from __future__ import annotations

import os
import stat
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from commands.two_consoles import USER, Two


def test_create_prints_paths_that_exist_the_shared_names_and_the_next_step(two: Two) -> None:
    """With nothing but the output an administrator can go on."""
    said = two.acme.ok("create", "globex", "file", f"user={USER}")
    send, receive = two.acme.exchange("globex")
    assert send.is_dir()
    assert receive.is_dir()
    for text in (
        str(send),
        str(receive),
        "ln -s",
        "defect",
        "closed",
        "milestone",
        "issuesync handshake globex",
    ):
        assert text in said.out
    assert " cc" not in said.out
    shown = two.acme.show("globex")
    assert (shown["role"], shown["channel"], shown["state"]) == ("master", "file", "handshake")


def test_create_tells_everything_that_is_wrong_at_once_and_makes_nothing(two: Two) -> None:
    """Name, channel, user, keys and values, each in its own line, and exit status 2."""
    said = two.acme("create", "Bad Name", "email", "user=nobody", "polcy=newest", "encrypt=perhaps")
    assert said.status == 2
    for text in ("Bad Name", "There is no channel 'email'", "nobody", "polcy", "policy", "perhaps"):
        assert text in said.err
    assert "Traceback" not in said.out + said.err
    assert two.acme.ok("list", "--json").json == []


def test_the_handshake_file_is_for_its_owner_alone_and_comes_with_a_sheet(two: Two) -> None:
    """It lets in whoever holds it; the sheet shows what is printed in the terminal."""
    two.acme.ok("create", "globex", "file", f"user={USER}")
    two.file.write_text("an older one, open to all")
    two.file.chmod(0o644)
    said = two.acme.ok("handshake", "globex", str(two.file))
    sheet = two.file.with_name(two.file.name + ".html")
    assert stat.S_IMODE(two.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600
    text = " ".join("".join(ElementTree.fromstring(sheet.read_text(encoding="utf-8")).itertext()).split())
    words = next(line for line in said.out.splitlines() if line.startswith("Words")).split()[1:]
    assert len(words) == 8
    assert all(word in text for word in words)
    assert sorted(path.name for path in two.folder.iterdir()) == [
        "acme",
        "acme.handshake",
        "acme.handshake.html",
        "globex",
    ]


def test_a_handshake_file_that_cannot_be_written_is_told_plainly(two: Two) -> None:
    """A missing folder is no traceback."""
    two.acme.ok("create", "globex", "file", f"user={USER}")
    said = two.acme("handshake", "globex", str(two.folder / "nowhere" / "file"))
    assert said.status == 2
    assert "cannot be written" in said.err


@pytest.mark.parametrize("where", ["handshake", "sheet"])
def test_the_handshake_file_replaces_no_device_pipe_or_link(two: Two, where: str) -> None:
    """Root who names /dev/null or /dev/stdout must not put a file in its place; nothing is written then."""
    two.acme.ok("create", "globex", "file", f"user={USER}")
    target, sheet = two.folder / "there", two.folder / "there.html"
    taken = target if where == "handshake" else sheet
    for make in (os.mkfifo, Path.mkdir, lambda path: path.symlink_to("nowhere")):
        make(taken)
        before = taken.lstat().st_ino
        said = two.acme("handshake", "globex", str(target))
        assert (said.status, taken.lstat().st_ino) == (2, before)
        assert "Choose another path" in said.err
        assert [path.name for path in two.folder.glob("*there*")] == [taken.name]
        taken.rmdir() if taken.is_dir() else taken.unlink()


@pytest.mark.parametrize("path", ["", ".", "..", "/"])
def test_a_path_without_a_file_name_is_refused_in_plain_words(two: Two, path: str) -> None:
    """Python's own words about paths are none for administrators."""
    two.acme.ok("create", "globex", "file", f"user={USER}")
    said = two.acme("handshake", "globex", path)
    assert said.status == 2
    assert "is there already and is no file" in said.err


def test_accept_shows_the_contents_and_both_sides_show_the_same_words(two: Two) -> None:
    """The words are what two people compare by phone."""
    two.acme.ok("create", "globex", "file", f"user={USER}", "description=Of both firms", "label=Globex")
    master = two.acme.ok("handshake", "globex", str(two.file))
    said = two.globex.ok("accept", str(two.file), "name=acme", f"user={USER}")
    fingerprint = two.acme.show("globex")["fingerprint"]
    assert " ".join(fingerprint[at : at + 4] for at in range(0, 40, 4)) in said.out
    assert (
        next(line for line in master.out.splitlines() if line.startswith("Words")).split()[1:]
        == (next(line for line in said.out.splitlines() if "its words" in line).split()[2:])
    )
    for text in ("Of both firms", "defect", "issuesync start acme", *map(str, two.globex.exchange("acme"))):
        assert text in said.out


def test_a_passphrase_closes_the_file(two: Two) -> None:
    """Neither without it nor with another one is it accepted; the right one opens it."""
    two.acme.ok("create", "globex", "file", f"user={USER}")
    two.acme.ok("handshake", "globex", str(two.file), "passphrase=correct horse")
    assert "BEGIN PGP" not in two.file.read_text()
    secret = two.folder / "passphrase"
    for given in ([], ["passphrase=wrong horse"]):
        said = two.globex("accept", str(two.file), f"user={USER}", *given)
        assert said.status == 2
        assert "passphrase" in said.err
    secret.write_text("correct horse\n")
    two.globex.ok("accept", str(two.file), f"user={USER}", f"passphrase=file:{secret}")


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b'{"kind": "other"}', b"{" * 100_000, b"x" * 300_000]
)
def test_what_is_no_handshake_file_is_refused(two: Two, content: bytes) -> None:
    """Whatever lies there, the answer is a sentence."""
    path = two.folder / "file"
    path.write_bytes(content)
    said = two.globex("accept", str(path), f"user={USER}")
    assert said.status == 2
    assert "handshake file" in said.err


@pytest.mark.parametrize(
    ("path", "text"),
    [("/dev/zero", "not a file"), ("/proc/self/nothing", "No such file"), (".", "directory")],
)
def test_accept_reads_regular_files_only(two: Two, path: str, text: str) -> None:
    """A device, a missing file and a folder are each told as what they are."""
    said = two.globex("accept", path, f"user={USER}")
    assert said.status == 2
    assert text in said.err


def test_a_used_handshake_file_is_not_written_again(two: Two) -> None:
    """It lets in one partner, once."""
    two.connected()
    said = two.acme("handshake", "globex", str(two.folder / "again"))
    assert said.status == 2
    assert "already used" in said.err
    assert not Path(two.folder / "again").exists()
    assert two.acme.show("globex")["words"] == two.globex.show("acme")["words"] != []


def test_a_second_synchronization_with_the_same_project_is_refused(two: Two) -> None:
    """Each would take what the other brought for new tickets; after a delete it is fine."""
    two.accepted()
    two.acme.ok("create", "again", "file", f"user={USER}")
    again = two.folder / "again"
    two.acme.ok("handshake", "again", str(again))
    said = two.globex("accept", str(again), f"user={USER}")
    assert said.status == 2
    assert "acme is a synchronization with the same project already" in said.err
    two.globex.ok("delete", "acme")
    two.globex.ok("accept", str(again), f"user={USER}")


def test_two_that_came_about_at_the_same_time_are_not_both_started(two: Two) -> None:
    """Accepted crosswise before either side had heard hello, and seen at the start."""
    two.acme.ok("create", "one", "file", f"user={USER}")
    two.globex.ok("create", "other", "file", f"user={USER}")
    one, other = two.folder / "one", two.folder / "other"
    two.acme.ok("handshake", "one", str(one))
    two.globex.ok("handshake", "other", str(other))
    two.globex.ok("accept", str(one), f"user={USER}")
    two.acme.ok("accept", str(other), f"user={USER}")
    for name in ("one", "other"):
        for ours, theirs in zip(two.acme.exchange(name), reversed(two.globex.exchange(name)), strict=True):
            theirs.rmdir()
            theirs.symlink_to(ours)
    for _ in range(4):
        two.globex.cycle()
        two.acme.cycle()
    two.acme.ok("start", "one")
    said = two.acme("start", "other")
    assert said.status == 2
    assert "one is a synchronization with the same project already" in said.err
    two.acme.ok("start", "one")
    two.acme.ok("stop", "one")
    two.acme.ok("start", "other")
