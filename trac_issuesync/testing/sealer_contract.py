# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What every sealer promises, as tests: derive from ``SealerContract`` and give it a ``pair``."""

from __future__ import annotations

import contextlib
import random
from dataclasses import dataclass

import pytest

from trac_issuesync.core.errors import Invalid, Refused
from trac_issuesync.crypto.verdict import REFUSALS
from trac_issuesync.engine.ports import Sealer

__all__ = ["LIMIT", "SealerContract", "SealerPair"]

LIMIT = 32 * 1024
"""Bytes: the limit that ``pair.b`` has to be made with."""

_TEXT = b'{"kind":"batch","number":7,"text":"plaintext that must not change"}'


@dataclass(frozen=True)
class SealerPair:
    """Sealers of one synchronization and a stranger.

    ``a`` and ``b`` seal for each other; ``a`` has a limit of at least four times ``LIMIT``, ``b`` has
    ``LIMIT``. ``stranger`` seals for b with a key of its own and the same limit as a, and pins b.
    ``other_mode`` is a's twin with encryption switched the other way.
    """

    a: Sealer
    b: Sealer
    stranger: Sealer
    other_mode: Sealer
    encrypted: bool


class SealerContract:
    """Derive, and define a fixture ``pair`` that gives a ``SealerPair`` (of any scope)."""

    @pytest.mark.parametrize("plaintext", [b"", b"\0", bytes(range(256)) * 4, b"a \r\nb\n \r", b"x" * LIMIT])
    def test_what_is_sealed_opens_unchanged_at_the_partner(self, pair: SealerPair, plaintext: bytes) -> None:
        """Any bytes up to the limit arrive as they were, in both directions."""
        assert pair.b.open(pair.a.seal(plaintext)) == plaintext
        assert pair.a.open(pair.b.seal(plaintext)) == plaintext

    def test_encryption_hides_the_plaintext(self, pair: SealerPair) -> None:
        """With encryption the sealed bytes do not show the text; without it, it is only signed."""
        assert (_TEXT in pair.a.seal(_TEXT)) is (not pair.encrypted)

    def test_a_stranger_cannot_speak_for_the_partner(self, pair: SealerPair) -> None:
        """A sound message of another key is refused, whatever it claims."""
        assert _refusal(pair.b, pair.stranger.seal(_TEXT)) == "other-key"

    def test_our_own_message_played_back_is_refused(self, pair: SealerPair) -> None:
        """Nobody can make us apply what we sent ourselves."""
        assert _refusal(pair.a, pair.a.seal(_TEXT)) in ("not-for-us", "other-key")

    def test_a_message_for_somebody_else_is_refused(self, pair: SealerPair) -> None:
        """What a sealed for b does not open at the stranger."""
        assert _refusal(pair.stranger, pair.a.seal(_TEXT)) in ("not-for-us", "other-key")

    def test_the_agreed_mode_binds(self, pair: SealerPair) -> None:
        """A signed message is refused where encryption is agreed, and an encrypted one where it is not."""
        expected = "not-encrypted" if pair.encrypted else "encrypted"
        assert _refusal(pair.b, pair.other_mode.seal(_TEXT)) == expected

    @pytest.mark.parametrize("junk", [b"", b"\0", b"hello", _TEXT, b"From: a@b\r\n\r\nhello", b"\x84" * 300])
    def test_foreign_bytes_are_refused(self, pair: SealerPair, junk: bytes) -> None:
        """What is no sealed message at all is refused, not raised as anything else."""
        assert _refusal(pair.b, junk) in ("not-openpgp", "damaged")

    def test_a_cut_message_is_refused(self, pair: SealerPair) -> None:
        """A message that lost its end never opens, wherever it was cut."""
        sealed = pair.a.seal(_TEXT)
        cuts = [1, 2, 5, *range(7, len(sealed), max(1, len(sealed) // 25)), len(sealed) - 1]
        for cut in cuts:
            assert _refusal(pair.b, sealed[:cut]), f"opened after {cut} of {len(sealed)} bytes"

    def test_a_changed_bit_never_changes_what_is_read(self, pair: SealerPair) -> None:
        """With any bit flipped the message is refused, or (in parts that mean nothing) reads the same."""
        sealed, chance = pair.a.seal(_TEXT), random.Random(7)
        for _ in range(40):
            at, bit = chance.randrange(len(sealed)), chance.randrange(8)
            changed = bytearray(sealed)
            changed[at] ^= 1 << bit
            assert _read(pair.b, bytes(changed)) in (None, _TEXT), f"bit {bit} of byte {at}"

    def test_a_changed_plaintext_byte_is_noticed(self, pair: SealerPair) -> None:
        """Bytes in the middle of a long message are protected too."""
        sealed = bytearray(pair.a.seal(_TEXT * 50))
        sealed[len(sealed) // 2] ^= 0x10
        assert _refusal(pair.b, bytes(sealed)) == "damaged"

    def test_two_messages_in_one_are_refused(self, pair: SealerPair) -> None:
        """Nothing can be added to a message, not even another sound one."""
        sealed = pair.a.seal(_TEXT)
        assert _refusal(pair.b, sealed + sealed)
        assert _refusal(pair.b, sealed + pair.stranger.seal(b"more"))
        assert _refusal(pair.b, pair.stranger.seal(b"more") + sealed)

    def test_too_much_is_refused_on_arrival(self, pair: SealerPair) -> None:
        """One byte over the limit is refused with its own code, and so is much more."""
        assert _refusal(pair.b, pair.a.seal(b"x" * (LIMIT + 1))) == "too-large"
        assert _refusal(pair.b, pair.a.seal(b"x" * (4 * LIMIT))) == "too-large"

    def test_too_much_is_not_sealed(self, pair: SealerPair) -> None:
        """What the partner would refuse is not sealed in the first place."""
        with pytest.raises(Invalid) as caught:
            pair.b.seal(b"x" * (LIMIT + 1))
        assert caught.value.code == "too-large"

    def test_a_refusal_leaves_the_sealer_sound(self, pair: SealerPair) -> None:
        """After any refusal the next good message opens."""
        _refusal(pair.b, b"junk")
        _refusal(pair.b, pair.a.seal(_TEXT)[:-9])
        assert pair.b.open(pair.a.seal(_TEXT)) == _TEXT


def _refusal(sealer: Sealer, sealed: bytes) -> str:
    with pytest.raises(Refused) as caught:
        sealer.open(sealed)
    assert caught.value.code in REFUSALS
    assert caught.value.text.endswith(".")
    return caught.value.code


def _read(sealer: Sealer, sealed: bytes) -> bytes | None:
    with contextlib.suppress(Refused):
        return sealer.open(sealed)
    return None
