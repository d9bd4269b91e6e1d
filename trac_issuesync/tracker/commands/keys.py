# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The keys that ``create``, ``accept`` and ``edit`` take: what they mean, and values to complete them by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

__all__ = ["ACCEPT", "CREATE", "EDIT", "HANDSHAKE", "Key", "explained", "values_of"]


@dataclass(frozen=True)
class Key:
    """One key: its ``values`` for completion, and what it means in a sentence."""

    name: str
    meaning: str
    values: tuple[str, ...] = ()


_USER = Key(
    "user",
    "the Trac user on whose behalf tickets are read and written; only tickets that this user may view leave,"
    " and what this user may not change is not changed",
)
_DESCRIPTION = Key("description", "a line for the administrators on both sides")
_ENCRYPT = Key(
    "encrypt",
    "yes (default) or no; messages are always signed, and encrypted unless this is no",
    ("yes", "no"),
)
_POLICY = Key(
    "policy",
    "which of two edits made at the same time wins: newest (default), master or slave; the other value is"
    " kept on record",
    ("newest", "master", "slave"),
)
_UNKNOWN = Key(
    "unknown",
    "what to do with a received value that this project does not have: park (default) lets the change wait"
    " and says so, create adds the value, default takes a default instead",
    ("park", "create", "default"),
)
_HISTORY = Key(
    "history",
    "full (default) sends existing tickets with all their changes, current only as they are now",
    ("full", "current"),
)
_MAX_MESSAGE = Key("max_message", "up to how many bytes a message is filled (default 1048576)")
_LABEL = Key("label", "how the partner is named behind its authors, as in: alice (ACME)")
_CC = Key("cc", "yes or no (default); whether the cc field is shared", ("yes", "no"))
_NAME = Key("name", "what the synchronization is called here (default: as in the handshake file)")
_PASSPHRASE = Key(
    "passphrase",
    "closes the handshake file; env:NAME or file:/path take it from the environment or a file, where other"
    " users of the machine cannot see it",
)

CREATE = (_USER, _DESCRIPTION, _ENCRYPT, _POLICY, _UNKNOWN, _HISTORY, _MAX_MESSAGE, _LABEL, _CC)
ACCEPT = (_USER, _NAME, _PASSPHRASE, _DESCRIPTION, _UNKNOWN, _HISTORY, _MAX_MESSAGE, _LABEL)
EDIT = (_NAME, _DESCRIPTION, _LABEL, _UNKNOWN, _MAX_MESSAGE)
HANDSHAKE = (_PASSPHRASE,)


def values_of(keys: Sequence[Key]) -> Mapping[str, Sequence[str]]:
    """The keys with their values."""
    return {key.name: key.values for key in keys}


def explained(keys: Sequence[Key]) -> str:
    """The keys as paragraphs of a help text."""
    return "\n\n".join(f"{key.name}=...: {key.meaning}." for key in keys)
