# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Our tables in Trac's database by name, and their version.

What they look like stands step by step in ``tracker.upgrades``; a new database runs the same steps as an old
one, so that there is one way only in which a table comes into being. Version and environment id stand in
Trac's ``system`` table.
"""

from __future__ import annotations

__all__ = ["ENVIRONMENT_NAME", "TABLES", "VERSION", "VERSION_NAME"]

VERSION = 2
VERSION_NAME = "issuesync_version"
ENVIRONMENT_NAME = "issuesync_environment"

TABLES: tuple[str, ...] = (
    "issuesync_sync",
    "issuesync_counters",
    "issuesync_published",
    "issuesync_bound",
    "issuesync_secret",
    "issuesync_lease",
    "issuesync_twin",
    "issuesync_logged",
    "issuesync_attachment",
    "issuesync_blob",
    "issuesync_part",
    "issuesync_mark",
    "issuesync_stamp",
    "issuesync_outbox",
    "issuesync_held",
    "issuesync_birth",
    "issuesync_control",
    "issuesync_message",
    "issuesync_rejected",
    "issuesync_received",
    "issuesync_inbox",
    "issuesync_conflict",
    "issuesync_log",
)
