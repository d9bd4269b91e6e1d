# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Pure decisions: values in, values out; no Trac, no I/O, no clock."""
