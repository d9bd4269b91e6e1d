# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Control items: handshake, contract bound, farewell (DESIGN section 5, docs/protocol.md "Handshake")."""

from __future__ import annotations

import hashlib
import hmac

from msgspec import Raw
from msgspec.structs import replace

from trac_issuesync.core.binding import bind_equal_names
from trac_issuesync.core.contract import Bound, types_of
from trac_issuesync.core.errors import Refused
from trac_issuesync.core.model import Side
from trac_issuesync.core.suspension import PARTNER_DELETED
from trac_issuesync.core.text import clean_line, clean_text
from trac_issuesync.engine.attachments_in import skip_missing
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.ports import Fetched
from trac_issuesync.wire.codec import decode, decode_body, encode_body, encode_control
from trac_issuesync.wire.messages import (
    PROTOCOL,
    Ack,
    Body,
    BoundNow,
    Bye,
    Control,
    Hello,
    Message,
    Missing,
    Ping,
    Pong,
)

__all__ = [
    "OWN_KEY",
    "OWN_PUBLIC",
    "PARTNER_KEY",
    "SECRET",
    "greet",
    "introduce",
    "make_hello",
    "prove",
    "queue",
    "take_control",
]

SECRET = "secret"
OWN_KEY = "own-key"
OWN_PUBLIC = "own-public-key"
PARTNER_KEY = "partner-key"

_LONGEST_NAME = 200


def prove(secret: str, sync: str, fingerprint: str, environment: str) -> str:
    """Proof of the one-time secret over what a hello brings (HMAC-SHA-256, lower hex)."""
    told = f"{sync}\n{fingerprint}\n{environment}".encode()
    return hmac.new(secret.encode(), told, hashlib.sha256).hexdigest()


def make_hello(link: Link, key: str) -> Message:
    """The slave's first message; ``key`` is our armored public key."""
    secret = link.store.secret(link.id, SECRET) or ""
    environment = link.store.environment()
    proof = prove(secret, link.id, link.sync.own_key, environment)
    body = encode_body(Body(control=(Hello(key, proof, environment, link.project[:_LONGEST_NAME]),)))
    sync = link.sync
    ack = Ack(1, 0)
    return Message(
        PROTOCOL, sync.id, sync.role, environment, sync.partner_environment, sync.epoch, 0, ack, Raw(body)
    )


def greet(link: Link, fetched: Fetched) -> None:
    """Judge a hello: the key it brings must vouch for it and know the one-time secret. Raises Refused.

    The first good one pins the key and is answered by a ping; a second with the same key gets the same
    answer, with another key it is refused.
    """
    if link.sync.role is not Side.MASTER:
        raise Refused("A hello came to the side that says hello itself.", "misaddressed")
    met = link.sealer.meet(fetched.data, lambda plaintext: _hello_in(decode(plaintext)).key)
    message = decode(met.plaintext)
    hello = _hello_in(message)
    environment = link.store.environment()
    if message.sync != link.id or message.target != environment or message.source != hello.environment:
        raise Refused("The hello was written for another synchronization.", "misaddressed")
    if hello.environment == environment:
        raise Refused("The hello comes from this very environment, or from a copy of it.", "same-environment")
    secret = link.store.secret(link.id, SECRET) or ""
    proof = prove(secret, link.id, met.fingerprint, hello.environment)
    if not secret or not hmac.compare_digest(proof.encode(), hello.proof.encode()):
        raise Refused("The hello does not know the one-time secret of the handshake file.", "secret")
    if link.sync.partner_key:
        _greet_again(link, met.fingerprint)
        return
    with link.store.transaction():
        link.store.save_secret(link.id, PARTNER_KEY, met.key)
        link.save(
            partner_key=met.fingerprint,
            partner_environment=hello.environment,
            partner_name=hello.name[:_LONGEST_NAME],
        )
        queue(link, _ping(link))
        link.log("handshake", f"{hello.name[:_LONGEST_NAME]} said hello with the key {met.fingerprint}.")
    link.sealer.pin(met.key)


