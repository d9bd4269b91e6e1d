# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Write docs/protocol.schema.json, the JSON Schema of what travels, from the structs of the code.

    python tools/schema.py

A test fails while the file is older than the structs.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import msgspec

from trac_issuesync.wire.handshake import HandshakeFile
from trac_issuesync.wire.messages import Body, Message

__all__ = ["PATH", "rendered", "schema"]

PATH = Path(__file__).resolve().parents[1] / "docs" / "protocol.schema.json"


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12): a message at the root, everything else under ``$defs`` by the struct's name."""
    _, parts = msgspec.json.schema_components([Message, Body, HandshakeFile], ref_template="#/$defs/{name}")
    # The decoder leaves the body raw, because its bytes are hashed; to a reader it is a Body.
    parts["Message"]["properties"]["body"] = {"$ref": "#/$defs/Body"}
    for part in parts.values():
        if "description" in part:
            part["description"] = inspect.cleandoc(part["description"])
    # Made from the other members, so no member of the struct.
    parts["HandshakeFile"]["properties"]["digest"] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
    parts["HandshakeFile"]["required"].append("digest")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Messages of trac_issuesync, protocol version 1",
        "$ref": "#/$defs/Message",
        "$defs": parts,
    }


def rendered() -> str:
    """The file's content."""
    return json.dumps(schema(), indent=2, sort_keys=True) + "\n"


if __name__ == "__main__":
    PATH.write_text(rendered(), encoding="utf-8")
    print(f"Wrote {PATH}")
