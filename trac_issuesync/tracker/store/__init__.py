# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The synchronization tables in Trac's database, one module per topic; ``sqlstore`` joins them."""

from trac_issuesync.tracker.store.sqlstore import SqlStore
from trac_issuesync.tracker.store.vault import Box

__all__ = ["Box", "SqlStore"]
