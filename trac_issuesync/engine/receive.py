# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Receive: from the channel into the inbox. A message is stored durably before the channel forgets it.

What is not acceptable is set aside with a reason, changes nothing, stops nothing and is not answered.
"""

from __future__ import annotations

from contextlib import closing

from msgspec.structs import replace

from trac_issuesync.core.delivery import advance, chain, digest_of
from trac_issuesync.core.errors import Refused, Transient
from trac_issuesync.core.text import clean_line
from trac_issuesync.engine.acknowledge import take_ack
from trac_issuesync.engine.control import greet, take_control
from trac_issuesync.engine.guard import admit
from trac_issuesync.engine.link import Link, Report
from trac_issuesync.engine.origin import take_births
from trac_issuesync.engine.ports import Fetched
from trac_issuesync.engine.records import AtPartner, Counters, InboxChange, InboxState, ReceivedNumber
from trac_issuesync.engine.spooling import answer_wanted, store_parts, take_parts
from trac_issuesync.wire.codec import decode, decode_body
from trac_issuesync.wire.messages import Body, Bye, Message, Part
from trac_issuesync.wire.messages import Report as PartnerReport
from trac_issuesync.wire.naming import message_name, parse

__all__ = ["receive"]

_LONGEST_REASON = 1000
# A few in the way are no reason to wait; where nothing can be removed all would come again each time.
_MOST_STUCK = 5


def receive(link: Link, report: Report) -> None:
    """Take in what lies in the channel, at most ``pace.most_fetched`` messages."""
    withdrawn: list[int] = []
    stuck: list[Transient] = []
    try:
        with closing(link.channel.fetch(link.pace.most_fetched)) as arrived:
            for fetched in arrived:
                if link.stopping() or len(stuck) >= _MOST_STUCK:
                    break
                _take_or_refuse(link, fetched, withdrawn, stuck, report)
    finally:
        report.acknowledged += len(withdrawn)
    if stuck:
        report.problems.append(stuck[0].text)
    if withdrawn:
        names = [message_name(link.id, link.sync.role.letter, number) for number in withdrawn]
        link.channel.withdraw(names)


def _take_or_refuse(
    link: Link, fetched: Fetched, withdrawn: list[int], stuck: list[Transient], report: Report
) -> None:
    """Take one message; that it cannot be moved out of the way (``stuck``) holds back none behind it."""
    try:
        taken = _take(link, fetched, withdrawn, stuck, report)
    except Refused as refusal:
        _set_aside(link, fetched, refusal, stuck, report)
        return
    if taken:
        try:
            link.channel.done(fetched.handle)
        except Transient as problem:
            stuck.append(problem)
        else:
            report.received += 1


def _set_aside(
    link: Link, fetched: Fetched, refusal: Refused, stuck: list[Transient], report: Report
) -> None:
    try:
        where = link.channel.set_aside(fetched.handle, refusal.code, refusal.text)
    except Transient as problem:
        stuck.append(problem)
        return
    with link.store.transaction():
        link.log(
            "set-aside",
            f"{fetched.name}: {refusal.text} {where}",
            size=len(fetched.data),
            digest=digest_of(fetched.data),
            problem=True,
        )
    report.set_aside += 1
    report.problems.append(refusal.text)


def _take(link: Link, fetched: Fetched, withdrawn: list[int], stuck: list[Transient], report: Report) -> bool:
    """Store one message; False if it has to wait in the channel, for those before it or for room here."""
    name = parse(fetched.name)
    if name is not None and name.kind == "hello":
        greet(link, fetched)
        return True
    message = decode(link.sealer.open(fetched.data))
    _check_address(link, message, name.number if name is not None else 0)
    with link.store.transaction():
        if not admit(link, message):
            return True
    if not message.number:
        with link.store.transaction():
            withdrawn += take_ack(link, message.ack)
            _heard(link)
        return True
    try:
        body = decode_body(message)
    except Refused as refusal:
        _note_unreadable(link, message, refusal)
        raise
    if not _fresh(link, message.number):
        report.received += _drop(link, fetched, message, withdrawn, stuck)
        return False
    try:
        kept = store_parts(link, body.parts, message.data)
    except Transient as problem:
        # No room for these bytes is no reason to keep changes behind them waiting.
        report.problems.append(problem.text)
        return False
    return _take_numbered(link, fetched, message, body, kept, withdrawn)


def _check_address(link: Link, message: Message, named: int) -> None:
    """The sealed addresses count; the outer name must agree with them."""
    sync = link.sync
    if message.sync != sync.id or message.sender is not sync.role.other:
        text = "The message belongs to another synchronization or comes from this side."
        raise Refused(text, "misaddressed")
    if message.source != sync.partner_environment or message.target != link.store.environment():
        raise Refused("The message was written for or by another Trac environment.", "misaddressed")
    if message.number != named:
        raise Refused(
            f"The message is called number {named} outside and is number {message.number} inside.",
            "misaddressed",
        )
    if (message.epoch > 1) != bool(message.renews):
        raise Refused(
            f"The message is of epoch {message.epoch} and does not say what that one replaces.", "epoch"
        )


def _note_unreadable(link: Link, message: Message, refusal: Refused) -> None:
    """Remember a stored number that cannot be read; the partner hears of it with an acknowledgement.

    The first sight of it is not answered; a second one shows that the partner waits.
    """
    with link.store.transaction():
        counters = link.store.counters(link.id)
        above = {row.number: row for row in link.store.received(link.id)}
        if message.number <= counters.received:
            return
        if message.number not in above:
            row = ReceivedNumber(message.number, "", clean_line(refusal.text[:_LONGEST_REASON]))
            link.store.add_received(link.id, row)
        elif above[message.number].problem:
            link.save_counters(_owing(link, counters))


def _drop(
    link: Link, fetched: Fetched, message: Message, withdrawn: list[int], stuck: list[Transient]
) -> bool:
    """A message that is stored already: first out of the channel, then on record and acknowledged.

    False for one that cannot be removed: it comes again each time, which must neither fill the log nor send
    an answer.
    """
    try:
        link.channel.done(fetched.handle)
    except Transient as problem:
        stuck.append(problem)
        return False
    with link.store.transaction():
        text = f"Message {message.number} came again and was dropped."
        link.log("duplicate", text, message=message.number)
        link.save_counters(_owing(link, link.store.counters(link.id)))
        withdrawn += take_ack(link, message.ack)
        _heard(link)
    return True


def _take_numbered(
    link: Link,
    fetched: Fetched,
    message: Message,
    body: Body,
    kept: tuple[Part, ...],
    withdrawn: list[int],
) -> bool:
    with link.store.transaction():
        counters = link.store.counters(link.id)
        above = {row.number: row for row in link.store.received(link.id)}
        readable = [number for number, row in above.items() if not row.problem]
        last = any(isinstance(item, Bye) for item in body.control)
        if last and advance(counters.received, readable) + 1 != message.number:
            return False
        _store(link, message, body, kept, message.number in above)
        link.save_counters(_owing(link, link.store.counters(link.id)))
        withdrawn += take_ack(link, message.ack)
        _heard(link)
        link.log(
            "received",
            _summary(message, body),
            message=message.number,
            size=len(fetched.data),
            digest=digest_of(fetched.data),
        )
    return True


def _fresh(link: Link, number: int) -> bool:
    """True for a number that has not been stored; bytes of one that has would write over good ones."""
    if number <= link.store.counters(link.id).received:
        return False
    return all(row.number != number or row.problem for row in link.store.received(link.id))


def _store(link: Link, message: Message, body: Body, kept: tuple[Part, ...], unreadable: bool) -> None:
    if unreadable:
        link.store.drop_received(link.id, [message.number])
    link.store.add_received(link.id, ReceivedNumber(message.number, digest_of(bytes(message.body))))
    _advance(link)
    now = link.clock.now()
    if link.sync.deleted:
        if body.changes:
            text = f"{len(body.changes)} changes came after this synchronization was deleted."
            link.log("dropped", text, message=message.number, problem=True)
        return
    rows = [InboxChange(change, message.number, now) for change in body.changes]
    for number in link.store.add_inbox(link.id, rows):
        text = f"Change {number} of the partner was passed over: another one of that number still waits here."
        link.log("passed", text, message=message.number, problem=True)
    _wake_parked(link, {change.ticket for change in body.changes})
    if body.births:
        take_births(link, body.births)
    take_parts(link, kept, len(body.parts) - len(kept))
    if body.report is not None:
        _take_report(link, message.number, body.report)
    for item in body.control:
        take_control(link, item)


def _advance(link: Link) -> None:
    """Move the contiguous number and its running digest over what has arrived in order."""
    counters = link.store.counters(link.id)
    above = {row.number: row for row in link.store.received(link.id) if not row.problem}
    upto = advance(counters.received, above)
    passed = list(range(counters.received + 1, upto + 1))
    digest = counters.received_digest
    for number in passed:
        digest = chain(digest, above[number].body_digest)
    link.store.drop_received(link.id, passed)
    link.save_counters(replace(counters, received=upto, received_digest=digest))


def _wake_parked(link: Link, uids: set[str]) -> None:
    """A newer change of a ticket gives its parked ones another try."""
    parked = [row for row in link.store.parked(link.id) if row.change.ticket in uids]
    if parked:
        waiting = [replace(row, state=InboxState.WAITING) for row in parked]
        link.store.save_inbox(link.id, waiting)


def _take_report(link: Link, number: int, report: PartnerReport) -> None:
    """Reports give the whole state; one that was overtaken by a later one counts no more."""
    counters = link.store.counters(link.id)
    if number < counters.reported:
        return
    link.save_counters(replace(counters, reported=number))
    # A text as such: not every database takes every character.
    rows = {
        p.number: AtPartner(
            p.number, clean_line(p.reason[:_LONGEST_REASON]), p.ticket, clean_line(p.author), p.skipped
        )
        for p in report.parked
    }
    link.store.set_partner_parked(link.id, list(rows.values()))
    answer_wanted(link, report.wanted)


def _owing(link: Link, counters: Counters) -> Counters:
    return replace(counters, ack_owed=counters.ack_owed or link.clock.now())


def _heard(link: Link) -> None:
    counters = link.store.counters(link.id)
    link.save_counters(replace(counters, last_received=link.clock.now()))


def _summary(message: Message, body: Body) -> str:
    if body.void:
        return f"Message {message.number} is void: {body.void[:_LONGEST_REASON]}"
    if body.parts:
        return f"Message {message.number} holds {len(message.data)} bytes of attachments."
    return f"Message {message.number} holds {len(body.changes)} changes."
