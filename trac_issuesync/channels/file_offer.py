# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Exchange directories as a channel that is offered."""

from __future__ import annotations

from pathlib import Path

from trac_issuesync.channels.directories import ensure_directories, link_commands
from trac_issuesync.channels.file import FileChannel
from trac_issuesync.engine.offers import ChannelOffer, ChannelPlace

__all__ = ["FILE_OFFER"]

_SHARED = "/path/to/shared/folder"


def _folders(place: ChannelPlace) -> tuple[Path, Path]:
    return place.folder / "SEND", place.folder / "RECEIVE"


def _open(place: ChannelPlace) -> FileChannel:
    send, receive = _folders(place)
    return FileChannel(
        send,
        receive,
        place.aside,
        place.sync_id,
        place.partner,
        place.clock,
        place.max_size,
        place.log,
    )


def _prepare(place: ChannelPlace) -> None:
    ensure_directories(place.folder.parent, place.folder.name)


def _explain(place: ChannelPlace) -> list[str]:
    send, receive = _folders(place)
    return [
        "Messages are exchanged as files in two folders; what lies in SEND here has to get into the",
        "partner's RECEIVE, and the other way round:",
        f"  SEND      {send}",
        f"  RECEIVE   {receive}",
        "If both sides reach a common folder, replace them by symbolic links into it, for example:",
        *(f"  {line}" for line in link_commands(send, receive, _SHARED, place.side)),
    ]


def _watched(place: ChannelPlace) -> list[Path]:
    return [_folders(place)[1]]


FILE_OFFER = ChannelOffer(
    "file", "exchange directories", _open, prepare=_prepare, explain=_explain, folders=_watched
)
