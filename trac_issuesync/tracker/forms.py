# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Values in three forms: the database's, that of Trac's model, and the canonical text of ``FieldKind``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from trac.util.datefmt import utc

from trac_issuesync.core.errors import Denied
from trac_issuesync.core.model import FieldKind
from trac_issuesync.core.text import clean_line, clean_text

__all__ = ["cleaned", "decoder", "from_model", "iso", "to_model"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def iso(time: int) -> str:
    """ISO 8601 UTC with microseconds of a time in µs since 1970; empty if no calendar holds it."""
    try:
        return _iso(_EPOCH + timedelta(microseconds=time))
    except OverflowError:
        return ""


def decoder(kind: FieldKind) -> Callable[[object], str] | None:
    """How a database value of ``kind`` becomes canonical text; None where only NULL has to become empty."""
    return {FieldKind.TIME: _decode_time, FieldKind.CHECKBOX: _checkbox}.get(kind)


def from_model(kind: FieldKind, value: object) -> str:
    """Canonical text of a value that a ``trac.ticket.model.Ticket`` holds (text, datetime or None)."""
    if kind is FieldKind.TIME:
        return _iso(value) if isinstance(value, datetime) else ""
    if kind is FieldKind.CHECKBOX:
        return _checkbox(value)
    return str(value) if value else ""


def to_model(kind: FieldKind, text: str, field: str) -> str | datetime | None:
    """What Trac's model wants for a canonical text, cleaned; Denied if a time is none."""
    if kind is FieldKind.TIME:
        return _parse_time(text, field) if text else None
    if kind is FieldKind.CHECKBOX:
        return _checkbox(text)
    return cleaned(kind, text)


def cleaned(kind: FieldKind, text: str) -> str:
    """The text without what a field of ``kind`` cannot hold."""
    return clean_text(text) if kind is FieldKind.LONGTEXT else clean_line(text)


def _iso(value: datetime) -> str:
    return value.astimezone(timezone.utc).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _checkbox(value: object) -> str:
    if not value:
        return ""
    return "1" if value == "1" else "0"


def _decode_time(value: object) -> str:
    if value is None or value == "":
        return ""
    try:
        return iso(int(str(value)))
    except ValueError:
        return _decode_date(str(value))


def _decode_date(text: str) -> str:
    # Before a field was made a time field it may have held an ISO date as people write it; Trac reads it so.
    try:
        date = datetime.fromisoformat(text.strip())
        return _iso(date if date.tzinfo else date.replace(tzinfo=timezone.utc))
    except (ValueError, OverflowError):
        return ""


def _parse_time(text: str, field: str) -> datetime:
    try:
        if not text.endswith("Z"):
            raise ValueError
        return datetime.fromisoformat(text[:-1]).replace(tzinfo=utc)
    except ValueError:
        raise Denied(
            f"The field {field} holds a time, but what was sent is none. Correct it on the other side.",
            "bad_value",
        ) from None
