# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The fields of a Trac project: as a ``Catalogue``, and laid out for fast reading and writing."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from trac.env import Environment
from trac.ticket.api import TicketFieldList, TicketSystem
from trac.ticket.model import Ticket

from trac_issuesync.core.model import Catalogue, FieldDef, FieldKind
from trac_issuesync.tracker.forms import decoder, from_model

__all__ = ["Layout", "Layouts"]

_STANDARD = {
    "description": FieldKind.LONGTEXT,
    "reporter": FieldKind.REPORTER,
    "owner": FieldKind.OWNER,
    "status": FieldKind.STATUS,
    "keywords": FieldKind.LIST,
    "cc": FieldKind.LIST,
}
_BY_TYPE = {
    "textarea": FieldKind.LONGTEXT,
    "select": FieldKind.SELECT,
    "radio": FieldKind.SELECT,
    "checkbox": FieldKind.CHECKBOX,
    "time": FieldKind.TIME,
}
# Kept by Trac itself; they are no values that anybody edits.
_COMPUTED = ("time", "changetime")


@dataclass(frozen=True)
class Layout:
    """All that reading and writing tickets needs to know about the fields, worked out once.

    ``fields`` is the list that Trac's ticket model works with, shared by all tickets of this layout: making
    a copy for each ticket, as the model does, is half of what a save costs. ``columns`` and ``custom``
    name the standard and custom fields of the catalogue, ``shown`` the canonical value that Trac
    shows for a custom field without a row, ``defaults`` what Trac's model puts into new tickets.
    """

    catalogue: Catalogue
    fields: TicketFieldList
    columns: tuple[str, ...]
    custom: tuple[str, ...]
    kinds: dict[str, FieldKind]
    decoders: dict[str, Callable[[object], str]]
    shown: dict[str, str]
    defaults: dict[str, object]
    times: tuple[str, ...]
    editable: frozenset[str]


class Layouts:
    """The layout of an environment, made anew when Trac's own list of fields is another one."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._made_from: object = None
        self._layout: Layout | None = None

    def current(self) -> Layout:
        """The layout of the fields as Trac knows them now."""
        fields = TicketSystem(self._env).fields
        if self._layout is None or fields is not self._made_from:
            self._layout, self._made_from = _lay_out(self._env), fields
        return self._layout

    def forget(self) -> None:
        """Make it anew next time, also if only defaults or statuses changed."""
        self._layout = None


def _lay_out(env: Environment) -> Layout:
    # A copy, because Trac's is for everybody; not Trac's own copy, which has labels in a user's language.
    fields = copy.deepcopy(TicketSystem(env).fields)
    blank = Ticket(env)
    offered = [field for field in fields if field["name"] not in _COMPUTED]
    kinds = {field["name"]: _kind(field) for field in offered}
    found = ((name, decoder(kind)) for name, kind in kinds.items())
    decoders = {name: decode for name, decode in found if decode}
    custom = tuple(field["name"] for field in offered if field.get("custom"))
    defaults = {name: value for name, value in blank.values.items() if name != "owner"}
    return Layout(
        catalogue=Catalogue(tuple(_define(env, field, kinds[field["name"]], defaults) for field in offered)),
        fields=fields,
        columns=tuple(field["name"] for field in offered if not field.get("custom")),
        custom=custom,
        kinds=kinds,
        decoders=decoders,
        shown={name: from_model(kinds[name], blank[name]) if blank[name] else "" for name in custom},
        defaults=defaults,
        times=tuple(field["name"] for field in fields if field["type"] == "time"),
        editable=frozenset(blank.editable_fields),
    )


def _kind(field: dict[str, Any]) -> FieldKind:
    if not field.get("custom") and field["name"] in _STANDARD:
        return _STANDARD[field["name"]]
    if field["type"] == "text":
        return FieldKind.LIST if field.get("format") == "list" else FieldKind.TEXT
    return _BY_TYPE.get(field["type"], FieldKind.TEXT)


def _define(
    env: Environment, field: dict[str, Any], kind: FieldKind, defaults: dict[str, object]
) -> FieldDef:
    name = field["name"]
    return FieldDef(
        name=name,
        kind=kind,
        label=field["label"],
        options=tuple(_options(env, field, kind)),
        custom=bool(field.get("custom")),
        default=_default(env, field, kind, defaults),
    )


def _options(env: Environment, field: dict[str, Any], kind: FieldKind) -> Iterable[str]:
    if kind is FieldKind.STATUS:
        return TicketSystem(env).get_all_status()
    return field["options"] if kind is FieldKind.SELECT else ()


def _default(env: Environment, field: dict[str, Any], kind: FieldKind, defaults: dict[str, object]) -> str:
    name = field["name"]
    if kind is FieldKind.STATUS:
        # Trac has no option for it: its workflow starts with this one, unless an administrator chose others.
        return "new" if "new" in TicketSystem(env).get_all_status() else ""
    if name == "resolution" and not field.get("custom"):
        return env.config.get("ticket", "default_resolution")
    return from_model(kind, defaults.get(name))
