# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Messages in order whose changes cannot be: parked, passed over or cleaned, each with a reason."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest
from engine.forging import (
    SECOND,
    a_good_message_passes,
    head,
    made,
    name_of,
    problems,
    sealed,
    sets,
    strange,
    tickets,
    utter,
)
from msgspec.structs import replace

from trac_issuesync.core.model import AttachmentInfo, Change, ChangeKind, FieldChange
from trac_issuesync.engine.records import AttachmentState
from trac_issuesync.testing.sim_pair import SYNC_ID, SimPair
from trac_issuesync.wire.messages import Body, Part

UNFIT: dict[str, tuple[Callable[[SimPair], Change], str]] = {
    "an unknown type": (lambda p: strange(p.master, fields=sets("type", "epic")), "type 'epic'"),
    "an unknown status": (lambda p: strange(p.master, fields=sets("status", "limbo")), "status 'limbo'"),
    "an unknown component": (lambda p: strange(p.master, fields=sets("component", "x\x00y")), "component"),
    "no checkbox": (lambda p: strange(p.master, fields=sets("urgent", "maybe")), "checkbox urgent"),
    "a text over the limit": (
        lambda p: strange(p.master, fields=sets("description", "x" * 262_145)),
        "description has 262145 characters",
    ),
    "a comment over the limit": (lambda p: strange(p.master, comment="x" * 262_145), "comment has 262145"),
    "of a ticket never received": (
        lambda p: strange(p.master, ticket="acme/77/1", comment="evil"),
        "never been received",
    ),
    "gone of a ticket never received": (
        lambda p: strange(p.master, ticket="acme/77/1", kind=ChangeKind.GONE),
        "never been received",
    ),
    "of a ticket of another environment": (
        lambda p: strange(p.master, ticket="carol/1/1", kind=ChangeKind.EDIT, comment="evil"),
        "never been received",
    ),
    "a ticket without a type": (
        lambda p: strange(
            p.master, ticket="acme/78/1", kind=ChangeKind.CREATE, fields=sets("summary", "evil")
        ),
        "not shared",
    ),
    "a ticket of no shared type": (
        lambda p: strange(p.master, ticket="acme/78/1", kind=ChangeKind.CREATE, fields=sets("type", "epic")),
        "'epic' does not exist",
    ),
}


@pytest.mark.parametrize("kind", UNFIT)
def test_a_change_that_cannot_be_applied_is_parked_with_its_reason(kind: str) -> None:
    """The ticket stays as it is, both sides see why, and other tickets go on."""
    make, reason = UNFIT[kind]
    pair = made(2)
    before = tickets(pair.slave)
    utter(pair.master, Body((make(pair),)))
    pair.settle()
    assert tickets(pair.slave) == before
    (parked,) = pair.slave.store.parked(SYNC_ID)
    assert reason in parked.reason
    assert reason in problems(pair.slave)[0].text
    (told,) = pair.master.store.partner_parked(SYNC_ID).values()
    assert (told.reason, told.uid, told.author) == (parked.reason, parked.change.ticket, parked.change.author)
    a_good_message_passes(pair)
    assert pair.slave.store.count_inbox(SYNC_ID) == (0, 1)


@pytest.mark.parametrize("name", ["cc", "no such field", "comment:m:17", "comment:s:17", "", "a\x00b", "id"])
def test_a_field_that_is_not_shared_and_a_comment_from_nowhere_are_passed_over(name: str) -> None:
    """Named in the log; what else the change says is applied, and the ticket's later changes go on."""
    pair = made(2)
    utter(pair.master, Body((strange(pair.master, fields=(*sets(name, "evil"), *sets("customer", "fine"))),)))
    pair.settle()
    ticket = tickets(pair.slave)[1]
    assert ticket.values["customer"] == "fine"
    assert "evil" not in str(ticket)
    assert any(line.event == "passed" and name in line.text for line in problems(pair.slave))
    pair.master.tracker.user_edit(1, {}, "goes on", "alice")
    pair.settle()
    assert any(entry.new == "goes on" for entry in tickets(pair.slave)[1].log)
    a_good_message_passes(pair)


def test_comments_from_nowhere_are_not_remembered() -> None:
    """Neither with a ticket that is there nor with a new one: a partner could name any number of them."""
    pair = made(2)
    known = len(pair.slave.twin_of(1).shadow)
    nowhere = [FieldChange(f"comment:{'ms'[n % 2]}:{n}", "evil", 1) for n in range(200)]
    create = strange(
        pair.master,
        ticket="acme/77/1",
        kind=ChangeKind.CREATE,
        after=0,
        fields=(*sets("type", "task"), *nowhere),
    )
    utter(pair.master, Body((strange(pair.master, fields=tuple(nowhere)), create)))
    pair.settle()
    assert len(pair.slave.twin_of(1).shadow) == known
    assert len(pair.slave.twin_of(3).shadow) <= known
    assert "evil" not in str(tickets(pair.slave))
    a_good_message_passes(pair)


def test_a_change_whose_number_has_passed_is_told() -> None:
    """A partner that counts wrong loses its own changes; the log says which."""
    pair = made(2)
    utter(pair.master, Body((replace(strange(pair.master, comment="fine"), number=2**53),)))
    pair.settle()
    utter(pair.master, Body((strange(pair.master, comment="lost"),)))
    pair.settle()
    assert "lost" not in str(tickets(pair.slave))
    assert problems(pair.slave)[0].text.endswith("was passed over: a later one is here already.")
    a_good_message_passes(pair)


