# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The documents say what the code does: commands, options, keys, structs, limits, examples, links."""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import pkgutil
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from support.environments import MakeEnvironment
from trac.admin.api import AdminCommandManager
from trac.config import Option
from trac.core import ComponentMeta

import trac_issuesync.tracker
from trac_issuesync.channels.waiting import REST
from trac_issuesync.core.contract import Bound, Contract
from trac_issuesync.core.delivery import chain, digest_of
from trac_issuesync.core.model import AttachmentInfo, Change, FieldChange, FieldDef, FieldKind
from trac_issuesync.crypto.verdict import REFUSALS
from trac_issuesync.engine.control import prove
from trac_issuesync.tracker import problems
from trac_issuesync.tracker.commands.keys import ACCEPT, CREATE, EDIT
from trac_issuesync.tracker.links import MOST_SEALED
from trac_issuesync.tracker.status import Status
from trac_issuesync.wire import limits, messages
from trac_issuesync.wire.codec import decode, decode_body
from trac_issuesync.wire.handshake import HandshakeFile

ROOT = Path(__file__).resolve().parents[2]
DOCS = (
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    *sorted(f"docs/{p.name}" for p in ROOT.glob("docs/*.md")),
)
STRUCTS = (
    *(getattr(messages, name) for name in messages.__all__ if name not in ("PROTOCOL", "Control")),
    *(AttachmentInfo, Bound, Change, Contract, FieldChange, FieldDef),
)
EXAMPLE = re.compile(r"^```json (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    """A document as it stands in the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def tracker_modules() -> Iterator[ModuleType]:
    """Every module of the room that talks to Trac."""
    package = trac_issuesync.tracker
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        yield importlib.import_module(found.name)


def components() -> list[type]:
    """Every Trac component of ours."""
    modules = [module.__name__ for module in tracker_modules()]
    return [component for component in ComponentMeta._components if component.__module__ in modules]


@pytest.fixture
def commands(trac_env: MakeEnvironment) -> list[str]:
    """The commands that trac-admin offers in a real environment, as `issuesync create`."""
    providers = AdminCommandManager(trac_env()).providers
    told = [command[0] for provider in providers for command in provider.get_admin_commands()]
    return [name for name in told if name.startswith("issuesync ")]


def texts_of_code() -> Iterator[str]:
    """Every string of the package in one line, with `…` for what is filled in."""
    for path in (ROOT / "trac_issuesync").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.JoinedStr):
                parts = [p.value if isinstance(p, ast.Constant) else "…" for p in node.values]
                yield "".join(map(str, parts)).replace("\n", " ")
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value.replace("\n", " ")


def table_rows(section: str) -> dict[str, str]:
    """The first two cells of each row of the tables in a text, without back quotes."""
    rows = re.findall(r"^\| *(.+?) *\| *(.+?) *\|", section, re.MULTILINE)
    return {first.strip("`* "): second.strip("` ") for first, second in rows}


def test_every_command_is_in_the_admin_guide(commands: list[str]) -> None:
    """An administrator finds each command that trac-admin offers, and none that it does not."""
    guide = text_of("docs/admin-guide.md")
    assert commands
    assert not [name for name in commands if f"`{name}" not in guide]
    named = set(re.findall(r"`issuesync ([a-z]+)", guide))
    assert not named - {name.split()[1] for name in commands}


@pytest.mark.parametrize("document", ["README.md", "docs/admin-guide.md"])
def test_commands_in_code_blocks_exist(document: str, commands: list[str]) -> None:
    """Whatever a reader copies from a code block is a command that trac-admin offers."""
    blocks = re.findall(r"^    .*?\bissuesync ([a-z]+)", text_of(document), re.MULTILINE)
    assert blocks
    assert not set(blocks) - {name.split()[1] for name in commands}


def test_every_option_is_in_the_admin_guide() -> None:
    """Each option of [issuesync] stands in the guide with its default."""
    guide = text_of("docs/admin-guide.md")
    rows = table_rows(guide.partition("\n## Options")[2].partition("\n## ")[0])
    options = [
        option
        for component in components()
        for option in vars(component).values()
        if isinstance(option, Option) and option.section == "issuesync"
    ]
    assert options
    for option in options:
        assert rows.get(option.name) == str(option.default).removesuffix(".0"), option.name


