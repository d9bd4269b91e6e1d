# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The rooms import downwards only, and every module keeps the house rules that a program can check."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "trac_issuesync"
MOST_LINES_OF_MODULE = 400
MOST_LINES_OF_FUNCTION = 60
HEAD = (
    "# SPDX-FileCopyrightText: 2026 The trac_issuesync developers\n# SPDX-License-Identifier: BSD-3-Clause\n"
)

# Each room and what of the package it may import beside itself; "engine.ports" is one module of a room.
BELOW = {
    "core": set[str](),
    "wire": {"core"},
    "engine": {"wire", "core"},
    "crypto": {"engine.ports", "wire", "core", "resources"},
    "channels": {"engine.ports", "engine.offers", "wire", "core", "resources"},
    "testing": {"crypto", "channels", "engine", "wire", "core", "resources"},
    "tracker": {"crypto", "channels", "engine", "wire", "core", "resources"},
    "web": {"tracker", "crypto", "channels", "engine", "wire", "core", "resources"},
    "resources": {"core"},
}
TRAC_ROOMS = {"tracker", "web"}
TRAC_PACKAGES = {"trac", "tracopt"}
# Pure decisions: no files, no network, no clock, no chance, no threads.
NOT_IN_CORE = {
    *("asyncio", "socket", "subprocess", "threading", "time"),
    *("io", "os", "pathlib", "shutil", "sqlite3", "tempfile"),
    *("random", "secrets"),
}


def imports(source: str) -> Iterator[str]:
    """Yield the full dotted name of everything that a module imports, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                yield "." * node.level
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def may_import(room: str, name: str) -> bool:
    """Tell whether a module of ``room`` may import ``name`` (a full dotted name)."""
    if name.startswith("."):
        return False
    top, _, inside = name.partition(".")
    if top in TRAC_PACKAGES:
        return room in TRAC_ROOMS
    if top != PACKAGE:
        return room != "core" or top not in NOT_IN_CORE
    if not inside or inside == "__version__":
        return True
    allowed = BELOW[room] | {room}
    return any(inside == part or inside.startswith(part + ".") for part in allowed)


def wrong_imports(room: str, source: str) -> list[str]:
    """Return what a module of ``room`` imports against the rule."""
    return [name for name in imports(source) if not may_import(room, name)]


def long_functions(source: str) -> list[str]:
    """Return functions that are too long, decorators not counted."""
    return [
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= MOST_LINES_OF_FUNCTION
    ]


def put_off(source: str) -> list[str]:
    """Return comments that put work off."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return [text for text in comments if re.search(r"\b(TODO|FIXME|XXX)\b", text)]


def says_what_is_public(source: str) -> bool:
    """Tell whether a module has ``__all__``, or nothing to put into it."""
    body = ast.parse(source).body
    defining = ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef | ast.ImportFrom
    assigned = {
        target.id
        for node in body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return "__all__" in assigned or not any(isinstance(node, defining) for node in body)


def room_of(path: Path) -> str:
    """Return the room of a file of the package; a module beside the rooms counts as one."""
    return path.relative_to(ROOT / PACKAGE).parts[0].removesuffix(".py")


def files(*folders: str) -> list[Path]:
    """Return the Python files below folders of the working tree."""
    found = [path for folder in folders for path in sorted((ROOT / folder).rglob("*.py"))]
    return [path for path in found if "__pycache__" not in path.parts]


def offenders(paths: list[Path], wrong: Callable[[Path, str], object]) -> dict[str, object]:
    """Return what ``wrong`` finds, by file name relative to the root; empty when all is well."""
    found = {str(path.relative_to(ROOT)): wrong(path, path.read_text(encoding="utf-8")) for path in paths}
    return {name: what for name, what in found.items() if what}


OURS = files(PACKAGE, "tools", "benchmarks")
PACKED = files(PACKAGE)
ALL = [ROOT / "setup.py", *OURS, *files("tests")]


def test_rooms_import_downwards_only() -> None:
    """No room knows one above or beside it; Trac is known in tracker and web only; core is pure."""
    inside = [path for path in PACKED if path.parent != ROOT / PACKAGE or path.name != "__init__.py"]
    assert len(inside) > len(BELOW)
    assert offenders(inside, lambda path, source: wrong_imports(room_of(path), source)) == {}


def test_every_module_lies_in_a_room() -> None:
    """A new folder or a module beside the rooms is named here before it is used."""
    assert {room_of(path) for path in PACKED} - {"__init__"} <= set(BELOW)


def test_modules_and_functions_stay_small() -> None:
    """Whatever is shipped or run by a person can be read in one sitting."""
    assert offenders(OURS, lambda _, source: len(source.splitlines()) > MOST_LINES_OF_MODULE) == {}
    assert offenders(OURS, lambda _, source: long_functions(source)) == {}


def test_every_file_names_its_licence() -> None:
    """Each Python file begins with the two SPDX lines, after a #! line if it has one."""
    assert offenders(ALL, lambda _, source: not re.sub(r"\A#!.*\n", "", source).startswith(HEAD)) == {}


def test_no_work_is_put_off_in_comments() -> None:
    """What is not done stands in an issue."""
    assert offenders(ALL, lambda _, source: put_off(source)) == {}


def test_every_module_says_what_is_public() -> None:
    """Each module of the package has ``__all__``."""
    assert offenders(PACKED, lambda _, source: not says_what_is_public(source)) == {}


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("core", "from trac_issuesync.wire import codec"),
        ("core", "import time"),
        ("core", "def f():\n    from os.path import exists"),
        ("wire", "import trac_issuesync.engine.ports"),
        ("engine", "from trac_issuesync import crypto"),
        ("engine", "from trac_issuesync.tracker import store"),
        ("engine", "if TYPE_CHECKING:\n    from trac_issuesync.channels.file import FileChannel"),
        ("crypto", "from trac_issuesync.channels import file"),
        ("channels", "from trac_issuesync.crypto import keys"),
        ("channels", "from trac_issuesync.engine.cycle import run"),
        ("channels", "from trac.core import Component"),
        ("testing", "from trac_issuesync.tracker import api"),
        ("tracker", "from trac_issuesync.web import admin"),
        ("tracker", "from .api import System"),
        ("web", "from trac_issuesync.testing import memory"),
    ],
)
def test_an_import_upwards_is_seen(room: str, source: str) -> None:
    """The rule above can fail."""
    assert wrong_imports(room, source) != []


@pytest.mark.parametrize(
    ("room", "source"),
    [
        ("core", "import datetime\nfrom trac_issuesync.core.errors import Invalid"),
        ("channels", "from trac_issuesync.engine.ports import Channel"),
        ("engine", "from trac_issuesync.wire import messages"),
        ("tracker", "from trac_issuesync.crypto.keys import Keys\nfrom trac.core import Component"),
        ("web", "from trac_issuesync import __version__"),
    ],
)
def test_an_import_downwards_is_allowed(room: str, source: str) -> None:
    """The rule above lets through what the design allows."""
    assert wrong_imports(room, source) == []


def test_the_small_rules_can_fail() -> None:
    """A long function, a put-off comment and a missing ``__all__`` are seen; a string is no comment."""
    body = "    pass\n" * MOST_LINES_OF_FUNCTION
    assert long_functions(f"def f():\n{body}") == ["f"]
    assert long_functions("def f():\n    pass\n") == []
    assert put_off("x = 1  # TO" + "DO: later\n") != []
    assert put_off("x = 'TO" + "DO'\n") == []
    assert not says_what_is_public("def f():\n    pass\n")
