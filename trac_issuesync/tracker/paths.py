# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Where things of ours lie in a Trac environment."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

from trac_issuesync.core.errors import Invalid
from trac_issuesync.tracker.hints import hint_file
from trac_issuesync.tracker.ownership import give_like, make_folder

__all__ = ["Paths"]


class Paths:
    """The files and folders of one environment; nothing is made by asking for a path."""

    def __init__(self, env: Any) -> None:
        self.environment = Path(env.path)
        """As the administrator named it; see ``home`` for the real path."""
        self.files = hint_file(env.path).parent
        """All our files but the key file."""

    @property
    def home(self) -> str:
        """The real path of the environment, kept with each synchronization to recognise a copy."""
        return os.path.realpath(self.environment)

    @property
    def key_file(self) -> Path:
        """Under this key the secrets in the database are sealed."""
        return self.environment / "conf" / "issuesync.key"

    @property
    def exchange_root(self) -> Path:
        """Holds a folder for each synchronization by exchange directories."""
        return self.files / "exchange"

    def exchange(self, sync_id: str) -> tuple[Path, Path]:
        """SEND and RECEIVE of a synchronization."""
        home = self.exchange_root / sync_id
        return home / "SEND", home / "RECEIVE"

    def aside(self, sync_id: str) -> Path:
        """Keeps the messages of a synchronization that were not acceptable."""
        return self.files / "aside" / sync_id

    def spool(self, sync_id: str) -> Path:
        """Gathers the bytes of incoming attachments of a synchronization."""
        return self.files / "spool" / sync_id

    def make_files(self) -> None:
        """Make ``files``; as root for the owner of the environment, who also needs Trac's folder above it.

        Raises Invalid.
        """
        try:
            make_folder(self.files)
        except OSError as error:
            reason = error.strerror or "unknown reason"
            text = f"The folder {self.files} cannot be made: {reason}. Correct that and try again."
            raise Invalid(text, "no-files") from error

    def hand_over(self, *paths: Path) -> None:
        """Give what root's trac-admin made to the owner of Trac's files, whose web server needs it.

        Does nothing for other accounts. Links are given away themselves, never what they point to.
        """
        give_like(self.files.parent, self.files, self.exchange_root, *paths)

    def remove(self, sync_id: str) -> None:
        """Remove all files of a synchronization; of SEND and RECEIVE elsewhere only the links here.

        Raises Invalid if something cannot be removed.
        """
        try:
            for folder in (self.exchange_root / sync_id, self.aside(sync_id), self.spool(sync_id)):
                if folder.is_symlink():
                    folder.unlink()
                elif folder.exists():
                    # Removes symbolic links inside without following them.
                    shutil.rmtree(folder)
        except OSError as error:
            text = (
                f"The files of the synchronization in {error.filename or self.files} cannot be removed"
                f" ({error.strerror}). Remove them by hand."
            )
            raise Invalid(text, "files-left") from error
