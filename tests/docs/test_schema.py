# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""docs/protocol.schema.json is the schema of today's structs, and all that is printed or kept fits it."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from wire.golden_files import HANDSHAKE, KEPT

from tools.schema import PATH, rendered

SCHEMA = json.loads(PATH.read_text(encoding="utf-8"))
PROTOCOL = PATH.with_name("protocol.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```json (\w+)\n(.*?)^```$", PROTOCOL, re.MULTILINE | re.DOTALL)


def check(kind: str, value: Any) -> None:
    """Raise ValidationError unless ``value`` is a ``kind`` by the kept schema."""
    Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{kind}"}).validate(value)


def test_the_schema_is_that_of_the_code() -> None:
    """Stale? ``python tools/schema.py`` writes it anew."""
    assert PATH.read_text(encoding="utf-8") == rendered()
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize(("kind", "text"), EXAMPLES)
def test_examples_of_the_protocol_fit(kind: str, text: str) -> None:
    """What a peer's author copies."""
    check(kind, json.loads(text))


@pytest.mark.parametrize("path", sorted(KEPT.glob("*.json")), ids=lambda path: path.stem)
def test_kept_messages_fit(path: Any) -> None:
    """What partners have sent."""
    check("Message", json.loads(path.read_text(encoding="utf-8")))


def test_the_kept_handshake_file_fits() -> None:
    """The open one; what a passphrase closes is no schema's matter."""
    check("HandshakeFile", json.loads((HANDSHAKE / "open.json").read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("Message", {}),
        ("Body", {"changes": [{}]}),
        ("Body", {"control": [{"type": "teleport"}]}),
        ("Body", {"parts": [{"sha256": "", "offset": "0", "length": 0, "total": 0}]}),
        ("Birth", {"uid": 1, "ticket": 1}),
        ("FieldDef", {"name": "x", "kind": "teapot"}),
    ],
)
def test_the_schema_refuses_what_is_none(kind: str, value: Any) -> None:
    """Or it would prove nothing about the examples."""
    with pytest.raises(ValidationError):
        check(kind, value)


def test_the_protocol_names_every_member_of_the_schema() -> None:
    """A member that only the schema knows has no meaning."""
    for name, struct in SCHEMA["$defs"].items():
        for member in struct.get("properties", ()):
            assert f"`{member}`" in PROTOCOL or member == "type", (name, member)
