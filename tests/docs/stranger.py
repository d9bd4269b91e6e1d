# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A peer in another tracker's place, written from docs/protocol.md alone: it knows nothing of the package.

A slave that keeps tickets in a dictionary. Sealing is handed in, so that it runs over real gpg or none.
What a page of the protocol says is named beside the code that follows it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
MERGED = ("list", "longtext")


def compact(value: object) -> bytes:
    """JSON without blanks, as UTF-8."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def sha(data: bytes) -> str:
    """SHA-256 in lower-case hex."""
    return hashlib.sha256(data).hexdigest()


def member_bytes(text: bytes, name: str) -> bytes:
    """The exact bytes of a member of the outermost object ("Running digest")."""
    decoder, source = json.JSONDecoder(), text.decode()
    at = source.index("{") + 1
    while True:
        at += len(source[at:]) - len(source[at:].lstrip(" \t\r\n,"))
        key, at = decoder.raw_decode(source, at)
        at = source.index(":", at) + 1
        at += len(source[at:]) - len(source[at:].lstrip())
        _, end = decoder.raw_decode(source, at)
        if key == name:
            return source[at:end].encode()
        at = end


def read_handshake(data: bytes) -> Json:
    """ "Handshake": the file's digest is over the other members, keys sorted, without blanks."""
    told: Json = json.loads(data)
    digest = told.pop("digest")
    bare = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    if digest != sha(bare):
        raise ValueError("the handshake file was changed")
    return told


@dataclass
class Ticket:
    """Values and stamps by field; ``mine`` is the last own change of each: number, value, stamp."""

    values: dict[str, str] = field(default_factory=dict)
    stamps: dict[str, int] = field(default_factory=dict)
    mine: dict[str, tuple[int, str, int]] = field(default_factory=dict)
    comments: list[tuple[str, str]] = field(default_factory=list)
    seen: int = 0
    last: int = 0
    master_number: int = 0


