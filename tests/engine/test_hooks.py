# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Plugins change or stop what leaves and what comes, name users, hear of events, and harm nobody."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from msgspec.structs import replace

from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.model import Change, ChangeKind, FieldChange
from trac_issuesync.engine.events import Applied, Event, Held, Received, Sent
from trac_issuesync.engine.gate import Gate
from trac_issuesync.engine.hooks import Hooks
from trac_issuesync.engine.hookspecs import SyncInfo, TicketInfo, Veto, altered, hookimpl
from trac_issuesync.engine.records import InboxState
from trac_issuesync.engine.skip import skip_held
from trac_issuesync.testing.sim_pair import SimPair, SimSide
from trac_issuesync.testing.sim_sealer import SimSealer
from trac_issuesync.wire.codec import decode

SECOND = 1_000_000
HOUR = 3600 * SECOND
PHONE = re.compile(r"\d{3}-\d{4}")


class Phones:
    """Takes telephone numbers out of everything that leaves."""

    @hookimpl
    def outgoing_change(self, change: Change) -> Change:
        values = {f.name: PHONE.sub("[phone]", f.value) for f in change.fields}
        return altered(change, values=values, comment=PHONE.sub("[phone]", change.comment))


class Stops:
    """Stops tickets by a keyword, in either direction; ``answer`` is given in place of a veto if set."""

    def __init__(self, word: str = "secret") -> None:
        self.word = word
        self.asked = 0

    @hookimpl
    def outgoing_change(self, change: Change, ticket: TicketInfo) -> Veto | None:
        self.asked += 1
        return Veto("the ticket is secret") if self.word in ticket.values.get("keywords", "") else None

    @hookimpl
    def incoming_change(self, change: Change) -> Veto | None:
        unwanted = any(self.word in f.value for f in change.fields) or self.word in change.comment
        return Veto("nobody here wants it") if unwanted else None


class Outgoing:
    """Does with what leaves what a test says."""

    def __init__(self, act: Callable[[Change], object]) -> None:
        self.act = act

    @hookimpl
    def outgoing_change(self, change: Change) -> object:
        return self.act(change)


class Incoming:
    """Does with what comes what a test says."""

    def __init__(self, act: Callable[[Change], object]) -> None:
        self.act = act

    @hookimpl
    def incoming_change(self, change: Change) -> object:
        return self.act(change)


def refuse(change: Change) -> object:
    """A plugin with a mistake in it."""
    raise LookupError("mistake with 555-1234")


@pytest.fixture
def pair() -> SimPair:
    return SimPair().connect()


def plug(side: SimSide, plugin: object, name: str = "plug") -> list[str]:
    """Let a side have a plugin; what is logged for its administrator."""
    said: list[str] = []
    side.hooks = Hooks(lambda text, error: said.append(text))
    side.hooks.register(plugin, name)
    return said


def values(side: SimSide, number: int = 1) -> dict[str, str]:
    return side.tracker.read([number])[number].values


def comments(side: SimSide, number: int = 1) -> list[str]:
    return [e.new for e in side.tracker.read([number])[number].log if e.field == "comment" and e.new]


def sent_text(pair: SimPair) -> str:
    """Everything that the master ever put on the wire, opened as the slave can."""
    sealer = SimSealer(pair.slave.sync.own_key, pair.slave.sync.partner_key, encrypt=True)
    opened = [decode(sealer.open(data)) for _, data in pair.wire.boxes["m"].history]
    text = "\n".join((bytes(message.body) + message.data).decode() for message in opened)
    assert "ping" in text
    return text


def logged(side: SimSide, event: str) -> list[str]:
    return [line.text for line in side.store.log(side.sync_id) if line.event == event]


