# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""list, show, queue, retry and log: an edit is there, waiting, parked or on record, never just gone."""

from __future__ import annotations

from dataclasses import replace

from commands.two_consoles import USER, Console, Two, ticket
from trac.env import Environment
from trac.perm import PermissionSystem
from trac.ticket.model import Component, Ticket

from trac_issuesync.engine.records import LogLine
from trac_issuesync.tracker.links import Links


def add_component(console: Console, name: str) -> None:
    new = Component(console.env)
    new.name = name
    new.insert()


def test_show_as_json_has_what_programs_rely_on_in_pure_ascii(two: Two) -> None:
    """The names and types are an interface."""
    two.acme.ok("create", "globex", "file", f"user={USER}", "label=Glöbex", "description=你好")
    said = two.acme.ok("show", "globex", "--json")
    assert said.out.isascii()
    shown = said.json
    kinds = {
        str: ("name", "role", "channel", "state", "sync_id", "partner"),
        bool: ("enabled",),
        int: ("contract_version", "bound_version", "waiting", "unacknowledged", "quarantined", "conflicts"),
        list: ("problems", "parked", "words"),
    }
    for kind, names in kinds.items():
        assert {name: type(shown[name]) for name in names} == dict.fromkeys(names, kind)
    assert (shown["label"], shown["description"]) == ("Glöbex", "你好")
    assert shown["last_sent"] is None
    assert two.acme.ok("list", "--json").json == [shown]


def test_an_edit_shows_as_waiting_before_any_worker_has_seen_it(two: Two) -> None:
    """Where no worker runs at all nothing else would tell."""
    two.started()
    number = ticket(two.acme.env, "Seen")
    two.settle()
    assert two.acme.show("globex")["waiting"] == 0
    edited = Ticket(two.acme.env, number)
    edited.save_changes("alice", "A comment")
    assert two.acme.show("globex")["waiting"] == 1
    assert "1 ticket to look at" in two.acme.ok("show", "globex").out
    two.acme.cycle()
    shown = two.acme.show("globex")
    assert (shown["waiting"], shown["unacknowledged"]) == (0, 1)
    queue = two.acme.ok("queue", "globex", "--json").json
    assert [(m["number"] > 0, m["changes"], m["attempts"]) for m in queue["unacknowledged"]] == [(True, 1, 1)]
    two.settle()


def test_what_the_user_may_not_view_does_not_wait(two: Two) -> None:
    """It will never leave, so waiting for it would never end."""
    two.started()
    two.settle()
    permissions = PermissionSystem(two.acme.env)
    for subject, action in permissions.get_all_permissions():
        if action.startswith("TICKET_"):
            permissions.revoke_permission(subject, action)
    # Trac remembers permissions for some seconds, but not beyond the Environment object.
    env = Environment(two.acme.env.path)
    try:
        acme = replace(two.acme, env=env)
        ticket(env, "Hidden")
        assert acme.show("globex")["to_collect"] == 0
        acme.cycle()
        assert acme.show("globex")["waiting"] == 0
    finally:
        env.shutdown()
    two.globex.cycle()
    assert two.globex.show("acme")["tickets"] == 0


def test_a_parked_change_shows_on_both_sides_and_goes_on_by_retry(two: Two) -> None:
    """With its reason; once that is gone it is applied, and neither side shows it any longer."""
    two.started()
    add_component(two.acme, "engine room")
    ticket(two.acme.env, "Down there", component="engine room")
    for _ in range(3):
        two.acme.cycle()
        two.globex.cycle()
    here, there = two.globex("show", "acme", "--json"), two.acme("show", "globex", "--json")
    assert (here.status, there.status) == (1, 1)
    assert here.json["quarantined"] == 1
    parked = two.globex.ok("queue", "acme", "--json").json["parked"]
    assert "engine room" in parked[0]["reason"]
    told = two.acme.ok("queue", "globex").out
    assert "engine room" in told
    assert [row["id"] for row in there.json["parked_at_partner"]] == [parked[0]["id"]]
    assert "engine room" in two.globex.ok("log", "acme").out
    assert two.globex("retry", "acme", "123456").status == 2
    assert two.globex("retry", "acme", "x").status == 2
    add_component(two.globex, "engine room")
    assert "1 change" in two.globex.ok("retry", "acme", str(parked[0]["id"])).out
    two.settle()
    assert two.globex.show("acme")["quarantined"] == 0
    assert Ticket(two.globex.env, 1)["component"] == "engine room"
    assert two.acme.show("globex")["problems"] == []


