# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What gpg's status lines prove about one message: pure decisions, no gpg run in here.

gpg ends with 0 for unsigned messages, for signatures of any key in the ring and for revoked keys, so its
exit code alone proves nothing. A message is accepted only if the lines that tell something are exactly the
ones of a sound message, in their order, and nothing else speaks against it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from trac_issuesync.core.errors import Invalid, Refused, SyncError, Transient

__all__ = ["FINGERPRINT", "REFUSALS", "judge", "judge_sealing", "judge_unpinned"]

FINGERPRINT = re.compile(r"[0-9A-F]{40}(?:[0-9A-F]{24})?")

REFUSALS = {
    "unsigned": "The message carries no signature, so nobody vouches for it.",
    "other-key": "The message is not signed by the partner's key that was agreed in the handshake.",
    "two-signatures": "The message carries more than one signature; exactly one is allowed.",
    "expired": "The message is signed with a key or signature that has expired; the partner has to renew it.",
    "revoked": "The message is signed with a key that its owner has revoked; agree on a new key.",
    "damaged": "The message is damaged: it was cut short, changed on its way, or lacks integrity protection.",
    "not-encrypted": "The message is not encrypted, but this synchronization demands encryption.",
    "encrypted": "The message is encrypted, but this synchronization was agreed without encryption.",
    "not-for-us": "The message is encrypted to another key than ours, so it cannot be read here.",
    "not-openpgp": "This is not an OpenPGP message.",
    "wrong-form": "The message is not one binary OpenPGP message with the signature inside.",
    "weak": "The signature rests on a checksum that is too weak; the partner has to use SHA-256 or better.",
    "too-large": "The message is larger than the limit, so it was not opened.",
}
"""Every code a message can be refused with, and its text for people."""

_ENCRYPTION = frozenset(
    (
        "ENC_TO",
        "BEGIN_DECRYPTION",
        "END_DECRYPTION",
        "DECRYPTION_OKAY",
        "DECRYPTION_FAILED",
        "DECRYPTION_INFO",
        "DECRYPTION_KEY",
        "DECRYPTION_COMPLIANCE_MODE",
        "GOODMDC",
        "BADMDC",
        "NO_SECKEY",
        "SESSION_KEY",
        "NEED_PASSPHRASE_SYM",
    )
)
_SIGNED = ("PLAINTEXT", "NEWSIG", "GOODSIG", "VALIDSIG")
_SIGNED_AND_ENCRYPTED = ("BEGIN_DECRYPTION", *_SIGNED, "DECRYPTION_OKAY", "GOODMDC", "END_DECRYPTION")
_DAMAGE = frozenset(("BADARMOR", "BADMDC", "DECRYPTION_FAILED", "ERROR", "FAILURE", "NODATA", "UNEXPECTED"))
_SIGNATURE_FAULTS = frozenset(("BADSIG", "ERRSIG"))
_SOUND_HASHES = frozenset(("8", "9", "10", "12", "14"))
_BINARY_SIGNATURE, _BINARY_TEXT = "00", "62"


