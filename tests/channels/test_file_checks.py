# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The check of exchange directories names what is wrong and what to do, and no more than that."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from channels.file_pair import HOUR, SECOND, SYNC, Exchange

from trac_issuesync.channels.file import FileChannel
from trac_issuesync.channels.file_checks import check_exchange
from trac_issuesync.channels.frame import frame
from trac_issuesync.wire.naming import file_name, message_name


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    """Two ends."""
    return Exchange(tmp_path)


def _wrong(channel: FileChannel) -> dict[str, str]:
    return {finding.code: finding.text for finding in channel.test() if not finding.ok}


def test_all_is_well(exchange: Exchange) -> None:
    """Both folders are named as working, and the trial leaves nothing behind."""
    findings = exchange.b.test()
    assert [(finding.code, finding.ok) for finding in findings] == [("folder-ok", True)] * 2
    assert list(exchange.to_a.iterdir()) == list(exchange.to_b.iterdir()) == []


def test_where_links_lead(exchange: Exchange) -> None:
    """A folder reached by a link is shown with where it leads."""
    far = exchange.root / "far"
    exchange.to_a.rename(far)
    exchange.to_a.symlink_to(far)
    assert f"a link to {far}" in exchange.b.test()[0].text


def test_how_many_messages_wait(exchange: Exchange) -> None:
    """The queues in both directions are counted."""
    exchange.a.deliver(message_name(SYNC, "s", 1), b"x")
    exchange.a.deliver(message_name(SYNC, "s", 2), b"x")
    assert "messages that wait for us: 2." in str(exchange.b.test())
    assert "messages that wait for the partner: 2." in str(exchange.a.test())


def test_world_writable(exchange: Exchange) -> None:
    """A folder open to all is wrong without the sticky bit and bearable with it."""
    exchange.to_b.chmod(0o777)
    assert "chmod o-w" in _wrong(exchange.b)["world-writable"]
    exchange.to_b.chmod(0o1777)
    assert _wrong(exchange.b) == {}


def test_one_folder_for_both(exchange: Exchange) -> None:
    """SEND and RECEIVE that lead to the same folder are told, also through links."""
    exchange.to_a.rmdir()
    exchange.to_a.symlink_to(exchange.to_b)
    assert "Use two" in _wrong(exchange.b)["same-folder"]


def test_links_exchanged(exchange: Exchange) -> None:
    """Messages of our own in RECEIVE mean that the links are exchanged on one side."""
    (exchange.to_b / file_name(message_name(SYNC, "m", 1))).write_bytes(frame(b"x"))
    assert "exchanged on one side" in _wrong(exchange.b)["exchanged"]


def test_foreign_files(exchange: Exchange) -> None:
    """Copies of a sync tool and old dot-names are counted and named; messages of others are not."""
    now = exchange.clock.now() // SECOND
    for name, age in {
        message_name(SYNC, "s", 1) + ".sync-conflict-20260101-120000.isx": 0,
        "Thumbs.db": 0,
        ".syncthing.old.tmp": 3601,
        ".syncthing.young.tmp": 0,
        file_name(message_name("f" * 20, "s", 1)): 0,
        "line\nbreak \udcff": 0,
    }.items():
        path = exchange.to_b / name
        path.write_bytes(b"x")
        os.utime(path, (now - age, now - age))
    text = _wrong(exchange.b)["foreign-files"]
    assert "left alone: 4" in text
    assert "and others" in text
    assert text.isprintable()


def test_both_missing(exchange: Exchange) -> None:
    """Each missing folder is told by its role."""
    exchange.to_a.rmdir()
    exchange.to_b.rmdir()
    texts = [finding.text for finding in exchange.b.test() if not finding.ok]
    assert [text.split(":")[0] for text in texts] == ["SEND", "RECEIVE"]
    assert all("Create it" in text for text in texts)


def test_the_folder_for_what_is_set_aside(exchange: Exchange) -> None:
    """If nothing could be kept for a person the check says so."""
    exchange.aside.write_bytes(b"")
    assert "Messages set aside" in _wrong(exchange.b)["not-a-folder"]


def test_another_owner_is_told_and_no_fault(exchange: Exchange) -> None:
    """A shared folder belongs to somebody else as a rule, and the check says to whom."""
    if os.geteuid() == 0:
        os.chown(exchange.to_b, 12345, -1)
        assert "number 12345" in str(exchange.b.test())
        assert _wrong(exchange.b) == {}
        return
    findings = check_exchange(Path("/"), Path("/"), exchange.aside, SYNC, "s", HOUR)
    assert any("belongs to the account" in finding.text for finding in findings)


def test_a_full_disk_is_seen_coming(exchange: Exchange) -> None:
    """If less is free than should be, both folders are told, with what is left."""
    folders = (exchange.to_a, exchange.to_b, exchange.aside)
    findings = check_exchange(*folders, SYNC, "s", HOUR, reserve=1 << 62)
    assert [finding.code for finding in findings] == ["low-space", "low-space"]
    assert all("MB are free" in finding.text for finding in findings)
    assert all(finding.ok for finding in check_exchange(*folders, SYNC, "s", HOUR, reserve=0))


def test_a_place_that_takes_no_files() -> None:
    """A folder where even root cannot write is found out by trying."""
    findings = check_exchange(Path("/proc"), Path("/proc"), Path("/proc/none"), SYNC, "s", HOUR)
    assert any("Files cannot be written" in finding.text and not finding.ok for finding in findings)
