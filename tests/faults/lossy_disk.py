# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A disk that forgets, when the power fails, whatever was not synced: bytes of files, entries of folders."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from stat import S_ISDIR
from typing import Any

__all__ = ["LossyDisk"]


class LossyDisk:
    """Stands for ``os`` in modules that work below ``root``; what is there at first is safe.

    ``deaf`` is the number of the sync (1 is the first; 0: none) that does nothing.
    """

    def __init__(self, root: Path, deaf: int = 0) -> None:
        self._root, self._deaf = root, deaf
        self.syncs = 0
        self._folders: dict[str, dict[str, int]] = {}
        self._files: dict[int, bytes] = {}
        for path in (root, *root.rglob("*")):
            if path.is_dir():
                self._keep_folder(path)
            else:
                self._files[path.stat().st_ino] = path.read_bytes()

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def open(self, path: Any, flags: int, *args: Any, **more: Any) -> int:
        descriptor = os.open(path, flags, *args, **more)
        status = os.fstat(descriptor)
        if flags & os.O_CREAT and not status.st_size:
            # The number may have been that of a file that was removed.
            self._files.pop(status.st_ino, None)
        return descriptor

    def fsync(self, descriptor: int) -> None:
        self.syncs += 1
        if self.syncs == self._deaf:
            return
        status = os.fstat(descriptor)
        if S_ISDIR(status.st_mode):
            self._keep_folder(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        else:
            self._files[status.st_ino] = Path(f"/proc/self/fd/{descriptor}").read_bytes()

    def fail(self) -> None:
        """The power fails: the folder is as it would be found afterwards."""
        shutil.rmtree(self._root)
        self._bring_back(self._root)

    def _keep_folder(self, path: Path) -> None:
        self._folders[os.fspath(path)] = {entry.name: entry.stat().st_ino for entry in path.iterdir()}
        for entry in path.iterdir():
            if entry.is_dir():
                self._folders.setdefault(os.fspath(entry), {})

    def _bring_back(self, path: Path) -> None:
        path.mkdir()
        for name, inode in self._folders[os.fspath(path)].items():
            if os.fspath(path / name) in self._folders:
                self._bring_back(path / name)
            else:
                (path / name).write_bytes(self._files.get(inode, b""))
