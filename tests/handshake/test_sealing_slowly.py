# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A file that keeps gpg busy for ever is set aside; a gpg that hangs once is not the message's fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import MakeEnvironment
from handshake.handshake_pair import made_pair

from trac_issuesync.core.errors import Refused, Transient
from trac_issuesync.crypto.sealer import GpgSealer


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening takes too long, whatever it is."""

    def open_(self: GpgSealer, sealed: bytes) -> bytes:
        raise Transient("gpg did not finish within 60 s; it will be tried again.", "gpg-timeout")

    monkeypatch.setattr(GpgSealer, "open", open_)


@pytest.mark.usefixtures("slow")
def test_what_takes_too_long_twice_is_refused(trac_env: MakeEnvironment, short_tmp: Path) -> None:
    """Each message by itself, and the second time in a home made anew."""
    with made_pair(trac_env, short_tmp) as pair:
        _, slave = pair.join()
        sealer = pair.globex._keep(slave).sealer
        for sealed, error in ((b"one", Transient), (b"two", Transient), (b"two", Refused)):
            with pytest.raises(error):
                sealer.open(sealed)
            assert sealer._ring is None
        with pytest.raises(Refused) as caught:
            sealer.open(b"two")
        assert caught.value.code == "too-slow"
