# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Work inside one folder by its descriptor: nothing but plain files directly inside is ever opened.

The folder is resolved once, when it is opened; whoever swaps a link or a file meanwhile can make a call fail
but cannot lead it elsewhere. All functions but ``opened`` let OSError through.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from trac_issuesync.channels.durable import sync_descriptor
from trac_issuesync.channels.os_words import folder_error

__all__ = ["Content", "is_plain", "listing", "look", "opened", "put", "read_plain", "remove"]

# The group of a shared folder may read and replace; nobody else, as the content is plain text to everybody
# who gets hold of it when encryption is off.
_FILE_MODE = 0o660


class Content(Struct, frozen=True):
    """What a file held when it was read: at most the bytes asked for, and its whole size at the time."""

    data: bytes
    size: int


@contextlib.contextmanager
def opened(path: Path) -> Iterator[int]:
    """The descriptor of the folder ``path``, a symbolic link to a folder being followed now.

    Raises Transient, with words for a person, if there is no such folder.
    """
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise folder_error(error, path) from error
    try:
        yield folder
    finally:
        os.close(folder)


def listing(folder: int) -> list[str]:
    """The names in the folder, sorted."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries)


def look(folder: int, name: str) -> os.stat_result | None:
    """What ``name`` is, a link not followed; None if it is not there."""
    try:
        return os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None


def is_plain(status: os.stat_result) -> bool:
    """A regular file that has no second name by which somebody could swap or grow it elsewhere."""
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


def read_plain(folder: int, name: str, most: int) -> Content | None:
    """The first ``most`` bytes of a plain file; None if it is gone or no plain file.

    The kind is looked at before opening, because opening a device alone may do something, and again on what
    was opened, because it may have been swapped between.
    """
    status = look(folder, name)
    if status is None or not is_plain(status):
        return None
    try:
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ELOOP, errno.ENXIO}:
            return None
        raise
    with os.fdopen(file, "rb") as stream:
        status = os.fstat(file)
        if not is_plain(status):
            return None
        return Content(stream.read(most), status.st_size)


def put(folder: int, temporary: str, name: str, data: bytes) -> None:
    """Write ``data`` durably under ``name``, replacing what has that name, or leave everything as it was.

    ``temporary`` is the name it has while it is written, which must be new; it is removed on any failure.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    file = os.open(temporary, flags, _FILE_MODE, dir_fd=folder)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(file)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=folder)
        raise
    sync_descriptor(folder)


def remove(folder: int, name: str) -> None:
    """Remove a file; it is fine if it is gone already."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)
