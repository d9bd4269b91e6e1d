# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The contract (the shared vocabulary the master publishes) and what each side has bound of it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from msgspec import Struct

from trac_issuesync.core.model import Catalogue, FieldDef, FieldKind, Policy

__all__ = ["Bound", "Contract", "decided_with", "first_contract", "statuses_of", "types_of"]

UNSHARED_BY_DEFAULT = frozenset({"cc"})
_TOGETHER = ("status", "resolution")


class Contract(Struct, frozen=True, dict=True):
    """One numbered version. ``fields`` includes ``type`` and ``status`` with their options."""

    version: int
    policy: Policy
    fields: tuple[FieldDef, ...]

    def field(self, name: str) -> FieldDef | None:
        return self._by_name.get(name)

    @cached_property
    def _by_name(self) -> dict[str, FieldDef]:
        return {f.name: f for f in reversed(self.fields)}

    def kind(self, name: str) -> FieldKind | None:
        """The kind of a field; comment texts (pseudo fields) are long text; None if not shared."""
        if name.startswith("comment:"):
            return FieldKind.LONGTEXT
        found = self.field(name)
        return found.kind if found else None


class Bound(Struct, frozen=True):
    """Names of a contract version's items that one side has bound: fields, and types by name."""

    version: int
    fields: tuple[str, ...]
    types: tuple[str, ...]


def decided_with(name: str) -> tuple[str, ...]:
    """The fields of which one edit stands or falls as a whole: ``name``, or status and resolution."""
    return _TOGETHER if name in _TOGETHER else (name,)


def first_contract(catalogue: Catalogue, policy: Policy, extra: Iterable[str] = ()) -> Contract:
    """Version 1: every field of the master's project but cc, which is shared only if named in ``extra``."""
    wanted = UNSHARED_BY_DEFAULT - set(extra)
    fields = tuple(f for f in catalogue.fields if f.name not in wanted)
    return Contract(1, policy, fields)


def types_of(fields: Iterable[FieldDef]) -> tuple[str, ...]:
    """The ticket types among the fields of a contract or catalogue."""
    return next((f.options for f in fields if f.name == "type"), ())


def statuses_of(fields: Iterable[FieldDef]) -> tuple[str, ...]:
    """The workflow states among the fields of a contract or catalogue."""
    return next((f.options for f in fields if f.name == "status"), ())
