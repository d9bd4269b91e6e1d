# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Steps from one schema version to the next.

``dbN.py`` holds ``do_upgrade(env, version, cursor)``, which takes a database from version N-1 to N. A step
may find its own tables made by a try that was cut short. It spells out its own tables and never imports
``tracker.schema``: that one changes with later versions, the past does not.
"""

__all__: list[str] = []
