# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The Trac side of the engine: listeners, reader, editor, store, worker, commands."""
