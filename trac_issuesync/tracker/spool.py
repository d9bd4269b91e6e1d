# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Bytes of incoming attachments until they are complete: sparse files named by SHA-256."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from trac_issuesync.channels.durable import make_folders, sync_folder
from trac_issuesync.core.errors import Refused, Transient

__all__ = ["FileSpool"]

_NAME = re.compile(r"[0-9a-f]{64}")
_BLOCK = 1 << 20
# No file system can hold a file that long: the announcement is nonsense, and waiting does not help.
_IMPOSSIBLE = {errno.EFBIG, errno.EINVAL, errno.EOVERFLOW}


class FileSpool:
    """``engine.ports.Spool`` in the folder ``folder``, made on first use and readable by our account only.

    Nothing but plain files of ours is ever opened: a link, FIFO or device in their place is an error.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, sha256: str, offset: int, data: bytes) -> None:
        """Store a stretch durably (fsync), wherever it lies in the file; the same one again is fine.

        Raises Transient if it cannot be stored now, Refused if it can never be.
        """
        path = self._path(sha256)
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            make_folders(self._folder, 0o700)
            descriptor = os.open(path, flags, 0o600)
            try:
                _plain(descriptor, path)
                _write_all(descriptor, offset, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            sync_folder(self._folder)
        except (OSError, OverflowError) as error:
            raise _told(error, path) from error

    def matches(self, sha256: str, size: int) -> bool:
        """True if the file has ``size`` bytes and that digest."""
        stream = self.open(sha256)
        if stream is None:
            return False
        with stream:
            if os.fstat(stream.fileno()).st_size != size:
                return False
            digest = hashlib.sha256()
            while block := stream.read(_BLOCK):
                digest.update(block)
            return digest.hexdigest() == sha256

    def open(self, sha256: str) -> BinaryIO | None:
        """The bytes, or None if nothing is there. Raises Transient if they cannot be read now."""
        path = self._path(sha256)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _told(error, path) from error
        try:
            _plain(descriptor, path)
        except OSError as error:
            os.close(descriptor)
            raise _told(error, path) from error
        return os.fdopen(descriptor, "rb")

    def drop(self, sha256: str) -> None:
        """Remove the bytes; unknown ones are passed over. Raises Transient."""
        path = self._path(sha256)
        try:
            with suppress(FileNotFoundError):
                os.unlink(path)
        except OSError as error:
            raise _told(error, path) from error

    def _path(self, sha256: str) -> Path:
        if not _NAME.fullmatch(sha256):
            raise Refused("The digest of an attachment is not 64 lower hexadecimal digits.", "nonsense")
        return self._folder / f"{sha256}.part"


def _plain(descriptor: int, path: Path) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError(errno.EEXIST, "something that is no file is in the way", os.fspath(path))


def _write_all(descriptor: int, offset: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(descriptor, rest, offset)
        offset += written
        rest = rest[written:]


def _told(error: OSError | OverflowError, path: Path) -> Transient | Refused:
    number = error.errno if isinstance(error, OSError) else errno.EOVERFLOW
    if number in _IMPOSSIBLE:
        return Refused("The part of an attachment lies where no file can reach.", "nonsense")
    if number in (errno.ENOSPC, errno.EDQUOT):
        text = f"There is no room for an incoming attachment in {path.parent}. Free some space."
        return Transient(f"{text} It is tried again by itself.", "disk-full")
    reason = os.strerror(number) if number else "unknown reason"
    text = f"The incoming attachment {path} cannot be used: {reason}. Correct that; it is tried again."
    return Transient(text, "spool")
