# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Making keys and bringing keys into a home."""

from __future__ import annotations

from dataclasses import dataclass, field

from trac_issuesync.core.errors import Refused, Transient
from trac_issuesync.crypto.home import GpgHome
from trac_issuesync.crypto.keycheck import judge_listing

__all__ = ["KEY_LIMIT", "OwnKey", "generate", "import_private", "import_public"]

KEY_LIMIT = 64 * 1024
"""Bytes an armored key may have."""

_PUBLIC = "-----BEGIN PGP PUBLIC KEY BLOCK-----"
_PRIVATE = "-----BEGIN PGP PRIVATE KEY BLOCK-----"
_PARAMETERS = """\
%no-protection
Key-Type: eddsa
Key-Curve: ed25519
Key-Usage: sign
Subkey-Type: ecdh
Subkey-Curve: cv25519
Subkey-Usage: encrypt
Name-Real: issuesync {name}
Expire-Date: 0
Preferences: SHA512 SHA384 SHA256 AES256 AES192 AES Uncompressed
%commit
"""


@dataclass(frozen=True)
class OwnKey:
    """A key of ours: primary fingerprint in upper-case hex and both parts armored (ASCII)."""

    fingerprint: str
    public: str
    private: str = field(repr=False)


def generate(home: GpgHome, name: str) -> OwnKey:
    """Make a key without passphrase and expiry in ``home``: ed25519 to sign, a cv25519 subkey to encrypt.

    ``name`` goes into its user id, which the partner sees. Raises ``Transient`` if gpg cannot make it now.
    """
    # A line break in the name would start another parameter, an angle bracket an address.
    cleaned = "".join(char if char.isprintable() and char not in "<>()" else " " for char in name)[:80]
    parameters = _PARAMETERS.format(name=" ".join(cleaned.split())).encode("utf-8", "replace")
    status = home.run(["--generate-key"], parameters).status
    fingerprint = next((line.split(" ")[3] for line in status.split("\n") if _tells_created(line)), "")
    if not fingerprint:
        raise Transient("gpg could not make a key; try again, and see that its agent can run.", "gpg-failed")
    home.note_key(fingerprint)
    return OwnKey(
        fingerprint,
        _export(home, "--export", fingerprint, _PUBLIC),
        _export(home, "--export-secret-keys", fingerprint, _PRIVATE),
    )


def import_public(home: GpgHome, armored: str) -> str:
    """Bring the partner's public key into ``home``; return its primary fingerprint.

    Raises ``Refused`` unless it is exactly one usable public key with one usable subkey for encryption, at
    most ``KEY_LIMIT`` bytes armored; nothing is brought in then. Foreign signatures on it are dropped.
    """
    return _import(home, armored, _PUBLIC, secret=False)


def import_private(home: GpgHome, armored: str) -> str:
    """Bring a key of ours with its private part into ``home``; return its primary fingerprint.

    Raises ``Refused`` unless it is exactly one usable private key, as ``generate`` makes it.
    """
    return _import(home, armored, _PRIVATE, secret=True)


def _tells_created(line: str) -> bool:
    return line.startswith("[GNUPG:] KEY_CREATED ") and len(line.split(" ")) > 3


def _export(home: GpgHome, command: str, fingerprint: str, head: str) -> str:
    armored = home.run(["--armor", command, fingerprint]).output.decode("ascii", "replace")
    if not armored.startswith(head):
        raise Transient("gpg could not hand out a key it just made; try again.", "gpg-failed")
    return armored


def _import(home: GpgHome, armored: str, head: str, secret: bool) -> str:
    data = armored.encode("utf-8", "replace")
    if len(data) > KEY_LIMIT:
        raise Refused(f"The key is larger than {KEY_LIMIT // 1024} KiB, so it was not read.", "too-large")
    if armored.count("-----BEGIN ") > 1:
        raise Refused("The text holds more than one OpenPGP block; exactly one key is wanted.", "many-keys")
    # Looked at before anything is brought in, so that what is refused leaves no trace in the ring.
    look = home.run(["--dry-run", "--import-options", "import-show", "--import"], data)
    fingerprint = judge_listing(look.output.decode("utf-8", "replace"), secret)
    if head not in armored:
        raise Refused("The text is not one armored OpenPGP key.", "not-a-key")
    done = home.run(["--import-options", "import-minimal,self-sigs-only", "--import"], data)
    if done.returncode != 0 or not _tells_imported(done.status, fingerprint):
        raise Refused("The key could not be brought in: it is damaged or has no valid user id.", "bad-key")
    home.note_key(fingerprint)
    return fingerprint


def _tells_imported(status: str, fingerprint: str) -> bool:
    lines = (line.split(" ") for line in status.split("\n"))
    return any(line[:2] == ["[GNUPG:]", "IMPORT_OK"] and line[3:4] == [fingerprint] for line in lines)
