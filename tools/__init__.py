# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Helpers for trying the product out: sample tickets, the demo, and what both need. Never installed."""
