# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Keep chosen tickets of two Trac projects in step by e-mail or exchange directories."""

__version__ = "0.1.0"
