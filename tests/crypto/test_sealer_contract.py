# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Every sealer, the simulated one included, keeps the same promises."""

from __future__ import annotations

import pytest
from support.gpg_world import World

from trac_issuesync.crypto.sealer import GpgSealer
from trac_issuesync.testing.sealer_contract import LIMIT, SealerContract, SealerPair
from trac_issuesync.testing.sim_sealer import SimSealer, sim_fingerprint

_ROOMY = 4 * LIMIT


def _gpg_pair(world: World, encrypt: bool, armor: bool) -> SealerPair:
    acme, globex = world.acme_key.fingerprint, world.globex_key.fingerprint
    stranger = world.stranger_key.fingerprint
    return SealerPair(
        a=GpgSealer(world.acme, acme, globex, encrypt, armor, _ROOMY),
        b=GpgSealer(world.globex, globex, acme, encrypt, armor, LIMIT),
        stranger=GpgSealer(world.stranger, stranger, globex, encrypt, armor, _ROOMY),
        other_mode=GpgSealer(world.acme, acme, globex, not encrypt, armor, _ROOMY),
        encrypted=encrypt,
    )


class TestGpgEncrypted(SealerContract):
    @pytest.fixture
    def pair(self, world: World) -> SealerPair:
        return _gpg_pair(world, encrypt=True, armor=False)


class TestGpgSigned(SealerContract):
    @pytest.fixture
    def pair(self, world: World) -> SealerPair:
        return _gpg_pair(world, encrypt=False, armor=False)


class TestSim(SealerContract):
    @pytest.fixture(params=[True, False], ids=["encrypted", "signed"])
    def pair(self, request: pytest.FixtureRequest) -> SealerPair:
        encrypt = bool(request.param)
        a, b, stranger = (sim_fingerprint(name) for name in ("a", "b", "stranger"))
        return SealerPair(
            a=SimSealer(a, b, encrypt, _ROOMY),
            b=SimSealer(b, a, encrypt, LIMIT),
            stranger=SimSealer(stranger, b, encrypt, _ROOMY),
            other_mode=SimSealer(a, b, not encrypt, _ROOMY),
            encrypted=encrypt,
        )


@pytest.mark.parametrize("encrypt", [True, False])
def test_armor_is_ascii_and_opens_like_binary(world: World, encrypt: bool) -> None:
    """An armored message is plain ASCII for the mail, and the partner opens it whatever it uses itself."""
    sealed = _gpg_pair(world, encrypt, armor=True).a.seal(b"text")
    assert sealed.isascii()
    assert sealed.startswith(b"-----BEGIN PGP MESSAGE-----")
    assert _gpg_pair(world, encrypt, armor=False).b.open(sealed) == b"text"