@pytest.mark.parametrize("keys", [CREATE, ACCEPT, EDIT], ids=["create", "accept", "edit"])
def test_every_key_is_in_the_admin_guide(keys: tuple[Any, ...]) -> None:
    """Each key of the commands that take settings stands in the guide."""
    guide = text_of("docs/admin-guide.md")
    assert not [key.name for key in keys if f"| `{key.name}` |" not in guide]


def test_every_key_of_show_json_is_in_the_admin_guide() -> None:
    """Whoever watches by `show --json` finds each key explained."""
    guide = text_of("docs/admin-guide.md")
    assert not [name for name in Status.__struct_fields__ if f"`{name}`" not in guide]


def test_every_code_of_a_problem_is_in_the_admin_guide() -> None:
    """Whoever watches by `show --json` finds each code that a problem may have."""
    guide = text_of("docs/admin-guide.md")
    codes = re.findall(r'Problem\("([\w-]+)"', inspect.getsource(problems))
    assert codes
    assert not [code for code in codes if f"`{code}`" not in guide]


@pytest.mark.parametrize("section", ["Parked changes", "Troubleshooting"])
def test_messages_quoted_are_said_somewhere(section: str) -> None:
    """Whoever looks up a message finds it in the words that the code uses; `…` stands for what varies."""
    guide = text_of("docs/admin-guide.md").partition(f"\n## {section}")[2].partition("\n## ")[0]
    cells = re.findall(r"^\| *(.+?) *\|", guide, re.MULTILINE)[2:]
    quoted = [
        quote for cell in cells if not cell.startswith("Trac") for quote in re.findall(r"`([^`]+)`", cell)
    ]
    assert len(quoted) > 5
    said = "\n".join(texts_of_code())
    missing = [quote for quote in quoted if not re.search(_as_pattern(quote), said)]
    assert not missing


@pytest.mark.parametrize("struct", STRUCTS, ids=lambda struct: struct.__name__)
def test_every_struct_is_in_the_protocol(struct: type[msgspec.Struct]) -> None:
    """A peer's author finds each struct and each of its fields."""
    protocol = text_of("docs/protocol.md")
    start = protocol.find(f"**{struct.__name__}**")
    assert start >= 0
    section = re.split(r"\n## |\n\*\*[A-Z]", protocol[start:], maxsplit=1)[0]
    assert not [name for name in struct.__struct_fields__ if f"`{name}`" not in section]


def test_every_field_of_the_handshake_file_is_in_the_protocol() -> None:
    """A peer's author can read and write the handshake file."""
    section = text_of("docs/protocol.md").partition("\n## Handshake")[2].partition("\n## ")[0]
    assert not [name for name in HandshakeFile.__struct_fields__ if f"`{name}`" not in section]


def test_every_kind_of_field_and_every_refusal_is_in_the_protocol() -> None:
    """The tables of field kinds and of the verdict are complete."""
    protocol = text_of("docs/protocol.md")
    assert not [kind.value for kind in FieldKind if f"| `{kind.value}` |" not in protocol]
    assert not [code for code in REFUSALS if f"| `{code}` |" not in protocol]


def test_limits_are_those_of_the_code() -> None:
    """Each limit of the wire stands in the protocol with the number that the code uses."""
    section = text_of("docs/protocol.md").partition("\n## Limits")[2]
    rows = table_rows(section)
    names = [name for name in vars(limits) if name.startswith("MOST_") or name == "LATEST"]
    assert {name: rows.get(name) for name in names} == {name: str(getattr(limits, name)) for name in names}
    assert f"at most {MOST_SEALED} sealed bytes" in section
    assert REST == 10 * 60 * 1_000_000


def examples() -> list[tuple[str, str]]:
    """The marked JSON examples of the protocol."""
    return EXAMPLE.findall(text_of("docs/protocol.md"))


