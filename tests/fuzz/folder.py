# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Exchange directories full of what does not belong there, by seed."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path
from random import Random

from channels.file_pair import HOUR, LIMIT, MINUTE, SYNC, Exchange
from fuzz.mutation import mutated

from trac_issuesync.channels.frame import frame
from trac_issuesync.core.errors import Transient
from trac_issuesync.wire.naming import ack_name, file_name, hello_name, message_name

__all__ = ["littered"]

_OUTSIDE = b"of somebody else"


def littered(seed: int) -> None:
    """One run: files of all kinds under all names come, change and go while they are fetched.

    Only whole messages of the partner come out, each as it was written; what is no plain file and what is
    not named for this synchronization stays; nothing outside is touched; nothing fails.
    """
    rng = Random(seed)
    with tempfile.TemporaryDirectory(prefix="fz") as folder:
        exchange = Exchange(Path(folder))
        outside = Path(folder) / "outside"
        outside.write_bytes(_OUTSIDE)
        sound: set[bytes] = set()
        foreign: set[bytes] = set()
        for _ in range(6):
            for _ in range(rng.randrange(8)):
                _drop(rng, exchange, outside, sound, foreign)
            _fetch(rng, exchange, sound)
            exchange.clock.advance(rng.choice((MINUTE, 11 * MINUTE, HOUR)))
        assert outside.read_bytes() == _OUTSIDE
        assert foreign <= set(os.listdir(os.fsencode(exchange.to_b)))
        assert all(path.stat().st_size <= 20 * LIMIT for path in exchange.kept())


def _drop(rng: Random, exchange: Exchange, outside: Path, sound: set[bytes], foreign: set[bytes]) -> None:
    name, ours = _name(rng)
    path = os.path.join(os.fsencode(exchange.to_b), name)
    if os.path.lexists(path):
        return
    kind = rng.choice(
        ("file", "file", "file", "half", "odd", "link", "hard", "fifo", "socket", "folder", "huge")
    )
    data = rng.randbytes(rng.choice((0, 1, 200, LIMIT, LIMIT + 1)))
    whole = frame(data)
    if kind == "link":
        os.symlink(rng.choice((outside, "/dev/zero", ".", "nowhere")), path)
    elif kind == "hard":
        os.link(outside, path)
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        os.mkdir(path)
    elif kind == "socket":
        _socket(path)
    else:
        content = {
            "file": whole,
            "half": whole[: rng.randrange(len(whole))],
            "odd": mutated(rng, (whole[:2000],), (b"ISX1 ", b"ISX1 9 ", b"\n")),
            "huge": b"",
        }[kind]
        Path(os.fsdecode(path)).write_bytes(content)
        if kind == "huge":
            os.truncate(path, 1 << 40)
        elif ours and (kind == "file" or content == whole) and len(data) <= LIMIT:
            sound.add(data)
    if not ours or kind in ("link", "hard", "fifo", "folder", "socket"):
        foreign.add(name)


def _name(rng: Random) -> tuple[bytes, bool]:
    """A file name, and whether it is that of a message of the partner."""
    digest = f"{rng.randrange(16**16):016x}"
    ours = (
        message_name(SYNC, "s", rng.randrange(1, 10**10)),
        ack_name(SYNC, "s", digest),
        hello_name(SYNC, digest),
    )
    name = file_name(rng.choice(ours)).encode()
    if rng.random() < 0.6:
        return name, True
    other = rng.choice(
        (
            file_name(message_name(SYNC, "m", 7)).encode(),
            file_name(message_name("f" * 20, "s", 7)).encode(),
            b"." + name,
            name + b"~",
            name.upper(),
            name[:-4] + b".sync-conflict-1.isx",
            b"x" * 255,
            b"\xff\xfe\x80.isx",
            "日本.isx".encode(),
            b"a\nb.isx",
        )
    )
    return other, False


def _socket(path: bytes) -> None:
    # The path of a socket is bounded, so it is bound by a short one and moved.
    with tempfile.TemporaryDirectory(prefix="s", dir="/tmp") as short:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(f"{short}/s")
        os.rename(f"{short}/s", path)


def _fetch(rng: Random, exchange: Exchange, sound: set[bytes]) -> None:
    channel = exchange.b
    try:
        for found in channel.fetch(rng.choice((0, 1, 5, 1000))):
            assert found.data in sound, found.name
            act = rng.randrange(4)
            if act == 0:
                channel.set_aside(found.handle, "nonsense", "It is nonsense.")
            elif act < 3:
                channel.done(found.handle)
    except Transient as trouble:
        raise AssertionError(trouble.text) from trouble
