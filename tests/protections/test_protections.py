# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Taking out any single protection makes its named test fail, and docs/reliability.md lists them all."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from model.bugs import BUGS
from protections.removals import REMOVALS, altered

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "reliability.md"
ROW = re.compile(r"^\| ([^|`]+) \| [^|]+ \| `([^`]+)` \|$", re.MULTILINE)
FAILED = re.compile(r"^(\d+ failed.*|.*, \d+ failed.*)$", re.MULTILINE)


@pytest.mark.parametrize("name", list(REMOVALS))
def test_without_it_a_named_test_fails(name: str) -> None:
    """The test that guards a protection is red without it; a test that cannot run proves nothing."""
    environment = {
        **os.environ,
        "WITHOUT_PROTECTION": name,
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),
    }
    plugins = ("-p", "protections.without", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", *plugins, REMOVALS[name].test],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert FAILED.search(ran.stdout), ran.stdout[-3000:] + ran.stderr[-3000:]


@pytest.mark.parametrize("name", list(REMOVALS))
def test_its_place_is_where_the_table_says(name: str) -> None:
    """So that a place that moved is told as such, at once."""
    found = importlib.util.find_spec(REMOVALS[name].module)
    assert found is not None
    assert found.origin is not None
    assert altered(REMOVALS[name], Path(found.origin).read_text(encoding="utf-8"))


def test_the_document_lists_each_protection_with_its_test() -> None:
    """Name and test of every row under "Protections", and no others."""
    section = DOCUMENT.read_text(encoding="utf-8").split("## Protections", 1)[1].split("\n## ", 1)[0]
    listed = dict(ROW.findall(section))
    assert listed == {name: removal.test.removeprefix("tests/") for name, removal in REMOVALS.items()}


def test_every_test_that_the_document_names_exists() -> None:
    """As ``folder/file.py::name``, from tests/ downwards; a file alone stands for all of its tests."""
    named = re.findall(r"`([a-z_0-9]+/[a-z_0-9]+\.py)(?:::(\w+))?`", DOCUMENT.read_text(encoding="utf-8"))
    assert len(named) > 60
    missing = [(path, name) for path, name in named if not _exists(ROOT / "tests" / path, name)]
    assert missing == []


def _exists(path: Path, name: str) -> bool:
    return path.is_file() and (not name or f"def {name}(" in path.read_text(encoding="utf-8"))


def test_the_document_lists_the_planted_bugs() -> None:
    """All of the model's, by their names."""
    text = " ".join(DOCUMENT.read_text(encoding="utf-8").split())
    assert [bug for bug in BUGS if bug not in text] == []
