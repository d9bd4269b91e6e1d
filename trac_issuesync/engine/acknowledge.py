# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Acknowledgements: what ours say, and what the partner's mean for the messages kept until then."""

from __future__ import annotations

from msgspec.structs import replace

from trac_issuesync.core.delivery import chain, digest_of, listed, missing_ranges
from trac_issuesync.engine.guard import judge_ack, stop
from trac_issuesync.engine.isolate import isolate
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import AttachmentState, Blob
from trac_issuesync.wire.codec import decode_stored_body, encode_body
from trac_issuesync.wire.messages import Ack, Body, Unreadable

__all__ = ["make_ack", "send_again", "take_ack", "void"]

# Each of them mends the digests of all that is kept.
_MOST_UNREADABLE = 100


def make_ack(link: Link) -> Ack:
    """What is stored here of the partner's numbered messages, now."""
    counters = link.store.counters(link.id)
    rows = link.store.received(link.id)
    fine = [row.number for row in rows if not row.problem]
    bad = tuple(Unreadable(row.number, row.problem[:500]) for row in rows if row.problem)[:_MOST_UNREADABLE]
    return Ack(
        counters.partner_epoch,
        counters.received,
        counters.received_digest,
        missing_ranges(counters.received, fine),
        bad,
        max((row.number for row in rows), default=0),
    )


def take_ack(link: Link, ack: Ack) -> list[int]:
    """Forget what the partner has stored, repeat what it misses; returns the numbers forgotten.

    One that proves that a side went back in time suspends the synchronization. One below an earlier one says
    nothing by itself, but an answer to a message that goes out now would.
    """
    counters = link.store.counters(link.id)
    if ack.epoch != link.sync.epoch:
        return []
    # Never all at once: before a partner that is away for long whole projects may wait here.
    last = link.store.messages(link.id, [ack.upto])
    evidence = judge_ack(link, counters, ack, last[0].digest if last else counters.acked_digest)
    if evidence:
        if not link.sync.deleted:
            stop(link, evidence)
        return []
    if ack.upto < counters.acked:
        if counters.message == counters.acked_at:
            link.save_counters(replace(counters, numbered=0))
        return []
    stored = list(range(counters.acked + 1, ack.upto + 1))
    if stored:
        link.store.drop_messages(link.id, stored)
        link.log("acknowledged", f"The partner has stored everything up to message {ack.upto}.")
        counters = replace(counters, acked=ack.upto, acked_at=counters.message, acked_digest=ack.digest)
        link.save_counters(counters)
    _repeat(link, ack, counters.message)
    _void(link, ack)
    return stored


def _repeat(link: Link, ack: Ack, highest: int) -> None:
    """A gap is filled at once, unless the message was sent so lately that it may still be on its way."""
    now = link.clock.now()
    for number in listed(ack.missing, ack.upto + 1, highest):
        for message in link.store.messages(link.id, [number]):
            if message.sent and now - message.sent >= link.pace.resend_after:
                link.store.save_message(link.id, replace(message, next_try=0))


def _void(link: Link, ack: Ack) -> None:
    """A number that cannot be read there becomes void; what it held goes out under other numbers."""
    for item in ack.unreadable[:_MOST_UNREADABLE]:
        message = next(iter(link.store.messages(link.id, [item.number])), None)
        lost = decode_stored_body(message.body) if message is not None else None
        if lost is None or lost.void:
            continue
        void(link, item.number, f"it could not be read: {item.reason}")
        isolate(link, lost, item.reason)
        text = f"The partner could not read message {item.number}: {item.reason}"
        link.log("unreadable", text, message=item.number, problem=True)


def send_again(link: Link, sha256: str) -> bool:
    """Send the bytes of an attachment from the beginning, unless they are being sent; False if gone here."""
    coming = {blob.sha256 for blob in link.store.blobs(link.id, outgoing=True)}
    known = [r for r in link.store.attachments_with(link.id, sha256) if r.state is AttachmentState.KNOWN]
    if known and sha256 not in coming:
        first = known[0]
        link.store.save_blob(
            link.id,
            Blob(sha256, first.size, outgoing=True, ticket=first.ticket, filename=first.filename, done=True),
        )
    return bool(known)


def void(link: Link, number: int, reason: str) -> None:
    """Let a kept number say nothing any more, and mend the running digest from there on."""
    store, counters = link.store, link.store.counters(link.id)
    before = store.messages(link.id, [number - 1])
    digest = before[0].digest if before else counters.acked_digest
    # One at a time: their bodies are large, and a whole project may wait here.
    for at in range(number, counters.message + 1):
        for kept in store.messages(link.id, [at]):
            if at == number:
                body = encode_body(Body(void=reason[:1000]))
                kept = replace(kept, body=body, changes=0, part=False, next_try=0)
            digest = chain(digest, digest_of(kept.body))
            store.save_message(link.id, replace(kept, digest=digest))
    link.save_counters(replace(counters, message_digest=digest))
