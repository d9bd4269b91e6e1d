# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Secrets at rest: under a key file beside the configuration, or under a passphrase that a person types."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import stat
import unicodedata

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from trac_issuesync.core.errors import Invalid

__all__ = ["SecretBox", "open_with_passphrase", "seal_with_passphrase"]

_KEY_FILE_BYTES = 1024


class SecretBox:
    """Seals short texts for the database under the key file ``path`` (``conf/issuesync.key``).

    The file is made with the first secret, readable by its owner only. It belongs in the backup of the
    environment: without it the sealed secrets have to be entered again.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._fernet: Fernet | None = None

    def seal(self, secret: str) -> str:
        """``secret`` sealed, as ASCII. Makes the key file if there is none. Raises ``Invalid``."""
        if not os.path.lexists(self._path):
            self._make()
        return self._box().encrypt(secret.encode("utf-8", "surrogatepass")).decode("ascii")

    def open(self, sealed: str) -> str:
        """What was sealed.

        Raises ``Invalid``: ``no-key-file``, ``open-key-file`` (others may read it), ``bad-key-file``, or
        ``other-key-file`` if it was sealed under another key file or changed since.
        """
        try:
            return self._box().decrypt(sealed.encode("utf-8", "replace")).decode("utf-8", "surrogatepass")
        except InvalidToken:
            text = (
                f"A secret in the database was sealed with another key file than {self._path}. Put the right"
                " file back from the backup, or enter the passwords anew and repeat the handshake."
            )
            raise Invalid(text, "other-key-file") from None

    def _box(self) -> Fernet:
        if self._fernet is None:
            key = _read_key(self._path)
            try:
                self._fernet = Fernet(key)
            except ValueError:
                text = f"The key file {self._path} is damaged; put it back from the backup."
                raise Invalid(text, "bad-key-file") from None
        return self._fernet

    def _make(self) -> None:
        # Linked into place when complete, so that two processes cannot end up with different or half keys.
        draft = f"{self._path}.{secrets.token_hex(4)}"
        try:
            _write_key(draft, os.path.dirname(self._path) or ".")
            with contextlib.suppress(FileExistsError):
                os.link(draft, self._path)
        except OSError as error:
            text = f"The key file {self._path} cannot be made ({error.strerror}); see to its folder."
            raise Invalid(text, "no-key-file") from error
        finally:
            with contextlib.suppress(OSError):
                os.unlink(draft)


def _write_key(path: str, folder: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, Fernet.generate_key() + b"\n")
        if os.geteuid() == 0:
            # Made by root's trac-admin, it must still be readable by the web server that owns the folder.
            owner = os.stat(folder)
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _read_key(path: str) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        text = (
            f"The key file {path} cannot be read ({error.strerror}); put it back from the backup, or see to"
            " its owner: the web server and trac-admin both need it."
        )
        raise Invalid(text, "no-key-file") from error
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise Invalid(f"The key file {path} is not a regular file.", "bad-key-file")
        if about.st_mode & 0o077:
            text = f"The key file {path} can be read by others than its owner; run: chmod 600 {path}"
            raise Invalid(text, "open-key-file")
        return os.read(descriptor, _KEY_FILE_BYTES).strip()
    finally:
        os.close(descriptor)


class _Locked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a passphrase closes: kind and version, salt and nonce and data in Base64."""

    kind: str
    salt: str
    nonce: str
    data: str


# The cost is fixed by the kind, so that a hostile file cannot ask for gigabytes: 32 MiB and about 0.1 s.
_KIND = "issuesync-passphrase-1"
_SCRYPT_N, _SCRYPT_R, _SCRYPT_P = 2**15, 8, 1


def seal_with_passphrase(data: bytes, passphrase: str) -> bytes:
    """``data`` sealed (scrypt, AES-256-GCM) as ASCII JSON. Raises ``Invalid`` if the passphrase is empty."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    sealed = AESGCM(_derive(passphrase, salt)).encrypt(nonce, data, _KIND.encode("ascii"))
    return msgspec.json.encode(_Locked(_KIND, _text(salt), _text(nonce), _text(sealed)))


def open_with_passphrase(sealed: bytes, passphrase: str) -> bytes:
    """What ``seal_with_passphrase`` sealed.

    Raises ``Invalid``: ``wrong-passphrase`` (or the file was changed), ``not-sealed`` for any other bytes.
    """
    try:
        locked = msgspec.json.decode(sealed, type=_Locked)
        salt, nonce, data = (
            base64.b64decode(text, validate=True) for text in (locked.salt, locked.nonce, locked.data)
        )
    except (msgspec.DecodeError, ValueError):
        raise Invalid("This is not a file closed with a passphrase.", "not-sealed") from None
    if locked.kind != _KIND or len(salt) != 16 or len(nonce) != 12:
        raise Invalid("The file was closed by another version; update this side.", "not-sealed")
    try:
        return AESGCM(_derive(passphrase, salt)).decrypt(nonce, data, _KIND.encode("ascii"))
    except InvalidTag:
        text = "The passphrase is not the one the file was closed with, or the file was changed since."
        raise Invalid(text, "wrong-passphrase") from None


def _derive(passphrase: str, salt: bytes) -> bytes:
    # Two keyboards may compose the same letter differently, and copying adds blanks at the ends.
    typed = unicodedata.normalize("NFC", passphrase).strip()
    if not typed:
        raise Invalid("The passphrase is empty; give one.", "wrong-passphrase")
    scrypt = Scrypt(salt=salt, length=32, n=_SCRYPT_N, r=_SCRYPT_R, p=_SCRYPT_P)
    return scrypt.derive(typed.encode("utf-8", "surrogatepass"))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
