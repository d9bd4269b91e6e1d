# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Routing names of messages: ``<sync id>-<m|s>-<number | ack-digest | hello-digest>``.

A name tells which synchronization a message belongs to and which side sent it, nothing of a ticket. It is
used to sort and to route, and never believed: what counts is inside the signed body.
"""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

__all__ = [
    "Kind",
    "Name",
    "Side",
    "ack_name",
    "file_name",
    "hello_name",
    "message_name",
    "parse",
    "parse_file_name",
]

Side = Literal["m", "s"]
Kind = Literal["number", "ack", "hello"]

_SUFFIX = ".isx"
_HIGHEST = 10**10 - 1
_NAME = re.compile(
    r"(?P<sync>[0-9a-f]{20})-"
    r"(?:(?P<side>[ms])-(?:(?P<number>[0-9]{10})|ack-(?P<ack>[0-9a-f]{16}))|s-hello-(?P<hello>[0-9a-f]{16}))",
    re.ASCII,
)


class Name(Struct, frozen=True):
    """The parts of a routing name.

    ``number`` is 1 or more for kind ``number`` and 0 otherwise; ``digest`` is 16 lower hex digits for the
    other kinds and empty otherwise.
    """

    sync: str
    side: Side
    kind: Kind
    number: int = 0
    digest: str = ""


def message_name(sync_id: str, side: str, number: int) -> str:
    """The name of a numbered message; ten digits, so that names sort as numbers do.

    Raises ValueError for a sync id that is not 20 lower hex digits, a side other than ``m`` and ``s``, or a
    number outside 1 to 9,999,999,999.
    """
    if not 1 <= number <= _HIGHEST:
        raise ValueError(f"message number out of range: {number}")
    return _checked(f"{sync_id}-{side}-{number:010d}")


def ack_name(sync_id: str, side: str, digest16: str) -> str:
    """The name of a message that holds acknowledgements only. Raises ValueError as ``message_name`` does."""
    return _checked(f"{sync_id}-{side}-ack-{digest16}")


def hello_name(sync_id: str, digest16: str) -> str:
    """The name of the slave's answer to the handshake. Raises ValueError as ``message_name`` does."""
    return _checked(f"{sync_id}-s-hello-{digest16}")


def parse(name: str) -> Name | None:
    """The parts of ``name``, or None if it is not the name of a message (never an error)."""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    sync = match["sync"]
    if match["hello"]:
        return Name(sync, "s", "hello", digest=match["hello"])
    side: Side = "m" if match["side"] == "m" else "s"
    if match["ack"]:
        return Name(sync, side, "ack", digest=match["ack"])
    number = int(match["number"])
    return Name(sync, side, "number", number=number) if number else None


def file_name(name: str) -> str:
    """The file in an exchange directory that carries the message ``name``."""
    return name + _SUFFIX


def parse_file_name(file: str) -> Name | None:
    """The parts of the message name a file carries, or None if the file is not named like a message."""
    return parse(file[: -len(_SUFFIX)]) if file.endswith(_SUFFIX) else None


def _checked(name: str) -> str:
    if parse(name) is None:
        raise ValueError(f"not a message name: {name!r}")
    return name
