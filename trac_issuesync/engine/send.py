# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Send: outbox to numbered messages, and numbered messages to the channel until they are acknowledged."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Raw
from msgspec.structs import replace

from trac_issuesync.core.delivery import backoff, digest_of
from trac_issuesync.core.errors import Transient
from trac_issuesync.core.model import Change, Side
from trac_issuesync.core.suspension import evidence_in
from trac_issuesync.engine.acknowledge import make_ack
from trac_issuesync.engine.attachments_in import wanted
from trac_issuesync.engine.control import OWN_PUBLIC, make_hello
from trac_issuesync.engine.gate import Gate
from trac_issuesync.engine.guard import probe_due
from trac_issuesync.engine.link import Link, Report
from trac_issuesync.engine.numbering import number_body
from trac_issuesync.engine.parts_out import queue_parts, read_parts
from trac_issuesync.engine.records import InboxState, OutMessage
from trac_issuesync.wire.codec import decode_control, decode_stored_body, encode, encode_body
from trac_issuesync.wire.limits import MOST_CONTROLS
from trac_issuesync.wire.messages import PROTOCOL, Ack, Birth, Body, Message, Parked
from trac_issuesync.wire.messages import Report as PartnerReport
from trac_issuesync.wire.naming import ack_name, hello_name, message_name

__all__ = ["send", "tell_stopped"]

_MOST_BIRTHS = 2000
# In memory at a time; a body may have some megabytes.
_DUE = 4
_WORD_EVERY = 10


def send(link: Link, report: Report, *, tickets: bool) -> None:
    """Say hello if that is due; number what waits (``tickets``: changes too); send what is due.

    Raises Transient where the channel cannot be reached; nothing is lost then.
    """
    if not link.sync.partner_key or (not link.sync.connected and link.sync.role is Side.SLAVE):
        _say_hello(link, report)
    if not link.sync.partner_key:
        return
    number_waiting(link, tickets=tickets)
    sent = 0
    while due := link.store.due_messages(link.id, link.clock.now(), _DUE):
        for message in due:
            if link.stopping():
                return
            _send_numbered(link, message)
            sent += 1
        if tickets:
            queue_parts(link)
    report.sent += sent
    counters = link.store.counters(link.id)
    if counters.ack_owed and not sent:
        _send_ack(link, report, counters.ack_owed)


def number_waiting(link: Link, *, tickets: bool) -> None:
    """Put what waits into numbered messages, as full as they may be; an empty one where a probe is due."""
    gate = Gate(link) if tickets else None
    probe = probe_due(link, link.store.counters(link.id))
    while _number_one(link, gate, probe=probe):
        probe = False
    if tickets:
        queue_parts(link)


def _number_one(link: Link, gate: Gate | None, *, probe: bool) -> bool:
    """One more message; ``gate`` is None where no tickets leave. True if there may be more to do."""
    if not probe and not _something_waits(link, tickets=gate is not None):
        return False
    # Reads files, which no transaction should wait for.
    missing = wanted(link)[:5000] if link.store.counters(link.id).report_owed else ()
    if gate is not None:
        gate.ask()
    with link.store.transaction():
        counters = link.store.counters(link.id)
        controls = link.store.controls(link.id)[:MOST_CONTROLS]
        births = link.store.births(link.id, _MOST_BIRTHS) if gate is not None else []
        changes: list[Change] = []
        held = 0
        if gate is not None:
            waiting = link.store.waiting_changes(link.id, link.pace.most_changes)
            going, held = gate.leave(waiting)
            changes = gate.seal(waiting, _that_fit(going, link.sync.settings.max_message))
        if not (controls or births or changes or counters.report_owed or probe):
            return bool(held)
        body = Body(
            tuple(changes),
            tuple(Birth(uid, number) for uid, number in births),
            _report(link, missing) if counters.report_owed else None,
            tuple(decode_control(payload) for _, payload in controls),
        )
        message, counters = number_body(link, body)
        link.store.drop_changes(link.id, [change.number for change in changes])
        link.store.drop_births(link.id, [uid for uid, _ in births])
        link.store.drop_controls(link.id, [id for id, _ in controls])
        counters = replace(counters, report_owed=False, numbered=message.made, probes=link.sync.probes)
        link.save_counters(counters)
    return True


def _something_waits(link: Link, *, tickets: bool) -> bool:
    """Looked at without the write lock, which an idle cycle should not take from others."""
    store = link.store
    if store.counters(link.id).report_owed or store.controls(link.id):
        return True
    return tickets and bool(store.births(link.id, 1) or store.waiting_changes(link.id, 1))


def _that_fit(changes: Sequence[Change], most: int) -> list[Change]:
    """As many as go into one message; a single one always does. Compressed text is about a third."""
    size = 0
    fitting: list[Change] = []
    for change in changes:
        size += 400 + len(change.comment) + sum(len(f.value) + len(f.old) + 80 for f in change.fields)
        if fitting and size > 2 * most:
            break
        fitting.append(change)
    return fitting


