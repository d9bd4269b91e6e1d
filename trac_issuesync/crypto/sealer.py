# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The sealer of one synchronization over gpg (``engine.ports.Sealer``)."""

from __future__ import annotations

from trac_issuesync.core.errors import Invalid, Refused, Transient
from trac_issuesync.crypto.driver import Run
from trac_issuesync.crypto.home import GpgHome
from trac_issuesync.crypto.verdict import REFUSALS, judge, judge_sealing, judge_unpinned

__all__ = ["DEFAULT_LIMIT", "GpgSealer", "open_unpinned"]

DEFAULT_LIMIT = 64 * 1024 * 1024
"""Bytes a plaintext may have."""

_OVERHEAD = 64 * 1024


class GpgSealer:
    """Signs with one key of ours, opens only what one pinned key of the partner vouches for.

    Both keys have to be in ``home``. Messages are encrypted to the partner alone, not to ourselves: the sent
    bytes are kept until acknowledged, so nobody needs to open them here, and a message of ours that is played
    back to us is then unreadable rather than merely refused.
    """

    def __init__(
        self,
        home: GpgHome,
        own: str,
        partner: str,
        encrypt: bool,
        armor: bool = False,
        limit: int = DEFAULT_LIMIT,
    ) -> None:
        """Seal as ``own`` for ``partner`` (primary fingerprints, upper-case hex).

        ``encrypt`` holds for both directions; ``armor`` makes ASCII for the mail (both kinds are opened);
        ``limit`` bounds a plaintext in bytes. Raises ``Invalid`` (``key-missing``) if ``home`` lacks a key.
        """
        for fingerprint, whose in ((own, "our own"), (partner, "the partner's")):
            if not home.has_key(fingerprint):
                raise Invalid(f"The key ring lacks {whose} key; bring it in first.", "key-missing")
        self._home, self._own, self._partner = home, own, partner
        self._encrypt, self._armor, self._limit = encrypt, armor, limit

    def seal(self, plaintext: bytes) -> bytes:
        """Sign, and encrypt where agreed, in one gpg run.

        Raises ``Invalid`` (``too-large``, ``own-key``, ``partner-key``) or ``Transient``.
        """
        if len(plaintext) > self._limit:
            raise Invalid(f"The message is larger than the limit of {self._limit} bytes.", "too-large")
        arguments = ["--set-filename", "", "--local-user", self._own, "--sign"]
        if self._encrypt:
            arguments += ["--recipient", self._partner, "--encrypt"]
        if self._armor:
            arguments += ["--armor"]
        run = self._home.run(arguments, plaintext, _sealed_limit(self._limit))
        judge_sealing(run.status, run.returncode, self._encrypt)
        return run.output

    def open(self, sealed: bytes) -> bytes:
        """The plaintext, if exactly the partner's pinned key vouches for it.

        Raises ``Refused`` with a code of ``verdict.REFUSALS``, or ``Transient`` where the fault is ours.
        """
        run = _opened(self._home, sealed, self._limit)
        try:
            judge(run.status, run.returncode, self._partner, self._encrypt)
        except Refused as refused:
            self._blame_ourselves(refused.code)
            raise
        return run.output

    def _blame_ourselves(self, code: str) -> None:
        # Without its agent gpg speaks as if the message were for somebody else.
        if code == "not-for-us" and self._home.run(["--list-secret-keys", self._own]).returncode != 0:
            raise Transient("Our private key is out of reach; the key ring will be made anew.", "key-missing")


def open_unpinned(home: GpgHome, sealed: bytes, limit: int = DEFAULT_LIMIT, encrypted: bool = True) -> bytes:
    """The plaintext of a handshake's first message, whoever signed it: nothing is proved about the sender.

    The caller reads the partner's key from inside, brings it in, pins it and opens the message again.
    Raises ``Refused`` if the message is not whole, not signed at all, or (with ``encrypted``) not encrypted.
    """
    run = _opened(home, sealed, limit)
    judge_unpinned(run.status, run.returncode, encrypted)
    return run.output


def _opened(home: GpgHome, sealed: bytes, limit: int) -> Run:
    if len(sealed) > _sealed_limit(limit):
        raise Refused(REFUSALS["too-large"], "too-large")
    run = home.run(["--decrypt"], sealed, limit)
    if run.overflow:
        raise Refused(REFUSALS["too-large"], "too-large")
    return run


def _sealed_limit(limit: int) -> int:
    # Armor makes four bytes and a bit of three.
    return limit + limit // 2 + _OVERHEAD
