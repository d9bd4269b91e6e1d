# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What partners have ever sent stays readable: kept messages of every kind, deflated, sealed and framed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args

import msgspec
import pytest
from msgspec import Raw, Struct
from msgspec.structs import replace
from wire.golden_files import (
    FRAMED,
    HANDSHAKE,
    KEPT,
    PASSPHRASE,
    handshake,
    home_of,
    kept_fingerprint,
    sealer_of,
)
from wire.wire_samples import SYNC, golden

from trac_issuesync.channels.frame import unframe
from trac_issuesync.core.model import ChangeKind, FieldKind, Side
from trac_issuesync.crypto.home import GpgHome
from trac_issuesync.crypto.secretbox import open_with_passphrase
from trac_issuesync.crypto.verdict import judge
from trac_issuesync.wire import messages
from trac_issuesync.wire.codec import decode, decode_body
from trac_issuesync.wire.handshake import decode_handshake
from trac_issuesync.wire.messages import Body, Control, Message
from trac_issuesync.wire.naming import parse_file_name

GOLDEN = golden()
FORMS = (".json", ".json.z", ".encrypted.pgp", ".signed.pgp")
LATE = "--faked-system-time=20990101T000000"


@pytest.fixture(scope="module")
def readers() -> Iterator[dict[Side, GpgHome]]:
    """By the sender's side, a home that can open what it sealed."""
    with home_of(Side.SLAVE) as slave, home_of(Side.MASTER) as master:
        yield {Side.MASTER: slave, Side.SLAVE: master}


def plain(message: Message) -> Message:
    """With a body that can be compared."""
    return replace(message, body=Raw(bytes(message.body)))


def parts_of(value: Any) -> Iterator[Struct]:
    """A struct and all that lie in it."""
    if isinstance(value, msgspec.Struct):
        yield value
        for name in value.__struct_fields__:
            yield from parts_of(getattr(value, name))
    elif isinstance(value, tuple):
        for item in value:
            yield from parts_of(item)


def kept_parts() -> Iterator[Struct]:
    """Every struct in a kept message."""
    for message in GOLDEN.values():
        yield from parts_of(message)
        yield from parts_of(decode_body(message))


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_deflated_message_means_what_it_meant(name: str) -> None:
    """Bytes that zlib made once, whatever it makes of the same text today."""
    found = decode((KEPT / f"{name}.json.z").read_bytes())
    assert plain(found) == plain(GOLDEN[name])
    assert decode_body(found) == decode_body(GOLDEN[name])


@pytest.mark.parametrize("encrypt", [True, False], ids=["encrypted", "signed"])
@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_sealed_message_opens_and_means_what_it_meant(
    name: str, encrypt: bool, readers: dict[Side, GpgHome]
) -> None:
    """With the keys that are kept beside it."""
    expected = GOLDEN[name]
    sealer = sealer_of(readers[expected.sender], expected.sender.other, encrypt=encrypt)
    form = "encrypted" if encrypt else "signed"
    found = decode(sealer.open((KEPT / f"{name}.{form}.pgp").read_bytes()))
    assert plain(found) == plain(expected)


@pytest.mark.parametrize("form", ["encrypted", "signed"])
def test_a_sealed_message_opens_in_the_next_century(form: str, readers: dict[Side, GpgHome]) -> None:
    """Neither the kept keys nor their signatures expire."""
    home = readers[Side.MASTER]
    run = home.run([LATE, "--decrypt"], (KEPT / f"edit.{form}.pgp").read_bytes())
    judge(run.status, run.returncode, kept_fingerprint(home, Side.MASTER), form == "encrypted")
    assert plain(decode(run.output)) == plain(GOLDEN["edit"])


def test_a_file_of_the_exchange_directories_is_read() -> None:
    """Its name and its frame."""
    found = parse_file_name(FRAMED.name)
    assert found is not None
    assert (found.sync, found.side, found.number) == (SYNC, "m", GOLDEN["edit"].number)
    assert unframe(FRAMED.read_bytes(), 1 << 20) == (KEPT / "edit.encrypted.pgp").read_bytes()


def test_handshake_files_are_read(readers: dict[Side, GpgHome]) -> None:
    """The open one and the one that a passphrase closes."""
    expected = handshake(kept_fingerprint(readers[Side.SLAVE], Side.MASTER))
    assert decode_handshake((HANDSHAKE / "open.json").read_bytes()) == expected
    closed = (HANDSHAKE / "closed.json").read_bytes()
    assert decode_handshake(closed, lambda sealed: open_with_passphrase(sealed, PASSPHRASE)) == expected


def test_every_kind_is_kept_in_every_form() -> None:
    """No kind without its files, no file without its meaning."""
    expected = {f"{name}{form}" for name in GOLDEN for form in FORMS}
    assert {path.name for path in KEPT.iterdir() if path.is_file()} == expected


def test_every_struct_and_every_member_is_kept() -> None:
    """Whoever adds a kind, a control item or an optional member adds a message that has it.

    ``protocol`` has one value and ``requires`` no name yet that could stand there.
    """
    told: dict[type, set[str]] = defaultdict(set)
    for part in kept_parts():
        for field in msgspec.structs.fields(part):
            if getattr(part, field.name) != field.default:
                told[type(part)].add(field.name)
    named = [getattr(messages, name) for name in messages.__all__]
    assert set(told) >= {item for item in named if isinstance(item, type) and issubclass(item, Struct)}
    lacking = {kind.__name__: set(kind.__struct_fields__) - names for kind, names in told.items()}
    assert {name: left for name, left in lacking.items() if left} == {"Message": {"requires"}}


def test_every_value_of_the_enumerations_is_kept() -> None:
    """Kinds of changes, of fields, and of control items."""
    values: dict[type, set[Any]] = defaultdict(set)
    for part in kept_parts():
        for name in part.__struct_fields__:
            value = getattr(part, name)
            if isinstance(value, Enum):
                values[type(value)].add(value)
    assert values[ChangeKind] == set(ChangeKind)
    assert values[FieldKind] == set(FieldKind)
    controls = {type(item) for message in GOLDEN.values() for item in decode_body(message).control}
    assert controls == set(get_args(Control))


def test_every_member_of_a_body_has_a_message_of_its_own() -> None:
    """So that each is read without the others."""
    alone = {
        name
        for message in GOLDEN.values()
        for name in Body.__struct_fields__
        if decode_body(message) == replace(Body(), **{name: getattr(decode_body(message), name)})
    }
    assert alone == set(Body.__struct_fields__)
