# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Run by an installed Python: print as JSON what Trac finds of the plugin in an environment."""

from __future__ import annotations

import importlib
import json
import pkgutil
import sys

from trac.core import ComponentMeta
from trac.env import open_environment


def main(path: str) -> None:
    """Open the environment, load everything the installation declares and ships, and tell."""
    env = open_environment(path)
    # Only now: an egg in plugins/ is put on sys.path by opening the environment.
    import pkg_resources

    (dist,) = {entry.dist for entry in _entry_points(pkg_resources)}
    for entry in _entry_points(pkg_resources):
        entry.load(require=True)
    import trac_issuesync
    from trac_issuesync.resources import resource_dir

    loaded = _components()
    modules = _import_all(trac_issuesync)
    components = _components()
    facts = {
        "version": dist.version,
        "module_version": trac_issuesync.__version__,
        "file": trac_issuesync.__file__,
        "modules": modules,
        "components": sorted(map(_name, components)),
        "not_loaded": sorted(_name(c) for c in components if c not in loaded),
        "not_enabled": sorted(_name(c) for c in components if not env.is_enabled(c)),
        "templates": resource_dir("templates"),
        "htdocs": resource_dir("htdocs"),
    }
    env.shutdown()
    print(json.dumps(facts))


def _entry_points(pkg_resources):
    found = pkg_resources.working_set.iter_entry_points("trac.plugins")
    return [entry for entry in found if entry.module_name.startswith("trac_issuesync")]


def _components():
    return [c for c in ComponentMeta._components if c.__module__.startswith("trac_issuesync.")]


def _import_all(package):
    def fail(name):
        raise ImportError(name)

    found = pkgutil.walk_packages(package.__path__, "trac_issuesync.", onerror=fail)
    return sorted(importlib.import_module(info.name).__name__ for info in found)


def _name(component):
    return f"{component.__module__}.{component.__name__}"


if __name__ == "__main__":
    main(sys.argv[1])
