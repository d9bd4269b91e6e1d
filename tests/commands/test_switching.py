# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""start, stop, edit and resync: what they change and when they refuse."""

from __future__ import annotations

import shutil

from commands.two_consoles import Console, Two, ticket
from msgspec.structs import replace
from trac.env import Environment
from trac.ticket.model import Ticket

from trac_issuesync.core.suspension import PARTNER_DELETED
from trac_issuesync.tracker.links import Links


def suspend(console: Console, name: str, reason: str) -> None:
    """As the engine does it."""

    def act(links: Links) -> None:
        links.store.save_sync(replace(links.find(name), suspended=reason))

    console.change(act)


def test_tickets_travel_between_start_and_stop_only(two: Two) -> None:
    """What was edited while stopped goes after the next start, and shows as waiting once started."""
    two.connected()
    number = ticket(two.acme.env, "Before the start")
    for _ in range(2):
        two.acme.cycle()
        two.globex.cycle()
    assert two.globex.show("acme")["tickets"] == 0
    two.acme.ok("start", "globex")
    two.globex.ok("start", "acme")
    assert two.acme.show("globex")["waiting"] == 1
    two.settle()
    assert two.globex.show("acme")["twins"] == 1
    two.acme.ok("stop", "globex")
    edited = Ticket(two.acme.env, number)
    edited["summary"] = "While stopped"
    edited.save_changes("alice", "")
    two.acme.cycle()
    two.globex.cycle()
    assert Ticket(two.globex.env, 1)["summary"] == "Before the start"
    two.acme.ok("start", "globex")
    assert two.acme.show("globex")["waiting"] == 1
    two.settle()
    assert Ticket(two.globex.env, 1)["summary"] == "While stopped"


def test_start_before_the_handshake_is_done_says_what_it_waits_for(two: Two) -> None:
    """And changes nothing."""
    two.accepted()
    for console, name, text in ((two.acme, "globex", "hello"), (two.globex, "acme", "hello")):
        said = console("start", name)
        assert said.status == 2
        assert "not connected" in said.err
        assert text in said.err
        assert console.show(name)["enabled"] is False


def test_start_ends_a_suspension_unless_that_would_do_harm(two: Two) -> None:
    """A partner that deleted it does not come back by a start."""
    two.connected()
    suspend(two.acme, "globex", "The mailbox refused our password.")
    assert two.acme("show", "globex").status == 1
    assert two.acme.show("globex")["state"] == "suspended"
    two.acme.ok("start", "globex")
    assert two.acme.show("globex")["state"] == "running"
    suspend(two.acme, "globex", PARTNER_DELETED)
    said = two.acme("start", "globex")
    assert said.status == 2
    assert PARTNER_DELETED in said.err
    assert two.acme.show("globex")["suspended"] == PARTNER_DELETED


def test_a_moved_environment_is_taken_at_its_new_place_by_a_start(two: Two) -> None:
    """Until then it is a problem that show tells; after it the new place counts."""
    two.connected()
    two.acme.env.shutdown()
    place = two.folder / "moved"
    shutil.move(two.acme.env.path, place)
    env = Environment(str(place))
    moved = Console(env, two.acme.capture, two.folder)
    try:
        assert [problem["code"] for problem in moved.show("globex")["problems"]] == ["moved"]
        assert str(place) in moved.ok("start", "globex").out.replace("\n", "")
        assert moved.show("globex")["problems"] == []
    finally:
        env.shutdown()


def test_edit_changes_what_may_be_changed_and_refuses_the_rest(two: Two) -> None:
    """Everything wrong is told, and then nothing is changed."""
    two.connected()
    two.acme.ok("edit", "globex", "name=partner", "label=Globex Inc", "description=", "unknown=create")
    shown = two.acme.show("partner")
    assert (shown["label"], shown["description"]) == ("Globex Inc", "")
    for wrong in ("user=bob", "policy=master", "max_message=1", "name=UP", "encrypt=no"):
        assert two.acme("edit", "partner", "label=Other", wrong).status == 2, wrong
    assert two.acme.show("partner") == shown
    assert two.acme("edit", "partner").status == 2
    said = two.acme("edit", "partner", "max_message=1", "label=a@b.example")
    assert "max_message" in said.err
    assert "a@b.example" in said.err


def test_resync_sends_the_content_of_the_chosen_tickets_again(two: Two) -> None:
    """By number, by query, or all; a ticket or query that makes no sense is refused."""
    two.started()
    one, other = ticket(two.acme.env, "One", keywords="x"), ticket(two.acme.env, "Other")
    two.settle()

    def resent(*which: str) -> list[int]:
        two.acme.ok("resync", "globex", *which)
        found: list[int] = []

        def act(links: Links) -> None:
            marks = links.store.marks(links.find("globex").id, 10)
            found.extend(sorted(mark.ticket for mark in marks if mark.resend))
            links.store.unmark(links.find("globex").id, marks)

        two.acme.change(act)
        return found

    assert resent(f"#{other}") == [other]
    assert resent("keywords=~x&order=id") == [one]
    assert resent() == [one, other]
    for wrong in ("999", "status", "status=new&page=-x&max=y"):
        assert two.acme("resync", "globex", wrong).status == 2


def test_an_unknown_name_is_told(two: Two) -> None:
    """With where to look, by every command that takes a name."""
    for words in (
        ("show", "none"),
        ("start", "none"),
        ("stop", "none"),
        ("delete", "none"),
        ("queue", "none"),
        ("log", "none"),
        ("retry", "none", "all"),
        ("resync", "none"),
        ("edit", "none", "label=x"),
        ("doctor", "none"),
        ("handshake", "none", str(two.file)),
    ):
        said = two.acme(*words)
        assert said.status == 2, words
        assert "issuesync list" in said.err, words
