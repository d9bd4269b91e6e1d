# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The restore guard: noticing that one of the two sides went back in time (docs/architecture.md).

Only proof suspends: messages that are lost, doubled, late or reordered never do.
"""

from __future__ import annotations

from msgspec.structs import replace

from trac_issuesync.core.epochs import answered
from trac_issuesync.core.model import Side
from trac_issuesync.core.suspension import evidence_in, restored
from trac_issuesync.core.text import clean_line
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import Counters
from trac_issuesync.engine.renewal import answer, follow
from trac_issuesync.wire.messages import Ack, Message

__all__ = ["admit", "guarded", "judge_ack", "probe_due", "stop"]

_LONGEST_EVIDENCE = 500


def judge_ack(link: Link, counters: Counters, ack: Ack, expected: str) -> str:
    """What an acknowledgement of our present epoch proves, as a clause, or nothing.

    ``expected`` is our running digest up to its number. An acknowledgement below an earlier one may only be
    late. It is proof where it knows a message that was numbered after that earlier one had come: whoever
    wrote it had stored all of the earlier one by then.
    """
    us, them = link.sync.role.value, link.sync.role.other.value
    if ack.upto > counters.message:
        return (
            f"The {them} has stored message {ack.upto}, and the {us} has sent only {counters.message}: the "
            f"{us} was restored from a backup"
        )
    if ack.upto < counters.acked:
        if _highest(ack, counters.message) <= counters.acked_at:
            return ""
        return (
            f"The {them} misses message {ack.upto + 1}, though it had stored all up to {counters.acked}: the "
            f"{them} was restored from a backup"
        )
    if ack.digest != expected:
        return (
            f"The {them} holds other content in the messages up to {ack.upto} than the {us} has sent: the "
            f"{us} was restored from a backup"
        )
    return ""


def _highest(ack: Ack, sent: int) -> int:
    """The highest of our numbers that an acknowledgement shows to have arrived."""
    return max(number for number in (ack.upto, ack.highest) if number <= sent)


def probe_due(link: Link, counters: Counters) -> bool:
    """True if a numbered message is to go out even if there is nothing to say, so that idle sides notice too.

    After each start, when a command asks, when an acknowledgement is below an earlier one, and once a day.
    """
    sync = link.sync
    if not sync.connected or sync.deleted:
        return False
    age = link.clock.now() - counters.numbered
    return link.fresh or counters.probes != sync.probes or not 0 <= age < link.pace.probe_every


def stop(link: Link, evidence: str) -> None:
    """Suspend for a proof; the partner is told why, because it may have no proof of its own."""
    link.suspend(restored(evidence, link.sync.name))
    _owe_word(link)


def guarded(link: Link) -> bool:
    """True while the guard keeps the synchronization suspended."""
    return bool(evidence_in(link.sync.suspended))


def admit(link: Link, message: Message) -> bool:
    """True if a message is to be taken, in the current transaction; else it is dropped on the record.

    A partner that begins anew is answered or followed first: that also ends what the guard has stopped.
    """
    sync, counters = link.sync, link.store.counters(link.id)
    if message.epoch < counters.partner_epoch or message.epoch <= sync.renews:
        _drop_late(link, message)
        return False
    fresh = message.epoch > counters.partner_epoch
    if message.renews < message.ack.epoch and sync.epoch < message.ack.epoch:
        _forgotten(link, message, fresh)
        return False
    # One that begins anew other than in answer to us may have forgotten what was exchanged in our epoch.
    exchanged = counters.acked or counters.received or link.store.received(link.id)
    unasked = fresh and message.renews != answered(sync.epoch)
    if message.renews >= sync.epoch or (unasked and exchanged):
        answer(link, message)
    elif fresh:
        follow(link, message)
    if guarded(link):
        _drop_stopped(link, message)
        return False
    if message.stopped:
        link.suspend(restored(clean_line(message.stopped[:_LONGEST_EVIDENCE]), sync.name))
        return False
    return True


def _drop_late(link: Link, message: Message) -> None:
    """A message of an epoch that is over: late, unless its writer knows the present one of ours."""
    if guarded(link):
        _drop_stopped(link, message)
    elif message.ack.epoch == link.sync.epoch > 1:
        stop(link, _before_heal(link.sync.role.other))
    else:
        link.log("late", "A message from before both sides began anew was dropped.", message=message.number)


def _forgotten(link: Link, message: Message, fresh: bool) -> None:
    """The partner knows an epoch of ours that we do not."""
    if fresh:
        # What we send now names the partner's epoch, which shows the partner that we know it.
        follow(link, message)
    counters = link.store.counters(link.id)
    link.save_counters(replace(counters, known_epoch=max(counters.known_epoch, message.ack.epoch)))
    if guarded(link):
        _drop_stopped(link, message)
    else:
        stop(link, _before_heal(link.sync.role))


def _before_heal(side: Side) -> str:
    return f"The {side.value} knows nothing of a heal that it took part in: it was restored from a backup"


def _drop_stopped(link: Link, message: Message) -> None:
    if not message.stopped:
        _owe_word(link)
        link.log("dropped", "A message came while nothing is exchanged.", message=message.number)


def _owe_word(link: Link) -> None:
    counters = link.store.counters(link.id)
    link.save_counters(replace(counters, word_owed=True))
