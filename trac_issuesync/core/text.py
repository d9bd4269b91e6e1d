# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Text that any tracker and any database can hold, and file names that mean nothing to a file system."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["MAX_FILE_NAME", "clean_line", "clean_text", "safe_file_name"]

# Longest file name that ``safe_file_name`` returns, in bytes of UTF-8.
MAX_FILE_NAME = 200

# C0 and C1 controls but tab, line feed and carriage return (browsers send \r\n), DEL, and surrogates:
# no database takes the last ones, and no pair of them can be a character inside a Python string.
_UNCLEAN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_UNCLEAN_IN_LINE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
_BREAK = re.compile(r"\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]")

# All controls, line separators, and the marks that turn the direction of writing and so hide an extension.
_NOT_IN_NAMES = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_LONGEST_EXTENSION = 20
_UNNAMED = "attachment"


def clean_text(text: str) -> str:
    """Drop NUL, other control characters and lone surrogates; tabs and line ends of any kind stay."""
    return _UNCLEAN.sub("", text)


def clean_line(text: str) -> str:
    """The same for a field of one line: each line break becomes one blank."""
    return _BREAK.sub(" ", _UNCLEAN_IN_LINE.sub("", text))


def safe_file_name(name: str) -> str:
    """A file name fit to store and show: never empty, no folders, controls, turned writing or leading dot.

    In Unicode normal form C and at most ``MAX_FILE_NAME`` bytes of UTF-8; an extension survives the cut.
    Ordinary names come back unchanged.
    """
    base = re.split(r"[/\\]", name)[-1]
    base = unicodedata.normalize("NFC", _NOT_IN_NAMES.sub("", base))
    return _shorten(base.strip().lstrip(". ").strip()) or _UNNAMED


def _shorten(name: str) -> str:
    if len(name.encode()) <= MAX_FILE_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension.encode()) > _LONGEST_EXTENSION:
        stem, dot, extension = name, "", ""
    room = MAX_FILE_NAME - len((dot + extension).encode())
    return (stem.encode()[:room].decode(errors="ignore").rstrip() + dot + extension).rstrip()
