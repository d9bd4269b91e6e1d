# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Whatever lies in an exchange directory, only whole messages of the partner come out of it."""

from __future__ import annotations

import pytest
from fuzz.folder import littered


@pytest.mark.parametrize("seed", range(25))
def test_only_whole_messages_come_out_of_a_littered_folder(seed: int) -> None:
    """Links, FIFOs, sockets, folders, half and huge files, and names of all kinds."""
    littered(seed)
