# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Every way to install the plugin gives the same plugin."""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from support.installs import ROOT, Site, build_egg, copy_source, files_below, pip_install, run_in

import trac_issuesync


class Facts(msgspec.Struct, frozen=True):
    """What ``install_probe`` prints."""

    version: str
    module_version: str
    file: str
    modules: list[str]
    components: list[str]
    not_loaded: list[str]
    not_enabled: list[str]
    templates: str
    htdocs: str


@dataclass(frozen=True)
class Workplace:
    """One fresh site, one fresh copy of the source, one real Trac environment."""

    site: Site
    source: Path
    environment: Path

    def admin(self, *command: str) -> str:
        """Run trac-admin with the site's Python."""
        return run_in(
            self.site.home, self.site.python, "-m", "trac.admin.console", self.environment, *command
        )

    def enable(self) -> None:
        """Do what a pip install needs afterwards; an egg in plugins/ is enabled by Trac."""
        self.admin("config", "set", "components", "trac_issuesync.*", "enabled")

    def probe(self) -> Facts:
        """Upgrade the environment and tell what Trac finds of the plugin."""
        self.admin("upgrade", "--no-backup")
        program = ROOT / "tests" / "support" / "install_probe.py"
        text = run_in(self.site.home, self.site.python, program, self.environment)
        return msgspec.json.decode(text, type=Facts)


def install_wheel(place: Workplace) -> Path:
    """``pip install .``; returns where it has to be found."""
    pip_install(place.site, place.source)
    shutil.rmtree(place.source)
    place.enable()
    return place.site.packages


def install_editable(place: Workplace) -> Path:
    """``pip install -e .``"""
    pip_install(place.site, "--editable", place.source)
    place.enable()
    return place.source


def install_sdist(place: Workplace) -> Path:
    """``python setup.py sdist``, then ``pip install`` of the archive."""
    run_in(place.source, sys.executable, "setup.py", "--quiet", "sdist")
    (archive,) = (place.source / "dist").glob("*.tar.gz")
    pip_install(place.site, archive)
    shutil.rmtree(place.source)
    place.enable()
    return place.site.packages


def install_unpacked_egg(place: Workplace) -> Path:
    """``python setup.py bdist_egg``, unpacked into the environment's plugins folder."""
    egg = build_egg(place.source, place.environment / "plugins", unpacked=True)
    shutil.rmtree(place.source)
    return egg


def install_zipped_egg(place: Workplace) -> Path:
    """``python setup.py bdist_egg``, dropped as a file into the environment's plugins folder."""
    egg = build_egg(place.source, place.environment / "plugins", unpacked=False)
    shutil.rmtree(place.source)
    return egg


WAYS = [install_wheel, install_editable, install_sdist, install_unpacked_egg, install_zipped_egg]


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    """A workplace with nothing of ours installed; Trac 1.6 works in it."""
    place = Workplace(Site.make(tmp_path / "site"), copy_source(tmp_path / "source"), tmp_path / "env")
    place.admin("initenv", "Acme", "sqlite:db/trac.db")
    return place


def modules_in_source() -> list[str]:
    """All modules and packages of the working tree, below trac_issuesync."""
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for path in (ROOT / "trac_issuesync").rglob("*.py")
    }
    return sorted(names - {"trac_issuesync"})


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_every_way_to_install_gives_the_whole_plugin(
    place: Workplace, way: Callable[[Workplace], Path]
) -> None:
    """All modules load, all components are enabled, all templates and static files are found."""
    target = way(place)

    facts = place.probe()

    assert Path(facts.file).parents[1] == target.resolve()
    assert facts.version == facts.module_version == trac_issuesync.__version__
    assert facts.modules == modules_in_source()
    assert facts.components
    assert facts.not_loaded == facts.not_enabled == []
    for kind, found in (("templates", facts.templates), ("htdocs", facts.htdocs)):
        assert files_below(Path(found)) == files_below(ROOT / kind) != []
        assert Path(found).is_relative_to(ROOT) is False


def test_the_source_archive_holds_what_a_build_and_a_test_run_need(tmp_path: Path) -> None:
    """Licence, build files and the two resource folders are in the sdist, caches are not."""
    source = copy_source(tmp_path / "source")
    run_in(source, sys.executable, "setup.py", "--quiet", "sdist")
    (archive,) = (source / "dist").glob("*.tar.gz")
    with tarfile.open(archive) as tar:
        names = {name.split("/", 1)[1] for name in tar.getnames() if "/" in name}
    assert {"setup.py", "pyproject.toml", "MANIFEST.in", "LICENSE", "CHANGELOG.md"} <= names
    assert {
        f"{kind}/{name}" for kind in ("templates", "htdocs") for name in files_below(ROOT / kind)
    } <= names
    assert not [name for name in names if "__pycache__" in name]


def test_an_installation_without_its_folders_says_so(place: Workplace) -> None:
    """A damaged installation is told in words, and a stranger's folder beside it is not taken for ours."""
    pip_install(place.site, place.source)
    shutil.rmtree(place.site.packages / "trac_issuesync" / "templates")
    (place.site.packages / "templates").mkdir()
    program = (
        "import json; from trac_issuesync.core.errors import Invalid\n"
        "from trac_issuesync.resources import resource_dir\n"
        "try: print(json.dumps(resource_dir('templates')))\n"
        "except Invalid as error: print(json.dumps([error.code, error.text]))"
    )
    code, text = json.loads(run_in(place.site.home, place.site.python, "-c", program))
    assert code == "installation"
    assert str(place.site.packages) in text
