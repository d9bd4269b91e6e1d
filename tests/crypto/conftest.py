# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Real gpg homes with throw-away keys, made once for all tests of this room."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator

import pytest
from support.gpg_world import World

from trac_issuesync.crypto.home import GpgHome
from trac_issuesync.crypto.keys import generate, import_public


@pytest.fixture(scope="session")
def short_base() -> Iterator[str]:
    """A folder whose path leaves room for the agent's socket."""
    folder = tempfile.mkdtemp(dir="/tmp", prefix="ixt-")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def world(short_base: str) -> Iterator[World]:
    with GpgHome(short_base) as acme, GpgHome(short_base) as globex, GpgHome(short_base) as stranger:
        keys = generate(acme, "acme"), generate(globex, "globex"), generate(stranger, "acme")
        import_public(acme, keys[1].public)
        import_public(globex, keys[0].public)
        import_public(globex, keys[2].public)
        import_public(stranger, keys[1].public)
        yield World(acme, globex, stranger, *keys)
