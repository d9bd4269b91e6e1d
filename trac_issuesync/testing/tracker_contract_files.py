# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Promises of a tracker about attachments."""

from __future__ import annotations

import io

import pytest

from trac_issuesync.core.errors import Denied
from trac_issuesync.core.model import AttachmentRow
from trac_issuesync.engine.storage import Store, Tracker
from trac_issuesync.testing.tracker_samples import DAY, create, only

__all__ = ["TrackerFiles"]

DATA = bytes(range(256)) * 1024


def row(filename: str, time: int = DAY + 5, size: int = len(DATA)) -> AttachmentRow:
    """An attachment with an author and a description."""
    return AttachmentRow(filename, time, size, "carol (ACME)", "Beschreibung Ω \U0001f600")


def content(tracker: Tracker, number: int, filename: str) -> bytes | None:
    """The bytes of an attachment, None if there is none."""
    stream = tracker.open_attachment(number, filename)
    if stream is None:
        return None
    with stream:
        return stream.read()


class TrackerFiles:
    """See ``tracker_contract.TrackerContract``."""

    @pytest.fixture
    def number(self, tracker: Tracker, store: Store) -> int:
        """A ticket without attachments."""
        with store.transaction():
            return create(tracker).number

    @pytest.mark.parametrize(
        "name", ["a.txt", "no extension", "Übersicht 漢字 \U0001f600.tar.gz", "#1%20?.x"]
    )
    def test_an_attachment_is_read_back(self, tracker: Tracker, number: int, name: str) -> None:
        """Bytes, name, time, size, author and description are stored as given; the log says nothing."""
        assert tracker.attach(number, row(name), io.BytesIO(DATA), "") == name
        snapshot = only(tracker, number)
        assert snapshot.attachments == (row(name),)
        assert snapshot.log == ()
        assert content(tracker, number, name) == DATA

    def test_an_empty_attachment_is_one(self, tracker: Tracker, number: int) -> None:
        """A file without bytes is kept and is not taken for a missing one."""
        tracker.attach(number, row("empty", size=0), io.BytesIO(), "")
        assert content(tracker, number, "empty") == b""

    def test_a_missing_attachment_is_none(self, tracker: Tracker, number: int) -> None:
        """Neither an unknown name nor a path out of the attachments is opened."""
        assert tracker.open_attachment(number, "nothing.txt") is None
        assert tracker.open_attachment(number, "../../../conf/trac.ini") is None

    def test_a_taken_name_gets_a_free_variant(self, tracker: Tracker, number: int) -> None:
        """Nothing is overwritten: the second file of a name is stored under another, which is told."""
        first = tracker.attach(number, row("a.txt"), io.BytesIO(b"one"), "")
        second = tracker.attach(number, row("a.txt", DAY + 6), io.BytesIO(b"two"), "")
        third = tracker.attach(number, row("a.txt", DAY + 7), io.BytesIO(b"three"), "")
        assert first == "a.txt"
        assert len({first, second, third}) == 3
        assert [content(tracker, number, name) for name in (first, second, third)] == [
            b"one",
            b"two",
            b"three",
        ]
        assert {item.filename for item in only(tracker, number).attachments} == {first, second, third}

    def test_a_replaced_file_is_gone(self, tracker: Tracker, number: int) -> None:
        """The new file takes the place of the named one, also under the same name, and of no other."""
        tracker.attach(number, row("a.txt"), io.BytesIO(b"one"), "")
        tracker.attach(number, row("b.txt"), io.BytesIO(b"other"), "")
        assert tracker.attach(number, row("a.txt", DAY + 6, 3), io.BytesIO(b"two"), "a.txt") == "a.txt"
        assert content(tracker, number, "a.txt") == b"two"
        assert tracker.attach(number, row("c.txt", DAY + 7, 5), io.BytesIO(b"three"), "a.txt") == "c.txt"
        assert content(tracker, number, "a.txt") is None
        assert content(tracker, number, "b.txt") == b"other"
        assert {item.filename for item in only(tracker, number).attachments} == {"b.txt", "c.txt"}

    def test_replacing_what_is_gone_is_no_error(self, tracker: Tracker, number: int) -> None:
        """If a user has removed the old file meanwhile, the new one is stored."""
        assert tracker.attach(number, row("a.txt"), io.BytesIO(b"one"), "gone.txt") == "a.txt"
        assert content(tracker, number, "a.txt") == b"one"

    def test_a_hostile_name_becomes_an_ordinary_one(self, tracker: Tracker, number: int) -> None:
        """No folder and no control character gets into a name or a text, and the name used is told."""
        odd = AttachmentRow("../../etc/pass\x00wd", DAY, 1, "ca\x00rol", "one\x00two")
        assert tracker.attach(number, odd, io.BytesIO(b"x"), "") == "passwd"
        assert only(tracker, number).attachments == (AttachmentRow("passwd", DAY, 1, "carol", "onetwo"),)
        assert content(tracker, number, "passwd") == b"x"

    def test_the_same_file_again_is_stored_once(self, tracker: Tracker, number: int) -> None:
        """A worker killed after the file was stored and before that was noted does not double it."""
        tracker.attach(number, row("a.txt"), io.BytesIO(b"old"), "")
        first = tracker.attach(number, row("a.txt", DAY + 6, 3), io.BytesIO(b"new"), "a.txt")
        assert tracker.attach(number, row("a.txt", DAY + 6, 3), io.BytesIO(b"new"), "a.txt") == first
        variant = tracker.attach(number, row("a.txt", DAY + 7, 3), io.BytesIO(b"new"), "")
        assert tracker.attach(number, row("a.txt", DAY + 7, 3), io.BytesIO(b"new"), "") == variant
        assert {item.filename for item in only(tracker, number).attachments} == {first, variant}

    def test_a_deleted_ticket_takes_no_file(self, tracker: Tracker, number: int) -> None:
        """The reason is told as a denial with the code ``gone``."""
        with pytest.raises(Denied) as denied:
            tracker.attach(number + 1, row("a.txt"), io.BytesIO(DATA), "")
        assert denied.value.code == "gone"

    def test_files_of_two_tickets_do_not_meet(self, tracker: Tracker, store: Store, number: int) -> None:
        """The same name on another ticket is another file."""
        with store.transaction():
            other = create(tracker).number
        tracker.attach(number, row("a.txt"), io.BytesIO(b"one"), "")
        assert tracker.attach(other, row("a.txt"), io.BytesIO(b"two"), "a.txt") == "a.txt"
        assert content(tracker, number, "a.txt") == b"one"
        assert content(tracker, other, "a.txt") == b"two"
