# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sample files to attach: text, small pictures, larger binaries, in odd names."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from random import Random

from tools.sample_text import foreign, sentence

__all__ = ["BIG", "SampleFile", "picture", "sample_file", "set_pieces"]

BIG = 300 * 1024
"""Size in bytes of the largest sample file."""


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A file to attach; ``name`` is as a browser would send it."""

    name: str
    data: bytes
    description: str


def picture(rng: Random, width: int = 32, height: int = 32) -> bytes:
    """A valid PNG (8-bit RGB) of coloured stripes."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    rows = b"".join(b"\0" + bytes(rng.randrange(256) for _ in range(3)) * width for _ in range(height))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def set_pieces(rng: Random) -> tuple[SampleFile, ...]:
    """The files every sample holds once: odd names, identical content twice, a big binary, an empty file."""
    twice = rng.randbytes(4096)
    return (
        SampleFile("core.bin", rng.randbytes(BIG), "memory at the time of the crash"),
        SampleFile("first copy.dat", twice, ""),
        SampleFile("second copy.dat", twice, "the same bytes again"),
        SampleFile("屏幕截图 1.png", picture(rng), "截图"),
        SampleFile("réponse à l'équipe (v2).txt", foreign(rng).encode(), "Größe: klein"),
        SampleFile("no-extension", b"\x00\x01\x02\xff", ""),
        SampleFile("a.b.c.tar.gz", rng.randbytes(700), "logs & more"),
        SampleFile("صورة.png", picture(rng, 8, 8), ""),
        SampleFile('50% of #1; what\'s "left".log', b"line\r\nline\n", "odd <name>"),
        SampleFile("empty.txt", b"", "nothing in it"),
        SampleFile("x" * 90 + ".log", b"long name\n", ""),
        SampleFile("party 🎉.txt", "🎉\n".encode(), ""),
    )


def sample_file(rng: Random) -> SampleFile:
    """A small file whose name holds a number, so that two of them seldom share a name."""
    number = rng.randrange(10**9)
    kind = rng.choice(("log", "png", "bin"))
    if kind == "png":
        return SampleFile(f"screen {number}.png", picture(rng), "how it looks")
    if kind == "bin":
        return SampleFile(f"dump-{number}.bin", rng.randbytes(rng.randint(1, 60_000)), "")
    lines = "".join(f"{n:04d} {sentence(rng)}\n" for n in range(rng.randint(3, 60)))
    return SampleFile(f"trace {number}.log", lines.encode(), sentence(rng))
