# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What a partner could say who holds the right key and means harm: JSON trees of bodies, by seed.

``told`` makes items that are well formed and odd in one or more members; ``bent`` then alters any tree
anywhere. Both draw from the same values at the edges of what is allowed.
"""

from __future__ import annotations

import base64
import hashlib
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any

from trac_issuesync.core.model import ChangeKind, FieldKind
from trac_issuesync.core.timing import LATEST

__all__ = ["Stage", "hostile"]

Tree = dict[str, Any]

_NUMBERS = (0, 1, 2, 3, 7, 199, 2**31, 2**53 - 1, 2**53, 2**53 + 1, 2**63, 2**64, 10**30, -1, -(2**63))
_TEXTS = (
    "",
    " ",
    "x",
    "new",
    "closed",
    "limbo",
    "defect",
    "task",
    "epic",
    "major",
    "1",
    "maybe",
    "a, b; c",
    "line\r\nline\n\x00",
    "\x1b[31m\x9b",
    "\u202eexe.txt",
    "../../../etc/passwd",
    "comment:1:ticket:2 #3 [attachment:x:ticket:1]",
    "alice",
    "bob",
    "issuesync",
    "alice@example.org",
    "bob <bob@example.org>",
    "bob (ACME)",
    "bob (GLOBEX)",
    "m:alice",
    "s:bob",
    "s:",
    "x:y:z",
    "1970-01-01T00:00:00.000000Z",
    "word " * 60,
    "\n" * 500,
    "é" * 301,
    "=?utf-8?q?x?=",
    "\ud7ff\ue000\U0010ffff",
)
_FIELDS = (
    *("summary", "reporter", "owner", "description", "type", "status", "priority", "milestone"),
    *("component", "version", "resolution", "keywords", "cc", "customer", "urgent"),
    *("id", "time", "changetime", "comment", "_comment0", "no such field", "", "a\x00b"),
)
_FILES = ("a.txt", "../../x", "\u202egpj.exe", "." * 40, "x" * 1100, "con", "a\x00b", "", "Größe.pdf")
_REASONS = ("", "no such component", "x" * 3000, "a\x00b\nc", "issuesync: everything is fine")


@dataclass(frozen=True)
class Stage:
    """What a hostile side knows: uids of twins, both environments, the time, its last change number."""

    uids: tuple[str, ...]
    own: str
    other: str
    letter: str
    now: int
    change: int
    message: int


def hostile(rng: Random, stage: Stage) -> Tree:
    """One message as ``{"body": …, "data": Base64, "ack": … or absent}``."""
    tree: Tree = {"body": {}, "data": ""}
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        rng.choice(_MAKERS)(rng, stage, tree)
    if rng.random() < 0.1:
        tree["ack"] = _ack(rng, stage)
    if rng.random() < 0.4:
        bent(rng, tree["body"], stage, rng.choice((1, 1, 2, 5)))
    return tree


def bent(rng: Random, tree: Any, stage: Stage, times: int) -> None:
    """Alter a tree in place, anywhere."""
    for _ in range(times):
        places = list(_places(tree))
        if places:
            holder, key = rng.choice(places)
            _bend(rng, holder, key, stage)


def _places(tree: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    keys = tree.keys() if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ()
    for key in keys:
        found.append((tree, key))
        found += _places(tree[key])
    return found


def _bend(rng: Random, holder: Any, key: Any, stage: Stage) -> None:
    value = holder[key]
    act = rng.randrange(8)
    if act == 0 and isinstance(holder, dict):
        del holder[key]
    elif act == 1 and isinstance(value, list) and value:
        value += [deepcopy(rng.choice(value)) for _ in range(rng.choice((1, 2, 30)))]
    elif act == 2 and isinstance(value, list):
        value.reverse()
    elif act == 3:
        holder[key] = rng.choice((None, True, [], {}, "", 0, 1.5, -0.0, [[[[]]]], {"a": {"b": {}}}))
    elif act == 4 and isinstance(holder, dict):
        holder["x-later"] = _deep(rng.choice((1, 50, 400)))
    elif isinstance(value, int):
        holder[key] = _number(rng, stage)
    elif isinstance(value, str):
        holder[key] = _text(rng, stage)


def _deep(levels: int) -> Any:
    tree: Any = 0
    for level in range(levels):
        tree = [tree] if level % 2 else {"x": tree}
    return tree


def _number(rng: Random, stage: Stage) -> int:
    near = rng.choice((stage.change, stage.message, stage.now, LATEST))
    return rng.choice((rng.choice(_NUMBERS), near + rng.randrange(-3, 4)))


def _time(rng: Random, stage: Stage) -> int:
    day = 86_400_000_000
    return rng.choice((0, 1, 17, stage.now, stage.now - day, stage.now + day, stage.now + 9999 * day, LATEST))


def _text(rng: Random, stage: Stage) -> str:
    return rng.choice((rng.choice(_TEXTS), rng.choice(_FIELDS), _uid(rng, stage)))


def _uid(rng: Random, stage: Stage) -> str:
    number = rng.randrange(1, 9)
    odd = (
        f"{stage.own}/{number}/{stage.now}",
        f"{stage.other}/{number}/{stage.now}",
        f"carol/{number}/{stage.now}",
        f"{stage.own}/0/0",
        f"{stage.own.upper()}/1/1",
        f"\U0001f600{'é' * 90}/1/1",
        f"{stage.own}/{'9' * 18}/{'9' * 18}",
        f"{stage.own}//",
        f"{stage.own}/1/2/3",
        "no ticket",
    )
    return rng.choice((*stage.uids[:2], *stage.uids[:2], rng.choice(odd)))


def _change(rng: Random, stage: Stage, **more: Any) -> Tree:
    """A change of an odd kind; its number is the next one or one at the edges."""
    number = rng.choice((stage.change + rng.randrange(1, 4), stage.change + rng.randrange(1, 4), 1, 2**53))
    change: Tree = {
        "id": rng.choice(("strange", "0" * 32, "")) + str(rng.randrange(9)),
        "number": number,
        "ticket": _uid(rng, stage),
        "kind": rng.choice([kind.value for kind in ChangeKind]),
        "author": rng.choice(_TEXTS),
        "time": _time(rng, stage),
        "version": rng.choice((1, 1, 1, 1, 2, 9, 2**53)),
        "after": rng.choice((0, 0, max(number - 1, 0), max(number - 2, 0), stage.change)),
        "seen": rng.choice((0, 1, 2, 5, 2**53)),
    }
    if rng.random() < 0.8:
        count = rng.choice((1, 2, 5, 40))
        names = dict.fromkeys(_field(rng, stage) for _ in range(count))
        change["fields"] = [_field_change(rng, stage, name) for name in names]
    if rng.random() < 0.3:
        change["comment"] = _text(rng, stage)
    if rng.random() < 0.1:
        change["content"] = True
    if change["kind"] == "attachment" or rng.random() < 0.05:
        change["attachment"] = _attachment(rng, stage)
    return {**change, **more}


def _field(rng: Random, stage: Stage) -> str:
    ref = f"comment:{rng.choice('ms')}:{rng.choice((0, 17, stage.now, rng.randrange(10**17)))}"
    return rng.choice((rng.choice(_FIELDS), rng.choice(_FIELDS[:15]), ref))


def _field_change(rng: Random, stage: Stage, name: str) -> Tree:
    field: Tree = {"name": name, "value": _text(rng, stage), "stamp": _time(rng, stage)}
    if rng.random() < 0.3:
        field["old"] = _text(rng, stage)
    if rng.random() < 0.2:
        field["dropped"] = rng.choice((None, _text(rng, stage)))
    if rng.random() < 0.2:
        field["loser"] = {
            "side": rng.choice(("master", "slave")),
            "author": rng.choice(_TEXTS),
            "time": _time(rng, stage),
            "kept_author": rng.choice(_TEXTS),
            "kept_time": _time(rng, stage),
        }
    if rng.random() < 0.1:
        field["settles"] = True
    return field


def _attachment(rng: Random, stage: Stage) -> Tree:
    data = b"%d" % rng.randrange(3)
    return {
        "name": rng.choice(_FILES),
        "size": rng.choice((len(data), len(data), 0, 262_145, 2**40)),
        "sha256": hashlib.sha256(data).hexdigest(),
        "description": rng.choice(_TEXTS),
        "replaces": rng.choice((0, _time(rng, stage))),
    }


def _changes(rng: Random, stage: Stage, tree: Tree) -> None:
    tree["body"].setdefault("changes", []).extend(
        _change(rng, stage) for _ in range(rng.choice((1, 2, 2, 5, 30)))
    )


def _in_circles(rng: Random, stage: Stage, tree: Tree) -> None:
    """Changes that name each other, backwards, or one that never comes."""
    first = stage.change + 1
    uid = rng.choice(stage.uids[:2])
    chain = [
        _change(
            rng, stage, number=first + n, after=first + n - rng.choice((1, 2, 0)), ticket=uid, kind="edit"
        )
        for n in range(4)
    ]
    rng.shuffle(chain)
    tree["body"].setdefault("changes", []).extend(chain)


def _a_create(rng: Random, stage: Stage, tree: Tree) -> None:
    """A ticket for a uid that may be anybody's, with values that may be anything."""
    uid = rng.choice((_uid(rng, stage), f"{stage.own}/{rng.randrange(50, 60)}/{stage.now}"))
    names = rng.sample(_FIELDS, rng.randrange(1, 12))
    fields = [_field_change(rng, stage, name) for name in names if name != "type"]
    fields.append({"name": "type", "value": rng.choice(("defect", "defect", "epic", "")), "stamp": stage.now})
    if rng.random() < 0.3:
        fields.append(_field_change(rng, stage, f"comment:{rng.choice('ms')}:{stage.now}"))
    create = _change(rng, stage, ticket=uid, kind="create", after=0, fields=fields, version=1)
    tree["body"].setdefault("changes", []).append(create)


