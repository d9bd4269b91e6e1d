# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Real Trac environments for tests: made once, then copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from trac.config import Configuration
from trac.env import Environment

__all__ = ["MakeEnvironment", "Option", "copy_environment", "make_blank"]

Option = tuple[str, str, str]
MakeEnvironment = Callable[..., Environment]

_BLANK: tuple[Option, ...] = (("trac", "database", "sqlite:db/trac.db"), ("logging", "log_type", "none"))


def make_blank(path: Path) -> Path:
    """Create a Trac environment with Trac's default data and without the plugin; SQLite, no log."""
    Environment(str(path), create=True, options=list(_BLANK)).shutdown()
    return path


def copy_environment(
    blank: Path, path: Path, options: Iterable[Option] = (), plugin: bool = True
) -> Environment:
    """Copy ``blank`` to ``path``, set ``options`` (section, name, value) in its trac.ini and open it.

    With ``plugin`` our components are enabled and the upgrade has run, as an administrator would do it.
    The blank never had the plugin, so two copies do not look like one environment copied by accident.
    """
    shutil.copytree(blank, path)
    config = Configuration(str(path / "conf" / "trac.ini"))
    config.set("project", "name", path.name)
    if plugin:
        config.set("components", "trac_issuesync.*", "enabled")
    for section, name, value in options:
        config.set(section, name, value)
    config.save()
    env = Environment(str(path))
    if env.needs_upgrade():
        env.upgrade()
    return env
