# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""How people are named on the other side.

A label is built here and never looks like an e-mail address, because Trac mails whatever does (an author,
a reporter), and a partner must not make this project mail strangers.
"""

from __future__ import annotations

from trac_issuesync.core.model import Side
from trac_issuesync.core.text import clean_line

__all__ = [
    "author_label",
    "author_name",
    "author_of",
    "partner_label",
    "reporter_here",
    "reporter_of_theirs",
    "reporter_on_wire",
]

_LONGEST = 100


def author_name(author: str) -> str:
    """What leaves of a local author: the name, without the domain of an address."""
    name = clean_line(author).split("@", 1)[0].strip()[:_LONGEST]
    return name or "anonymous"


def partner_label(text: str) -> str:
    """A text fit to name the partner inside a label."""
    cleaned = clean_line(text).replace("@", " ").replace("(", " ").replace(")", " ")
    return " ".join(cleaned.split())[:_LONGEST] or "partner"


def author_label(author: str, label: str) -> str:
    """A partner's author as shown here: ``alice (ACME)``."""
    return f"{author_name(author)} ({partner_label(label)})"


def author_of(shown: str, label: str) -> str:
    """The partner's author behind a label of ours; any other name as it is."""
    return shown.removesuffix(f" ({partner_label(label)})") or shown


def reporter_on_wire(local: str, side: Side, label: str) -> str:
    """A reporter in contract words: ``m:alice`` or ``s:bob``, by the side whose user it is."""
    suffix = f" ({partner_label(label)})"
    if local.endswith(suffix) and len(local) > len(suffix):
        return f"{side.other.letter}:{local[: -len(suffix)]}"
    return f"{side.letter}:{author_name(local)}" if local else ""


def reporter_of_theirs(shown: str, label: str) -> str:
    """The reporter of a ticket born at the partner: never the bare name of a user of this project."""
    return shown if not shown or shown.endswith(f" ({partner_label(label)})") else author_label(shown, label)


def reporter_here(value: str, side: Side, label: str) -> str:
    """The local words for a reporter in contract words."""
    if not value:
        return ""
    home, colon, name = value.partition(":")
    if colon and home == side.letter:
        return author_name(name)
    return author_label(name if colon and home in ("m", "s") else value, label)
