# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What somebody should look at, in plain words with what to do."""

from __future__ import annotations

from datetime import datetime, timezone

from msgspec import Struct

from trac_issuesync.core.model import State
from trac_issuesync.engine.records import Sync
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.plugins import trouble

__all__ = ["Problem", "moved", "problems"]

_SECOND = 1_000_000
_NO_WORKER = 3600 * _SECOND
_SILENCE = 24 * 3600 * _SECOND


class Problem(Struct, frozen=True):
    """One thing to look at; ``code`` is a word for programs."""

    code: str
    text: str


def problems(links: Links, sync: Sync, parked: int, refused: int, held: int) -> list[Problem]:
    """What is wrong with ``sync``.

    ``parked`` changes of the partner wait here, ``refused`` ones of ours there; ``held`` do not leave.
    """
    found = []
    if sync.suspended:
        found.append(Problem("suspended", sync.suspended))
    if sync.home != links.paths.home:
        found.append(Problem("moved", moved(sync, links.paths.home)))
    if text := trouble(links.hooks):
        found.append(Problem("plugin", text))
    failing = links.store.counters(sync.id).failing
    if failing and failing != text:
        found.append(Problem("failing", failing))
    see = f"see: issuesync queue {sync.name}"
    if parked:
        found.append(Problem("parked", f"Received changes that cannot be applied here: {parked}; {see}"))
    if refused:
        found.append(Problem("refused", f"Changes of ours that the partner cannot apply: {refused}; {see}"))
    if held:
        found.append(Problem("held", f"Changes of ours that are held back here: {held}; {see}"))
    stranded = links.store.count_stranded(sync.id)
    if stranded:
        text = (
            f"Of the declined tickets no other synchronization carries {stranded} any more: what is edited in"
            " them here reaches nobody. Edit them where they are still shared."
        )
        found.append(Problem("stranded", text))
    return [*found, *_delivery(links, sync), *_worker(links, sync)]


def moved(sync: Sync, home: str) -> str:
    """What to do in an environment that is not where its synchronization was made."""
    return (
        f"This environment lies in {home}, but the synchronization was made in {sync.home}. If the"
        f" environment was moved, run: issuesync start {sync.name}. If it is a copy, run in the copy:"
        " issuesync purge. Two environments must not speak for one."
    )


def _delivery(links: Links, sync: Sync) -> list[Problem]:
    messages = links.store.message_heads(sync.id)
    found = [Problem("undelivered", message.problem) for message in messages if message.problem][:1]
    sent = [message.made for message in messages if message.sent]
    if sent and links.clock.now() - min(sent) > _SILENCE:
        text = (
            f"The partner has not acknowledged what was made ready on {_day(min(sent))}. See whether the"
            " messages are carried over, and whether the partner's worker runs."
        )
        found.append(Problem("silent", text))
    return found


def _worker(links: Links, sync: Sync) -> list[Problem]:
    swept = links.store.counters(sync.id).swept
    exchanging = sync.enabled and not sync.deleted and sync.state not in (State.HANDSHAKE, State.SUSPENDED)
    if not (exchanging and swept and links.clock.now() - swept > _NO_WORKER):
        return []
    text = (
        f"No worker has been here since {_day(swept)}. See to the option worker in [issuesync] of trac.ini,"
        " or run issuesync worker as a service, or issuesync run from cron."
    )
    return [Problem("no-worker", text)]


def _day(time: int) -> str:
    return datetime.fromtimestamp(time // _SECOND, timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
