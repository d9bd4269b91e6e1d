# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The dot-names under which a file is written before it appears, and the removal of what was left behind."""

from __future__ import annotations

import contextlib
import secrets

from trac_issuesync.channels.safe_dir import is_plain, listing, look, remove

__all__ = ["is_temporary", "sweep", "temporary_name"]


def temporary_name(sync_id: str, side: str) -> str:
    """A new dot-name by which our side's leftovers can be told from everybody else's."""
    return f"{_prefix(sync_id, side)}{secrets.token_hex(8)}.tmp"


def is_temporary(file: str, sync_id: str, side: str) -> bool:
    """Whether a file has such a name of this side."""
    return file.startswith(_prefix(sync_id, side)) and file.endswith(".tmp")


def sweep(folder: int, sync_id: str, side: str, before: int) -> None:
    """Remove this side's temporary files last written before the time ``before`` (microseconds).

    What cannot be removed stays, and the checks report it. Raises OSError if the folder cannot be listed.
    """
    for file in listing(folder):
        if not is_temporary(file, sync_id, side):
            continue
        with contextlib.suppress(OSError):
            status = look(folder, file)
            if status is not None and is_plain(status) and status.st_mtime_ns // 1000 < before:
                remove(folder, file)


def _prefix(sync_id: str, side: str) -> str:
    return f".isx-{sync_id}-{side}-"
