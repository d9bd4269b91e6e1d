# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Messages to plaintext and back; the only decoder of sealed content. Bounds come before allocation."""

from __future__ import annotations

import zlib
from typing import TypeVar

import msgspec

from trac_issuesync.core.epochs import numbers_above
from trac_issuesync.core.errors import Refused
from trac_issuesync.wire.limits import MOST_INFLATED, MOST_VALUES, check_body, check_message
from trac_issuesync.wire.messages import PROTOCOL, Body, Control, Message

__all__ = [
    "decode",
    "decode_body",
    "decode_control",
    "decode_stored_body",
    "encode",
    "encode_body",
    "encode_control",
]

_T = TypeVar("_T")

_STRIDE = 1 << 16
SUPPORTED: frozenset[str] = frozenset()
_encoder = msgspec.json.Encoder(order="deterministic")
_message_decoder = msgspec.json.Decoder(Message)
_body_decoder = msgspec.json.Decoder(Body)
_control_decoder = msgspec.json.Decoder(Control)


def encode(message: Message) -> bytes:
    """Plaintext to be sealed: JSON, then zlib."""
    return zlib.compress(_encoder.encode(message), 6)


def encode_body(body: Body) -> bytes:
    """The canonical bytes of a body, over which the running digest goes."""
    return _encoder.encode(body)


def decode(plaintext: bytes) -> Message:
    """The message of a plaintext whose signature has been judged; Refused if it is not acceptable.

    The body stays raw: its bytes go into the digest, and a body that cannot be read still has a number.
    """
    text = _inflate(plaintext)
    _check_values(text)
    message = _parse(_message_decoder, text)
    if message.protocol != PROTOCOL:
        raise Refused(
            f"The message speaks version {str(message.protocol)[:30]} of the protocol, this side {PROTOCOL}; "
            "the side with the older trac_issuesync has to be upgraded.",
            "protocol",
        )
    unknown = [name for name in message.requires if name not in SUPPORTED]
    if unknown:
        raise Refused(
            f"The message requires {', '.join(unknown)[:200]}, which this version of trac_issuesync does "
            "not know; upgrade it.",
            "requires",
        )
    check_message(message)
    return message


def decode_body(message: Message) -> Body:
    """The body of a message; Refused if it is not acceptable."""
    body = _parse(_body_decoder, bytes(message.body))
    check_body(body, message.data, numbers_above(message.epoch))
    return body


def decode_stored_body(body: bytes) -> Body:
    """A body that this side itself made and kept."""
    return _body_decoder.decode(body)


def encode_control(control: Control) -> bytes:
    """A control item, to wait in the outbox."""
    return _encoder.encode(control)


def decode_control(payload: bytes) -> Control:
    """A control item that waited in the outbox."""
    control: Control = _control_decoder.decode(payload)
    return control


def _inflate(plaintext: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(plaintext, MOST_INFLATED)
    except zlib.error:
        raise Refused("The message is not compressed as the protocol says.", "nonsense") from None
    if inflater.unconsumed_tail:
        raise Refused(f"The message inflates to more than {MOST_INFLATED} bytes.", "too-large")
    if not inflater.eof or inflater.unused_data:
        raise Refused("The message is cut short or has bytes after its end.", "nonsense")
    return inflated


def _check_values(text: bytes) -> None:
    """Refused where so many values stand in ``text`` that decoding would take a multiple of its size.

    Commas inside of strings separate nothing; they are told apart only where there are many.
    """
    if text.count(b",") < MOST_VALUES:
        return
    bare = text.replace(b"\\\\", b"").replace(b'\\"', b"")
    values, inside = 1, 0
    for at in range(0, len(bare), _STRIDE):
        pieces = bare[at : at + _STRIDE].split(b'"')
        values += sum(piece.count(b",") for piece in pieces[inside::2])
        inside ^= (len(pieces) - 1) & 1
        if values > MOST_VALUES:
            break
    if values > MOST_VALUES:
        raise Refused(f"The message holds more than {MOST_VALUES} values.", "too-large")


def _parse(decoder: msgspec.json.Decoder[_T], text: bytes) -> _T:
    try:
        return decoder.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Refused(f"The message is nonsensical: {str(error)[:200]}.", "nonsense") from None
