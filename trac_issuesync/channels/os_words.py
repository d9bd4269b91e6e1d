# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Errors of the operating system in plain words: what is wrong with a folder and what to do."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from trac_issuesync.core.errors import Transient

__all__ = ["folder_error", "shown", "transient"]

_WORDS = {
    errno.ENOSPC: ("disk-full", "the disk is full. Free some space"),
    errno.EDQUOT: ("disk-full", "the disk quota is used up. Free some space or raise the quota"),
    errno.EFBIG: ("file-too-big", "files may not grow that large here. Raise the limit or lower max_message"),
    errno.EACCES: ("no-permission", "permission is denied. Give the account of the Trac server access to it"),
    errno.EPERM: ("no-permission", "permission is denied. Give the account of the Trac server access to it"),
    errno.EROFS: ("read-only", "the file system is mounted read-only. Mount it writable"),
    errno.EIO: ("io-error", "the disk or network drive reports an error. Check it"),
    errno.ESTALE: ("io-error", "the network drive has lost its connection. Mount it again"),
    errno.EISDIR: ("folder-in-the-way", "a folder of that name is in the way. Move it elsewhere"),
    errno.ENOTEMPTY: ("folder-in-the-way", "a folder of that name is in the way. Move it elsewhere"),
    errno.EMFILE: ("too-many-files", "too many files are open. Raise the limit of open files"),
    errno.ENFILE: ("too-many-files", "too many files are open. Raise the limit of open files"),
    errno.ELOOP: ("link-loop", "it is a symbolic link where none is followed. Put a folder there"),
    errno.ENOENT: ("folder-missing", "it is not there any more. Create the folder again"),
    errno.ENOTDIR: ("not-a-folder", "it is not a folder. Put a folder there, or a symbolic link to one"),
}


def shown(path: str | Path) -> str:
    """A path as it can be printed: control characters and undecodable bytes become question marks."""
    return "".join(char if char.isprintable() else "?" for char in os.fspath(path))


def transient(error: OSError, what: str) -> Transient:
    """``error`` as a Transient that says ``what`` (a clause such as "X cannot be written") failed and why."""
    number = error.errno or errno.EIO
    code, words = _WORDS.get(number, ("io-error", f"{os.strerror(number)}. Check it"))
    return Transient(f"{what}: {words}; it is tried again by itself.", code)


def folder_error(error: OSError, path: Path) -> Transient:
    """Why the folder ``path``, which may be a symbolic link to one, cannot be opened."""
    if error.errno == errno.ENOENT and path.is_symlink():
        return Transient(
            f"{shown(path)} is a symbolic link to {shown(_target(path))}, which is not there. Mount or create"
            " that folder, or point the link elsewhere.",
            "link-gone",
        )
    if error.errno == errno.ENOENT:
        text = f"The folder {shown(path)} is missing. Create it, or a symbolic link to a folder."
        return Transient(text, "folder-missing")
    return transient(error, f"The folder {shown(path)} cannot be opened")


def _target(path: Path) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return "a folder elsewhere"
