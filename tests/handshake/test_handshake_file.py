# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A handshake file says the same on both sides, or is refused in words that tell what to do."""

from __future__ import annotations

import base64
import contextlib
import hashlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from trac_issuesync.core.contract import Contract
from trac_issuesync.core.errors import Refused
from trac_issuesync.core.model import FieldDef, FieldKind, Policy
from trac_issuesync.wire.handshake import (
    MOST_HANDSHAKE,
    HandshakeFile,
    decode_handshake,
    encode_handshake,
    is_closed,
)

CONTRACT = Contract(
    1,
    Policy.NEWEST,
    (
        FieldDef("type", FieldKind.SELECT, options=("defect", "task")),
        FieldDef("status", FieldKind.STATUS, options=("new", "closed")),
        FieldDef("milestone", FieldKind.SELECT, options=("Première", "第二")),
    ),
)
SECRET = "the-one-time-secret"
FILE = HandshakeFile(
    name="one",
    sync="0123456789abcdef0123",
    description="Ticket – обмен",
    project="ACME & Söhne",
    channel="file",
    environment="e1",
    encrypt=True,
    max_message=1 << 20,
    contract=CONTRACT,
    fingerprint="A" * 40,
    key="-----BEGIN PGP PUBLIC KEY BLOCK-----\n…",
    secret=SECRET,
)


def seal(data: bytes) -> bytes:
    return msgspec.json.encode({"data": base64.b64encode(data).decode()})


def unseal(sealed: bytes) -> bytes:
    return base64.b64decode(msgspec.json.decode(sealed)["data"])


