# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Entries of folders that outlive a power failure; a file's own bytes are synced by whoever writes them."""

from __future__ import annotations

import errno
import os

__all__ = ["make_folders", "sync_descriptor", "sync_folder"]

_NOT_SYNCABLE = {errno.EINVAL, errno.ENOTSUP, errno.ENOSYS, errno.EBADF}


def sync_descriptor(folder: int) -> None:
    """Make what was created, renamed or removed in an open folder durable. Raises OSError."""
    try:
        os.fsync(folder)
    except OSError as error:
        # Some network file systems cannot sync a folder; there is nothing more that we could do.
        if error.errno not in _NOT_SYNCABLE:
            raise


def sync_folder(path: str | os.PathLike[str]) -> None:
    """As ``sync_descriptor`` for the folder ``path``."""
    folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync_descriptor(folder)
    finally:
        os.close(folder)


def make_folders(path: str | os.PathLike[str], mode: int = 0o777) -> None:
    """Make a folder and those above it where they are missing, durably. Raises OSError."""
    path = os.fspath(path)
    if os.path.isdir(path):
        return
    above = os.path.dirname(os.path.abspath(path))
    make_folders(above, mode)
    try:
        os.mkdir(path, mode)
    except FileExistsError:
        if not os.path.isdir(path):
            raise
        return
    sync_folder(above)