def _births(rng: Random, stage: Stage, tree: Tree) -> None:
    count = rng.choice((1, 3, 300))
    tree["body"]["births"] = [
        {"uid": _uid(rng, stage), "ticket": rng.choice((0, 1, 2, 99, 2**53))} for _ in range(count)
    ]


def _report(rng: Random, stage: Stage, tree: Tree) -> None:
    digests = [hashlib.sha256(b"%d" % n).hexdigest() for n in range(rng.choice((0, 1, 3, 1500)))]
    parked = [
        {"number": rng.choice((1, 2, 3, 500, 2**53)), "reason": rng.choice(_REASONS)}
        for _ in range(rng.choice((0, 1, 200)))
    ]
    tree["body"]["report"] = {"parked": parked, "wanted": digests * rng.choice((1, 2))}


def _parts(rng: Random, stage: Stage, tree: Tree) -> None:
    """Overlapping, outside, of another size than announced, or of nobody's file."""
    parts, data = [], b""
    for _ in range(rng.choice((1, 3, 60))):
        content = b"%d" % rng.randrange(3)
        length = rng.choice((0, 1, 1, 5, 400))
        offset = rng.choice((0, 0, 1, 3, 10**6, 2**50))
        total = rng.choice((offset + length, 1, 2**53, 262_145))
        parts.append(
            {
                "sha256": hashlib.sha256(content).hexdigest(),
                "offset": offset,
                "length": length,
                "total": total,
            }
        )
        data += (content * length)[:length]
    tree["body"]["parts"] = parts
    tree["data"] = base64.b64encode(data).decode()


