# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The plugins of one environment, and how the engine asks them.

Plugins are called one by one, not by one call of pluggy's for all: it would end at the first exception, and
nobody would know whose it was.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import pluggy

from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.model import Change
from trac_issuesync.engine import hookspecs
from trac_issuesync.engine.events import Event
from trac_issuesync.engine.hookspecs import PROJECT, SyncInfo, TicketInfo, Veto
from trac_issuesync.engine.offers import ChannelOffer

__all__ = ["Failed", "Hooks", "Stopped"]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,30}")
# A plugin that ends the program would end the worker of everybody.
_RAISED = (Exception, SystemExit)

Call = Callable[..., Any]


class Stopped(msgspec.Struct, frozen=True):
    """A plugin stopped a change: its name, why (a phrase), and as much of that as strangers may read."""

    by: str
    reason: str
    told: str

    def __str__(self) -> str:
        """The reason for which a change is parked, which the partner reads, too."""
        return f"the plugin {self.by} stopped it: {self.told}"


class Failed(Exception):
    """A plugin raised; ``stopped`` says whose failure it is."""

    def __init__(self, stopped: Stopped) -> None:
        super().__init__(stopped.reason)
        self.stopped = stopped


def _ignore(text: str, error: BaseException | None) -> None:
    return None


class Hooks:
    """The plugins of one environment; without any, asking costs a look into an empty dictionary.

    ``log`` takes a sentence and the exception, if there is one, for the administrator's log.
    """

    def __init__(self, log: Callable[[str, BaseException | None], None] = _ignore) -> None:
        self._log = log
        self._manager: pluggy.PluginManager | None = None
        self._calls: dict[str, list[tuple[str, Call]]] = {}
        self._told: set[tuple[str, str]] = set()
        self.broken: list[str] = []
        """A sentence for each plugin that should be here and cannot be used."""

    def register(self, plugin: object, name: str) -> None:
        """Add a plugin. Raises Invalid if it implements no hook, or one that is none."""
        manager = self._manager
        if manager is None:
            manager = self._manager = pluggy.PluginManager(PROJECT)
            manager.add_hookspecs(hookspecs)
        try:
            manager.register(plugin, name)
            manager.check_pending()
            known = manager.get_hookcallers(plugin)
        except (pluggy.PluginValidationError, ValueError) as error:
            if manager.is_registered(plugin):
                manager.unregister(plugin)
            raise Invalid(f"The plugin {name} cannot be used: {_line(error)}", "plugin") from error
        finally:
            self._calls = _calls(manager)
        if not known:
            manager.unregister(plugin)
            text = f"The plugin {name} implements no hook; its functions have to be marked with hookimpl."
            raise Invalid(text, "plugin")

    @property
    def names(self) -> frozenset[str]:
        """The names of all plugins."""
        return frozenset(name for calls in self._calls.values() for name, _ in calls)

    @property
    def outgoing(self) -> bool:
        """True if somebody looks at changes that leave."""
        return "outgoing_change" in self._calls or "user_to_partner" in self._calls

    @property
    def incoming(self) -> bool:
        """True if somebody looks at changes that come."""
        return "incoming_change" in self._calls or "user_from_partner" in self._calls

    @property
    def observing(self) -> bool:
        """True if somebody wants to hear of events."""
        return "observe" in self._calls

    def offers(self) -> dict[str, ChannelOffer]:
        """The channels by name; of two with one name the one registered first."""
        found: dict[str, ChannelOffer] = {}
        for plugin, call in reversed(self._calls.get("offer_channels", [])):
            try:
                offered: Iterable[ChannelOffer] = call() or ()
                for offer in offered:
                    self._add_offer(found, plugin, offer)
            except _RAISED as error:
                self._complain(plugin, "offer_channels", error)
        return found

    def change(
        self,
        hook: str,
        change: Change,
        ticket: TicketInfo,
        sync: SyncInfo,
        wrong: Callable[[Change, Change], str],
    ) -> Change | Stopped:
        """Ask all plugins about a change, each with what the one before made of it.

        ``hook`` is ``outgoing_change`` or ``incoming_change``; ``wrong`` says of the change as it was first
        and as a plugin returned it why it cannot be taken, or nothing.
        """
        first = change
        for plugin, call in self._calls.get(hook, ()):
            try:
                answer = call(change=change, ticket=ticket, sync=sync)
            except _RAISED as error:
                return self._failure(plugin, hook, error)
            if answer is None:
                continue
            if isinstance(answer, Veto):
                reason = str(answer.reason)[:500]
                return Stopped(plugin, reason, reason)
            change, reason = _sound(answer, change)
            reason = reason or wrong(first, change)
            if reason:
                return Stopped(plugin, reason, "its result cannot be used")
        return change

    def user(self, hook: str, user: str, sync: SyncInfo) -> str | None:
        """What the first plugin that knows ``user`` calls it. Raises Failed."""
        for plugin, call in self._calls.get(hook, ()):
            try:
                answer = call(user=user, sync=sync)
            except _RAISED as error:
                raise Failed(self._failure(plugin, hook, error)) from error
            if answer is not None:
                return str(answer)
        return None

    def tell(self, event: Event, sync: SyncInfo) -> None:
        """Tell all observers of an event; none of them disturbs anybody."""
        for plugin, call in self._calls.get("observe", ()):
            try:
                call(event=event, sync=sync)
            except _RAISED as error:
                self._complain(plugin, "observe", error)

    def _add_offer(self, found: dict[str, ChannelOffer], plugin: str, offer: ChannelOffer) -> None:
        if not isinstance(offer, ChannelOffer) or not _NAME.fullmatch(offer.name):
            self._complain(plugin, "offer_channels", ValueError(f"{offer!r:.200} is no channel's offer"))
        elif offer.name in found:
            text = f"there is a channel {offer.name} already"
            self._complain(plugin, "offer_channels", ValueError(text))
        else:
            found[offer.name] = offer

    def _failure(self, plugin: str, hook: str, error: BaseException) -> Stopped:
        self._complain(plugin, hook, error)
        return Stopped(plugin, f"it failed: {_line(error)}", "it failed")

    def _complain(self, plugin: str, hook: str, error: BaseException) -> None:
        if (plugin, hook) not in self._told:
            self._told.add((plugin, hook))
            self._log(f"The plugin {plugin} failed in {hook}: {_line(error)}", error)


def _calls(manager: pluggy.PluginManager) -> dict[str, list[tuple[str, Call]]]:
    """For each hook that is implemented at all, in pluggy's order, who implements it and how to ask."""
    found: dict[str, list[tuple[str, Call]]] = {}
    names = [name for name, _ in manager.list_name_plugin()]
    for hook in hookspecs.__all__:
        caller = getattr(manager.hook, hook, None)
        for implementation in reversed(caller.get_hookimpls() if caller is not None else []):
            others = [manager.get_plugin(name) for name in names if name != implementation.plugin_name]
            alone = manager.subset_hook_caller(hook, others)
            found.setdefault(hook, []).append((implementation.plugin_name, _one(alone)))
    return found


def _one(caller: pluggy.HookCaller) -> Call:
    def call(**arguments: object) -> object:
        answers = caller(**arguments)
        return answers[0] if answers else None

    return call


def _sound(answer: object, before: Change) -> tuple[Change, str]:
    """A plugin is not held to types by anybody: what it returns is read like a message."""
    if not isinstance(answer, Change):
        return before, f"it returned {type(answer).__name__!r} in place of a change"
    try:
        return msgspec.convert(msgspec.to_builtins(answer), Change), ""
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        return before, f"it returned a change that is none: {_line(error)}"


def _line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
