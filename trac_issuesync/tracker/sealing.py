# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The sealer of one synchronization as the engine uses it, from before the handshake on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trac_issuesync.core.errors import Invalid, Refused, Transient
from trac_issuesync.crypto.home import GpgHome
from trac_issuesync.crypto.keys import import_private, import_public
from trac_issuesync.crypto.sealer import GpgSealer, open_unpinned
from trac_issuesync.engine.control import OWN_KEY, PARTNER_KEY
from trac_issuesync.engine.ports import Met
from trac_issuesync.engine.records import Sync
from trac_issuesync.engine.storage import Store
from trac_issuesync.wire.codec import decode, decode_body
from trac_issuesync.wire.messages import Hello

__all__ = ["LinkSealer"]

_HELLO_LIMIT = 256 * 1024
"""Bytes of a first message, which holds hardly more than a key."""


@dataclass(frozen=True)
class _Ring:
    """A home with our key and the partner's, and what seals with them; ``hello`` always encrypts."""

    home: GpgHome
    normal: GpgSealer
    hello: GpgSealer


class LinkSealer:
    """``engine.ports.Sealer`` over gpg with the keys that ``store`` keeps for ``sync``.

    Before the partner's key is pinned nothing can be opened but by ``meet``. The hello is encrypted even
    where the synchronization is not: the master always reads it the same way, and it shows onlookers nothing.
    The private home is made when it is first needed, made anew after gpg failed in it, and removed by
    ``close``. For one thread at a time.
    """

    def __init__(self, store: Store, sync: Sync, base: str | None = None) -> None:
        """``base`` is the folder for private homes (the system's temporary one if left out)."""
        self._store, self._id, self._base = store, sync.id, base
        self._own, self._partner, self._encrypt = sync.own_key, sync.partner_key, sync.settings.encrypt
        self._ring: _Ring | None = None
        self._slow = b""

    def fits(self, sync: Sync) -> bool:
        """True if these are the keys and the kind of sealing that ``sync`` wants."""
        wanted = (sync.own_key, sync.partner_key, sync.settings.encrypt)
        return wanted == (self._own, self._partner, self._encrypt)

    def prepare(self) -> None:
        """Make the private home before anything waits for it. Raises Invalid or Transient."""
        if self._partner:
            self._try(lambda ring: b"")

    def seal(self, plaintext: bytes) -> bytes:
        """Raises Invalid (no partner yet, or a key that cannot be used) or Transient."""
        if not self._partner:
            raise Invalid("The partner's key is not known before the handshake is done.", "handshake")
        as_hello = not self._encrypt and _is_hello(plaintext)
        return self._try(lambda ring: (ring.hello if as_hello else ring.normal).seal(plaintext))

    def open(self, sealed: bytes) -> bytes:
        """Raises Refused unless the pinned partner vouches for it; Transient or Invalid where we fail.

        What takes gpg too long a second time, in a fresh home, is refused: anybody can make a file that keeps
        gpg busy for hours, and what lies behind it would never be read. The partner sends its own again.
        """
        if not self._partner:
            text = "A message came before the handshake is done, so nobody can vouch for it yet."
            raise Refused(text, "handshake")
        try:
            return self._try(lambda ring: ring.normal.open(sealed))
        except Transient as problem:
            if problem.code != "gpg-timeout":
                raise
            before, self._slow = self._slow, hashlib.sha256(sealed).digest()
            if before != self._slow:
                raise
            text = "Opening the message takes gpg too long."
            raise Refused(text, "too-slow") from None

    def meet(self, sealed: bytes, key_in: Callable[[bytes], str]) -> Met:
        """See ``engine.ports.Sealer``; the stranger's key comes into a home of its own, which is removed."""
        own = self._private()
        with GpgHome(self._base) as home:
            _import_own(home, own, self._own)
            key = key_in(open_unpinned(home, sealed, _HELLO_LIMIT))
            fingerprint = import_public(home, key)
            plaintext = GpgSealer(home, self._own, fingerprint, encrypt=True, limit=_HELLO_LIMIT).open(sealed)
        if fingerprint == self._own:
            raise Refused("The hello is signed with our own key.", "own-key")
        # Opened twice; only what the key vouches for counts.
        if key_in(plaintext) != key:
            raise Refused("The hello does not say the same each time it is opened.", "other-key")
        return Met(plaintext, key, fingerprint)

    def pin(self, key: str) -> str:
        """See ``engine.ports.Sealer``. Raises Refused if it is not one usable public key."""
        with GpgHome(self._base) as home:
            self._partner = import_public(home, key)
        self.close()
        return self._partner

    def close(self) -> None:
        """Remove the private home; the next use makes a new one. Raises Transient if it cannot be removed."""
        ring, self._ring = self._ring, None
        if ring is not None:
            ring.home.close()

    def _try(self, act: Callable[[_Ring], bytes]) -> bytes:
        if self._ring is not None and not Path(self._ring.home.path).is_dir():
            self.close()
        if self._ring is None:
            self._ring = self._make_ring()
        try:
            return act(self._ring)
        except Transient:
            # Whatever went wrong in there, the next try begins with a fresh home and agent.
            self.close()
            raise

    def _make_ring(self) -> _Ring:
        own = self._private()
        partner = self._store.secret(self._id, PARTNER_KEY)
        if partner is None:
            raise Invalid(f"The partner's key is missing in the database. {_ANEW}", "key-missing")
        home = GpgHome(self._base)
        try:
            _import_own(home, own, self._own)
            self._import_partner(home, partner)
            normal = GpgSealer(home, self._own, self._partner, self._encrypt)
            return _Ring(home, normal, GpgSealer(home, self._own, self._partner, encrypt=True))
        except BaseException:
            home.close()
            raise

    def _private(self) -> str:
        own = self._store.secret(self._id, OWN_KEY)
        if own is None:
            raise Invalid(f"Our own key is missing in the database. {_ANEW}", "key-missing")
        return own

    def _import_partner(self, home: GpgHome, key: str) -> None:
        try:
            fingerprint = import_public(home, key)
        except Refused as refused:
            # Refused would blame the partner's messages, which are then set aside for our trouble.
            text = f"The partner's key cannot be used: {refused.text} {_ANEW}"
            raise Invalid(text, "partner-key") from refused
        if fingerprint != self._partner:
            text = f"The partner's key in the database is not the one of the handshake. {_ANEW}"
            raise Invalid(text, "partner-key")


_ANEW = "Restore the database from a backup, or delete this synchronization on both sides and create it anew."


def _import_own(home: GpgHome, key: str, fingerprint: str) -> None:
    try:
        found = import_private(home, key)
    except Refused as refused:
        raise Invalid(f"Our own key cannot be used: {refused.text} {_ANEW}", "own-key") from refused
    if found != fingerprint:
        raise Invalid(f"Our own key in the database is not the one of the handshake. {_ANEW}", "own-key")


def _is_hello(plaintext: bytes) -> bool:
    if len(plaintext) > _HELLO_LIMIT:
        return False
    message = decode(plaintext)
    return not message.number and any(isinstance(item, Hello) for item in decode_body(message).control)