def _control(rng: Random, stage: Stage, tree: Tree) -> None:
    """Items in the wrong role or state, and of contracts that nobody published."""
    names = rng.sample(_FIELDS, rng.randrange(0, 9))
    bound = {"version": rng.choice((1, 1, 2, 99)), "fields": names, "types": rng.choice(([], ["defect"]))}
    fields = [{"name": name, "kind": rng.choice(list(FieldKind)).value} for name in names]
    contract = {"version": rng.choice((1, 2, 2**53)), "policy": "slave", "fields": fields}
    items = [
        {
            "type": "ping",
            "contract": contract,
            "note": "x\x00",
            "author": "a@b",
            "time": 1,
            "name": "N" * 250,
        },
        {"type": "pong", "bound": bound, "max_attachment": rng.choice((-1, 0, 2**53))},
        {"type": "bound", "bound": {**bound, "version": rng.choice((2, 99))}},
        {"type": "missing", "sha256": hashlib.sha256(b"0").hexdigest()},
        {"type": "hello", "key": "mallory", "proof": "0" * 64, "environment": "carol", "name": "\x00"},
    ]
    chosen = rng.sample(items, rng.randrange(1, 4))
    if stage.letter == "s":
        # The slave may bind less; that is no harm but its right, and stops what it does not bind.
        chosen = [item for item in chosen if item["type"] != "pong"] or items[3:4]
    tree["body"].setdefault("control", []).extend(chosen)


def _void(rng: Random, stage: Stage, tree: Tree) -> None:
    tree["body"]["void"] = rng.choice(_REASONS)


def _ack(rng: Random, stage: Stage) -> Tree:
    """Absurd ranges and numbers never sent; never a false digest, which rightly ends everything."""
    ranges = [[1, 2**53], [5, 9], [1, 1], [2**53, 2**53]] * rng.choice((1, 50))
    unreadable = [{"number": n, "reason": rng.choice(_REASONS)} for n in (1, 2, 9, 2**53)]
    return {
        "epoch": rng.choice((1, 1, 2, 2**53)),
        "upto": 0,
        "missing": ranges[: rng.randrange(len(ranges))],
        "unreadable": unreadable[: rng.randrange(4)],
    }


_MAKERS = (_changes, _changes, _in_circles, _a_create, _births, _report, _parts, _control, _void)