def test_what_a_plugin_takes_out_never_leaves_in_any_form(pair: SimPair) -> None:
    """Neither as value, comment, edited comment, nor as the value that a later edit replaced."""
    plug(pair.master, Phones())
    tracker = pair.master.tracker
    tracker.user_create({"summary": "Call 555-1234", "description": "Call 555-1234\nor not"}, "alice")
    pair.settle()
    pair.clock.advance(SECOND)
    at = tracker.user_edit(1, {}, "Or 555-9999.", "alice")
    pair.clock.advance(SECOND)
    tracker.user_edit(1, {"description": "Call 555-1234\nor write"}, "", "alice")
    pair.clock.advance(SECOND)
    tracker.user_comment_edit(1, at, "Or 555-7777!", "alice")
    pair.settle()
    assert values(pair.slave)["summary"] == "Call [phone]"
    assert values(pair.slave)["description"] == "Call [phone]\nor write"
    assert comments(pair.slave) == ["Or [phone]!"]
    pair.clock.advance(SECOND)
    tracker.user_comment_edit(1, at, "Or never.", "alice")
    tracker.user_edit(1, {"description": "Write"}, "", "alice")
    pair.settle()
    assert comments(pair.slave) == ["Or never."]
    assert "555-" not in sent_text(pair)
    assert values(pair.master)["summary"] == "Call 555-1234"


def test_a_value_replaced_before_the_first_message_does_not_leave_either(pair: SimPair) -> None:
    """Two edits that go together: the later one names the former's value as the partner gets it."""
    plug(pair.master, Phones())
    pair.master.tracker.user_create({"summary": "x", "description": "Call 555-1234\nor not"}, "alice")
    pair.clock.advance(SECOND)
    pair.master.tracker.user_edit(1, {"description": "Write"}, "", "alice")
    pair.settle()
    assert values(pair.slave)["description"] == "Write"
    assert "[phone]" in sent_text(pair)
    assert "555-" not in sent_text(pair)


def test_an_altered_value_stays_as_it_is_on_both_sides(pair: SimPair) -> None:
    """The difference is known: nothing bounces, and edits of other fields go both ways."""
    plug(pair.master, Phones())
    pair.master.tracker.user_create({"summary": "Call 555-1234"}, "alice")
    pair.settle()
    pair.slave.tracker.user_edit(1, {"priority": "minor"}, "", "bob")
    pair.settle()
    assert values(pair.master)["summary"] == "Call 555-1234"
    assert values(pair.slave)["summary"] == "Call [phone]"
    assert values(pair.master)["priority"] == "minor"
    pair.slave.tracker.user_edit(1, {"summary": "Done"}, "", "bob")
    pair.settle()
    assert values(pair.master)["summary"] == "Done"


def test_edits_of_one_text_on_both_sides_merge_without_what_was_taken_out(pair: SimPair) -> None:
    """The base of the merge is what the partner has, and the result of the merge is looked at, too."""
    plug(pair.master, Phones())
    text = "first 555-1234\nsecond\nthird\nfourth"
    pair.master.tracker.user_create({"summary": "x", "description": text}, "alice")
    pair.settle()
    pair.master.tracker.user_edit(1, {"description": text.replace("fourth", "FOURTH")}, "", "alice")
    ours = values(pair.slave)["description"]
    pair.slave.tracker.user_edit(1, {"description": ours.replace("second", "SECOND")}, "", "bob")
    pair.settle()
    assert values(pair.slave)["description"] == "first [phone]\nSECOND\nthird\nFOURTH"
    assert "555-" not in sent_text(pair)


