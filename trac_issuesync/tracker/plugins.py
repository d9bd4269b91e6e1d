# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which plugins an environment has: its Trac components and the entry points that are enabled in it.

Made anew for each opened environment, so that two environments in one process share none.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from trac.core import Component

from trac_issuesync.channels.file_offer import FILE_OFFER
from trac_issuesync.core.errors import Invalid
from trac_issuesync.engine.hooks import Hooks
from trac_issuesync.engine.hookspecs import PROJECT, hookimpl
from trac_issuesync.engine.offers import ChannelOffer
from trac_issuesync.tracker.api import IssueSyncSystem

__all__ = ["check_plugins", "load_hooks", "trouble"]


class BuiltIn:
    """What we offer ourselves, by the same hooks as everybody."""

    @hookimpl
    def offer_channels(self) -> list[ChannelOffer]:
        """The channels of this package."""
        return [FILE_OFFER]


def load_hooks(env: Any) -> Hooks:
    """The plugins of an environment; what cannot be used stands in ``Hooks.broken`` and in Trac's log."""

    def log(text: str, error: BaseException | None) -> None:
        env.log.error("Issue synchronization: %s", text, exc_info=error)

    hooks = Hooks(log)
    hooks.register(BuiltIn(), PROJECT)
    try:
        for component in IssueSyncSystem(env).plugins:
            _register(hooks, component, _name_of(component), log)
    except Exception as error:
        _break(hooks, f"A Trac plugin cannot be used: {type(error).__name__}: {error}", error, log)
    for entry in _enabled(env):
        try:
            _register(hooks, _made(entry.load(), env), entry.name, log)
        except Exception as error:
            text = f"The plugin {entry.name} cannot be loaded: {type(error).__name__}: {error}"
            _break(hooks, text, error, log)
    return hooks


def trouble(hooks: Hooks) -> str:
    """What keeps plugins from being used that should be here and might stop what would leave; or nothing."""
    if not hooks.broken:
        return ""
    texts = " ".join(f"{text.rstrip('. ')}." for text in hooks.broken)
    return f"{texts} Nothing is exchanged until it works, or is disabled in trac.ini."


def check_plugins(hooks: Hooks) -> None:
    """Raise Invalid if there is such trouble."""
    if text := trouble(hooks):
        raise Invalid(text, "plugin")


def _register(hooks: Hooks, plugin: object, name: str, log: Any) -> None:
    try:
        hooks.register(plugin, name)
    except Invalid as invalid:
        _break(hooks, invalid.text, invalid, log)


def _break(hooks: Hooks, text: str, error: BaseException, log: Any) -> None:
    hooks.broken.append(text[:500])
    log(text, error)


def _name_of(component: object) -> str:
    kind = type(component)
    return f"{kind.__module__}.{kind.__name__}"


def _made(loaded: Any, env: Any) -> object:
    """An entry point may name a module, an object, a class, or a Trac component."""
    if not isinstance(loaded, type):
        return loaded
    return loaded(env) if issubclass(loaded, Component) else loaded()


def _enabled(env: Any) -> Iterator[EntryPoint]:
    """As Trac has it: enabled in [components], or lying in the plugins folder and not disabled."""
    for entry in sorted(entry_points(group=PROJECT), key=lambda entry: entry.name):
        enabled = env.is_component_enabled(entry.module)
        if enabled or (enabled is None and _is_in(entry, env)):
            yield entry


def _is_in(entry: EntryPoint, env: Any) -> bool:
    if entry.dist is None:
        return False
    place = Path(str(entry.dist.locate_file(""))).resolve()
    return any(Path(folder).resolve() in (place, *place.parents) for folder in _plugin_folders(env) if folder)


def _plugin_folders(env: Any) -> tuple[str, str]:
    return env.plugins_dir, env.shared_plugins_dir
