# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A pytest plugin (``-p protections.without``) that runs tests against a product without one protection.

``WITHOUT_PROTECTION`` names a row of ``protections.removals``. The module that it alters is compiled from its
source with the one place replaced; nothing is written to disk.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

from protections.removals import REMOVALS, Removal, altered

__all__ = ["VARIABLE"]

VARIABLE = "WITHOUT_PROTECTION"


class _Loader(SourceFileLoader):
    """Compiles the altered source, past the cache of compiled modules."""

    removal: Removal

    def get_code(self, fullname: str) -> CodeType:
        source = altered(self.removal, self.get_data(self.path).decode())
        return compile(source, self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the module to alter before anybody else does."""

    def __init__(self, removal: Removal) -> None:
        self._removal = removal

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != self._removal.module:
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None:
            raise ImportError(f"{fullname} is not there any more.")
        loader = _Loader(fullname, spec.origin)
        loader.removal = self._removal
        spec.loader = loader
        return spec


def pytest_configure() -> None:
    """Fail at once if the module was imported before it could be altered."""
    removal = REMOVALS[os.environ[VARIABLE]]
    module = sys.modules.get(removal.module)
    if module is not None and not isinstance(module.__loader__, _Loader):
        raise RuntimeError(f"{removal.module} was imported before it could be altered.")


sys.meta_path.insert(0, _Finder(REMOVALS[os.environ[VARIABLE]]))
