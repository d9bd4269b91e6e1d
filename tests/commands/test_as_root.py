# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``run`` and ``worker`` by root in an environment of the web server's account."""

from __future__ import annotations

import os

import pytest
from commands.two_consoles import Two

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be warned")


@pytest.mark.parametrize("account", [65534, 54321])
def test_root_is_warned_where_the_web_server_could_not_use_what_it_makes(two: Two, account: int) -> None:
    """Beside the output, with the command that puts it right, for accounts with and without a name."""
    assert two.acme("run").err == ""
    os.chown(two.acme.env.path, account, -1)
    said = two.acme.ok("run")
    assert "runs as root" in said.err
    assert "chown -R" in said.err
    assert "root" not in said.out
    assert two.acme.ok("list").err == ""