def test_a_vetoed_ticket_is_held_and_no_other(pair: SimPair) -> None:
    """It is on record with the plugin's name and reason; once the plugin has no objection it goes whole."""
    plug(pair.master, Stops(), "keeper")
    tracker = pair.master.tracker
    tracker.user_create({"summary": "Hidden", "keywords": "secret"}, "alice")
    tracker.user_edit(1, {}, "Not yet.", "alice")
    tracker.user_create({"summary": "Plain"}, "alice")
    pair.settle()
    assert [values(pair.slave, n)["summary"] for n in pair.slave.tracker.numbers(0, 9)] == ["Plain"]
    head, *behind = pair.master.store.held(pair.master.sync_id)
    assert (head.by, head.reason) == ("keeper", "the ticket is secret")
    assert [row.reason for row in behind] == [""]
    assert "Hidden" not in sent_text(pair)
    (text,) = logged(pair.master, "held")
    assert "keeper" in text
    assert "the ticket is secret" in text
    tracker.user_edit(1, {"keywords": ""}, "Now.", "alice")
    pair.settle()
    assert pair.master.store.held(pair.master.sync_id) == []
    assert values(pair.slave, 2)["summary"] == "Hidden"
    assert comments(pair.slave, 2) == ["Not yet.", "Now."]


def test_a_held_change_is_asked_about_again_only_now_and_then(pair: SimPair) -> None:
    """After an hour, not in each cycle; and the log tells it once."""
    stops = Stops()
    plug(pair.master, stops)
    pair.master.tracker.user_create({"summary": "Hidden", "keywords": "secret"}, "alice")
    for _ in range(20):
        pair.master.cycle()
        pair.clock.advance(SECOND)
    assert stops.asked == 1
    pair.clock.advance(HOUR)
    pair.master.cycle()
    assert stops.asked == 2
    assert len(logged(pair.master, "held")) == 1


def test_what_a_plugin_held_goes_when_the_plugin_is_gone(pair: SimPair) -> None:
    """Nobody has to release it by hand."""
    plug(pair.master, Stops())
    pair.master.tracker.user_create({"summary": "Hidden", "keywords": "secret"}, "alice")
    pair.settle()
    pair.master.hooks = Hooks()
    pair.settle()
    assert values(pair.slave)["summary"] == "Hidden"


def test_a_change_freed_in_the_midst_of_a_round_is_not_held_for_ever(pair: SimPair) -> None:
    """``issuesync retry`` does not wait for the worker, whose round still takes the ticket for blocked."""
    plug(pair.master, Outgoing(lambda c: Veto("no") if says(c, "secret") else None))
    tracker, store, sync = pair.master.tracker, pair.master.store, pair.master.sync_id
    tracker.user_create({"summary": "x"}, "alice")
    pair.settle()
    tracker.user_edit(1, {"customer": "secret"}, "", "alice")
    pair.master.cycle()
    gate = Gate(pair.master.link())
    with store.transaction():
        store.unhold(sync, [row.uid for row in store.held(sync)])
    with store.transaction():
        gate.leave(store.waiting_changes(sync, 9))
    pair.master.cycle()
    assert [row.reason for row in store.held(sync)] == ["no"]
    pair.master.hooks = Hooks()
    pair.settle()
    assert values(pair.slave)["customer"] == "secret"


def test_a_plugin_that_fails_holds_the_change(pair: SimPair) -> None:
    """Nothing leaves unseen; the failure is told with the plugin's name, and to Trac's log once."""
    said = plug(pair.master, Outgoing(refuse), "broken")
    for summary in ("One", "Two"):
        pair.master.tracker.user_create({"summary": summary}, "alice")
    pair.settle()
    assert pair.slave.tracker.numbers(0, 9) == []
    assert {row.by for row in pair.master.store.held(pair.master.sync_id)} == {"broken"}
    assert len(said) == 1
    assert "LookupError" in said[0]


def test_the_bytes_of_a_held_attachment_do_not_leave(pair: SimPair) -> None:
    """Neither does its name: bytes go after the change that announces them, or not at all."""
    plug(pair.master, Outgoing(lambda c: Veto("no files") if c.kind is ChangeKind.ATTACHMENT else None))
    pair.master.tracker.user_create({"summary": "x"}, "alice")
    pair.settle()
    pair.master.tracker.user_attach(1, "plan.txt", b"plans of a reactor", "alice")
    pair.settle()
    assert "reactor" not in sent_text(pair)
    pair.master.hooks = Hooks()
    pair.settle()
    assert pair.slave.tracker.open_attachment(1, "plan.txt").read() == b"plans of a reactor"