def test_a_number_that_another_waiting_change_has_is_told() -> None:
    """The first one stays; the second is named in the log."""
    pair = made(2)
    parked = strange(pair.master, fields=sets("type", "epic"))
    utter(pair.master, Body((parked,)))
    utter(pair.master, Body((replace(strange(pair.master, ticket="acme/77/1"), number=parked.number),)))
    pair.settle()
    assert pair.slave.store.count_inbox(SYNC_ID) == (0, 1)
    told = [line.text for line in problems(pair.slave) if line.event == "passed"]
    text = (
        f"Change {parked.number} of the partner was passed over: another one of that number still waits here."
    )
    assert told == [text]
    a_good_message_passes(pair)


def test_controls_in_text_never_reach_the_tickets() -> None:
    """NUL, bells, escapes and line breaks in one-line fields, names and labels; nothing comes back."""
    pair = made(2)
    dirt = "a\x00b\x1b[31mc\x9bd"
    change = strange(
        pair.master,
        author="eve\x00\n@example.org",
        fields=(*sets("customer", f"{dirt}\r\nlast"), *sets("description", dirt), *sets("reporter", dirt)),
        comment=dirt,
    )
    utter(pair.master, Body((change,)))
    answers = pair.slave.store.counters(SYNC_ID).change
    pair.settle()
    ticket = tickets(pair.slave)[1]
    assert ticket.values["customer"] == "ab[31mcd last"
    assert ticket.values["description"] == "ab[31mcd"
    assert {entry.author for entry in ticket.log} == {"eve (ACME)"}
    assert not any(c in str(list(map(str, ticket.values.values()))) for c in ("\\x00", "\\x1b", "\\x9b"))
    assert pair.slave.store.counters(SYNC_ID).change == answers
    a_good_message_passes(pair)


@pytest.mark.parametrize(
    ("hostile", "stored"),
    [
        ("../../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        (".htaccess", "htaccess"),
        ("evil\u202egpj.exe", "evilgpj.exe"),
        ("a\x00b.txt", "ab.txt"),
        ("a\r\nb.txt", "ab.txt"),
        ("", "attachment"),
        ("/", "attachment"),
        ("..", "attachment"),
    ],
)
def test_a_hostile_file_name_is_stored_as_a_harmless_one(hostile: str, stored: str) -> None:
    """No folder, no control, no turned writing; the bytes are there."""
    pair = made(2)
    data = b"payload"
    info = AttachmentInfo(hostile, len(data), hashlib.sha256(data).hexdigest())
    utter(pair.master, Body((strange(pair.master, kind=ChangeKind.ATTACHMENT, attachment=info),)))
    pair.master.cycle()
    send_parts(pair, (Part(info.sha256, 0, len(data), len(data)),), data)
    pair.slave.cycle()
    assert [row.filename for row in tickets(pair.slave)[1].attachments] == [stored]


def send_parts(pair: SimPair, parts: tuple[Part, ...], data: bytes) -> None:
    """Bytes of the master's that its own outbox knows nothing of."""
    message = head(pair, Body(parts=parts), data=data)
    pair.wire.plant("m", name_of(message), sealed(message))


@pytest.mark.parametrize(
    ("announced", "parts", "data"),
    [
        (3, ((0, 5, 5),), b"abcde"),  # more bytes than announced
        (5, ((0, 3, 3),), b"abc"),  # fewer
        (3, ((0, 3, 3),), b"xyz"),  # other bytes
        (3, ((0, 2, 3), (1, 2, 3)), b"abZZ"),  # overlapping, the second one wrong
        (3, ((0, 1, 3),), b"a"),  # never complete
        (3, ((2, 1, 3), (0, 1, 3)), b"ca"),  # a hole
    ],
)
def test_bytes_that_are_not_what_was_announced_are_never_attached(
    announced: int, parts: tuple[tuple[int, int, int], ...], data: bytes
) -> None:
    """Larger, smaller, other or incomplete: the attachment stays pending, the rest goes on."""
    pair = made(2)
    digest = hashlib.sha256(b"abc").hexdigest()
    info = AttachmentInfo("a.txt", announced, digest)
    utter(pair.master, Body((strange(pair.master, kind=ChangeKind.ATTACHMENT, attachment=info),)))
    pair.master.cycle()
    send_parts(pair, tuple(Part(digest, *part) for part in parts), data)
    pair.slave.cycle()
    pair.slave.cycle()
    assert tickets(pair.slave)[1].attachments == ()
    (record,) = pair.slave.store.attachments(SYNC_ID, [1])[1]
    assert record.state is AttachmentState.PENDING


def test_a_change_of_a_version_never_published_waits_with_its_ticket_alone() -> None:
    """It is neither refused nor applied; other tickets go on."""
    pair = made(2)
    utter(pair.master, Body((strange(pair.master, version=9, comment="evil"),)))
    pair.settle()
    assert pair.slave.store.count_inbox(SYNC_ID) == (1, 0)
    assert "evil" not in str(tickets(pair.slave))
    a_good_message_passes(pair)


def test_a_claim_to_have_seen_what_was_never_made_harms_only_its_own_ticket() -> None:
    """Numbers at the very bound of the protocol stop nothing."""
    pair = made(2)
    utter(pair.master, Body((strange(pair.master, seen=2**53, comment="odd", time=2**53),)))
    pair.clock.advance(SECOND)
    pair.settle()
    a_good_message_passes(pair)


def test_a_comment_that_comes_with_a_creation_is_kept() -> None:
    """A peer may say both in one change."""
    pair = made(2)
    fields = (*sets("summary", "with words"), *sets("type", "defect"))
    change = strange(
        pair.master, ticket="acme/79/1", kind=ChangeKind.CREATE, fields=fields, comment="at once", time=7
    )
    utter(pair.master, Body((change,)))
    pair.settle()
    ticket = tickets(pair.slave)[3]
    assert [(e.author, e.new) for e in ticket.log if e.field == "comment"] == [("alice (ACME)", "at once")]
    a_good_message_passes(pair)
