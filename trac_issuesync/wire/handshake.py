# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The handshake file: what the master's administrator hands to the slave's (docs/protocol.md, "Handshake").

JSON for people and programs. Closed with a passphrase only its kind, protocol version and name stay readable.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import replace

from trac_issuesync.core.contract import Contract
from trac_issuesync.core.errors import Refused
from trac_issuesync.core.model import FieldDef
from trac_issuesync.wire.limits import check_contract
from trac_issuesync.wire.messages import PROTOCOL

__all__ = [
    "KIND",
    "MOST_HANDSHAKE",
    "NAME",
    "HandshakeFile",
    "decode_handshake",
    "encode_handshake",
    "is_closed",
]

KIND = "trac_issuesync handshake"
MOST_HANDSHAKE = 256 * 1024
"""Bytes of a handshake file."""
NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
"""What a synchronization may be called."""

_SYNC = re.compile(r"[0-9a-f]{20}")
_FINGERPRINT = re.compile(r"[0-9A-F]{40}(?:[0-9A-F]{24})?")
_CHANNEL = re.compile(r"[a-z][a-z0-9_-]{0,30}")
_FORMS = {"name": NAME, "sync": _SYNC, "channel": _CHANNEL, "fingerprint": _FINGERPRINT}
_LONGEST = {"description": 10_000, "project": 1000, "environment": 200, "secret": 200, "key": 64 << 10}
_MOST_MESSAGE = 1 << 30


class HandshakeFile(Struct, frozen=True, kw_only=True):
    """What a slave has to know to say hello. Keep it secret: ``secret`` lets one partner in, once.

    ``environment`` is the id of the master's environment and ``project`` its name; ``contract`` a preview of
    version 1, in which long lists of options may be left out; ``max_message`` is in bytes; ``key`` is the
    master's armored public key and ``fingerprint`` its primary fingerprint in upper-case hex.
    """

    kind: str = KIND
    protocol: int = PROTOCOL
    name: str
    sync: str
    description: str
    project: str
    channel: str
    environment: str
    encrypt: bool
    max_message: int
    contract: Contract
    fingerprint: str
    key: str
    secret: str

    def __repr__(self) -> str:
        """Without the secret, so that it cannot get into a log by accident."""
        return f"HandshakeFile(name={self.name!r}, sync={self.sync!r})"


class _Head(Struct, frozen=True):
    """What every handshake file shows; ``sealed`` where a passphrase closes the rest."""

    kind: str = ""
    protocol: int = 0
    name: str = ""
    sealed: Raw = Raw()


def encode_handshake(handshake: HandshakeFile, seal: Callable[[bytes], bytes] | None = None) -> bytes:
    """The file; ``seal`` closes its content and gives JSON.

    Too long lists of options are left out of the preview. Raises Refused (``too-large``) if that is not
    enough.
    """
    for preview in (handshake, _without_options(handshake)):
        data = _with_digest(preview)
        if seal is not None:
            head = _Head(handshake.kind, handshake.protocol, handshake.name, Raw(seal(data)))
            data = msgspec.json.format(msgspec.json.encode(head), indent=2) + b"\n"
        if len(data) <= MOST_HANDSHAKE:
            return data
    raise Refused("The contract has too many fields for a handshake file.", "too-large")


def is_closed(data: bytes) -> bool:
    """True if a passphrase closes the file. Raises Refused where ``decode_handshake`` would, too."""
    return bool(bytes(_head(data).sealed))


def decode_handshake(data: bytes, unseal: Callable[[bytes], bytes] | None = None) -> HandshakeFile:
    """The content of a handshake file; ``unseal`` opens what a passphrase closes.

    Raises Refused with the codes ``not-a-handshake``, ``too-large``, ``damaged``, ``protocol``,
    ``needs-passphrase`` or ``nonsense``, and whatever ``unseal`` raises. Whether the key is one, and the one
    of the fingerprint, is not judged here.
    """
    head = _head(data)
    if not bytes(head.sealed):
        return _content(data)
    if unseal is None:
        text = "The handshake file is closed with a passphrase; give it as passphrase=…"
        raise Refused(text, "needs-passphrase")
    inner = unseal(bytes(head.sealed))
    inside = _head(inner)
    if (inside.protocol, inside.name) != (head.protocol, head.name):
        raise Refused(_DAMAGED, "damaged")
    return _content(inner)