class Stranger:
    """The slave. ``receive`` takes what arrived, ``step`` gives what is to be sent, both as (name, bytes)."""

    def __init__(
        self,
        handshake: bytes,
        environment: str,
        key: str,
        fingerprint: str,
        seal: Callable[[bytes], bytes],
        unseal: Callable[[bytes], bytes],
    ) -> None:
        self.file = read_handshake(handshake)
        self.sync, self.environment = self.file["sync"], environment
        self._key, self._fingerprint = key, fingerprint
        self._seal, self._unseal = seal, unseal
        self.contract: Json = {}
        self.tickets: dict[str, Ticket] = {}
        self.waiting: dict[int, Json] = {}
        self.unacknowledged: dict[int, bytes] = {}
        self._stored: dict[int, str] = {}
        self._upto, self._digest = 0, ""
        self._digests = {0: ""}
        self._number = self._change = 0
        self._changes: list[Json] = []
        self._births: list[Json] = []
        self._controls: list[Json] = []
        self._owes_ack = False

    def hello(self) -> tuple[str, bytes]:
        """ "Handshake", steps 1 and 2."""
        text = f"{self.sync}\n{self._fingerprint}\n{self.environment}".encode()
        proof = hmac.new(self.file["secret"].encode(), text, "sha256").hexdigest()
        item = {"type": "hello", "key": self._key, "proof": proof, "environment": self.environment}
        body = compact({"control": [{**item, "name": "Another tracker"}]})
        return f"{self.sync}-s-hello-{sha(self._key.encode())[:16]}", self._sealed(0, body)

    def receive(self, name: str, sealed: bytes) -> None:
        """ "A message", "Numbers": check the head, store the number, take the body."""
        text = zlib.decompress(self._unseal(sealed))
        message: Json = json.loads(text)
        assert (message["protocol"], message["sync"], message["sender"]) == (1, self.sync, "master")
        assert (message["source"], message["target"]) == (self.file["environment"], self.environment)
        assert not message.get("requires")
        number = message["number"]
        assert name == f"{self.sync}-m-{number:010d}" or (not number and f"{self.sync}-m-ack-" in name)
        self._take_ack(message["ack"])
        if number:
            self._owes_ack = True
            if number > self._upto and number not in self._stored:
                self._stored[number] = sha(member_bytes(text, "body"))
                self._take_body(message["body"])
                while self._upto + 1 in self._stored:
                    self._upto += 1
                    chained = f"{self._digest}:{self._stored[self._upto]}"
                    self._digest = sha(chained.encode())

    def step(self) -> list[tuple[str, bytes]]:
        """Number what waits, and send all that is not acknowledged, or an acknowledgement alone."""
        body: Json = {}
        for member, waiting in (
            ("changes", self._changes),
            ("births", self._births),
            ("control", self._controls),
        ):
            if waiting:
                body[member] = list(waiting)
                waiting.clear()
        if body:
            self._number += 1
            raw = compact(body)
            self.unacknowledged[self._number] = raw
            self._digests[self._number] = sha(f"{self._digests[self._number - 1]}:{sha(raw)}".encode())
        sent = [
            (f"{self.sync}-s-{number:010d}", self._sealed(number, raw))
            for number, raw in self.unacknowledged.items()
        ]
        if not sent and self._owes_ack:
            digest = sha(f"1:{self._upto}:{self._missing()}".encode())[:16]
            sent = [(f"{self.sync}-s-ack-{digest}", self._sealed(0, b"{}"))]
        self._owes_ack = False
        return sent

    def create(self, uid_number: int, values: dict[str, str], author: str, time: int) -> str:
        """ "Changes": the first change of a ticket is a create with every shared field."""
        uid = f"{self.environment}/{uid_number}/{time}"
        self.tickets[uid] = Ticket()
        shared = {field["name"]: values.get(field["name"], "") for field in self.contract["fields"]}
        self._capture(uid, "create", shared, author, time)
        return uid

    def edit(self, uid: str, values: dict[str, str], author: str, time: int, comment: str = "") -> None:
        """One edit by somebody here."""
        self._capture(uid, "edit", values, author, time, comment)

    def _capture(
        self, uid: str, kind: str, values: dict[str, str], author: str, time: int, comment: str = ""
    ) -> None:
        ticket = self.tickets[uid]
        self._change += 1
        fields = []
        for name, value in values.items():
            stamp = max(time, ticket.stamps[name] + 1) if name in ticket.stamps else time
            told: Json = {"name": name, "value": value, "stamp": stamp}
            if self._kind(name) in MERGED and kind != "create":
                told["old"] = ticket.values.get(name, "")
            fields.append(told)
            ticket.values[name], ticket.stamps[name] = value, stamp
            ticket.mine[name] = (self._change, value, stamp)
        change: Json = {"id": f"{uid}#{self._change}", "number": self._change, "ticket": uid, "kind": kind}
        change |= {"author": author, "time": time, "version": self.contract["version"]}
        change |= {"after": ticket.last, "seen": ticket.seen, "fields": fields, "comment": comment}
        ticket.last = self._change
        self._changes.append(change)

    def _take_ack(self, ack: Json) -> None:
        assert ack["epoch"] == 1
        assert ack.get("digest", "") == self._digests[ack["upto"]]
        assert not ack.get("unreadable")
        for number in [number for number in self.unacknowledged if number <= ack["upto"]]:
            del self.unacknowledged[number]

    def _take_body(self, body: Json) -> None:
        for item in body.get("control", ()):
            if item["type"] == "ping":
                self._take_ping(item)
        for birth in body.get("births", ()):
            self.tickets[birth["uid"]].master_number = birth["ticket"]
        for change in body.get("changes", ()):
            self.waiting[change["number"]] = change
        for number in sorted(self.waiting):
            self._try(number)

    def _take_ping(self, ping: Json) -> None:
        """ "Handshake", step 5: bind all of it, answer with a pong."""
        if self.contract:
            return
        self.contract = ping["contract"]
        names = [field["name"] for field in self.contract["fields"]]
        types = next((f["options"] for f in self.contract["fields"] if f["name"] == "type"), [])
        bound = {"version": self.contract["version"], "fields": names, "types": types}
        self._controls.append({"type": "pong", "bound": bound, "max_attachment": 0})

    def _try(self, number: int) -> None:
        """Rules for the receiver: in the order of ``after``, each once."""
        change = self.waiting[number]
        ticket = self.tickets.get(change["ticket"])
        if ticket is None and change["kind"] == "create":
            ticket = self.tickets[change["ticket"]] = Ticket()
            self._births.append({"uid": change["ticket"], "ticket": 100 + len(self.tickets)})
        if ticket is None or change.get("after", 0) > ticket.seen:
            return
        del self.waiting[number]
        if number <= ticket.seen:
            return
        for told in change.get("fields", ()):
            self._decide(ticket, told, change)
        if change.get("comment"):
            ticket.comments.append((change["author"], change["comment"]))
        ticket.seen = number

    def _decide(self, ticket: Ticket, told: Json, change: Json) -> None:
        """ "Concurrent edits", as the slave."""
        name = told["name"]
        mine = ticket.mine.get(name)
        if mine is not None and mine[0] > change.get("seen", 0):
            if change.get("content") or self._kind(name) in MERGED:
                return
            master_stands = told["stamp"] >= mine[2]
            if {"newest": not master_stands, "master": False, "slave": True}[self.contract["policy"]]:
                ticket.values[name], ticket.stamps[name] = mine[1], mine[2]
                return
        ticket.values[name], ticket.stamps[name] = told["value"], told["stamp"]

    def _kind(self, name: str) -> str:
        if name.startswith("comment:"):
            return "longtext"
        return next(field["kind"] for field in self.contract["fields"] if field["name"] == name)

    def _missing(self) -> list[list[int]]:
        """The gaps between ``upto`` and the highest number stored."""
        gaps, expected = [], self._upto + 1
        for number in sorted(number for number in self._stored if number > self._upto):
            if number > expected:
                gaps.append([expected, number - 1])
            expected = number + 1
        return gaps

    def _sealed(self, number: int, body: bytes) -> bytes:
        ack: Json = {"epoch": 1, "upto": self._upto}
        if self._digest:
            ack["digest"] = self._digest
        if self._missing():
            ack["missing"] = self._missing()
        head = {"protocol": 1, "sync": self.sync, "sender": "slave", "source": self.environment}
        head |= {"target": self.file["environment"], "epoch": 1, "number": number, "ack": ack}
        return self._seal(zlib.compress(compact(head)[:-1] + b',"body":' + body + b"}"))
