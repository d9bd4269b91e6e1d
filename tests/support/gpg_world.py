# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The parties of the OpenPGP tests, and gpg commands that the product itself never gives."""

from __future__ import annotations

from dataclasses import dataclass

from trac_issuesync.crypto.home import GpgHome
from trac_issuesync.crypto.keys import OwnKey

__all__ = ["SUBKEY", "World", "add_subkey", "made_key", "made_message"]

_PARAMETERS = """\
%no-protection
Key-Type: eddsa
Key-Curve: ed25519
Key-Usage: sign
{subkey}Name-Real: {name}
Expire-Date: {expire}
%commit
"""
SUBKEY = "Subkey-Type: ecdh\nSubkey-Curve: cv25519\nSubkey-Usage: encrypt\n"


@dataclass(frozen=True)
class World:
    """acme and globex know each other; the stranger has acme's user id and globex knows it, too."""

    acme: GpgHome
    globex: GpgHome
    stranger: GpgHome
    acme_key: OwnKey
    globex_key: OwnKey
    stranger_key: OwnKey


def made_key(home: GpgHome, name: str, expire: str = "0", subkey: str = SUBKEY, *options: str) -> str:
    """The fingerprint of a key with just these properties."""
    text = _PARAMETERS.format(name=name, expire=expire, subkey=subkey)
    run = home.run([*options, "--generate-key"], text.encode())
    fingerprint = run.status.split(" KEY_CREATED ")[1].split()[1]
    home.note_key(fingerprint)
    return fingerprint


def add_subkey(home: GpgHome, fingerprint: str, expire: str, *options: str) -> None:
    """Give the key one more subkey for encryption; fails unless gpg does."""
    quiet = "--pinentry-mode=loopback", "--passphrase="
    run = home.run([*options, *quiet, "--quick-add-key", fingerprint, "cv25519", "encr", expire])
    assert run.returncode == 0, run.status


def made_message(home: GpgHome, plaintext: bytes, *arguments: str) -> bytes:
    """What gpg makes of ``plaintext`` with ``arguments``; fails unless it succeeds."""
    run = home.run(list(arguments), plaintext)
    assert run.returncode == 0, run.status
    return run.output