_DAMAGED = "The handshake file is damaged: it was cut short or changed on its way. Have it sent again."
_NOT_ONE = (
    "This is not a handshake file. The partner makes one with `issuesync handshake <name> <path>`; it is the"
    " file of exactly that path, not the printable sheet beside it."
)


def _head(data: bytes) -> _Head:
    if len(data) > MOST_HANDSHAKE:
        text = f"The file has {len(data)} bytes; a handshake file has at most {MOST_HANDSHAKE}."
        raise Refused(f"{_NOT_ONE} {text}", "too-large")
    try:
        head = msgspec.json.decode(_plain(data), type=_Head)
    except (msgspec.DecodeError, ValueError, RecursionError):
        if KIND.encode() in data[:500]:
            raise Refused(_DAMAGED, "damaged") from None
        raise Refused(_NOT_ONE, "not-a-handshake") from None
    if head.kind != KIND:
        raise Refused(_NOT_ONE, "not-a-handshake")
    if head.protocol != PROTOCOL:
        raise Refused(
            f"The handshake file speaks version {head.protocol} of the protocol, this side version"
            f" {PROTOCOL}; the side with the older trac_issuesync has to be upgraded, and a new file made.",
            "protocol",
        )
    return head


def _content(data: bytes) -> HandshakeFile:
    plain = _plain(data)
    try:
        told: dict[str, Any] = msgspec.json.decode(plain, type=dict[str, Any])
        digest = str(told.pop("digest", ""))
        # Over the content as sent, so that fields of later versions are covered, too.
        if not hmac.compare_digest(digest.encode("utf-8", "replace"), _digest(told).encode()):
            raise Refused(_DAMAGED, "damaged")
        handshake = msgspec.json.decode(plain, type=HandshakeFile)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Refused(_DAMAGED, "damaged") from None
    _check(handshake)
    return handshake


def _check(handshake: HandshakeFile) -> None:
    for field, pattern in _FORMS.items():
        if not pattern.fullmatch(getattr(handshake, field)):
            raise _nonsense(f"its {field} has a form that no {field} has")
    for field, most in _LONGEST.items():
        if len(getattr(handshake, field)) > most:
            raise _nonsense(f"its {field} is longer than {most} characters")
    if not handshake.secret or not handshake.environment:
        raise _nonsense("it lacks the secret or the id of the master's environment")
    if not 1 <= handshake.max_message <= _MOST_MESSAGE:
        raise _nonsense("its max_message is out of bounds")
    try:
        check_contract(handshake.contract)
    except Refused as refused:
        raise _nonsense(refused.text.partition(": ")[2].rstrip(".")) from None


def _nonsense(text: str) -> Refused:
    return Refused(f"The handshake file is nonsensical: {text}. Have a new one made.", "nonsense")


def _plain(data: bytes) -> bytes:
    # Editors and mail programs like to put a mark before a text.
    return data.removeprefix(b"\xef\xbb\xbf")


def _with_digest(handshake: HandshakeFile) -> bytes:
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(handshake), type=dict[str, Any])
    told["digest"] = _digest(told)
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def _digest(told: dict[str, Any]) -> str:
    return hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()


def _without_options(handshake: HandshakeFile) -> HandshakeFile:
    contract = handshake.contract
    fields = tuple(_short(field) for field in contract.fields)
    return replace(handshake, contract=replace(contract, fields=fields))


def _short(field: FieldDef) -> FieldDef:
    return field if field.name in ("type", "status") else replace(field, options=())
