# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Creates and upgrades our tables when an administrator creates or upgrades an environment."""

from __future__ import annotations

from trac.core import Component, implements
from trac.env import IEnvironmentSetupParticipant

from trac_issuesync.tracker import schema

__all__ = ["IssueSyncSetup"]


class IssueSyncSetup(Component):  # type: ignore[misc]
    """Keeps the tables of the issue synchronization as the installed code expects them."""

    implements(IEnvironmentSetupParticipant)

    # IEnvironmentSetupParticipant methods

    def environment_created(self) -> None:
        """Create the tables in a new environment."""
        schema.upgrade(self.env)

    def environment_needs_upgrade(self) -> bool:
        """Tell Trac whether ``trac-admin <env> upgrade`` has to run before anything else."""
        return schema.needs_upgrade(self.env)

    def upgrade_environment(self) -> None:
        """Create or alter the tables."""
        schema.upgrade(self.env)
