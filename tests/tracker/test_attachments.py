# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Attachments arrive whole, once, under a harmless name, and Trac mails nothing about them."""

from __future__ import annotations

import io
import os

import pytest
from conftest import MakeEnvironment
from trac.attachment import Attachment, IAttachmentChangeListener
from trac.core import Component, implements
from trac.env import Environment
from trac.notification.api import INotificationDistributor, INotificationSubscriber
from trac.ticket.model import Ticket
from trac.util.datefmt import from_utimestamp

from trac_issuesync.core.errors import Denied, Transient
from trac_issuesync.core.model import AttachmentRow
from trac_issuesync.tracker.trac_tracker import TracTracker

START = 1_700_000_000_000_001


class Watch(Component):
    """Another plugin that hears of attachments, and a way of notifying that remembers instead of mailing."""

    implements(IAttachmentChangeListener, INotificationDistributor, INotificationSubscriber)

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.notified: list[str] = []

    def attachment_added(self, attachment) -> None:
        self.heard.append(("added", attachment.filename))

    def attachment_deleted(self, attachment) -> None:
        self.heard.append(("deleted", attachment.filename))

    def attachment_reparented(self, attachment, old_parent_realm, old_parent_id) -> None:
        pass

    def matches(self, event):
        yield ("Watch", "watch", "joe", 1, None, "text/plain", 1, "always")

    def description(self):
        return "always"

    def default_subscriptions(self):
        return ()

    def requires_authentication(self):
        return False

    def transports(self):
        yield "watch"

    def distribute(self, transport, recipients, event) -> None:
        self.notified.append(event.attachment.filename)


@pytest.fixture
def env(trac_env: MakeEnvironment) -> Environment:
    env = trac_env("acme", plugin=False)
    env.enable_component(Watch)
    ticket = Ticket(env)
    ticket["summary"] = "One"
    ticket.insert(from_utimestamp(START))
    return env


@pytest.fixture
def tracker(env: Environment) -> TracTracker:
    return TracTracker(env)


def row(name: str = "a.txt", time: int = START + 5, author: str = "joe (ACME)") -> AttachmentRow:
    return AttachmentRow(name, time, 3, author, "What it is")


def content(tracker: TracTracker, name: str) -> bytes | None:
    file = tracker.open_attachment(1, name)
    if file is None:
        return None
    with file:
        return file.read()


def files(env: Environment) -> list[str]:
    """All files, hidden ones too, in the folder of ticket 1."""
    return sorted(os.listdir(Attachment(env, "ticket", 1).path))


def test_an_attachment_keeps_name_time_author_and_bytes(env: Environment, tracker: TracTracker) -> None:
    """What is stored is what was announced; nothing else is left in the folder."""
    data = os.urandom(3_000_000)
    assert tracker.attach(1, row(), io.BytesIO(data), "") == "a.txt"
    assert tracker.read([1])[1].attachments == (
        AttachmentRow("a.txt", START + 5, len(data), "joe (ACME)", "What it is"),
    )
    assert content(tracker, "a.txt") == data
    assert len(files(env)) == 1
    assert content(tracker, "b.txt") is None


def test_names_are_made_free_and_harmless(env: Environment, tracker: TracTracker) -> None:
    """Another file of the same name gets Trac's next variant; a path is no path."""
    assert tracker.attach(1, row(), io.BytesIO(b"one"), "") == "a.txt"
    assert tracker.attach(1, row(time=START + 6), io.BytesIO(b"two"), "") == "a.2.txt"
    assert tracker.attach(1, row("../../etc/passwd"), io.BytesIO(b"abc"), "") == "passwd"
    assert (content(tracker, "a.txt"), content(tracker, "a.2.txt")) == (b"one", b"two")


def test_the_same_attachment_again_is_stored_once(env: Environment, tracker: TracTracker) -> None:
    """A run that was killed after storing and before noting it does no harm when it is repeated."""
    for _ in range(2):
        assert tracker.attach(1, row(), io.BytesIO(b"one"), "") == "a.txt"
    assert tracker.attach(1, row(), io.BytesIO(b"other"), "") == "a.2.txt"
    assert tracker.attach(1, row(), io.BytesIO(b"other"), "") == "a.2.txt"
    assert len(files(env)) == len(tracker.read([1])[1].attachments) == 2


