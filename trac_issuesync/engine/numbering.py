# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Giving a body the next message number and its place in the running digest."""

from __future__ import annotations

from msgspec.structs import replace

from trac_issuesync.core.delivery import chain, digest_of
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import Counters, OutMessage
from trac_issuesync.wire.codec import encode_body
from trac_issuesync.wire.messages import Body

__all__ = ["number_body"]


def number_body(link: Link, body: Body) -> tuple[OutMessage, Counters]:
    """Keep ``body`` as our next message, in the current transaction; the message, and the counters saved."""
    raw = encode_body(body)
    counters = link.store.counters(link.id)
    digest = chain(counters.message_digest, digest_of(raw))
    number, part = counters.message + 1, bool(body.parts)
    message = OutMessage(number, raw, digest, len(body.changes), part, made=link.clock.now())
    link.store.add_message(link.id, message)
    counters = replace(counters, message=number, message_digest=digest)
    link.save_counters(counters)
    return message, counters
