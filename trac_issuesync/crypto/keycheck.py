# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a key file holds, judged from gpg's colon listing: pure decisions, no gpg run in here."""

from __future__ import annotations

from trac_issuesync.core.errors import Refused
from trac_issuesync.crypto.verdict import FINGERPRINT

__all__ = ["judge_listing"]

_DEAD = {
    "e": ("expired", "The key has expired; its owner has to renew it or make a new one."),
    "r": ("revoked", "The key was revoked by its owner; ask for a new one."),
    "i": ("bad-key", "The key is not valid: its parts do not belong together."),
    "n": ("bad-key", "The key is not valid: its parts do not belong together."),
    "d": ("bad-key", "The key is disabled."),
}
# Algorithm numbers of RFC 9580 whose strength is the length of the key: RSA, Elgamal, DSA.
_SIZED = frozenset(("1", "2", "3", "16", "17"))
_LEAST_BITS = 2048


def judge_listing(listing: str, secret: bool) -> str:
    """The primary fingerprint of the one usable key that gpg listed with ``--with-colons``.

    With ``secret`` the file has to hold the private key, without it must not. Raises ``Refused`` with the
    codes ``not-a-key``, ``many-keys``, ``secret-key``, ``public-key``, ``expired``, ``revoked``, ``bad-key``,
    ``weak``, ``no-signing`` or ``no-encryption``.
    """
    records = [line.split(":") for line in listing.split("\n") if line.count(":") >= 11 or line[:4] == "fpr:"]
    primaries = [record for record in records if record[0] in ("pub", "sec")]
    if not primaries:
        raise Refused("The file holds no OpenPGP key.", "not-a-key")
    held_secret = any(record[0] in ("sec", "ssb") for record in records)
    if held_secret and not secret:
        text = "The file holds a private key, which must never leave its owner. Make a new one."
        raise Refused(text, "secret-key")
    if len(primaries) > 1:
        raise Refused("The file holds more than one key; exactly one is wanted.", "many-keys")
    if not held_secret and secret:
        raise Refused("The file holds only the public part of the key.", "public-key")
    _judge_primary(primaries[0])
    _judge_subkeys([record for record in records if record[0] in ("sub", "ssb")])
    return _fingerprint(records)


def _judge_primary(record: list[str]) -> None:
    if record[1] in _DEAD:
        code, text = _DEAD[record[1]]
        raise Refused(text, code)
    if _weak(record):
        raise Refused(f"The key is too short; at least {_LEAST_BITS} bits are wanted.", "weak")
    if "S" not in record[11]:
        raise Refused("The key cannot sign, so it cannot vouch for messages.", "no-signing")


def _judge_subkeys(records: list[list[str]]) -> None:
    usable = [record for record in records if record[1] not in _DEAD and "e" in record[11]]
    if len(usable) != 1:
        text = f"The key has {len(usable)} usable subkeys for encryption; exactly one is wanted."
        raise Refused(text, "no-encryption")
    if _weak(usable[0]):
        text = f"The subkey for encryption is too short; at least {_LEAST_BITS} bits are wanted."
        raise Refused(text, "weak")


def _weak(record: list[str]) -> bool:
    return record[3] in _SIZED and not (record[2].isdecimal() and int(record[2]) >= _LEAST_BITS)


def _fingerprint(records: list[list[str]]) -> str:
    # The first one listed belongs to the primary key; those of the subkeys follow.
    found = next((record[9] for record in records if record[0] == "fpr" and len(record) > 9), "")
    if not FINGERPRINT.fullmatch(found):
        raise Refused("The file holds no OpenPGP key with a known kind of fingerprint.", "not-a-key")
    return found
