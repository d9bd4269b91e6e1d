# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Bounds on what a message may hold, checked before anything is stored (docs/protocol.md, "Limits")."""

from __future__ import annotations

import re
from collections.abc import Sized

from trac_issuesync.core.contract import Bound, Contract
from trac_issuesync.core.epochs import MOST_EPOCH
from trac_issuesync.core.errors import Refused
from trac_issuesync.core.model import AttachmentInfo, Change, ChangeKind, CommentRef, Loser
from trac_issuesync.core.timing import LATEST
from trac_issuesync.wire.messages import (
    Ack,
    Body,
    BoundNow,
    Bye,
    Control,
    Hello,
    Message,
    Missing,
    Part,
    Ping,
    Pong,
    Report,
)

__all__ = [
    "LATEST",
    "MOST_CHANGES",
    "MOST_CONTROLS",
    "MOST_EPOCH",
    "MOST_FILE_NAME",
    "MOST_INFLATED",
    "MOST_PART",
    "MOST_PARTS",
    "MOST_TEXT",
    "MOST_VALUES",
    "check_body",
    "check_contract",
    "check_message",
]

MOST_INFLATED = 48 << 20
MOST_VALUES = 1_000_000
MOST_PART = 16 << 20
MOST_PARTS = 500
MOST_CHANGES = 2000
MOST_CONTROLS = 20
MOST_FIELDS = 300
MOST_TEXT = 8 << 20
MOST_NAME = 300
MOST_FILE_NAME = 1200
MOST_OPTIONS = 20_000
MOST_ITEMS = 10_000
MOST_NUMBER = 2**53
_HEX = re.compile(r"[0-9a-f]{64}")


def check_message(message: Message) -> None:
    """Refused where the head of a message is out of bounds."""
    for epoch in (message.epoch, message.renews + 1, message.ack.epoch):
        if not 1 <= epoch <= MOST_EPOCH:
            raise _refused(f"it names an epoch that cannot be, {str(epoch)[:30]}")
    _number("message number", message.number)
    if len(message.data) > MOST_PART:
        raise _refused(f"it carries {len(message.data)} bytes of attachment, more than {MOST_PART}")
    _text("reason to stop", message.stopped, MOST_TEXT)
    _check_ack(message.ack)


def check_body(body: Body, data: bytes, above: int = 0) -> None:
    """Refused where a body is out of bounds or contradicts itself; ``data`` is the message's.

    The numbers of changes are ``above`` those of earlier epochs.
    """
    _count("changes", body.changes, MOST_CHANGES)
    _count("births", body.births, MOST_ITEMS)
    _count("control items", body.control, MOST_CONTROLS)
    for change in body.changes:
        check_change(change)
        if change.number <= above:
            raise _refused(f"the number of change {change.number} belongs to an epoch that is over")
    for birth in body.births:
        _check_uid(birth.uid)
        _number("ticket number", birth.ticket)
    if body.report is not None:
        _check_report(body.report)
    for control in body.control:
        _check_control(control)
    _check_parts(body.parts, data)
    _text("reason to be void", body.void, MOST_TEXT)


def _check_report(report: Report) -> None:
    _count("parked changes", report.parked, MOST_ITEMS)
    for parked in report.parked:
        _number("parked change", parked.number, least=1)
        _text("reason", parked.reason, MOST_TEXT)
        _text("author", parked.author, MOST_NAME)
        if parked.ticket:
            _check_uid(parked.ticket)
    _count("wanted attachments", report.wanted, MOST_ITEMS)
    for digest in report.wanted:
        _digest(digest)


def _check_control(control: Control) -> None:
    if isinstance(control, Ping):
        check_contract(control.contract)
        _time(control.time)
        _text("note", control.note, MOST_TEXT)
        _text("author", control.author, MOST_NAME)
        _text("name", control.name, MOST_NAME)
        _number("largest attachment", control.max_attachment, least=-1)
    elif isinstance(control, Pong):
        _check_bound(control.bound)
        _number("largest attachment", control.max_attachment, least=-1)
    elif isinstance(control, BoundNow):
        _check_bound(control.bound)
    elif isinstance(control, Missing):
        _digest(control.sha256)
    elif isinstance(control, Hello):
        _text("key", control.key, 64 << 10)
        _text("proof", control.proof, MOST_NAME)
        _text("environment", control.environment, MOST_NAME)
        _text("name", control.name, MOST_NAME)
    elif isinstance(control, Bye):
        _text("reason", control.reason, MOST_TEXT)


def _check_bound(bound: Bound) -> None:
    _number("contract version", bound.version, least=1)
    _count("bound fields", bound.fields, MOST_FIELDS)
    _count("bound types", bound.types, MOST_OPTIONS)
    for name in bound.fields:
        _text("bound field", name, MOST_NAME)
    for name in bound.types:
        _text("bound type", name, MOST_NAME * 4)


