# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Everything that reads what others wrote, each with sound inputs to start from and what must hold."""

from __future__ import annotations

import contextlib
import unicodedata
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from fuzz.mutation import mutated
from wire.golden_files import FRAMED, HANDSHAKE, KEPT, PASSPHRASE

from trac_issuesync.channels.frame import HEADER_LIMIT, Flaw, claimed_digest, frame, unframe
from trac_issuesync.core.errors import Invalid, Refused, SyncError, Transient
from trac_issuesync.core.model import CommentRef
from trac_issuesync.core.text import MAX_FILE_NAME, clean_line, clean_text, safe_file_name
from trac_issuesync.crypto.secretbox import open_with_passphrase
from trac_issuesync.crypto.verdict import REFUSALS, judge, judge_sealing, judge_unpinned
from trac_issuesync.wire.codec import decode, decode_body, encode_body
from trac_issuesync.wire.handshake import decode_handshake, encode_handshake, is_closed
from trac_issuesync.wire.naming import ack_name, file_name, hello_name, message_name, parse, parse_file_name

__all__ = ["TARGETS", "Target"]

_PIN = "A" * 40
_LINES = """\
[GNUPG:] ENC_TO 1234567890ABCDEF 18 0
[GNUPG:] BEGIN_DECRYPTION
[GNUPG:] DECRYPTION_KEY {pin} {pin} -
[GNUPG:] DECRYPTION_INFO 2 9 0
[GNUPG:] PLAINTEXT 62 1700000000 -
[GNUPG:] NEWSIG
[GNUPG:] GOODSIG 1234567890ABCDEF issuesync acme
[GNUPG:] VALIDSIG {pin} 2026-01-01 1700000000 0 4 0 22 10 00 {pin}
[GNUPG:] DECRYPTION_OKAY
[GNUPG:] GOODMDC
[GNUPG:] END_DECRYPTION
[GNUPG:] PLAINTEXT 62 1700000000 -
[GNUPG:] NEWSIG
[GNUPG:] GOODSIG 1234567890ABCDEF issuesync acme
[GNUPG:] VALIDSIG {pin} 2026-01-01 1700000000 0 4 0 22 10 00 {pin}
""".replace("{pin}", _PIN)
_SOUND = "".join(_LINES.splitlines(keepends=True)[:11])
_NEEDED = ("NEWSIG", "GOODSIG", "VALIDSIG", "PLAINTEXT", "DECRYPTION_OKAY", "GOODMDC")
_FORBIDDEN = ("BADSIG", "ERRSIG", "EXPSIG", "EXPKEYSIG", "REVKEYSIG", "KEYREVOKED", "FAILURE", "BADMDC")


@dataclass(frozen=True)
class Target:
    """A reader. ``check`` fails unless it answers ``data`` as it must; ``seeds`` are sound inputs."""

    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()

    def input(self, seed: int) -> bytes:
        """The input of this seed."""
        return mutated(Random(seed), self.seeds, self.words)


