# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Another try for what is parked, by itself, when the project may take it by now."""

from __future__ import annotations

import hashlib

import msgspec
from msgspec.structs import replace

from trac_issuesync.engine.link import Link
from trac_issuesync.engine.versions import Versions

__all__ = ["drain", "note_offer"]

_ACTIONS = ("TICKET_VIEW", "TICKET_CREATE", "TICKET_CHGPROP", "TICKET_APPEND", "TICKET_EDIT_COMMENT")


def drain(link: Link, versions: Versions) -> None:
    """Try all that is parked again where options, binding, limits, permissions or plugins have changed.

    And once in a while whatever has changed, because not all that refuses a change can be looked up: a
    permission on a single ticket, a plugin, a full table.
    """
    if not link.store.count_inbox(link.id)[1]:
        return
    counters = link.store.counters(link.id)
    rested = 0 <= link.clock.now() - counters.retried < link.pace.retry_every
    if rested and counters.offered == _offered(link, versions):
        return
    with link.store.transaction():
        link.store.unpark(link.id)
        note_offer(link, versions)


def note_offer(link: Link, versions: Versions) -> None:
    """Remember for what project the parked changes were tried last, and when."""
    with link.store.transaction():
        counters = link.store.counters(link.id)
        offered = _offered(link, versions)
        link.save_counters(replace(counters, retried=link.clock.now(), offered=offered))


def _offered(link: Link, versions: Versions) -> str:
    """A digest of what decides here whether a change can be applied."""
    tracker, user = link.tracker, link.sync.user
    fields = tracker.catalogue().fields
    limits = {name: tracker.max_text(name) for name in (*(f.name for f in fields), "comment")}
    may = [tracker.may(user, action, 0) for action in _ACTIONS]
    bound = versions.in_force and (versions.in_force.ours, versions.in_force.partners)
    plugins = sorted(link.hooks.names) if link.hooks.incoming else ()
    told = (fields, limits, may, bound, link.sync.settings.unknown, plugins)
    return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()