@dataclass(frozen=True)
class _Told:
    """The status lines of one run: keyword and arguments, in order."""

    lines: tuple[tuple[str, tuple[str, ...]], ...]

    def words(self) -> frozenset[str]:
        return frozenset(word for word, _ in self.lines)

    def count(self, word: str) -> int:
        return sum(1 for each, _ in self.lines if each == word)

    def field(self, word: str, index: int) -> str:
        """Argument ``index`` of the first line ``word``, or an empty string."""
        for each, arguments in self.lines:
            if each == word:
                return arguments[index] if index < len(arguments) else ""
        return ""

    def without(self, word: str) -> _Told:
        return _Told(tuple(line for line in self.lines if line[0] != word))

    def order(self, among: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(word for word, _ in self.lines if word in among)


def judge(status: str, returncode: int, pin: str, encrypted: bool) -> None:
    """Return if exactly the key ``pin`` vouches for the message; else raise ``Refused`` with its code.

    ``status`` is what gpg wrote to its status descriptor while it opened the message, ``returncode`` its exit
    status, ``pin`` the primary fingerprint in upper-case hex. With ``encrypted`` the message has to be
    encrypted with integrity protection, without it must not be. Raises ``Transient`` (``key-missing``) if the
    pinned key is not in the ring, which is our fault and not the message's.
    """
    told = _read(status)
    if told.count("NO_PUBKEY") and told.field("ERRSIG", 6) == pin:
        text = "The partner's key is missing from the key ring; it will be loaded again."
        raise Transient(text, "key-missing")
    code = _signer_problem(told, pin) or _envelope_problem(told, encrypted)
    code = code or _form_problem(told, returncode, _SIGNED_AND_ENCRYPTED if encrypted else _SIGNED)
    if code:
        raise Refused(REFUSALS[code], code)


def judge_unpinned(status: str, returncode: int, encrypted: bool) -> None:
    """Return if the message is whole and signed by somebody, whoever it is; else raise ``Refused``.

    For the first message of a handshake only: the signer's key is inside it. Nothing is proved about the
    sender; the caller opens the message again with that key pinned.
    """
    told = _read(status)
    code = _envelope_problem(told, encrypted)
    if not code and told.count("NEWSIG") > 1:
        code = "two-signatures"
    if not code and told.count("BADSIG"):
        code = "damaged"
    if not code:
        expected = _SIGNED_AND_ENCRYPTED if encrypted else _SIGNED
        unsigned = tuple(word for word in expected if word not in ("GOODSIG", "VALIDSIG"))
        # An unknown signer alone makes gpg end with an error, and newer versions say so once more.
        excuse = told.count("NO_PUBKEY") == 1
        told = told.without("FAILURE") if excuse else told
        code = _sequence_problem(told, 0 if excuse else returncode, unsigned)
    if code:
        raise Refused(REFUSALS[code], code)


def judge_sealing(status: str, returncode: int, encrypt: bool) -> None:
    """Return if gpg made a signed (and with ``encrypt`` encrypted) message; else raise what stopped it.

    Raises ``Invalid`` (``partner-key``, ``own-key``) where somebody has to act, ``Transient`` otherwise.
    """
    told = _read(status)
    made = told.count("SIG_CREATED") == 1 and (not encrypt or told.count("END_ENCRYPTION") == 1)
    if returncode == 0 and made and not told.words() & {"FAILURE", "INV_RECP", "INV_SGNR", "ERROR"}:
        return
    raise _sealing_problem(told)


def _sealing_problem(told: _Told) -> SyncError:
    # gpg blames the recipient also when the agent is gone; only without that are the keys at fault.
    if told.count("INV_RECP"):
        return Invalid(
            "The partner's key cannot be used (expired, revoked or unknown); agree on a new key.",
            "partner-key",
        )
    if told.field("INV_SGNR", 0) in ("1", "4", "5", "9"):
        return Invalid("Our own key cannot sign (expired, revoked or without its private part).", "own-key")
    failure = " ".join(told.field("FAILURE", index) for index in (0, 1)).strip() or "no reason given"
    return Transient(f"gpg could not seal a message ({failure[:200]}); it will be tried again.", "gpg-failed")


def _read(status: str) -> _Told:
    # Split at newlines only: str.splitlines would also split inside a user id at U+0085 and the like, and so
    # let a key's name forge a status line.
    lines = []
    for line in status.split("\n"):
        if line.startswith("[GNUPG:] "):
            word, *arguments = line[9:].rstrip("\r").split(" ")
            lines.append((word, tuple(arguments)))
    return _Told(tuple(lines))


def _signer_problem(told: _Told, pin: str) -> str:
    if max(told.count("NEWSIG"), told.count("VALIDSIG"), told.count("GOODSIG")) > 1:
        return "two-signatures"
    signer = told.field("VALIDSIG", 9)
    if told.count("VALIDSIG") and (signer != pin or not FINGERPRINT.fullmatch(signer)):
        return "other-key"
    words = told.words()
    for code, faults in (
        ("revoked", {"REVKEYSIG", "KEYREVOKED"}),
        ("expired", {"EXPKEYSIG", "EXPSIG", "KEYEXPIRED", "SIGEXPIRED"}),
        ("other-key", {"NO_PUBKEY"}),
    ):
        if words & faults:
            return code
    return ""


def _envelope_problem(told: _Told, encrypted: bool) -> str:
    words = told.words()
    if not words & _ENCRYPTION:
        if not words & {"PLAINTEXT", "NEWSIG"}:
            return "not-openpgp"
        return "not-encrypted" if encrypted else ""
    if not encrypted:
        return "encrypted"
    if "NO_SECKEY" in words and not words & {"DECRYPTION_KEY", "DECRYPTION_OKAY"}:
        return "not-for-us"
    return "" if {"DECRYPTION_OKAY", "GOODMDC"} <= words else "damaged"


def _form_problem(told: _Told, returncode: int, expected: tuple[str, ...]) -> str:
    if told.words() & _SIGNATURE_FAULTS:
        return "damaged"
    code = _sequence_problem(told, returncode, expected)
    if code:
        return code
    if told.field("VALIDSIG", 8) != _BINARY_SIGNATURE or told.field("PLAINTEXT", 0) != _BINARY_TEXT:
        return "wrong-form"
    return "" if told.field("VALIDSIG", 7) in _SOUND_HASHES else "weak"


def _sequence_problem(told: _Told, returncode: int, expected: tuple[str, ...]) -> str:
    if told.words() & _DAMAGE or returncode != 0:
        return "damaged"
    if not told.count("NEWSIG"):
        return "unsigned"
    return "" if told.order(expected) == expected else "wrong-form"
