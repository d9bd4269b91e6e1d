# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Exchange directories keep the promises of a channel, also through links and across file systems."""

from __future__ import annotations

from pathlib import Path

import pytest
from channels.file_pair import LIMIT, SYNC, Exchange

from trac_issuesync.testing.channel_contract import ChannelContract, ChannelPair


def _pair(exchange: Exchange) -> ChannelPair:
    return ChannelPair(
        exchange.a,
        exchange.b,
        SYNC,
        LIMIT,
        exchange.plant,
        lying=lambda: {path.name.removesuffix(".isx") for path in exchange.to_b.iterdir()},
        kept=lambda: [path.read_bytes() for path in exchange.kept()],
    )


class TestFileChannel(ChannelContract):
    """Two plain folders."""

    @pytest.fixture
    def pair(self, tmp_path: Path) -> ChannelPair:
        """A slave and a master over two folders."""
        return _pair(Exchange(tmp_path))


class TestLinkedFileChannel(ChannelContract):
    """Each side has its own SEND and RECEIVE, all of them links to shared folders."""

    @pytest.fixture
    def pair(self, tmp_path: Path) -> ChannelPair:
        """The folders are reached through a link to a link."""
        exchange = Exchange(tmp_path)
        for name in ("to_a", "to_b"):
            target = getattr(exchange, name)
            (tmp_path / f"{name}-far").symlink_to(target)
            (tmp_path / f"{name}-near").symlink_to(f"{name}-far")
            setattr(exchange, name, tmp_path / f"{name}-near")
        return _pair(exchange)