def says(change: Change, word: str) -> bool:
    """True if a value that a change sets, or the name of its attachment, has the word in it."""
    return any(word in field.value for field in change.fields) or word in str(change.attachment)


def test_what_a_person_lets_go_of_a_vetoed_change_never_leaves(pair: SimPair) -> None:
    """Neither the bytes of its attachment, nor its value as the one that the next edit replaced."""
    tracker = pair.master.tracker
    tracker.user_create({"summary": "x", "description": "plain"}, "alice")
    pair.settle()
    plug(pair.master, Outgoing(lambda c: Veto("no") if says(c, "reactor") else None))
    tracker.user_edit(1, {"description": "reactor"}, "", "alice")
    tracker.user_attach(1, "reactor.txt", b"plans of a reactor", "alice")
    pair.settle()
    for _ in range(2):
        (row,) = [row for row in pair.master.store.held(pair.master.sync_id) if row.reason]
        skip_held(pair.master.link(), row.number, "admin")
        pair.settle()
    pair.clock.advance(SECOND)
    tracker.user_edit(1, {"description": "coal"}, "", "alice")
    pair.settle()
    assert values(pair.slave)["description"] == "coal"
    assert "reactor" not in sent_text(pair)
    tracker.user_attach(1, "harmless.txt", b"plans of a reactor", "alice")
    pair.settle()
    assert pair.slave.tracker.open_attachment(1, "harmless.txt").read() == b"plans of a reactor"


def test_bytes_that_another_attachment_has_too_leave_with_that_one(pair: SimPair) -> None:
    """Letting go of one announcement does not take the content from the other."""
    plug(pair.master, Outgoing(lambda c: Veto("no") if c.attachment and "a" in c.attachment.name else None))
    pair.master.tracker.user_create({"summary": "x"}, "alice")
    pair.master.tracker.user_create({"summary": "y"}, "alice")
    pair.settle()
    pair.master.tracker.user_attach(1, "a.bin", b"same", "alice")
    pair.master.tracker.user_attach(2, "b.bin", b"same", "alice")
    pair.settle()
    (row,) = pair.master.store.held(pair.master.sync_id)
    skip_held(pair.master.link(), row.number, "admin")
    pair.settle()
    assert pair.slave.tracker.open_attachment(2, "b.bin").read() == b"same"
    assert pair.slave.tracker.open_attachment(1, "a.bin") is None


def test_a_text_replaced_before_one_left_out_does_not_leave_either(pair: SimPair) -> None:
    """The value that an edit replaced travels as the partner has it, also where one between was left out."""
    plug(pair.master, Phones())
    pair.master.hooks.register(
        Outgoing(lambda c: altered(c, without=["description"]) if says(c, "inside") else None), "more"
    )
    pair.master.tracker.user_create({"summary": "x", "description": "Call 555-1234"}, "alice")
    pair.settle()
    for text in ("inside", "Call nobody"):
        pair.clock.advance(SECOND)
        pair.master.tracker.user_edit(1, {"description": text}, "", "alice")
        pair.settle()
    assert values(pair.slave)["description"] == "Call nobody"
    assert "555-" not in sent_text(pair)
    assert "inside" not in sent_text(pair)


def inside(**others: object) -> Callable[[Change], Change]:
    """Alters all fields of a change otherwise than in value."""
    return lambda c: replace(c, fields=tuple(replace(f, **others) for f in c.fields))


