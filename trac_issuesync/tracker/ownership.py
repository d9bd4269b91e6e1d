# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What root's ``trac-admin`` makes in an environment belongs to the account of the web server."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["give_like", "make_folder"]


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing; each belongs to the owner of the one above it.

    Folders that are there already stay as they are. Raises OSError.
    """
    try:
        folder.mkdir()
    except FileExistsError:
        return
    except FileNotFoundError:
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
    give_like(folder.parent, folder)


def give_like(owned: Path, *paths: Path) -> None:
    """As root give ``paths`` to the owner of ``owned``; does nothing for other accounts.

    Links are given away themselves, never what they point to; what is not there is left out.
    """
    if os.geteuid() != 0:
        return
    owner = owned.stat()
    for path in paths:
        if os.path.lexists(path):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
