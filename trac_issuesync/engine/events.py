# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What observers are told of: facts that are stored, each as a value of its own kind."""

from __future__ import annotations

from msgspec import Struct

from trac_issuesync.engine.records import LogLine

__all__ = [
    "EVENTS",
    "Acknowledged",
    "Applied",
    "Conflict",
    "Deleted",
    "Event",
    "Held",
    "Parked",
    "PartnerDeleted",
    "Received",
    "Rejected",
    "Sent",
    "SetAside",
    "Suspended",
    "event_of",
]


class Event(Struct, frozen=True, kw_only=True):
    """Base of all: when (µs since 1970), and the sentence that ``issuesync log`` shows.

    ``ticket`` is local and ``message`` a message number; each is 0 where none is concerned. ``size`` is in
    sealed bytes, 0 where no message is handled.
    """

    time: int
    text: str
    ticket: int = 0
    message: int = 0
    size: int = 0


class Sent(Event, frozen=True):
    """A message, or an acknowledgement alone, was handed to the channel."""


class Received(Event, frozen=True):
    """A message of the partner was stored."""


class Acknowledged(Event, frozen=True):
    """The partner has stored our messages up to a number."""


class Applied(Event, frozen=True):
    """Changes of the partner were written to a ticket."""


class Parked(Event, frozen=True):
    """A change of the partner waits, with the reason."""


class Rejected(Event, frozen=True):
    """A change of the partner will not be applied, with the reason."""


class Held(Event, frozen=True):
    """A change of ours does not leave for now, with the reason."""


class Conflict(Event, frozen=True):
    """A field was edited on both sides, and one value stands."""


class SetAside(Event, frozen=True):
    """A message was not acceptable and is kept for a person to look at."""


class Suspended(Event, frozen=True):
    """The synchronization has stopped itself, with the reason."""


class Deleted(Event, frozen=True):
    """A shared ticket was deleted here."""


class PartnerDeleted(Event, frozen=True):
    """The partner has deleted its ticket; ours stays."""


EVENTS: dict[str, type[Event]] = {
    "sent": Sent,
    "received": Received,
    "acknowledged": Acknowledged,
    "applied": Applied,
    "parked": Parked,
    "rejected": Rejected,
    "held": Held,
    "conflict": Conflict,
    "set-aside": SetAside,
    "suspended": Suspended,
    "deleted": Deleted,
    "gone": PartnerDeleted,
}
"""The kinds by the word that stands in the log. What else is logged concerns nobody but administrators."""


def event_of(line: LogLine) -> Event | None:
    """The event that a line of the log tells of, or None."""
    kind = EVENTS.get(line.event)
    if kind is None:
        return None
    return kind(time=line.time, text=line.text, ticket=line.ticket, message=line.message, size=line.size)