WIDER: dict[str, Callable[[Change], Change]] = {
    "a field that is not shared": lambda c: altered(c, values={"cc": "eve"}),
    "a type that is not shared": lambda c: altered(c, values={"type": "epic"}),
    "an option that is not shared": lambda c: altered(c, values={"component": "vault"}),
    "another number": lambda c: replace(c, number=c.number + 7),
    "another ticket": lambda c: replace(c, ticket="elsewhere/1/1"),
    "a field twice": lambda c: replace(c, fields=(*c.fields, c.fields[0])),
    "another stamp": inside(stamp=1),
    "another value replaced": inside(old="vault"),
    "a value dropped": inside(dropped="vault"),
    "a settled question": inside(settles=True),
    "a comment that is none": lambda c: replace(c, comment=None),
    "a field that is none": lambda c: replace(c, fields=("summary",)),
}


@pytest.mark.parametrize("act", WIDER.values(), ids=WIDER.keys())
def test_a_plugin_cannot_widen_what_is_shared(pair: SimPair, act: Callable[[Change], Change]) -> None:
    """What a plugin adds is checked as what a person edits is; the change is held instead."""
    plug(pair.master, Outgoing(lambda c: act(c) if c.kind is ChangeKind.CREATE else None))
    pair.master.tracker.user_create({"summary": "x", "cc": "eve"}, "alice")
    pair.settle()
    assert pair.slave.tracker.numbers(0, 9) == []
    assert len(pair.master.store.held(pair.master.sync_id)) == 1


def test_something_other_than_a_change_holds_it(pair: SimPair) -> None:
    """A plugin that returns True by mistake lets nothing through."""
    plug(pair.master, Outgoing(lambda change: True))
    pair.master.tracker.user_create({"summary": "x"}, "alice")
    pair.settle()
    assert pair.slave.tracker.numbers(0, 9) == []


def test_a_plugin_may_add_a_field_that_is_shared(pair: SimPair) -> None:
    """The partner gets it; here nothing changes, and nothing bounces."""
    plug(pair.master, Outgoing(lambda c: altered(c, values={"keywords": "from-acme"})))
    pair.master.tracker.user_create({"summary": "x"}, "alice")
    pair.settle()
    pair.master.tracker.user_edit(1, {"priority": "minor"}, "", "alice")
    pair.settle()
    assert values(pair.slave)["keywords"] == "from-acme"
    assert values(pair.master)["keywords"] == ""


def test_a_field_that_a_plugin_adds_settles_nothing(pair: SimPair) -> None:
    """Only a person's word answers what is open about a field."""
    more = FieldChange("customer", "globex", 0, settles=True)
    pair.master.tracker.user_create({"summary": "x"}, "alice")
    pair.settle()
    plug(pair.master, Outgoing(lambda c: replace(c, fields=(*c.fields, more))))
    pair.master.tracker.user_edit(1, {"priority": "minor"}, "", "alice")
    pair.settle()
    assert len(pair.master.store.held(pair.master.sync_id)) == 1


def test_a_field_left_out_stays_here(pair: SimPair) -> None:
    """The rest of the change goes, and the log says what did not."""
    plug(pair.master, Outgoing(lambda c: altered(c, without=["description"])))
    pair.master.tracker.user_create({"summary": "x", "description": "inside"}, "alice")
    pair.settle()
    pair.master.tracker.user_edit(1, {"description": "inside still"}, "Said.", "alice")
    pair.settle()
    assert values(pair.slave)["description"] == ""
    assert comments(pair.slave) == ["Said."]
    assert "inside" not in sent_text(pair)
    assert "description" in logged(pair.master, "withheld")[0]


def test_plugins_are_asked_one_after_the_other(pair: SimPair) -> None:
    """Each sees what the one before made; the first veto ends it."""
    seen: list[str] = []

    def first(change: Change) -> Change:
        return altered(change, comment="changed")

    def second(change: Change) -> None:
        seen.append(change.comment)

    pair.master.hooks.register(Outgoing(second), "second")
    pair.master.hooks.register(Outgoing(first), "first")
    pair.master.tracker.user_create({"summary": "x"}, "alice")
    pair.settle()
    assert seen == ["changed"]


