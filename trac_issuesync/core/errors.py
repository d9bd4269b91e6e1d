# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The named ways in which something does not happen, each saying what to do next.

Every text is a full sentence for a person: what is wrong and what to do. None ever holds a secret.
"""

from __future__ import annotations

__all__ = ["Denied", "Invalid", "Refused", "SyncError", "Transient", "failure"]


class SyncError(Exception):
    """Base of all errors that are told to a person rather than shown as a traceback."""

    def __init__(self, text: str, code: str = "error") -> None:
        super().__init__(text)
        self.text = text
        self.code = code


class Transient(SyncError):
    """It may work later without anybody doing anything (server down, disk full, database locked)."""


class Invalid(SyncError):
    """A person asked for something that cannot be done as asked."""


class Refused(SyncError):
    """Something that came from outside is not acceptable; it is set aside with ``code`` and ``text``."""


class Denied(SyncError):
    """A change that is well formed cannot be applied here; it is parked with its reason."""


def failure(error: Exception) -> str:
    """What went wrong, to stand behind a colon: our own words, or the name and words of any other error."""
    return error.text.rstrip(".") if isinstance(error, SyncError) else f"{type(error).__name__}: {error}"
