# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Messages there and back, kept for ever, and whatever else may lie in a sealed envelope."""

from __future__ import annotations

import json
import tracemalloc
import zlib
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw
from msgspec.structs import replace
from wire.wire_samples import BODIES, MESSAGES, SYNC, change, golden, message

from trac_issuesync.core.errors import Refused
from trac_issuesync.wire import codec
from trac_issuesync.wire.limits import LATEST, MOST_INFLATED
from trac_issuesync.wire.messages import PROTOCOL, Body, Message

KEPT = Path(__file__).parent.parent / "data" / "v1"
GOLDEN = golden()

OPTIONAL = ("data", "requires", "stopped", "renews", "yields")


def packed(text: str | bytes) -> bytes:
    """Plaintext as it is sealed."""
    return zlib.compress(text.encode() if isinstance(text, str) else text)


def read(plaintext: bytes) -> tuple[Message, Body] | None:
    """All that is read of a message before anything is stored; None if it is refused."""
    try:
        found = codec.decode(plaintext)
        return found, codec.decode_body(found)
    except Refused as caught:
        refusal = caught
    assert refusal.text.endswith(".")
    assert refusal.code in ("nonsense", "too-large", "protocol", "requires")
    assert len(refusal.text) < 500
    return None


def paths(tree: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The way to every value in a JSON tree."""
    yield at
    if isinstance(tree, dict | list):
        for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree):
            yield from paths(value, (*at, key))


def put(tree: Any, at: tuple[Any, ...], value: Any) -> Any:
    """The tree with another value there."""
    if not at:
        return value
    tree = deepcopy(tree)
    inner = tree
    for key in at[:-1]:
        inner = inner[key]
    inner[at[-1]] = value
    return tree


def value_at(tree: Any, at: tuple[Any, ...]) -> Any:
    """What lies there."""
    for key in at:
        tree = tree[key]
    return tree


def numbers(tree: Any) -> Iterator[int]:
    """All whole numbers in a JSON tree."""
    for at in paths(tree):
        value = value_at(tree, at)
        if isinstance(value, int):
            yield value


@given(MESSAGES)
def test_a_message_comes_back_as_it_went(sent: Message) -> None:
    """Head, acknowledgement and body."""
    found = codec.decode(codec.encode(sent))
    assert replace(found, body=Raw(bytes(found.body))) == replace(sent, body=Raw(bytes(sent.body)))
    assert codec.encode_body(codec.decode_body(found)) == bytes(sent.body)


@given(BODIES)
def test_a_body_is_the_same_bytes_each_time(body: Body) -> None:
    """The running digest goes over them."""
    kept = codec.encode_body(body)
    assert codec.decode_stored_body(kept) == body
    assert codec.encode_body(codec.decode_stored_body(kept)) == kept
    assert bytes(codec.decode(codec.encode(message(body))).body) == kept


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_message_of_today_can_be_read_for_ever(name: str) -> None:
    """The kept file of each kind decodes to what it has always meant, and is written the same today."""
    kept = (KEPT / f"{name}.json").read_bytes().rstrip(b"\n")
    found = read(packed(kept))
    assert found is not None
    assert found[1] == codec.decode_stored_body(bytes(GOLDEN[name].body))
    assert found[0].ack == GOLDEN[name].ack
    assert zlib.decompress(codec.encode(GOLDEN[name])) == kept


def test_every_kept_message_is_known() -> None:
    """No file without its meaning."""
    assert {path.stem for path in KEPT.glob("*.json")} == set(GOLDEN)


@pytest.mark.parametrize("name", ["edit", "parts", "ping"])
def test_a_message_cut_anywhere_is_refused(name: str) -> None:
    """At every byte of the plaintext, and at every byte of what it inflates to."""
    plaintext = codec.encode(GOLDEN[name])
    assert all(read(plaintext[:length]) is None for length in range(len(plaintext)))
    text = zlib.decompress(plaintext)
    assert all(read(packed(text[:length])) is None for length in range(len(text)))


@pytest.mark.parametrize("name", ["edit", "parts"])
def test_a_flipped_bit_of_the_plaintext_is_refused(name: str) -> None:
    """zlib's checksum sees each (the signature would have seen it before)."""
    plaintext = codec.encode(GOLDEN[name])
    for at in range(len(plaintext)):
        for bit in range(8):
            flipped = plaintext[:at] + bytes([plaintext[at] ^ (1 << bit)]) + plaintext[at + 1 :]
            found = read(flipped)
            # A few bits of a stream say nothing, as the hint about the compression level.
            assert found is None or found[1] == codec.decode_stored_body(bytes(GOLDEN[name].body))


@pytest.mark.parametrize("name", ["edit", "ping"])
def test_a_flipped_bit_of_the_text_raises_nothing_but_refused(name: str) -> None:
    """What can still be read is a message all the same."""
    text = zlib.decompress(codec.encode(GOLDEN[name]))
    for at in range(len(text)):
        for bit in range(8):
            read(packed(text[:at] + bytes([text[at] ^ (1 << bit)]) + text[at + 1 :]))


@given(st.binary(max_size=200))
def test_any_bytes_are_refused(data: bytes) -> None:
    """Compressed or not, nothing but Refused comes out."""
    assert read(data) is None
    assert read(packed(data)) is None


ODD = [None, True, -1, 1.5, 2**53 + 1, 2**63, 2**70, -(2**70), "x", "", [], {}, [[]], ["a", 1], {"a": 1}]


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_what_has_a_wrong_type_is_refused_or_harmless(name: str) -> None:
    """Each value of each kind of message, replaced by each odd one: what is taken can be stored."""
    tree = json.loads((KEPT / f"{name}.json").read_text())
    for at in paths(tree):
        for odd in ODD:
            found = read(packed(json.dumps(put(tree, at, odd))))
            if found is not None:
                stored = json.loads(codec.encode_body(found[1]))
                assert all(-1 <= number <= LATEST for number in numbers(stored)), (at, odd)


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_number_out_of_bounds_is_refused_wherever_it_stands(name: str) -> None:
    """No database takes it, and none of ours may be asked to."""
    tree = json.loads((KEPT / f"{name}.json").read_text())
    for at in paths(tree):
        if type(value_at(tree, at)) is int:
            for huge in (2**63, 2**70, 10**400, -(2**70)):
                assert read(packed(json.dumps(put(tree, at, huge)))) is None, at


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_missing_field_is_refused_or_has_a_default(name: str) -> None:
    """And the head's own fields have none, but for those of later needs."""
    tree = json.loads((KEPT / f"{name}.json").read_text())
    for at in paths(tree):
        if at and isinstance(at[-1], str):
            without = deepcopy(tree)
            del value_at(without, at[:-1])[at[-1]]
            found = read(packed(json.dumps(without)))
            if len(at) == 1 and at[0] not in OPTIONAL:
                assert found is None, at


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_a_field_of_a_later_version_is_tolerated(name: str) -> None:
    """Wherever it stands; what is known is read as ever."""
    tree = json.loads((KEPT / f"{name}.json").read_text())
    for at in paths(tree):
        if isinstance(value_at(tree, at), dict):
            found = read(packed(json.dumps(put(tree, (*at, "x-later"), {"deep": [1, None, 2**80]}))))
            assert found is not None, at
            assert found[1] == codec.decode_stored_body(bytes(GOLDEN[name].body))


def test_an_unknown_requirement_is_refused_by_name() -> None:
    """The text names it and says what to do."""
    with pytest.raises(Refused, match=r"requires x-attachments-2, which .* upgrade") as refusal:
        codec.decode(codec.encode(message(requires=("x-attachments-2",))))
    assert refusal.value.code == "requires"


@pytest.mark.parametrize("version", [0, PROTOCOL + 1, -1])
def test_another_version_of_the_protocol_is_refused_by_number(version: int) -> None:
    """Whatever the rest looks like."""
    with pytest.raises(Refused, match=rf"version {version} of the protocol") as refusal:
        codec.decode(codec.encode(message(protocol=version)))
    assert refusal.value.code == "protocol"


@pytest.mark.parametrize(("open_", "close"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("where", ["body", "x-later", "ack"])
def test_deep_nesting_is_refused_or_passed_over(where: str, open_: str, close: str) -> None:
    """A hundred thousand levels overflow nothing."""
    deep = open_ * 100_000 + "1" + close * 100_000
    tree = json.loads(zlib.decompress(codec.encode(message())))
    tree[where] = "HERE"
    assert read(packed(json.dumps(tree).replace('"HERE"', deep))) is None


def test_not_a_number_is_refused() -> None:
    """JSON knows neither NaN nor infinity."""
    text = zlib.decompress(codec.encode(message())).decode()
    for odd in ("NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 5000, "01", "+1", "0x1", "1_0"):
        assert read(packed(text.replace('"number":1', f'"number":{odd}'))) is None, odd


def test_of_doubled_keys_one_counts_throughout() -> None:
    """A message that says two numbers is read as one message, never as two."""
    text = zlib.decompress(codec.encode(message())).decode()
    found = read(packed(text.replace('"number":1', '"number":7,"number":9')))
    assert found is None or found[0].number == 9


@pytest.mark.parametrize("odd", [r"\ud800", r"\udc00", r"\ud800\ud800", r"\udfff\ud800"])
def test_lone_surrogates_are_refused(odd: str) -> None:
    """No database takes them; the sender has cleaned its text."""
    text = zlib.decompress(codec.encode(message(Body((change(comment="HERE"),))))).decode()
    assert read(packed(text.replace("HERE", odd))) is None
    assert read(packed(text.replace("HERE", r"\ud83d\ude00"))) is not None
    assert read(packed(text.encode().replace(b"HERE", b"\xed\xa0\x80"))) is None


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    """In the text and in the head."""
    text = zlib.decompress(codec.encode(message(Body((change(comment="HERE"),)))))
    assert read(packed(text.replace(b"HERE", b"\xff"))) is None
    assert read(packed(text.replace(SYNC.encode(), b"\xc3\x28"))) is None


@pytest.mark.parametrize("tail", [b"x", b"\0", packed("{}")])
def test_bytes_after_the_end_are_refused(tail: bytes) -> None:
    """After the compressed stream and after the text alike."""
    plaintext = codec.encode(message())
    assert read(plaintext + tail) is None
    assert read(packed(zlib.decompress(plaintext) + tail)) is None
    assert read(packed(zlib.decompress(plaintext) + b" \n")) is not None


def test_a_bomb_is_refused_before_it_unfolds() -> None:
    """A third of a megabyte that inflates to 300 MB costs no more than the limit."""
    inner = zlib.compressobj(9)
    bomb = b"".join(inner.compress(bytes(1 << 20)) for _ in range(300)) + inner.flush()
    assert len(bomb) < 400_000
    tracemalloc.start()
    try:
        with pytest.raises(Refused, match="inflates to more than") as refusal:
            codec.decode(bomb)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert refusal.value.code == "too-large"
    assert peak < 3 * MOST_INFLATED


@pytest.mark.parametrize(
    "text",
    [
        b'{"body":{"report":{"wanted":[' + b'"a",' * 1_000_001 + b'"a"]}}}',
        b'{"requires":[' + b'"\\"ab",' * 1_000_001 + b'""]}',
        b'{"ack":{"missing":[' + b"[1,1]," * 1_000_001 + b"[1,1]]}}",
        b'{"body":{"births":[' + b'{"uid":"a","ticket":7},' * 1_000_001 + b"{}]}}",
        b'{"x":{' + b'"a":[],' * 1_000_001 + b'"a":0}}',
    ],
    ids=["texts", "escapes", "pairs", "structs", "unknown"],
)
def test_a_message_of_millions_of_values_is_refused(text: bytes) -> None:
    """Each value would take many times its bytes; compressed, such a message is small."""
    plaintext = packed(text)
    assert len(plaintext) < 100_000
    with pytest.raises(Refused, match="more than 1000000 values") as refusal:
        codec.decode(plaintext)
    assert refusal.value.code == "too-large"


def test_values_are_counted_before_they_are_made() -> None:
    """A refused message costs a few times its own size, not twenty times."""
    text = b'{"body":{"report":{"wanted":[' + b'"a",' * 1_000_001 + b'"a"]}}}'
    plaintext = packed(text)
    tracemalloc.start()
    try:
        with pytest.raises(Refused):
            codec.decode(plaintext)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(text) + (8 << 20)


def test_commas_inside_of_texts_are_no_values() -> None:
    """A long text may be full of them, and of quotes and backslashes."""
    text = ',"\\",\\\\,"' * 700_000
    assert text.count(",") > 2_000_000
    sent = message(Body((change(comment=text),)))
    found = read(codec.encode(sent))
    assert found is not None
    assert found[1].changes[0].comment == text


def test_the_inflated_size_counts_to_the_byte() -> None:
    """Exactly the limit is read, one more byte is refused."""
    text = zlib.decompress(codec.encode(message()))
    assert read(packed(text + b" " * (MOST_INFLATED - len(text)))) is not None
    assert read(packed(text + b" " * (MOST_INFLATED - len(text) + 1))) is None


def test_a_body_that_cannot_be_read_still_has_a_number() -> None:
    """The head is read by itself: the receiver can say which number it could not read."""
    text = zlib.decompress(codec.encode(message(number=41)))
    found = codec.decode(packed(text.replace(b'"body":{}', b'"body":{"changes":7}')))
    assert found.number == 41
    with pytest.raises(Refused):
        codec.decode_body(found)


@given(BODIES)
def test_control_items_survive_their_wait(body: Body) -> None:
    """Encoded for the outbox and back."""
    for item in [*body.control, *(i for m in GOLDEN.values() for i in codec.decode_body(m).control)]:
        assert codec.decode_control(codec.encode_control(item)) == item