def test_an_incoming_veto_parks_the_change_and_says_who_it_was(pair: SimPair) -> None:
    """Both sides see the plugin's name and reason; the ticket's later changes wait, other tickets go on."""
    pair.master.tracker.user_create({"summary": "x"}, "alice")
    pair.settle()
    plug(pair.slave, Stops("advert"), "no-adverts")
    pair.master.tracker.user_edit(1, {}, "an advert", "alice")
    pair.master.tracker.user_create({"summary": "Plain"}, "alice")
    pair.settle()
    (row,) = pair.slave.store.parked(pair.slave.sync_id)
    assert "no-adverts" in row.reason
    assert "nobody here wants it" in row.reason
    assert row.change.comment == "an advert"
    (told,) = pair.master.store.partner_parked(pair.master.sync_id).values()
    assert told.reason == row.reason
    assert values(pair.slave, 2)["summary"] == "Plain"
    pair.slave.hooks = Hooks()
    pair.slave.store.unpark(pair.slave.sync_id)
    pair.settle()
    assert comments(pair.slave) == ["an advert"]


def test_an_incoming_failure_parks_and_tells_the_partner_no_details(pair: SimPair) -> None:
    """An exception's text may hold what is nobody's business."""
    said = plug(pair.slave, Incoming(refuse), "broken")
    pair.master.tracker.user_create({"summary": "x"}, "alice")
    pair.settle()
    (row,) = pair.slave.store.parked(pair.slave.sync_id)
    assert row.state is InboxState.PARKED
    assert "broken" in row.reason
    assert "555" not in str(pair.master.store.partner_parked(pair.master.sync_id))
    assert "555-1234" in said[0]


def test_an_altered_incoming_value_stands_here_only(pair: SimPair) -> None:
    """The partner keeps its own, nothing bounces, and a later edit of either side goes over."""
    plug(pair.slave, Incoming(lambda c: altered(c, values={f.name: f.value.upper() for f in c.fields[:1]})))
    name = "summary"
    plug(pair.slave, Incoming(lambda c: altered(c, values={"summary": "PLAIN"}, comment=c.comment.upper())))
    pair.master.tracker.user_create({name: "x"}, "alice")
    pair.settle()
    assert (values(pair.master)[name], values(pair.slave)[name]) == ("x", "PLAIN")
    pair.slave.hooks = Hooks()
    pair.master.tracker.user_edit(1, {"priority": "minor"}, "said", "alice")
    pair.settle()
    assert (values(pair.master)[name], values(pair.slave)[name]) == ("x", "PLAIN")
    pair.slave.tracker.user_edit(1, {name: "y"}, "", "bob")
    pair.settle()
    assert (values(pair.master)[name], values(pair.slave)[name]) == ("y", "y")


def test_an_altered_incoming_value_is_checked_like_any_other(pair: SimPair) -> None:
    """A plugin cannot bring in what this project does not have."""
    plug(pair.slave, Incoming(lambda c: altered(c, values={"component": "no such thing"})))
    pair.master.tracker.user_create({"summary": "x"}, "alice")
    pair.settle()
    (row,) = pair.slave.store.parked(pair.slave.sync_id)
    assert "does not exist in this project" in row.reason


def test_an_incoming_field_left_out_is_passed_over(pair: SimPair) -> None:
    """The rest is applied, and the log says what was not taken."""
    pair.master.tracker.user_create({"summary": "x"}, "alice")
    pair.settle()
    plug(pair.slave, Incoming(lambda c: altered(c, without=["priority"])))
    pair.master.tracker.user_edit(1, {"priority": "minor", "summary": "y"}, "", "alice")
    pair.settle()
    assert values(pair.slave)["summary"] == "y"
    assert values(pair.slave)["priority"] != "minor"
    assert "priority" in logged(pair.slave, "passed")[0]