def test_a_file_left_by_a_killed_run_is_used(env: Environment, tracker: TracTracker) -> None:
    """A kill between the file and the commit does not push the attachment to another name."""
    tracker.attach(1, row(), io.BytesIO(b"one"), "")
    env.db_transaction("DELETE FROM attachment")
    assert tracker.attach(1, row(), io.BytesIO(b"one"), "") == "a.txt"
    assert len(files(env)) == 1


def test_replacing_removes_the_old_file(env: Environment, tracker: TracTracker) -> None:
    """The new file takes the old one's name; that the old one is gone already is no error."""
    tracker.attach(1, row(), io.BytesIO(b"one"), "")
    assert tracker.attach(1, row(time=START + 9), io.BytesIO(b"two"), "a.txt") == "a.txt"
    assert content(tracker, "a.txt") == b"two"
    assert tracker.attach(1, row("b.txt"), io.BytesIO(b"three"), "gone.txt") == "b.txt"
    assert [found.filename for found in tracker.read([1])[1].attachments] == ["b.txt", "a.txt"]


def test_plugins_hear_of_it_but_nobody_is_notified(env: Environment, tracker: TracTracker) -> None:
    """Trac notifies of a user's own upload, also afterwards, and not of what a synchronization stores."""

    def upload(name: str) -> None:
        Attachment(env, "ticket", 1).insert(name, io.BytesIO(b"x"), 1)

    watch = Watch(env)
    upload("mine.txt")
    tracker.attach(1, row(), io.BytesIO(b"one"), "")
    tracker.attach(1, row(time=START + 9), io.BytesIO(b"two"), "a.txt")
    upload("mine too.txt")
    assert watch.notified == ["mine.txt", "mine too.txt"]
    assert watch.heard == [
        *(("added", "mine.txt"), ("added", "a.txt"), ("deleted", "a.txt")),
        *(("added", "a.txt"), ("added", "mine too.txt")),
    ]


class Broken(io.RawIOBase):
    """A file on a disk that fails."""

    def read(self, size: int = -1) -> bytes:
        raise OSError("input/output error")


def test_what_fails_leaves_nothing(env: Environment, tracker: TracTracker) -> None:
    """No row and no file without the other, and a deleted ticket is said in plain words."""
    with pytest.raises(Transient, match="#1 cannot be stored in"):
        tracker.attach(1, row(), Broken(), "")
    assert tracker.read([1])[1].attachments == ()
    assert files(env) == []
    assert tracker.attach(1, row(), io.BytesIO(b"one"), "") == "a.txt"
    assert len(files(env)) == 1
    with pytest.raises(Denied, match="deleted"):
        tracker.attach(77, row(), io.BytesIO(b"one"), "")


def test_the_bytes_are_copied_before_the_database_is_locked(env: Environment, tracker: TracTracker) -> None:
    """While a large file is copied others can write."""

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            data = super().read(size)
            with env.db_query as db:
                states.append(db.in_transaction)
            return data

    states: list[bool] = []
    tracker.attach(1, row(), io.BytesIO(b"one"), "")
    tracker.attach(1, row(time=START + 9), Slow(b"two"), "a.txt")
    assert states
    assert not any(states)


def test_what_was_staged_is_only_renamed(env: Environment, tracker: TracTracker) -> None:
    """Inside the transaction no byte is copied; what is not attached after all is removed."""
    with tracker.staged(1, row(), io.BytesIO(b"one")) as ready:
        (name,) = files(env)
        inode = os.stat(os.path.join(Attachment(env, "ticket", 1).path, name)).st_ino
        with env.db_transaction:
            assert tracker.attach(1, row(), ready, "") == "a.txt"
    assert os.stat(Attachment(env, "ticket", 1, "a.txt").path).st_ino == inode
    assert content(tracker, "a.txt") == b"one"
    with tracker.staged(1, row("b.txt"), io.BytesIO(b"two")):
        assert len(files(env)) == 2
    assert len(files(env)) == 1
    with pytest.raises(Denied, match="deleted"), tracker.staged(77, row(), io.BytesIO(b"one")):
        pass


@pytest.mark.parametrize(("option", "limit"), [("1000", 1000), ("-1", -1), ("-5", -1)])
def test_the_limit_is_tracs(trac_env: MakeEnvironment, option: str, limit: int) -> None:
    """``[attachment] max_size`` in bytes, negative for none."""
    env = trac_env("limited", options=[("attachment", "max_size", option)], plugin=False)
    assert TracTracker(env).max_attachment() == limit