def _greet_again(link: Link, fingerprint: str) -> None:
    if fingerprint != link.sync.partner_key:
        raise Refused(
            "The handshake file was used with another key before; only the first one counts. If the "
            "partner had to start anew, delete this synchronization and create another one.",
            "other-key",
        )
    with link.store.transaction():
        for head in link.store.message_heads(link.id):
            for message in link.store.messages(link.id, [head.number]):
                link.store.save_message(link.id, replace(message, next_try=0))


def _hello_in(message: Message) -> Hello:
    for item in decode_body(message).control:
        if isinstance(item, Hello):
            return item
    raise Refused("The message is called a hello and holds none.", "nonsense")


def _ping(link: Link) -> Ping:
    version = link.store.versions(link.id)[-1]
    return Ping(
        version.contract,
        version.note,
        version.author,
        version.time,
        link.project[:_LONGEST_NAME],
        link.tracker.max_attachment(),
    )


def introduce(link: Link) -> None:
    """Tell the partner anew what it has been told once, and may have forgotten; in a transaction."""
    if link.sync.deleted:
        queue(link, Bye())
    elif link.sync.role is Side.MASTER:
        queue(link, _ping(link))
    else:
        for version in link.store.versions(link.id):
            if version.ours is not None:
                queue(link, BoundNow(version.ours))


def queue(link: Link, item: Control) -> None:
    """Let a control item go out with the next numbered message."""
    link.store.add_control(link.id, encode_control(item))


def take_control(link: Link, item: Control) -> None:
    """Act on one control item of the partner, inside the transaction that takes its message."""
    if isinstance(item, Ping) and link.sync.role is Side.SLAVE:
        _take_ping(link, item)
    elif isinstance(item, Pong) and link.sync.role is Side.MASTER:
        link.save(partner_max_attachment=item.max_attachment)
        _take_bound(link, item.bound)
    elif isinstance(item, BoundNow) and link.sync.role is Side.MASTER:
        _take_bound(link, item.bound)
    elif isinstance(item, Bye):
        link.suspend(PARTNER_DELETED)
    elif isinstance(item, Missing):
        skip_missing(link, item.sha256)
    else:
        text = f"A {type(item).__name__.lower()} came that this side of the synchronization does not take."
        link.log("passed", text, problem=True)


def _take_ping(link: Link, ping: Ping) -> None:
    if link.sync.connected:
        return
    contract = ping.contract
    if link.store.published(link.id, contract.version) is None:
        note, author = clean_text(ping.note), clean_line(ping.author)
        link.store.publish(link.id, contract, note, author, ping.time)
    all_of_it = Bound(contract.version, tuple(f.name for f in contract.fields), types_of(contract.fields))
    ours = bind_equal_names(contract, link.tracker.catalogue(), link.sync.settings.unknown)
    link.store.bind(link.id, all_of_it, ours=False)
    link.store.bind(link.id, ours, ours=True)
    link.save(
        connected=True,
        contract_version=contract.version,
        bound_version=contract.version,
        partner_name=ping.name[:_LONGEST_NAME],
        partner_max_attachment=ping.max_attachment,
    )
    link.store.drop_secret(link.id, SECRET)
    queue(link, Pong(ours, link.tracker.max_attachment()))
    link.log("handshake", "The connection test has passed; the partner's contract is bound by equal names.")


def _take_bound(link: Link, bound: Bound) -> None:
    if link.store.published(link.id, bound.version) is None:
        text = f"The partner binds version {bound.version}, which was never published."
        link.log("passed", text, problem=True)
        return
    link.store.bind(link.id, bound, ours=False)
    if not link.sync.connected:
        link.log("handshake", "The connection test has passed.")
    link.save(connected=True, bound_version=max(bound.version, link.sync.bound_version))