def test_an_incoming_plugin_cannot_add(pair: SimPair) -> None:
    """What the partner did not send is not written in its name."""
    pair.master.tracker.user_create({"summary": "x"}, "alice")
    pair.settle()
    plug(pair.slave, Incoming(lambda c: altered(c, values={"priority": "minor"})))
    pair.master.tracker.user_edit(1, {"summary": "y"}, "", "alice")
    pair.settle()
    assert len(pair.slave.store.parked(pair.slave.sync_id)) == 1
    assert values(pair.slave)["summary"] == "x"


class Users:
    """Knows alice of acme as bob of globex."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    @hookimpl
    def user_to_partner(self, user: str) -> str | None:
        return self.names.get(user)

    @hookimpl
    def user_from_partner(self, user: str, sync: SyncInfo) -> str | None:
        return self.names.get(user)


def test_users_are_named_for_the_partner(pair: SimPair) -> None:
    """Author, owner and reporter leave under the other name; here nothing changes."""
    plug(pair.master, Users({"alice": "person-1"}))
    pair.master.tracker.user_create({"summary": "x", "owner": "alice"}, "alice")
    pair.settle()
    pair.master.tracker.user_edit(1, {}, "Said.", "alice")
    pair.settle()
    assert "alice" not in sent_text(pair)
    entry = pair.slave.tracker.read([1])[1].log[-1]
    assert entry.author == "person-1 (ACME)"
    assert values(pair.slave)["reporter"] == "person-1 (ACME)"
    assert values(pair.master)["owner"] == "alice"


def test_users_of_the_partner_are_known_here() -> None:
    """A known local user is author and owner; a name that nobody has here is not taken."""
    pair = SimPair().connect()
    pair.slave.tracker.known_users = frozenset({"bob"})
    plug(pair.slave, Users({"alice": "bob", "carol": "nobody"}))
    pair.master.tracker.user_create({"summary": "x", "owner": "alice"}, "alice")
    pair.settle()
    pair.master.tracker.user_edit(1, {}, "Said.", "alice")
    pair.master.tracker.user_edit(1, {}, "Also.", "carol")
    pair.settle()
    assert values(pair.slave)["owner"] == "bob"
    assert values(pair.master)["owner"] == "alice"
    authors = [e.author for e in pair.slave.tracker.read([1])[1].log]
    assert authors == ["bob", "carol (ACME)"]


class Hears:
    """Keeps what it is told; or fails."""

    def __init__(self, fail: bool = False) -> None:
        self.fail = fail
        self.events: list[Event] = []

    @hookimpl
    def observe(self, event: Event, sync: SyncInfo) -> None:
        if self.fail:
            raise RuntimeError("no")
        self.events.append(event)


def test_observers_hear_what_was_stored_whoever_fails(pair: SimPair) -> None:
    """One that raises is logged once with its name and disturbs neither the cycle nor the other."""
    said: list[str] = []
    hears = Hears()
    pair.slave.hooks = Hooks(lambda text, error: said.append(text))
    pair.slave.hooks.register(hears, "hears")
    pair.slave.hooks.register(Hears(fail=True), "deaf")
    pair.master.tracker.user_create({"summary": "x"}, "alice")
    pair.settle()
    kinds = [type(event) for event in hears.events]
    assert kinds.index(Received) < kinds.index(Applied) < kinds.index(Sent)
    assert [event.ticket for event in hears.events if isinstance(event, Applied)] == [1]
    assert len(said) == 1
    assert "deaf" in said[0]
    assert values(pair.slave)["summary"] == "x"


def test_observers_hear_of_held_changes(pair: SimPair) -> None:
    """So that somebody may be told at once."""
    hears = Hears()
    plug(pair.master, Stops())
    pair.master.hooks.register(hears, "hears")
    pair.master.tracker.user_create({"summary": "x", "keywords": "secret"}, "alice")
    pair.settle()
    assert [event.ticket for event in hears.events if isinstance(event, Held)] == [1]


def test_a_plugin_with_a_misspelt_hook_or_none_is_refused() -> None:
    """It would otherwise be taken for one that has no objection."""

    class Misspelt:
        @hookimpl
        def outgoing_chnage(self, change: Change) -> None: ...

    class Unmarked:
        def outgoing_change(self, change: Change) -> None: ...

    class Wanting:
        @hookimpl
        def outgoing_change(self, change: Change, moon: str) -> None: ...

    hooks = Hooks()
    for plugin in (Misspelt(), Unmarked(), Wanting()):
        with pytest.raises(Invalid, match="The plugin p "):
            hooks.register(plugin, "p")
    assert not hooks.outgoing
    hooks.register(Phones(), "phones")
    assert hooks.names == {"phones"}


def test_a_plugin_that_ends_the_program_only_stops_its_change(pair: SimPair) -> None:
    """sys.exit in a plugin is a failure like any other."""

    def leave(change: Change) -> None:
        raise SystemExit(1)

    plug(pair.master, Outgoing(leave))
    pair.master.tracker.user_create({"summary": "x"}, "alice")
    pair.settle()
    assert len(pair.master.store.held(pair.master.sync_id)) == 1


def test_no_hook_is_called_inside_a_transaction(pair: SimPair) -> None:
    """A slow plugin must not keep a user waiting who wants to save."""
    inside: list[bool] = []

    class Looks:
        @hookimpl
        def outgoing_change(self, change: Change) -> None:
            inside.append(pair.master.environment.database.in_transaction)

        @hookimpl
        def incoming_change(self, change: Change) -> None:
            inside.append(pair.master.environment.database.in_transaction)

        @hookimpl
        def user_to_partner(self, user: str) -> None:
            inside.append(pair.master.environment.database.in_transaction)

        @hookimpl
        def observe(self, event: Event) -> None:
            inside.append(pair.master.environment.database.in_transaction)

    plug(pair.master, Looks())
    pair.master.tracker.user_create({"summary": "x"}, "alice")
    pair.settle()
    pair.slave.tracker.user_edit(1, {"priority": "minor"}, "Said.", "bob")
    pair.settle()
    assert len(inside) > 5
    assert not any(inside)


def test_a_message_that_is_numbered_is_not_altered_again(pair: SimPair) -> None:
    """Sent again it is the same, whatever the plugin says by then."""
    plug(pair.master, Phones())
    pair.master.tracker.user_create({"summary": "Call 555-1234"}, "alice")
    pair.master.cycle()
    (message,) = pair.master.store.messages(pair.master.sync_id)
    plug(pair.master, Outgoing(lambda change: Veto("not any more")))
    pair.clock.advance(HOUR)
    pair.master.cycle()
    assert [m.body for m in pair.master.store.messages(pair.master.sync_id)] == [message.body]


def test_fields_of_one_line_and_of_many_are_cleaned(pair: SimPair) -> None:
    """What a plugin writes is text that a database takes."""
    act = {"summary": "a\x00b", "description": "a\nb\x01"}
    plug(pair.master, Outgoing(lambda c: altered(c, values=act) if c.kind is ChangeKind.CREATE else None))
    pair.master.tracker.user_create({"summary": "x", "description": "y"}, "alice")
    pair.settle()
    assert values(pair.slave)["summary"] == "ab"
    assert values(pair.slave)["description"] == "a\nb"


def test_altered_adds_and_leaves_out() -> None:
    """The helper for authors does what it says and nothing else."""
    change = Change(
        "id",
        1,
        "t",
        ChangeKind.EDIT,
        "alice",
        5,
        1,
        fields=(FieldChange("a", "1", 5), FieldChange("b", "2", 5)),
    )
    made = altered(change, values={"a": "9", "c": "3"}, without=["b"])
    assert [(f.name, f.value) for f in made.fields] == [("a", "9"), ("c", "3")]
    assert altered(change) == change
