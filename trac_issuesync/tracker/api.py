# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The options of ``[issuesync]`` in trac.ini, and what they mean for a cycle."""

from __future__ import annotations

from trac.config import ChoiceOption, FloatOption, IntOption
from trac.core import Component, ExtensionPoint, Interface
from trac.db import DatabaseManager

from trac_issuesync.engine.link import Pace

__all__ = ["EXTERNAL", "OFF", "THREAD", "IIssueSyncPlugin", "IssueSyncSystem"]

THREAD, EXTERNAL, OFF = "thread", "external", "off"

_SECOND = 1_000_000
_DAY = 24 * 3600 * _SECOND
_SHORTEST = 0.1
# Who waits for SQLite's lock looks again at least every 25 ms, but only in the first 128 ms; then ever more
# rarely. A rest of this length after each ``Pace.stretch`` of 120 ms lets everybody in at the first try.
_REST = 26_000


class IIssueSyncPlugin(Interface):
    """A component that takes part in the issue synchronization of its environment.

    It has methods named like functions of ``trac_issuesync.engine.hookspecs`` and marked with ``hookimpl``
    from there, as docs/hooks.md shows.
    """


class IssueSyncSystem(Component):
    """Settings of the issue synchronization, and the components that take part in it."""

    plugins = ExtensionPoint(IIssueSyncPlugin)

    worker = ChoiceOption(
        "issuesync",
        "worker",
        [THREAD, EXTERNAL, OFF],
        """Who keeps the tickets in step. `thread`: a thread inside the web server, which begins with the
        first request. `external`: nothing inside the web server; run `trac-admin <env> issuesync worker` as
        a service, or `trac-admin <env> issuesync run` from cron. `off`: nobody; `issuesync worker` ends
        too, and only `issuesync run` by hand exchanges anything.""",
    )

    interval = FloatOption(
        "issuesync",
        "interval",
        5,
        """Seconds after which a worker looks for messages and changes although nothing has woken it. Saved
        tickets and new files in exchange directories wake it at once where the system can tell; files on
        network drives are found after this time.""",
    )

    ack_delay = FloatOption(
        "issuesync",
        "ack_delay",
        1,
        """Seconds that an acknowledgement may wait for a message to ride on, before it goes alone.""",
    )

    log_days = IntOption(
        "issuesync",
        "log_days",
        90,
        """Days for which lines of `issuesync log` are kept; 0 keeps them for ever.""",
    )

    @property
    def pause(self) -> float:
        """Seconds between two looks, never so short that a worker does nothing else."""
        return max(self.interval, _SHORTEST)

    def pace(self, *, hurried: bool = False) -> Pace:
        """How a cycle goes about its work here; ``hurried``: acknowledge at once, for nobody comes back soon.

        SQLite lets one write at a time and wakes nobody who waits for it, so there a worker rests regularly.
        """
        sqlite = DatabaseManager(self.env).connection_uri.startswith("sqlite:")
        delay = 0 if hurried else int(max(self.ack_delay, 0) * _SECOND)
        return Pace(ack_delay=delay, rest=_REST if sqlite else 0)

    def keeps_log_since(self, now: int) -> int:
        """Lines older than this are forgotten; microseconds, 0 to keep all."""
        return now - self.log_days * _DAY if self.log_days > 0 else 0