def test_every_json_block_of_the_protocol_is_an_example() -> None:
    """No block of JSON escapes the test below, and every kind of change and control item has one."""
    protocol = text_of("docs/protocol.md")
    assert len(examples()) == len(re.findall(r"^```json", protocol, re.MULTILINE))
    told = "".join(text for _, text in examples())
    for word in ("create", "edit", "attachment", "gone", "hello", "ping", "pong", "bound", "bye"):
        assert f'"{word}"' in told


@pytest.mark.parametrize(("kind", "text"), examples())
def test_examples_decode(kind: str, text: str) -> None:
    """Each example is accepted by the decoder that judges what a partner sends, and has no unknown field."""
    if kind == "Change":
        text = '{"changes": [' + text + "]}"
        kind = "Body"
    if kind == "Body":
        text = _envelope(text)
    message = decode(zlib.compress(text.encode()))
    body = decode_body(message)
    told = msgspec.json.decode(text)
    known = msgspec.to_builtins(body)
    assert _kept(told["body"], known)
    assert set(told) <= set(message.__struct_fields__)


def test_vectors_of_digest_and_proof() -> None:
    """A peer that reproduces the vectors agrees with this side."""
    protocol = text_of("docs/protocol.md")
    rows = table_rows(protocol)
    digest = digest_of(rows["body"].encode())
    assert rows["d"] == digest
    first = chain("", digest)
    assert rows["digest after it as number 1"] == first
    assert rows["digest after it again as number 2"] == chain(first, digest)
    vector = table_rows(protocol.partition("| vector of `proof` |")[2])
    told = (vector["secret"], vector["sync id"], vector["fingerprint"], vector["environment"])
    assert vector["proof"] == prove(*told)
    assert '"data": "aGVsbG8="' in protocol
    assert hashlib.sha256(b"hello").hexdigest() in protocol


def test_commands_of_the_first_screen_are_make_targets() -> None:
    """Every `make …` in the documents exists, and the two that matter stand on README's first screen."""
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    for document in DOCS:
        coded = re.findall(r"`make ([a-z-]+)[^`]*`", text_of(document))
        blocks = re.findall(r"^(?:    |)make ([a-z-]+)", text_of(document), re.MULTILINE)
        assert not {*coded, *blocks} - targets, document
    screen = "\n".join(text_of("README.md").splitlines()[:40])
    assert "make demo" in screen
    assert "make test" in screen


@pytest.mark.parametrize("document", DOCS)
def test_links_resolve(document: str) -> None:
    """A link leads to a file of the repository and to a heading that is there."""
    text = re.sub(r"```.*?```", "", text_of(document), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"https?://|mailto:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (ROOT / document).parent / path if path else ROOT / document
        assert file.exists(), target
        assert not anchor or anchor in _anchors(file.read_text(encoding="utf-8")), target


@pytest.mark.parametrize("document", DOCS)
def test_paths_named_exist(document: str) -> None:
    """A file of ours that a document names in code is there."""
    named = re.findall(
        r"`((?:trac_issuesync|tests|tools|docs|templates|benchmarks)/[\w./-]+)`", text_of(document)
    )
    assert not [path for path in named if not (ROOT / path).exists()]


@pytest.mark.parametrize("document", DOCS)
def test_no_machine_paths(document: str) -> None:
    """No document holds a path or name of the machine that it was written on."""
    assert not re.findall(r"/root/\S+|/home/\w+|localhost\.localdomain", text_of(document))


def _envelope(body: str) -> str:
    return (
        '{"protocol": 1, "sync": "8d8d8d8d8d8d8d8d8d8d", "sender": "master", "source": "a", "target": "b",'
        ' "epoch": 1, "number": 1, "ack": {"epoch": 1, "upto": 0}, "body": ' + body + "}"
    )


def _kept(told: Any, known: Any) -> bool:
    """True if everything in ``told`` is in ``known`` too, so that no field of an example is misspelt."""
    if isinstance(told, dict):
        return all(key in known and _kept(value, known[key]) for key, value in told.items())
    if isinstance(told, list):
        return len(told) == len(known) and all(_kept(*pair) for pair in zip(told, known, strict=True))
    return bool(told == known)


def _as_pattern(quote: str) -> str:
    pieces = [re.escape(piece.strip(" '.")) for piece in quote.split("…")]
    return ".*".join(piece for piece in pieces if piece)


def _anchors(text: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