def _report(link: Link, missing: tuple[str, ...]) -> PartnerReport:
    parked = tuple(
        Parked(
            row.change.number,
            row.reason[:500],
            row.change.ticket,
            row.change.author,
            row.state is InboxState.SKIPPED,
        )
        for row in link.store.refused(link.id)[:5000]
    )
    return PartnerReport(parked, missing)


def _send_numbered(link: Link, message: OutMessage) -> None:
    body, data = message.body, b""
    if message.part:
        parts = decode_stored_body(body).parts
        data = read_parts(link, parts)
    sealed = link.sealer.seal(encode(_message(link, message.number, body, data)))
    now = link.clock.now()
    try:
        link.channel.deliver(message_name(link.id, link.sync.role.letter, message.number), sealed)
    except Transient as problem:
        # It was not sent, so the pause does not grow: a folder that comes back is used within a minute.
        later = replace(message, next_try=now + link.pace.resend_after, problem=problem.text)
        with link.store.transaction():
            link.store.save_message(link.id, later)
        raise
    tried = replace(
        message,
        attempts=message.attempts + 1,
        next_try=now + backoff(message.attempts + 1, link.random.random(), link.pace.resend_after),
        size=len(sealed),
    )
    with link.store.transaction():
        link.store.save_message(link.id, replace(tried, sent=now, problem=""))
        counters = link.store.counters(link.id)
        link.save_counters(replace(counters, last_sent=now, ack_owed=0))
        again = f" (attempt {tried.attempts})" if tried.attempts > 1 else ""
        what = "bytes of attachments" if message.part else f"{message.changes} changes"
        link.log(
            "sent",
            f"Message {message.number} with {what}{again}.",
            message=message.number,
            size=len(sealed),
            digest=digest_of(sealed),
        )


def _message(link: Link, number: int, body: bytes, data: bytes = b"") -> Message:
    sync = link.sync
    return Message(
        PROTOCOL,
        sync.id,
        sync.role,
        link.store.environment(),
        sync.partner_environment,
        sync.epoch,
        number,
        make_ack(link),
        Raw(body),
        data,
        renews=sync.renews,
        yields=sync.yields,
    )


def _send_ack(link: Link, report: Report, since: int) -> None:
    now = link.clock.now()
    if now - since < link.pace.ack_delay:
        return
    message = _message(link, 0, encode_body(Body()))
    name = ack_name(link.id, link.sync.role.letter, _digest_of_ack(message.ack)[:16])
    link.channel.deliver(name, link.sealer.seal(encode(message)))
    with link.store.transaction():
        counters = link.store.counters(link.id)
        owed = counters.ack_owed if counters.ack_owed > since else 0
        link.save_counters(replace(counters, ack_owed=owed, last_sent=now))
        link.log("sent", f"Acknowledged everything up to message {message.ack.upto}.")
    report.sent += 1


def _digest_of_ack(ack: Ack) -> str:
    return digest_of(f"{ack.epoch}:{ack.upto}:{ack.missing}:{ack.unreadable}".encode())


def tell_stopped(link: Link, report: Report) -> None:
    """Tell the partner for what proof nothing is exchanged, at most rarely however much it still sends."""
    counters = link.store.counters(link.id)
    now = link.clock.now()
    pause = link.pace.resend_after * _WORD_EVERY
    if not counters.word_owed or 0 <= now - counters.word_sent < pause:
        return
    evidence = evidence_in(link.sync.suspended)
    message = replace(_message(link, 0, encode_body(Body())), stopped=evidence)
    name = ack_name(link.id, link.sync.role.letter, digest_of(f"{message.epoch}:{evidence}".encode())[:16])
    link.channel.deliver(name, link.sealer.seal(encode(message)))
    with link.store.transaction():
        counters = link.store.counters(link.id)
        link.save_counters(replace(counters, word_owed=False, word_sent=now, last_sent=now))
        link.log("sent", "Told the partner why nothing is exchanged.")
    report.sent += 1


def _say_hello(link: Link, report: Report) -> None:
    counters = link.store.counters(link.id)
    now = link.clock.now()
    key = link.store.secret(link.id, OWN_PUBLIC)
    if link.sync.role is not Side.SLAVE or key is None:
        return
    if counters.hello_sent and now - counters.hello_sent < link.pace.resend_after * 10:
        return
    sealed = link.sealer.seal(encode(make_hello(link, key)))
    link.channel.deliver(hello_name(link.id, digest_of(key.encode())[:16]), sealed)
    with link.store.transaction():
        counters = link.store.counters(link.id)
        link.save_counters(replace(counters, hello_sent=now, last_sent=now))
        link.log("handshake", "Said hello to the master.", size=len(sealed))
    report.sent += 1
