# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The records of the contract suites leave no member at its default, or a store could lose it unseen."""

from __future__ import annotations

import msgspec
import pytest

from trac_issuesync.core.model import TwinState
from trac_issuesync.engine.records import AttachmentState
from trac_issuesync.testing.store_samples import (
    a_change,
    a_conflict,
    a_counters,
    a_hold,
    a_line,
    a_message,
    a_record,
    a_sync,
    a_twin,
    received,
)

GIVEN_BY_THE_STORE = {"ConflictRecord": {"id"}}


@pytest.mark.parametrize(
    "record",
    [
        a_sync("s"),
        a_sync("s").settings,
        a_counters(),
        a_twin("t", 1, TwinState.GONE),
        a_change(2),
        received(1, parked=True),
        a_hold(1),
        a_message(1, next_try=1, part=True),
        a_record("t", 1, 1, AttachmentState.SKIPPED),
        a_conflict(),
        a_line(1, 1),
    ],
    ids=lambda record: type(record).__name__,
)
def test_no_member_is_left_at_its_default(record: msgspec.Struct) -> None:
    """A member added to a record must be added to its sample, so that every store is seen to keep it."""
    kind = type(record)
    left = {
        field.name
        for field in msgspec.structs.fields(kind)
        if getattr(record, field.name) in (field.default, field.default_factory)
    }
    assert left == GIVEN_BY_THE_STORE.get(kind.__name__, set())
