# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Beginning anew: a new epoch of this side's numbers, and the partner's new epoch.

A side begins a new epoch by an administrator's word, or because its partner did. Both then send what they
hold of every ticket (``heal``), and nothing of the epochs before counts any more.
"""

from __future__ import annotations

from msgspec.structs import replace

from trac_issuesync.core.epochs import answered, next_epoch, numbers_above
from trac_issuesync.core.model import Side
from trac_issuesync.core.suspension import evidence_in
from trac_issuesync.engine.control import introduce
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import Counters
from trac_issuesync.wire.messages import Message

__all__ = ["answer", "begin_asked", "follow"]


def begin_asked(link: Link) -> None:
    """Begin anew if an administrator has said so; nothing that the partner has sent until now is taken."""
    side = link.sync.heal_asked
    if side is None or not link.sync.connected:
        return
    with link.store.transaction():
        counters = link.store.counters(link.id)
        _begin(link, counters, side, renews=counters.partner_epoch)


def answer(link: Link, message: Message) -> None:
    """Begin anew because the partner does, whose ``message`` is of its new epoch; in a transaction."""
    counters = replace(
        link.store.counters(link.id),
        partner_epoch=message.epoch,
        partner_yields=message.yields,
        known_epoch=message.renews,
    )
    _begin(link, counters, message.yields or Side.SLAVE, renews=answered(message.epoch))


def follow(link: Link, message: Message) -> None:
    """Take in what the partner counts from the beginning; our own numbers go on. In a transaction."""
    counters = link.store.counters(link.id)
    _forget_received(link)
    link.save_counters(
        replace(
            counters,
            partner_epoch=message.epoch,
            partner_yields=message.yields,
            received=0,
            received_digest="",
            reported=0,
        )
    )


def _begin(link: Link, before: Counters, side: Side, *, renews: int) -> None:
    now = link.clock.now()
    epoch = next_epoch(max(link.sync.epoch, before.known_epoch), now)
    messages, changes = link.store.count_messages(link.id)[0], link.store.count_waiting(link.id)
    received = sum(link.store.count_inbox(link.id))
    _forget_received(link)
    link.store.forget_unsent(link.id)
    link.save_counters(_counters(before, epoch))
    reason = link.sync.suspended
    link.save(
        epoch=epoch,
        renewed=now,
        renews=renews,
        yields=side,
        heal_asked=None,
        suspended="" if evidence_in(reason) else reason,
    )
    introduce(link)
    text = (
        "Both sides begin anew and send what they have; the later edit of each field stands, and the"
        f" {side.value} gives way where two are equally old. This replaces {messages} messages and {changes}"
        f" changes that were not acknowledged, and {received} received changes that were not applied."
    )
    link.log("renewed", text, problem=True)


def _counters(before: Counters, epoch: int) -> Counters:
    """Counters of a new epoch; what has to do with this side's own looking and with the clock goes on."""
    return Counters(
        change=numbers_above(epoch),
        synthetic=before.synthetic,
        partner_epoch=before.partner_epoch,
        partner_yields=before.partner_yields,
        known_epoch=before.known_epoch,
        last_sent=before.last_sent,
        last_received=before.last_received,
        hello_sent=before.hello_sent,
        swept=before.swept,
        swept_slowly=before.swept_slowly,
        compared=before.compared,
        compared_upto=before.compared_upto,
        retried=before.retried,
        offered=before.offered,
        asked=before.asked,
        asked_since=before.asked_since,
        healing=True,
    )


def _forget_received(link: Link) -> None:
    for blob in link.store.blobs(link.id, outgoing=False):
        link.spool.drop(blob.sha256)
    link.store.forget_received(link.id)
