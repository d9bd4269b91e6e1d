# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Install the plugin for real, each way, into fresh virtual environments, without a network."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path

__all__ = ["ROOT", "Site", "build_egg", "copy_source", "files_below", "pip_install", "run_in"]

ROOT = Path(__file__).resolve().parents[2]
_SOURCE = ("setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE", "CHANGELOG.md")
_FOLDERS = ("trac_issuesync", "templates", "htdocs")


@dataclass(frozen=True)
class Site:
    """A virtual environment with Trac and the other dependencies, but without the plugin."""

    home: Path

    @property
    def python(self) -> Path:
        """The interpreter to run programs with."""
        return self.home / "bin" / "python"

    @property
    def packages(self) -> Path:
        """The folder that pip installs into."""
        version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
        return self.home / "lib" / version / "site-packages"

    @classmethod
    def make(cls, home: Path) -> Site:
        """Make one whose dependencies are links to those of the running Python."""
        venv.create(home, with_pip=False, symlinks=True)
        site = cls(home)
        links = home / "dependencies"
        links.mkdir()
        for entry in Path(sysconfig.get_path("purelib")).iterdir():
            # Else the copy under development would be found in place of the installed one.
            if "trac_issuesync" not in entry.name and entry.name != "__pycache__":
                (links / entry.name).symlink_to(entry)
        (site.packages / "dependencies.pth").write_text(f"{links}\n", encoding="utf-8")
        return site


def run_in(folder: Path, *command: str | Path) -> str:
    """Run a command in ``folder``, away from the source and the caller's Python settings; its output."""
    settings = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    settings |= {"PYTHON_EGG_CACHE": str(folder / "egg-cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    settings |= {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INDEX": "1"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=folder,
        env=settings,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def copy_source(target: Path) -> Path:
    """Copy what is needed to build the package, so that a build leaves nothing in the working tree."""
    target.mkdir()
    for name in _SOURCE:
        if (ROOT / name).exists():
            shutil.copy2(ROOT / name, target / name)
    for name in _FOLDERS:
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def pip_install(site: Site, *arguments: str | Path) -> None:
    """Run ``pip install`` for ``site`` with what is there already: no index, no isolated build."""
    run_in(
        site.home,
        *(sys.executable, "-m", "pip", "--python", site.python, "install", "--quiet"),
        *("--no-deps", "--no-build-isolation", *arguments),
    )


def build_egg(source: Path, plugins: Path, unpacked: bool) -> Path:
    """Build an egg in ``source`` and drop it into ``plugins``, as a file or unpacked as a folder."""
    run_in(source, sys.executable, "setup.py", "--quiet", "bdist_egg")
    (egg,) = (source / "dist").glob("*.egg")
    target = plugins / egg.name
    if unpacked:
        with zipfile.ZipFile(egg) as archive:
            archive.extractall(target)
    else:
        shutil.copy2(egg, target)
    return target


def files_below(folder: Path) -> list[str]:
    """Return the relative names of all files below ``folder``, sorted."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(str(path) for path in found if "__pycache__" not in path.parts)