def _text(data: bytes) -> str:
    """Any text, lone surrogates among it."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def _told(error: SyncError, codes: set[str]) -> None:
    assert error.code in codes, error.code
    assert error.text.endswith(("…", "."))
    assert len(error.text) < 700


def check_frame(data: bytes) -> None:
    """Whole and true to its header, or a flaw with words; the header alone tells the same digest."""
    found = unframe(data, 100_000)
    if isinstance(found, Flaw):
        assert found.text.endswith(".")
        assert found.code in ("incomplete", "damaged", "too-large", "unknown-frame")
    else:
        assert frame(found) == data
        assert claimed_digest(data[:HEADER_LIMIT]) is not None


def check_plaintext(data: bytes) -> None:
    """A message within all bounds, whose body is the same when it is written again, or Refused."""
    try:
        message = decode(data)
        body = decode_body(message)
    except Refused as refused:
        _told(refused, {"nonsense", "too-large", "protocol", "requires"})
        return
    assert decode_body(decode(data)) == body
    assert len(encode_body(body)) < 4 * len(bytes(message.body)) + 1000


def check_inflated(data: bytes) -> None:
    """The same for the text inside."""
    check_plaintext(zlib.compress(data, 1))


def check_handshake(data: bytes) -> None:
    """A file that says the same when it is written again, or a named refusal."""
    try:
        is_closed(data)
        found = decode_handshake(data, lambda sealed: open_with_passphrase(sealed, PASSPHRASE))
    except Refused as refused:
        _told(refused, {"not-a-handshake", "too-large", "damaged", "protocol", "nonsense"})
    except Invalid as invalid:
        _told(invalid, {"wrong-passphrase", "not-sealed"})
    else:
        assert decode_handshake(encode_handshake(found)) == found
        assert found.secret not in repr(found)


def check_status(data: bytes) -> None:
    """Accepted only where each line that is needed stands there once, and none that speaks against it."""
    status = data.decode("utf-8", "replace")
    if _accepted(status, 0, encrypted=True):
        lines = [line[9:].split() for line in status.split("\n") if line.startswith("[GNUPG:] ")]
        words = [line[0] if line else "" for line in lines]
        assert all(words.count(word) == 1 for word in _NEEDED)
        assert not set(words) & set(_FORBIDDEN)
        assert lines[words.index("VALIDSIG")][-1] == _PIN
    assert not _accepted(status, 2, encrypted=True)
    assert not _accepted(status, 1, encrypted=False)
    for encrypted in (True, False):
        with contextlib.suppress(Refused):
            judge_unpinned(status, 0, encrypted)
        try:
            judge_sealing(status, 0, encrypted)
        except (Invalid, Transient) as error:
            _told(error, {"partner-key", "own-key", "gpg-failed"})


def _accepted(status: str, returncode: int, *, encrypted: bool) -> bool:
    try:
        judge(status, returncode, _PIN, encrypted)
    except Refused as refused:
        _told(refused, set(REFUSALS))
    except Transient as fault:
        _told(fault, {"key-missing"})
    else:
        return True
    return False


def check_text(data: bytes) -> None:
    """What is clean stays so, and any database takes it."""
    text = _text(data)
    for clean in (clean_text, clean_line):
        once = clean(text)
        assert clean(once) == once
        assert len(once) <= len(text)
        once.encode()
        assert not any(unicodedata.category(c) == "Cc" and c not in "\t\n\r" for c in once)
    assert len(clean_line(text).splitlines()) <= 1


def check_file_name(data: bytes) -> None:
    """Never empty, never a path, never hidden, and fit to be stored and cleaned once more."""
    name = safe_file_name(_text(data))
    assert name
    assert name not in (".", "..")
    assert not name.startswith(".")
    assert not set(name) & set("/\\\0\n\r\u202e\u2066")
    assert len(name.encode()) <= MAX_FILE_NAME
    assert safe_file_name(name) == name


def check_comment_ref(data: bytes) -> None:
    """A reference that names a side and a time that databases hold, or none."""
    text = _text(data)
    found = CommentRef.parse(text)
    if found is not None:
        assert 0 <= found.time < 10**18
        assert CommentRef.parse(found.field) == found
        assert text.startswith(f"comment:{found.side.letter}:")


def check_name(data: bytes) -> None:
    """The very name that its parts make, or none."""
    text = _text(data)
    found = parse(text)
    assert parse_file_name(text + ".isx") == found
    if found is not None:
        made = {
            "number": lambda: message_name(found.sync, found.side, found.number),
            "ack": lambda: ack_name(found.sync, found.side, found.digest),
            "hello": lambda: hello_name(found.sync, found.digest),
        }[found.kind]()
        assert made == text
        assert parse_file_name(file_name(text)) == found


_JSON = tuple(path.read_bytes() for path in sorted(KEPT.glob("*.json")))
_JSON_WORDS = (
    *(
        b'{"',
        b'"}',
        b"[[",
        b"]]",
        b'":',
        b",",
        b"null",
        b"true",
        b"1e400",
        b"-0",
        b"1.5",
        b"9007199254740993",
    ),
    *(b'"\\ud800"', b'"\\u0000"', b'"x":[', b"[" * 3000, b'{"a":' * 3000, b'"changes":[', b'"fields":[{'),
    *(b'"number":', b'"comment:m:1"', b'"type":"bye"', b"NaN", b'"requires":["x"],', b'"protocol":2,'),
)
_NAMES = (
    b"0123456789abcdef0123-m-0000000001",
    b"0123456789abcdef0123-s-ack-0123456789abcdef",
    b"0123456789abcdef0123-s-hello-0123456789abcdef",
)
_PROSE = (
    "Größe 漢字.tar.gz".encode(),
    b"a\r\nb\x0bc\x0cd\x85e\tf",
    "\u202egpj.exe \u2066x\u2069 \u2028 \ufeff".encode(),
    b"../../etc/passwd",
    b"C:\\Users\\x\\.. .txt",
    b"x" * 250 + b".pdf",
    b"\xed\xa0\xbd\xed\xb8\x80 pair",
)

TARGETS: dict[str, Target] = {
    "frame": Target(
        check_frame, (FRAMED.read_bytes(), frame(b""), frame(b"x" * 300)), (b"ISX1 ", b"ISX2 ", b"\n")
    ),
    "plaintext": Target(check_plaintext, tuple(zlib.compress(text) for text in _JSON)),
    "inflated": Target(check_inflated, _JSON, _JSON_WORDS),
    "handshake": Target(
        check_handshake,
        ((HANDSHAKE / "open.json").read_bytes(), (HANDSHAKE / "open.json").read_bytes()),
        (*_JSON_WORDS, b'"sealed": {', b'"digest": "', b"\xef\xbb\xbf"),
    ),
    "status": Target(
        check_status,
        (_SOUND.encode(), _LINES.encode()),
        tuple(
            f"\n[GNUPG:] {word} ".encode()
            for word in (*_NEEDED, *_FORBIDDEN, "NO_PUBKEY", "NODATA", "INV_RECP")
        ),
    ),
    "text": Target(check_text, _PROSE, ("\u2029".encode(), b"\x85", b"\xc2\x85", b"\xed\xbf\xbf")),
    "file-name": Target(check_file_name, _PROSE, (b"/", b"\\", b".", b" ", "\u0301".encode(), "ﬃ".encode())),
    "comment-ref": Target(
        check_comment_ref,
        (b"comment:m:1700000000000000", b"comment:s:0"),
        (b":", b"comment:", "١".encode(), "²".encode(), b"+1", b"_"),
    ),
    "name": Target(check_name, _NAMES, (b"-", b"m", b"\n", "１".encode(), b"ack", b".isx")),
}
