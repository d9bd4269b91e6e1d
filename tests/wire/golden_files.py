# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The kept messages of ``tests/data/v1``, and how a new kind gets its files.

    PYTHONPATH=.:tests python tests/wire/golden_files.py

writes the files of the kinds that have none. A file that is there is never written again: it stands for
what partners have sent, and has to be read for ever.
"""

from __future__ import annotations

import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from wire.wire_samples import SYNC, every_kind, golden

from trac_issuesync.channels.frame import frame
from trac_issuesync.core.model import Side
from trac_issuesync.crypto.home import GpgHome
from trac_issuesync.crypto.keys import generate, import_private, import_public
from trac_issuesync.crypto.sealer import GpgSealer
from trac_issuesync.crypto.secretbox import seal_with_passphrase
from trac_issuesync.wire.codec import encode
from trac_issuesync.wire.handshake import HandshakeFile, encode_handshake
from trac_issuesync.wire.naming import file_name, message_name

__all__ = [
    "FRAMED",
    "HANDSHAKE",
    "KEPT",
    "PASSPHRASE",
    "handshake",
    "home_of",
    "kept_fingerprint",
    "sealer_of",
]

KEPT = Path(__file__).resolve().parents[1] / "data" / "v1"
KEYS = KEPT / "keys"
HANDSHAKE = KEPT / "handshake"
FRAMED = KEPT / "files" / file_name(message_name(SYNC, "m", 2))
PASSPHRASE = "korrekte Pferde, Straße"


def _key(side: Side, part: str) -> str:
    return (KEYS / f"{side.value}.{part}.asc").read_text(encoding="ascii")


@contextmanager
def home_of(side: Side) -> Iterator[GpgHome]:
    """A gpg home with the kept private key of ``side`` and the public one of the other."""
    base = tempfile.mkdtemp(dir="/tmp", prefix="ixg-")
    try:
        with GpgHome(base) as home:
            import_private(home, _key(side, "private"))
            import_public(home, _key(side.other, "public"))
            yield home
    finally:
        shutil.rmtree(base)


def kept_fingerprint(home: GpgHome, side: Side) -> str:
    """The primary fingerprint of the kept key of ``side``."""
    return import_public(home, _key(side, "public"))


def sealer_of(home: GpgHome, side: Side, *, encrypt: bool) -> GpgSealer:
    """Seals as ``side`` and opens what the other sealed, with the kept keys."""
    return GpgSealer(home, kept_fingerprint(home, side), kept_fingerprint(home, side.other), encrypt)


def handshake(fingerprint: str) -> HandshakeFile:
    """What the kept handshake files say; ``fingerprint`` is the kept master's."""
    return HandshakeFile(
        name="globex",
        sync=SYNC,
        description='Tickets – обмен "1"\n\x7f/\\',
        project="ACME & Söhne",
        channel="file",
        environment="acme",
        encrypt=True,
        max_message=1 << 20,
        contract=every_kind(),
        fingerprint=fingerprint,
        key=_key(Side.MASTER, "public"),
        secret="throw-away",
    )


def _write_new(path: Path, content: bytes) -> None:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _make_keys() -> None:
    if KEYS.exists():
        return
    base = tempfile.mkdtemp(dir="/tmp", prefix="ixg-")
    try:
        with GpgHome(base) as home:
            for side in Side:
                key = generate(home, f"golden {side.value}")
                _write_new(KEYS / f"{side.value}.public.asc", key.public.encode())
                _write_new(KEYS / f"{side.value}.private.asc", key.private.encode())
    finally:
        shutil.rmtree(base)


def main() -> None:
    """Write what is not there yet."""
    _make_keys()
    _write_sealed()
    _write_new(FRAMED, frame((KEPT / "edit.encrypted.pgp").read_bytes()))
    with home_of(Side.MASTER) as home:
        file = handshake(kept_fingerprint(home, Side.MASTER))
    _write_new(HANDSHAKE / "open.json", encode_handshake(file))
    closed = encode_handshake(file, lambda data: seal_with_passphrase(data, PASSPHRASE))
    _write_new(HANDSHAKE / "closed.json", closed)


def _write_sealed() -> None:
    for side in Side:
        with home_of(side) as home:
            for name, message in golden().items():
                if message.sender is not side:
                    continue
                plaintext = encode(message)
                _write_new(KEPT / f"{name}.json", zlib.decompress(plaintext) + b"\n")
                _write_new(KEPT / f"{name}.json.z", plaintext)
                for encrypt in (True, False):
                    path = KEPT / f"{name}.{'encrypted' if encrypt else 'signed'}.pgp"
                    if not path.exists():
                        _write_new(path, sealer_of(home, side, encrypt=encrypt).seal(plaintext))


if __name__ == "__main__":
    main()