def check_change(change: Change) -> None:
    """Refused where one change is out of bounds or contradicts its kind."""
    _number("change number", change.number, least=1)
    _number("previous change", change.after)
    if change.after >= change.number:
        raise _refused(f"change {change.number} names change {change.after} as the one before it")
    _number("seen change", change.seen)
    _number("contract version", change.version, least=1)
    _time(change.time)
    _text("change id", change.id, MOST_NAME)
    _text("author", change.author, MOST_NAME)
    _text("comment", change.comment, MOST_TEXT)
    _check_uid(change.ticket)
    _count("fields", change.fields, MOST_FIELDS)
    names = [field.name for field in change.fields]
    if len(set(names)) != len(names):
        raise _refused(f"change {change.number} sets a field twice")
    for field in change.fields:
        _text("field name", field.name, MOST_NAME)
        _text(f"value of {field.name}", field.value, MOST_TEXT)
        _text(f"old value of {field.name}", field.old, MOST_TEXT)
        _text(f"dropped value of {field.name}", field.dropped or "", MOST_TEXT)
        _time(field.stamp)
        if field.loser is not None:
            _check_loser(field.loser)
        if field.name.startswith("comment:") and CommentRef.parse(field.name) is None:
            raise _refused(f"change {change.number} names a comment that cannot be: {field.name!r}")
    if change.attachment is not None:
        _check_attachment(change.attachment)
    elif change.kind is ChangeKind.ATTACHMENT:
        raise _refused(f"change {change.number} announces an attachment without saying which")


def _check_loser(loser: Loser) -> None:
    for author, time in ((loser.author, loser.time), (loser.kept_author, loser.kept_time)):
        _text("author", author, MOST_NAME)
        _time(time)


def _check_attachment(info: AttachmentInfo) -> None:
    _text("attachment name", info.name, MOST_FILE_NAME)
    _text("attachment description", info.description, MOST_TEXT)
    _number("attachment size", info.size)
    _digest(info.sha256)
    _time(info.replaces)


def check_contract(contract: Contract) -> None:
    """Refused where a contract is out of bounds or names a field twice."""
    _number("contract version", contract.version, least=1)
    _count("contract fields", contract.fields, MOST_FIELDS)
    names = [field.name for field in contract.fields]
    if len(set(names)) != len(names):
        raise _refused("its contract names a field twice")
    for field in contract.fields:
        _text("field name", field.name, MOST_NAME)
        _text(f"label of {field.name}", field.label, MOST_TEXT)
        _text(f"default of {field.name}", field.default, MOST_TEXT)
        _count(f"options of {field.name}", field.options, MOST_OPTIONS)
        for option in field.options:
            _text(f"option of {field.name}", option, MOST_NAME * 4)


def _check_parts(parts: tuple[Part, ...], data: bytes) -> None:
    _count("parts of attachments", parts, MOST_PARTS)
    for part in parts:
        _digest(part.sha256)
        _number("part offset", part.offset)
        _number("part length", part.length)
        _number("attachment size", part.total)
        if part.offset + part.length > part.total:
            raise _refused("a part that it carries does not fit its attachment")
    if sum(part.length for part in parts) != len(data):
        raise _refused("the bytes that it carries are not those of its parts")


def _check_ack(ack: Ack) -> None:
    _number("acknowledged number", ack.upto)
    _number("highest number", ack.highest)
    _text("digest", ack.digest, MOST_NAME)
    _count("gaps", ack.missing, MOST_ITEMS)
    for first, last in ack.missing:
        _number("gap", first, least=1)
        _number("gap", last, least=first)
    _count("unreadable messages", ack.unreadable, MOST_ITEMS)
    for item in ack.unreadable:
        _number("unreadable message", item.number, least=1)
        _text("reason", item.reason, MOST_TEXT)


def _check_uid(uid: str) -> None:
    _text("ticket", uid, MOST_NAME)
    parts = uid.split("/")
    # Not every database takes every character in a key.
    if (
        len(parts) != 3
        or not parts[0]
        or not parts[0].isprintable()
        or not all(_digits(part) for part in parts[1:])
    ):
        raise _refused(f"{uid[:80]!r} does not name a ticket")


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18


def _digest(text: str) -> None:
    if not _HEX.fullmatch(text):
        raise _refused("the SHA-256 of an attachment is not 64 hexadecimal digits")


def _number(what: str, value: int, least: int = 0) -> None:
    if not least <= value <= MOST_NUMBER:
        raise _refused(f"its {what} {str(value)[:30]} is out of bounds")


def _time(value: int) -> None:
    if not 0 <= value <= LATEST:
        raise _refused(f"it holds the impossible time {str(value)[:30]}")


def _text(what: str, value: str, most: int) -> None:
    if len(value) > most:
        raise _refused(f"its {what[:60]} has {len(value)} characters, more than {most}")


def _count(what: str, items: Sized, most: int) -> None:
    if len(items) > most:
        raise _refused(f"it holds {len(items)} {what}, more than {most}")


def _refused(text: str) -> Refused:
    return Refused(f"The message is nonsensical: {text}.", "nonsense")
