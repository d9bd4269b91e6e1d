# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a plugin may make of a change, and what follows for the shadow when it leaves altered."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace

from trac_issuesync.core.authors import author_name
from trac_issuesync.core.binding import Binding
from trac_issuesync.core.contract import Contract
from trac_issuesync.core.model import AttachmentInfo, Change, CommentRef, FieldChange, FieldKind, Shadow
from trac_issuesync.core.text import clean_line, clean_text

__all__ = ["Leaving", "leaving", "wrong_incoming", "wrong_outgoing"]

_KEPT = ("id", "number", "ticket", "kind", "time", "version", "after", "seen", "content")
_OPTIONS = (FieldKind.SELECT, FieldKind.STATUS)


class Leaving(Struct, frozen=True):
    """A change as it leaves, the shadows that this moves, and fields that were left out."""

    change: Change
    shadow: dict[str, Shadow]
    withheld: tuple[str, ...]


def wrong_incoming(received: Change, answer: Change) -> str:
    """Why a plugin's result cannot stand for a received change; empty if it can."""
    added = sorted({f.name for f in answer.fields} - {f.name for f in received.fields})
    if added:
        return f"it added {', '.join(added)[:200]}, which the partner did not send"
    return _identity(received, answer)


def wrong_outgoing(captured: Change, answer: Change, contract: Contract, binding: Binding) -> str:
    """Why a plugin's result cannot leave in place of a captured change: nothing unshared may be in it."""
    before = {f.name: f for f in captured.fields}
    for field in answer.fields:
        known = before.get(field.name)
        if known is None and field.name not in binding.fields:
            return f"it added {field.name[:80]}, which is not shared"
        if replace(field, value="") != replace(known or _plain(field), value=""):
            return f"it altered more of {field.name[:80]} than its value"
        if known is None or known.value != field.value:
            problem = _value(field, contract, binding)
            if problem:
                return problem
    return _identity(captured, answer)


def leaving(captured: Change, answer: Change, shadows: Mapping[str, Shadow]) -> Leaving:
    """The change as it goes out, and what this side then knows the partner to have.

    What was replaced travels with fields that merge; where an earlier change left with another value than
    was captured, it is that one.
    """
    before = {f.name: f for f in captured.fields}
    moved: dict[str, Shadow] = {}
    fields: list[FieldChange] = []
    for field in answer.fields:
        name, shadow = field.name, shadows.get(field.name)
        asked = before.get(name)
        field = _swapped(_clean(field, asked), shadow)
        if asked is None:
            field, moved[name] = _added(captured, field, shadow)
        elif shadow is not None and field.value != asked.value:
            moved[name] = _altered(captured, asked.value, field.value, shadow)
        elif shadow is not None and shadow.swapped:
            moved[name] = replace(shadow, swapped=None)
        fields.append(field)
    names = {f.name for f in fields}
    withheld = tuple(name for name in before if name not in names)
    for name in withheld:
        if name in shadows:
            # The partner still has what this change would have replaced.
            there = _swapped(before[name], shadows[name]).old
            moved[name] = replace(shadows[name], swapped=(before[name].value, there))
    change = replace(
        answer, author=author_name(answer.author), fields=tuple(fields), comment=clean_text(answer.comment)
    )
    return Leaving(change, moved, withheld)


def _plain(field: FieldChange) -> FieldChange:
    """What may be added: a value, without a say in what it replaces or settles."""
    return FieldChange(field.name, field.value, field.stamp, field.old)


def _identity(before: Change, after: Change) -> str:
    if any(getattr(before, name) != getattr(after, name) for name in _KEPT):
        return "it altered what the change is known by"
    if len({f.name for f in after.fields}) != len(after.fields):
        return "it set a field twice"
    if _bytes(before.attachment) != _bytes(after.attachment):
        return "it altered which bytes are attached"
    return ""


def _bytes(info: AttachmentInfo | None) -> AttachmentInfo | None:
    return None if info is None else replace(info, name="", description="")


def _value(field: FieldChange, contract: Contract, binding: Binding) -> str:
    """Other values than those of the ticket have to be in the contract."""
    name, value = field.name, field.value
    if name == "type":
        return "" if value in binding.types else f"tickets of type {value[:80]!r} are not shared"
    shared, here = contract.field(name), binding.fields.get(name)
    if shared is None or here is None or shared.kind not in _OPTIONS or not value:
        return ""
    if value in shared.options or value in here.options:
        return ""
    return f"{name} {value[:80]!r} is not in the contract"


def _clean(field: FieldChange, asked: FieldChange | None) -> FieldChange:
    if asked is not None and asked.value == field.value:
        return field
    # Line by line as a ticket holds it; a plugin's text may hold what no database takes.
    multiline = "\n" in field.value
    return replace(field, value=clean_text(field.value) if multiline else clean_line(field.value))


def _swapped(field: FieldChange, shadow: Shadow | None) -> FieldChange:
    if shadow is None or shadow.swapped is None:
        # Nobody knows what left of a comment that was edited for the first time.
        return replace(field, old="") if CommentRef.parse(field.name) and field.old else field
    captured, left = shadow.swapped
    return replace(
        field,
        old=left if field.old == captured else field.old,
        dropped=left if field.dropped == captured else field.dropped,
    )


def _altered(captured: Change, value: str, left: str, shadow: Shadow) -> Shadow:
    swapped = (value, left)
    if shadow.number != captured.number:
        return replace(shadow, swapped=swapped)
    if shadow.mine is not None:
        mine = None if left == shadow.value else left
        return replace(shadow, mine=mine, swapped=swapped)
    local = None if shadow.shown == left else shadow.shown
    return replace(shadow, value=left, local=local, swapped=swapped)


def _added(captured: Change, field: FieldChange, shadow: Shadow | None) -> tuple[FieldChange, Shadow]:
    stamp = captured.time if shadow is None else max(captured.time, shadow.stamp + 1)
    field = replace(field, stamp=stamp, old=shadow.value if shadow is not None and field.old else "")
    if shadow is not None and shadow.number > captured.number:
        return field, shadow
    shown = shadow.shown if shadow is not None else ""
    return field, Shadow(
        value=field.value,
        stamp=stamp,
        local=None if shown == field.value else shown,
        number=captured.number,
        mine_stamp=stamp,
        mine_author=captured.author,
        mine_version=captured.version,
        mine_time=captured.time,
    )
