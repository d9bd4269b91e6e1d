# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A sealer without gpg that refuses what the real one refuses: for models that seal thousands of messages.

It protects nothing: everybody can work out everybody's key. Never use it outside of tests.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable

from trac_issuesync.core.errors import Invalid, Refused
from trac_issuesync.crypto.sealer import DEFAULT_LIMIT
from trac_issuesync.crypto.verdict import REFUSALS
from trac_issuesync.engine.ports import Met

__all__ = ["SimSealer", "sim_fingerprint", "sim_open_unpinned"]

_MAGIC = b"SIM1"
_DIGEST = 32
# Magic, kind, recipient (encrypted only), signer, checksum; then the body.
_HEAD = len(_MAGIC) + 1 + 3 * _DIGEST
_ENCRYPTED, _SIGNED = b"e", b"s"


def sim_fingerprint(name: str) -> str:
    """A fingerprint (40 upper-case hex digits) for the party ``name``."""
    return hashlib.sha1(name.encode("utf-8"), usedforsecurity=False).hexdigest().upper()


class SimSealer:
    """``engine.ports.Sealer`` in memory; ``own`` and ``partner`` are fingerprints or any names.

    An armored key is here just its party's name.
    """

    def __init__(self, own: str, partner: str, encrypt: bool, limit: int = DEFAULT_LIMIT) -> None:
        self._own, self._partner, self._encrypt, self._limit = own, partner, encrypt, limit

    def seal(self, plaintext: bytes) -> bytes:
        """As ``GpgSealer.seal``; raises ``Invalid`` (``too-large``)."""
        if len(plaintext) > self._limit:
            raise Invalid(f"The message is larger than the limit of {self._limit} bytes.", "too-large")
        kind = _ENCRYPTED if self._encrypt else _SIGNED
        recipient = _mark(self._partner) if self._encrypt else bytes(_DIGEST)
        body = _mask(plaintext, recipient) if self._encrypt else plaintext
        return _join(kind, recipient, _mark(self._own), body)

    def open(self, sealed: bytes) -> bytes:
        """As ``GpgSealer.open``; raises ``Refused`` with the same codes."""
        plaintext, signer = _split(sealed, self._own, self._encrypt, self._limit)
        if signer != _mark(self._partner):
            raise Refused(REFUSALS["other-key"], "other-key")
        return plaintext

    def meet(self, sealed: bytes, key_in: Callable[[bytes], str]) -> Met:
        """As the real one: the key inside must be the one that signed."""
        plaintext, signer = _split(sealed, self._own, self._encrypt, self._limit)
        key = key_in(plaintext)
        if signer != _mark(key):
            raise Refused(REFUSALS["other-key"], "other-key")
        return Met(plaintext, key, key)

    def pin(self, key: str) -> str:
        """From now on the partner is ``key``."""
        self._partner = key
        return key


def sim_open_unpinned(own: str, sealed: bytes, limit: int = DEFAULT_LIMIT, encrypted: bool = True) -> bytes:
    """As ``crypto.sealer.open_unpinned`` for the party ``own``."""
    return _split(sealed, own, encrypted, limit)[0]


def _mark(name: str) -> bytes:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()


def _mask(data: bytes, key: bytes) -> bytes:
    stream = hashlib.shake_128(key).digest(len(data))
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(len(data), "big")


def _join(kind: bytes, recipient: bytes, signer: bytes, body: bytes) -> bytes:
    return _MAGIC + kind + recipient + signer + _checksum(kind, recipient, signer, body) + body


def _checksum(kind: bytes, recipient: bytes, signer: bytes, body: bytes) -> bytes:
    return hmac.digest(signer, kind + recipient + body, "sha256")


def _split(sealed: bytes, own: str, encrypted: bool, limit: int) -> tuple[bytes, bytes]:
    code = _problem(sealed, own, encrypted, limit)
    if code:
        raise Refused(REFUSALS[code], code)
    at = len(_MAGIC) + 1
    recipient, signer = sealed[at : at + _DIGEST], sealed[at + _DIGEST : at + 2 * _DIGEST]
    body = sealed[_HEAD:]
    return (_mask(body, recipient) if encrypted else body), signer


def _problem(sealed: bytes, own: str, encrypted: bool, limit: int) -> str:
    if len(sealed) - _HEAD > limit:
        return "too-large"
    if sealed[: len(_MAGIC)] != _MAGIC:
        return "not-openpgp"
    at = len(_MAGIC) + 1
    kind = sealed[len(_MAGIC) : at]
    recipient, signer, given = (sealed[at + i * _DIGEST : at + (i + 1) * _DIGEST] for i in range(3))
    if not hmac.compare_digest(given, _checksum(kind, recipient, signer, sealed[_HEAD:])):
        return "damaged"
    if encrypted and kind != _ENCRYPTED:
        return "not-encrypted"
    if not encrypted and kind != _SIGNED:
        return "encrypted"
    return "not-for-us" if encrypted and recipient != _mark(own) else ""