def test_the_log_can_be_limited_to_a_ticket_and_never_steers_the_terminal(two: Two) -> None:
    """A partner's name or file name may hold anything."""
    two.acme.ok("create", "globex", "file", f"user={USER}")

    def act(links: Links) -> None:
        evil = LogLine(1, "set-aside", "\x1b[2J evil", problem=True)
        links.store.add_log(links.find("globex").id, [evil, LogLine(2, "parked", "seven", ticket=7)])

    two.acme.change(act)
    out = two.acme.ok("log", "globex").out
    assert "\x1b" not in out
    assert out.index("evil") < out.index("seven") < out.index("Created")
    assert "! set-aside" in out
    assert "evil" not in two.acme.ok("log", "globex", "#7").out
    lines = two.acme.ok("log", "globex", "7", "--json").json
    assert [(line["event"], line["ticket"], line["problem"]) for line in lines] == [("parked", 7, False)]
    assert two.acme("log", "globex", "seven").status == 2


def test_a_conflict_about_a_text_shows_its_lines(two: Two) -> None:
    """Line by line, as people wrote it."""
    two.started()
    number = ticket(two.acme.env, "Disputed", description="one\ntwo")
    two.settle()
    for console, text in ((two.acme, "ours\n\ntwo"), (two.globex, "yours\n  three")):
        edited = Ticket(console.env, number)
        edited["description"] = text
        edited.save_changes("alice", "")
    two.settle()
    told = two.globex.ok("conflicts", "acme").out
    assert "): yours\n      three\n" in told
    assert "): ours\n    two\n" in told


def test_conflicts_are_listed_and_settled_for_both_sides(two: Two) -> None:
    """Both values with authors and times; the answer of one side is enough."""
    two.started()
    number = ticket(two.acme.env, "Disputed", keywords="")
    two.settle()
    for console, author, milestone in ((two.acme, "alice", "milestone1"), (two.globex, "bob", "milestone2")):
        edited = Ticket(console.env, number)
        edited["milestone"] = milestone
        edited.save_changes(author, "")
    two.settle()
    for console, name in ((two.acme, "globex"), (two.globex, "acme")):
        assert console.show(name)["conflicts"] == 1
    (found,) = two.globex.ok("conflicts", "acme", "--json").json
    assert (found["mine"]["value"], found["mine"]["author"]) == ("milestone2", "bob")
    assert (found["theirs"]["value"], found["theirs"]["author"]) == ("milestone1", "alice")
    assert (found["ticket"], found["field"], found["stands"]) == (number, "milestone", "mine")
    told = two.globex.ok("conflicts", "acme").out
    assert "stands): milestone2" in told
    assert two.globex("resolve", "acme", str(found["id"]), "ours").status == 2
    assert two.globex("resolve", "acme", "x", "mine").status == 2
    assert two.globex("resolve", "acme", "4711", "mine").status == 2
    said = two.globex.ok("resolve", "acme", str(found["id"]), "theirs")
    assert "milestone of #" in said.out
    two.settle()
    for console, name in ((two.acme, "globex"), (two.globex, "acme")):
        assert Ticket(console.env, number)["milestone"] == "milestone1"
        assert console.show(name)["conflicts"] == 0
        assert console.ok("conflicts", name, "--json").json == []
        assert [row["resolved"] for row in console.ok("conflicts", name, "--all", "--json").json] == [True]
    assert "resolved already" in two.globex("resolve", "acme", str(found["id"]), "mine").err


def test_a_skip_goes_on_without_what_is_refused(two: Two) -> None:
    """The ticket is made, both sides are equal, and nothing is parked any more."""
    two.started()
    add_component(two.acme, "engine room")
    ticket(two.acme.env, "Down there", component="engine room")
    for _ in range(3):
        two.acme.cycle()
        two.globex.cycle()
    (parked,) = two.globex.ok("queue", "acme", "--json").json["parked"]
    (there,) = two.acme.ok("queue", "globex", "--json").json["parked_at_partner"]
    assert (there["id"], there["ticket"], there["author"]) == (parked["id"], 1, parked["author"])
    assert two.globex("skip", "acme", "x").status == 2
    assert two.globex("skip", "acme", "4711").status == 2
    assert two.globex("skip", "acme", f"o{parked['id']}").status == 2
    assert "skipped component" in two.globex.ok("skip", "acme", str(parked["id"])).out
    two.settle()
    for console, name in ((two.acme, "globex"), (two.globex, "acme")):
        assert Ticket(console.env, 1)["component"] == ""
        assert console.ok("show", name, "--json").json["problems"] == []
        assert console.ok("conflicts", name, "--all", "--json").json[0]["resolved"] is True