def refusal(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        decode_handshake(data, unseal)
    return caught.value.code


def altered(**changes: object) -> bytes:
    """A well-made file with other content."""
    return encode_handshake(replace(FILE, **changes))


def test_what_was_written_is_read() -> None:
    """Open or closed, every item arrives; the file is JSON that a person can read."""
    assert decode_handshake(encode_handshake(FILE)) == FILE
    assert decode_handshake(encode_handshake(FILE, seal), unseal) == FILE
    assert msgspec.json.decode(encode_handshake(FILE))["project"] == "ACME & Söhne"
    assert encode_handshake(FILE).count(b"\n") > 20


def test_a_closed_file_shows_kind_protocol_and_name_only() -> None:
    """Whoever finds the file learns no more than that."""
    told = msgspec.json.decode(encode_handshake(FILE, seal))
    assert (told.pop("kind"), told.pop("protocol"), told.pop("name")) == (FILE.kind, 1, "one")
    assert set(told) == {"sealed"}
    assert is_closed(encode_handshake(FILE, seal))
    assert not is_closed(encode_handshake(FILE))


def test_editors_and_mail_programs_do_no_harm() -> None:
    """A byte order mark, other line ends and blanks around it leave the file as it was."""
    data = encode_handshake(FILE)
    for harmless in (b"\xef\xbb\xbf" + data, data.replace(b"\n", b"\r\n"), b"\n " + data + b"\n\n"):
        assert decode_handshake(harmless) == FILE


def test_fields_of_later_versions_are_tolerated() -> None:
    """A field that this version does not know changes nothing, though it is covered by the digest."""
    told = msgspec.json.decode(encode_handshake(FILE))
    del told["digest"]
    told["colour"] = {"of": ["the", "sky"]}
    told["digest"] = hashlib.sha256(msgspec.json.encode(told, order="sorted")).hexdigest()
    assert decode_handshake(msgspec.json.encode(told)) == FILE


@pytest.mark.parametrize(
    ("code", "data"),
    [
        ("not-a-handshake", b""),
        ("not-a-handshake", b"\x00\x01\x02\xff\xfe"),
        ("not-a-handshake", b"-----BEGIN PGP PUBLIC KEY BLOCK-----"),
        ("not-a-handshake", b"<!DOCTYPE html><html></html>"),
        ("not-a-handshake", b"{}"),
        ("not-a-handshake", b"[]"),
        ("not-a-handshake", b'{"kind": "something else", "protocol": 1}'),
        ("not-a-handshake", b'{"kind": 7}'),
        ("not-a-handshake", b"[" * 200_000),
        ("damaged", b'{"kind": "trac_issuesync handshake", "protocol": 1, "name": "one"'),
        ("damaged", b'{"kind": "trac_issuesync handshake", "protocol": 1, "name": "one"}'),
        ("damaged", b'{"kind": "trac_issuesync handshake", "protocol": "one"}'),
        ("protocol", b'{"kind": "trac_issuesync handshake", "protocol": 2, "shape": "other"}'),
        ("too-large", b" " * (MOST_HANDSHAKE + 1)),
        ("nonsense", altered(name="../../etc")),
        ("nonsense", altered(sync="x")),
        ("nonsense", altered(channel="Pigeon!")),
        ("nonsense", altered(fingerprint="abc")),
        ("nonsense", altered(project="x" * 2000)),
        ("nonsense", altered(secret="")),
        ("nonsense", altered(environment="")),
        ("nonsense", altered(max_message=0)),
        ("nonsense", altered(contract=replace(CONTRACT, version=0))),
        ("nonsense", altered(contract=replace(CONTRACT, fields=CONTRACT.fields * 2))),
    ],
)
def test_refusals(code: str, data: bytes) -> None:
    """Whatever else is given is refused by its own code."""
    assert refusal(data) == code


def test_refusals_say_what_to_do() -> None:
    """A wrong file names the command that makes the right one; another protocol says who has to upgrade."""
    for data, words in (
        (b"{}", "issuesync handshake"),
        (b'{"kind": "trac_issuesync handshake", "protocol": 2}', "version 2"),
        (encode_handshake(FILE)[:-30], "sent again"),
    ):
        with pytest.raises(Refused, match=words):
            decode_handshake(data)


def test_a_closed_file_needs_its_passphrase() -> None:
    """Without a passphrase it is refused, and the refusal says how to give one."""
    with pytest.raises(Refused, match="passphrase=") as caught:
        decode_handshake(encode_handshake(FILE, seal))
    assert caught.value.code == "needs-passphrase"


def test_the_open_head_must_agree_with_the_closed_content() -> None:
    """A name changed outside is seen."""
    data = encode_handshake(FILE, seal).replace(b'"name": "one"', b'"name": "two"')
    assert refusal(data) == "damaged"


def test_cut_short_anywhere_it_is_refused() -> None:
    """No prefix of a file is taken for a file; one that shows its kind is called damaged."""
    data = encode_handshake(FILE)
    for length in range(len(data) - 2):
        code = refusal(data[:length])
        assert code == ("damaged" if b"handshake" in data[:length] else "not-a-handshake")


@settings(max_examples=300)
@given(st.data())
def test_a_flipped_bit_never_changes_the_content(data: st.DataObject) -> None:
    """A file with one bit changed is refused, or says exactly the same."""
    file = bytearray(encode_handshake(FILE))
    at = data.draw(st.integers(0, len(file) - 1))
    file[at] ^= 1 << data.draw(st.integers(0, 7))
    with contextlib.suppress(Refused):
        assert decode_handshake(bytes(file)) == FILE


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_nothing_but_a_refusal_comes_of_any_bytes(data: bytes) -> None:
    """Arbitrary bytes make no other error."""
    with pytest.raises(Refused):
        decode_handshake(data, unseal)


def test_long_lists_of_options_are_left_out_of_the_preview() -> None:
    """A project with thousands of milestones can still hand out a file; types and statuses stay."""
    many = tuple(f"milestone number {number}" for number in range(15_000))
    fields = (*CONTRACT.fields[:2], replace(CONTRACT.fields[2], options=many))
    read = decode_handshake(altered(contract=replace(CONTRACT, fields=fields)))
    assert [field.options for field in read.contract.fields] == [("defect", "task"), ("new", "closed"), ()]


def test_the_secret_is_not_in_what_a_log_would_show() -> None:
    """Neither the value itself nor an error shows it."""
    assert SECRET not in repr(FILE)
    assert SECRET not in str(FILE)
    with pytest.raises(Refused) as caught:
        decode_handshake(altered(max_message=0))
    assert SECRET not in str(caught.value)
