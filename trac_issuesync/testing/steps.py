# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Named, numbered points at which code under test can be made to end or to fail.

Whoever wraps a port calls ``Steps.at`` with a name before each of its effects. A first run, with nothing to
happen, tells which points there are; further ones kill or fail at one of them.
"""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Killed", "Steps"]


class Killed(BaseException):
    """The process ends here: nothing but the test catches it."""


class Steps:
    """Counts points as they are passed. At the ``number``-th (1 is the first; 0: never) something happens.

    With ``error`` that makes an exception of the point's name this is raised, once. Without it the process
    is killed: ``Killed`` is raised here and at every later point, so that nothing of what code does on its
    way out (``finally``, ``except``) has an effect any more.
    """

    def __init__(self, number: int = 0, error: Callable[[str], Exception] | None = None) -> None:
        self.passed: list[str] = []
        self.dead = False
        self._number, self._error = number, error

    @property
    def fired(self) -> bool:
        """True if what was to happen has happened."""
        return 0 < self._number <= len(self.passed)

    def at(self, name: str) -> None:
        """Before an effect. Raises ``Killed`` or what ``error`` makes, at the point that was asked for."""
        if self.dead:
            raise Killed(name)
        self.passed.append(name)
        if len(self.passed) != self._number:
            return
        if self._error is not None:
            raise self._error(name)
        self.dead = True
        raise Killed(name)
