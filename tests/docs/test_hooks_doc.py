# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""docs/hooks.md names every hook as it is, and its example plugins do what it says of them."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from commands.two_consoles import Console
from support.environments import MakeEnvironment
from trac.core import Component, ComponentMeta, implements
from trac.env import Environment
from trac.perm import PermissionSystem
from trac.ticket.model import Ticket

from tools.tracd import program
from trac_issuesync.core.errors import Invalid
from trac_issuesync.engine import events, hookspecs
from trac_issuesync.engine.link import Pace
from trac_issuesync.tracker.alone import alone
from trac_issuesync.tracker.api import IIssueSyncPlugin
from trac_issuesync.tracker.checks import check_environment, check_sync
from trac_issuesync.tracker.creation import create_master
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.plugins import check_plugins
from trac_issuesync.tracker.settings import channel_problems
from trac_issuesync.tracker.status import status
from trac_issuesync.tracker.turn import run_sync

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "hooks.md"
RIGHTS = ("TICKET_VIEW", "TICKET_CREATE", "TICKET_MODIFY", "TICKET_EDIT_COMMENT")


def example(name: str) -> str:
    """A file of the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    found = re.search(rf"^```\w+ {re.escape(name)}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert found, name
    return found[1]


def specs() -> list[str]:
    """Each hook as it is written in the code."""
    assert hookspecs.__file__
    tree = ast.parse(Path(hookspecs.__file__).read_text(encoding="utf-8"))
    return [
        f"def {node.name}({ast.unparse(node.args)}) -> {ast.unparse(node.returns)}"
        for node in tree.body
        if isinstance(node, ast.FunctionDef) and node.returns
        if any(ast.unparse(mark) == "hookspec" for mark in node.decorator_list)
    ]


def test_every_hook_has_a_section_with_its_exact_signature() -> None:
    """An author who copies it has the arguments right."""
    text = DOCUMENT.read_text(encoding="utf-8")
    assert len(specs()) == 6
    for spec in specs():
        name = spec.split("(")[0].removeprefix("def ")
        section = text.partition(f"\n## `{name}`\n")[2].partition("\n## ")[0]
        assert f"    {spec}\n" in section, spec
        assert "When: " in section
        assert "Returns: " in section


def test_every_kind_of_event_is_named() -> None:
    """The set is closed, and the document is where it is told."""
    section = DOCUMENT.read_text(encoding="utf-8").partition("\n## `observe`\n")[2].partition("\n## ")[0]
    assert not [kind.__name__ for kind in events.EVENTS.values() if f"`{kind.__name__}`" not in section]


def as_installed(folder: Path) -> Path:
    """The example package where pip would have put it."""
    (folder / "issuesync_folder-1.0.dist-info").mkdir(parents=True)
    (folder / "issuesync_folder.py").write_text(example("issuesync_folder.py"), encoding="utf-8")
    about = folder / "issuesync_folder-1.0.dist-info"
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: issuesync-folder\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(example("entry_points.txt"), encoding="utf-8")
    return folder


@pytest.fixture
def own_components() -> Iterator[None]:
    """Trac knows the components of a process; those that a test brings go with it."""
    components, registry = list(ComponentMeta._components), dict(ComponentMeta._registry)
    registry = {interface: list(known) for interface, known in registry.items()}
    yield
    ComponentMeta._components[:] = components
    for interface, known in ComponentMeta._registry.items():
        known[:] = registry.get(interface, [])
    sys.modules.pop("keep_inside", None)


def opened(env: Environment, *tickets: dict[str, str], plugin: str = "") -> Environment:
    """The environment with tickets and rights, opened anew with a file in its plugins folder."""
    for right in RIGHTS:
        PermissionSystem(env).grant_permission("issuesync", right)
    for values in tickets:
        ticket = Ticket(env)
        ticket.populate({"reporter": "alice", **values})
        ticket.insert()
    if plugin:
        (Path(env.path) / "plugins" / plugin).write_text(example(plugin), encoding="utf-8")
    return Environment(env.path)


@pytest.mark.usefixtures("own_components")
def test_the_examples_keep_two_projects_in_step_and_secrets_inside(
    trac_env: MakeEnvironment,
    short_tmp: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Over the example's channel, with the example's plugin in one of the two environments."""
    monkeypatch.syspath_prepend(as_installed(short_tmp / "packages"))
    monkeypatch.setenv("ISSUESYNC_NOTES", str(short_tmp / "notes"))
    common = short_tmp / "common"
    common.mkdir()
    enabled = [("components", "issuesync_folder", "enabled")]
    secret = {"summary": "New plans", "keywords": "secret"}
    plain = {"summary": "Pump leaks", "description": "Call +49 30 1234567 first."}
    one = opened(trac_env("acme", options=enabled), plain, secret, plugin="keep_inside.py")
    acme = Console(one, capsys, short_tmp)
    globex = Console(opened(trac_env("globex", options=enabled)), capsys, short_tmp)
    assert "There is no folder" in acme("create", "globex", "folder", "folder=/nowhere").err
    assert "needs folder=" in acme("create", "globex", "folder").err
    assert str(common) in acme.ok("create", "globex", "folder", f"folder={common}").out
    acme.ok("handshake", "globex", str(short_tmp / "file"))
    globex.ok("accept", str(short_tmp / "file"), "name=acme", f"folder={common}")
    for _ in range(2):
        globex.cycle()
        acme.cycle()
    acme.ok("start", "globex")
    globex.ok("start", "acme")
    for console in (acme, globex, acme):
        console.cycle()
    assert globex.env.db_query("SELECT summary, description FROM ticket") == [
        ("Pump leaks", "Call [telephone number] first.")
    ]
    assert "acme #1: Applied 1 change" in (short_tmp / "notes").read_text(encoding="utf-8")
    (held,) = acme.ok("queue", "globex", "--json").json["held"]
    assert held["reason"].endswith("KeepInside says: tickets with the keyword secret stay here")
    assert "KeepInside" in acme("doctor").out
    assert "KeepInside" not in globex("doctor").out
    assert acme("edit", "globex", "folder=/nowhere").status == 2
    acme.ok("edit", "globex", "folder=" + str(short_tmp))
    assert any(
        "/is" in finding["text"] for part in acme("doctor", "--json").json for finding in part["findings"]
    )
    ran = subprocess.run(
        [sys.executable, program("trac-admin"), acme.env.path, "issuesync", "queue", "globex"],
        env={**os.environ, "PYTHONPATH": str(short_tmp / "packages")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "keep_inside.KeepInside" in ran.stdout, ran


def test_a_package_takes_part_only_where_it_is_enabled(
    trac_env: MakeEnvironment, short_tmp: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another environment in the same process has no such channel and says which there are."""
    monkeypatch.syspath_prepend(as_installed(short_tmp / "packages"))
    one = trac_env("one", options=[("components", "issuesync_folder", "enabled")])
    two = trac_env("two", options=[("components", "issuesync_folder", "disabled")])
    with Links(one) as links:
        assert sorted(links.offers) == ["file", "folder"]
        assert links.hooks.observing
    for env in (two, trac_env("three")):
        with Links(env) as links:
            assert not links.hooks.observing
            (said,) = channel_problems(links, "folder")
            assert "There is no channel 'folder' here, only: file (exchange directories)" in said


def test_the_example_channel_passes_the_contract(short_tmp: Path) -> None:
    """Run as its author would, by the very file of the document."""
    as_installed(short_tmp)
    test = short_tmp / "test_issuesync_folder.py"
    test.write_text(example("test_issuesync_folder.py"), encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", str(test)],
        cwd=short_tmp,
        env={**os.environ, "PYTHONPATH": str(short_tmp)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert re.search(r"^2\d passed", ran.stdout, re.MULTILINE), ran.stdout


BROKEN = {
    "that is not there": ("no_such_module", "cannot be loaded"),
    "without a hook": ("json", "implements no hook"),
}


@pytest.mark.parametrize(("module", "told"), BROKEN.values(), ids=BROKEN.keys())
def test_a_package_that_cannot_be_used_stops_the_exchange(
    trac_env: MakeEnvironment, short_tmp: Path, monkeypatch: pytest.MonkeyPatch, module: str, told: str
) -> None:
    """It might be the one that keeps something back; doctor and each cycle say so."""
    packages = as_installed(short_tmp / "packages")
    entry = f"[trac_issuesync]\nkeeper = {module}\n"
    (packages / "issuesync_folder-1.0.dist-info" / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(packages)
    env = trac_env("acme", options=[("components", module, "enabled")])
    for right in RIGHTS:
        PermissionSystem(env).grant_permission("issuesync", right)
    with Links(env, gpg_base=str(short_tmp)) as links:
        sync = create_master(links, "globex", "file", {})
        ran = run_sync(links, sync, "tester", pace=Pace())
        assert ran.failed
        assert told in ran.report.problems[0]
        assert "Nothing is exchanged until" in ran.report.problems[0]
        assert any(f.code == "plugin" and told in f.text and not f.ok for f in check_environment(links))
        assert check_sync(links, sync)
        (shown,) = (p for p in status(links, sync).problems if p.code == "plugin")
        assert told in shown.text
        with pytest.raises(Invalid, match="Nothing is exchanged until"), alone(links, sync.name):
            pytest.fail("a skip would apply what the plugin may have stopped")


@pytest.mark.usefixtures("own_components")
def test_a_component_with_a_misspelt_hook_stops_the_exchange(trac_env: MakeEnvironment) -> None:
    """It would otherwise never be asked, and nobody would know."""

    class Misspelt(Component):
        implements(IIssueSyncPlugin)

        @hookspecs.hookimpl
        def outgoing_chnage(self, change: object) -> None: ...

    env = trac_env("acme")
    env.enable_component(Misspelt)
    with Links(env) as links, pytest.raises(Invalid, match=r"outgoing_chnage.*\. Nothing is"):
        check_plugins(links.hooks)
