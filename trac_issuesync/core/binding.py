# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What this side has bound of a contract, and values across the binding: contract words, local words.

Equal names are bound. A value that the receiver does not have is created, replaced by a default, or
refused with a reason, as the setting ``unknown`` says.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from trac_issuesync.core.authors import reporter_here, reporter_on_wire
from trac_issuesync.core.contract import Bound, Contract, types_of
from trac_issuesync.core.model import Catalogue, FieldDef, FieldKind, Side, Unknown
from trac_issuesync.core.text import clean_line, clean_text

__all__ = ["GROWABLE", "Binding", "Local", "bind_equal_names", "binding_of", "clean_value", "default_option"]

GROWABLE = frozenset({"component", "version", "milestone", "priority", "severity", "resolution", "type"})


class Local(Struct, frozen=True):
    """A value in local words; ``create`` asks for a new option first; ``refusal`` says why it cannot be."""

    value: str = ""
    create: bool = False
    refusal: str = ""


class Binding(Struct, frozen=True):
    """This side's view of one contract version: the fields that both sides have bound, and their rules."""

    side: Side
    label: str
    unknown: Unknown
    fields: dict[str, FieldDef]
    types: frozenset[str]

    def to_contract(self, name: str, local: str) -> str:
        """The contract words for a local value."""
        field = self.fields.get(name)
        if field is not None and field.kind is FieldKind.REPORTER:
            return reporter_on_wire(local, self.side, self.label)
        return local

    def to_local(self, name: str, value: str, current: str, *, known_user: bool, longest: int = 0) -> Local:
        """The local words for a contract value of a bound field; ``current`` is what the ticket shows."""
        field = self.fields[name]
        if field.kind in (FieldKind.SELECT, FieldKind.STATUS):
            return self._option(field, value, current)
        if field.kind is FieldKind.OWNER:
            return Local(value if known_user or not value else current)
        if field.kind is FieldKind.REPORTER:
            return Local(reporter_here(value, self.side, self.label))
        if field.kind is FieldKind.CHECKBOX and value not in ("", "0", "1"):
            return Local(refusal=f"{value[:60]!r} is not a value of the checkbox {name}")
        if field.kind is FieldKind.TIME and not _is_time(value):
            return Local(refusal=f"{value[:60]!r} is not a time for the field {name}")
        return clean_value(field.kind, name, value, longest)

    def _option(self, field: FieldDef, value: str, current: str) -> Local:
        if value in field.options or not value:
            return Local(value)
        if self.unknown is Unknown.CREATE and field.name in GROWABLE and value == clean_line(value).strip():
            return Local(value, create=True)
        if self.unknown is Unknown.DEFAULT:
            return Local(default_option(field, current))
        return Local(refusal=f"{field.name} {value[:80]!r} does not exist in this project")


def clean_value(kind: FieldKind, name: str, value: str, longest: int = 0) -> Local:
    """Text as Trac can take it, or a refusal where it is longer than this project allows (0: no limit)."""
    cleaned = clean_text(value) if kind is FieldKind.LONGTEXT else clean_line(value).strip()
    if longest and len(cleaned) > longest:
        return Local(
            refusal=f"{name} has {len(cleaned)} characters, more than the {longest} allowed in this project"
        )
    return Local(cleaned)


def bind_equal_names(contract: Contract, catalogue: Catalogue, unknown: Unknown) -> Bound:
    """Bind the items of equal name and kind; with ``create`` or ``default`` every type is bound."""
    fields = [
        field.name
        for field in contract.fields
        if (here := catalogue.field(field.name)) is not None and here.kind is field.kind
    ]
    shared = types_of(contract.fields)
    here_types = set(types_of(catalogue.fields))
    types = shared if unknown is not Unknown.PARK else tuple(t for t in shared if t in here_types)
    return Bound(contract.version, tuple(fields), types)


def binding_of(
    side: Side,
    label: str,
    unknown: Unknown,
    catalogue: Catalogue,
    contract: Contract,
    bounds: tuple[Bound | None, Bound | None],
) -> Binding:
    """The binding in force: what contract, project and both sides' ``bounds`` have in common."""
    names = {field.name for field in contract.fields}
    types = set(types_of(contract.fields))
    for bound in bounds:
        if bound is not None:
            names &= set(bound.fields)
            types &= set(bound.types)
    fields = {field.name: field for field in catalogue.fields if field.name in names}
    return Binding(side, label, unknown, fields, frozenset(types))


def default_option(field: FieldDef, current: str) -> str:
    """What stands for a value that this project lacks: what the ticket shows, or the field's default."""
    for candidate in (current, field.default):
        if candidate in field.options:
            return candidate
    if field.kind is FieldKind.STATUS:
        return "new" if "new" in field.options else next(iter(field.options), "")
    return next(iter(field.options), "") if field.name == "type" else ""


def _is_time(value: str) -> bool:
    if not value:
        return True
    try:
        return datetime.fromisoformat(value.replace("Z", "+00:00")).tzinfo is not None
    except ValueError:
        return False
