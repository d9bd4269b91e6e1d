# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""OpenPGP: keys, sealing, the verdict over a received message."""
