# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Changes brought within what a message may hold (docs/protocol.md, "Limits").

A partner refuses a message in which one change is out of bounds, with all the other changes that it
holds, and would refuse them again under each new number.
"""

from __future__ import annotations

from msgspec.structs import replace

from trac_issuesync.core.model import AttachmentInfo, Change, FieldChange
from trac_issuesync.core.text import safe_file_name
from trac_issuesync.wire.limits import MOST_FILE_NAME, MOST_TEXT

__all__ = ["fitting"]


def fitting(change: Change) -> Change:
    """The change itself if it fits; else one with its texts cut off, which the receiver may find too long."""
    info = change.attachment
    fields_fit = all(len(f.value) <= MOST_TEXT and len(f.old) <= MOST_TEXT for f in change.fields)
    if fields_fit and len(change.comment) <= MOST_TEXT and (info is None or _fits(info)):
        return change
    return replace(
        change,
        fields=tuple(map(_field, change.fields)),
        comment=change.comment[:MOST_TEXT],
        attachment=info and _attachment(info),
    )


def _fits(info: AttachmentInfo) -> bool:
    return len(info.name) <= MOST_FILE_NAME and len(info.description) <= MOST_TEXT


def _field(field: FieldChange) -> FieldChange:
    dropped = field.dropped and field.dropped[:MOST_TEXT]
    return replace(field, value=field.value[:MOST_TEXT], old=field.old[:MOST_TEXT], dropped=dropped)


def _attachment(info: AttachmentInfo) -> AttachmentInfo:
    name = info.name if len(info.name) <= MOST_FILE_NAME else safe_file_name(info.name)
    return replace(info, name=name, description=info.description[:MOST_TEXT])
