# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The stranger's keys and folders, from docs/protocol.md alone: gpg as a command, framed files."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from pathlib import Path

SOUND = (
    *("BEGIN_DECRYPTION", "PLAINTEXT", "NEWSIG", "GOODSIG", "VALIDSIG"),
    *("DECRYPTION_OKAY", "GOODMDC", "END_DECRYPTION"),
)
AGAINST = {
    *("BADSIG", "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "KEYREVOKED", "KEYEXPIRED", "SIGEXPIRED"),
    *("NO_PUBKEY", "BADMDC", "BADARMOR", "DECRYPTION_FAILED", "ERROR", "FAILURE", "NODATA", "UNEXPECTED"),
}


class Gpg:
    """ "Sealing" with one key of its own, in the folder ``home``; the partner's comes with the handshake."""

    def __init__(self, home: Path, partner: str, fingerprint: str) -> None:
        home.mkdir(mode=0o700)
        self._home, self._partner = home, fingerprint
        self._run("--import", data=partner.encode())
        made = self._run("--passphrase", "", "--quick-generate-key", "stranger", "ed25519", "sign", "never")
        self.fingerprint = re.findall(r"KEY_CREATED P (\w+)", made[1])[0]
        self._run("--passphrase", "", "--quick-add-key", self.fingerprint, "cv25519", "encr", "never")
        self.public = self._run("--armor", "--export", self.fingerprint)[0].decode("ascii")

    def seal(self, plaintext: bytes) -> bytes:
        """Signed and encrypted in one run."""
        to = ("--recipient", self._partner, "--encrypt")
        how = ("--compress-algo", "none", "--set-filename", "", "--local-user", self.fingerprint, "--sign")
        return self._run(*how, *to, data=plaintext)[0]

    def unseal(self, sealed: bytes) -> bytes:
        """The plaintext, if the status lines say that exactly the pinned key vouches for it."""
        how = ("--ignore-time-conflict", "--ignore-valid-from", "--decrypt")
        plaintext, status = self._run(*how, data=sealed)
        lines = [line.split(" ")[1:] for line in status.split("\n") if line.startswith("[GNUPG:] ")]
        words = [line[0] for line in lines]
        assert tuple(word for word in words if word in SOUND) == SOUND, status
        assert not AGAINST & set(words), status
        valid = lines[words.index("VALIDSIG")][1:]
        assert (valid[8], valid[9]) == ("00", self._partner)
        assert valid[7] in ("8", "9", "10", "12", "14")
        assert lines[words.index("PLAINTEXT")][1] == "62"
        return plaintext

    def close(self) -> None:
        """End the agent."""
        subprocess.run(["gpgconf", "--homedir", self._home, "--kill", "gpg-agent"], check=True)

    def _run(self, *arguments: str, data: bytes = b"") -> tuple[bytes, str]:
        common = ["gpg", "--homedir", str(self._home), "--batch", "--yes", "--trust-model", "always"]
        command = [*common, "--status-fd", "2", *arguments]
        done = subprocess.run(command, input=data, capture_output=True, check=True)
        return done.stdout, done.stderr.decode("utf-8", "replace")


def write(folder: Path, name: str, sealed: bytes) -> None:
    """ "Files": under a dot-name, to disk, renamed."""
    temporary = folder / f".{name}.tmp"
    with temporary.open("wb") as file:
        file.write(f"ISX1 {len(sealed)} {hashlib.sha256(sealed).hexdigest()}\n".encode() + sealed)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(folder / f"{name}.isx")


def take(folder: Path, sync: str) -> list[tuple[str, bytes]]:
    """The master's messages, by name, and out of the folder."""
    found = []
    for path in sorted(folder.glob(f"{sync}-m-*.isx")):
        head, _, sealed = path.read_bytes().partition(b"\n")
        assert head.decode() == f"ISX1 {len(sealed)} {hashlib.sha256(sealed).hexdigest()}"
        found.append((path.stem, sealed))
        path.unlink()
    return found
