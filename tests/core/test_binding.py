# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Values across the binding, for each kind of field and each rule about unknown values."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trac_issuesync.core.binding import GROWABLE, Binding, Local, bind_equal_names, binding_of
from trac_issuesync.core.contract import Bound, Contract, first_contract
from trac_issuesync.core.model import Catalogue, FieldDef, FieldKind, Policy, Side, Unknown
from trac_issuesync.testing.sim_catalogue import default_catalogue

OPTIONS = ("one", "two")
KINDS = {
    "plain": FieldKind.TEXT,
    "prose": FieldKind.LONGTEXT,
    "words": FieldKind.LIST,
    "component": FieldKind.SELECT,
    "custom": FieldKind.SELECT,
    "type": FieldKind.SELECT,
    "status": FieldKind.STATUS,
    "check": FieldKind.CHECKBOX,
    "due": FieldKind.TIME,
    "owner": FieldKind.OWNER,
    "reporter": FieldKind.REPORTER,
}


def binding(unknown: Unknown, default: str = "") -> Binding:
    """A binding with one field of each kind; a select that may grow, one that may not, and the types."""
    chosen = (FieldKind.SELECT, FieldKind.STATUS)
    fields = {
        name: FieldDef(name, kind, options=OPTIONS if kind in chosen else (), default=default)
        for name, kind in KINDS.items()
    }
    return Binding(Side.SLAVE, "ACME", unknown, fields, frozenset(OPTIONS))


def local(name: str, value: str, unknown: Unknown = Unknown.PARK, current: str = "two") -> Local:
    """What the field shows for ``value``; nobody is known here."""
    return binding(unknown).to_local(name, value, current, known_user=False)


@pytest.mark.parametrize("unknown", Unknown)
@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("plain", "text", "text"),
        ("plain", "", ""),
        ("plain", " two\nlines ", "two lines"),
        ("plain", "a\x00b\x07c", "abc"),
        ("prose", "two\r\nlines\n", "two\r\nlines\n"),
        ("prose", "nul\x00 and bell\x07", "nul and bell"),
        ("words", "a, b", "a, b"),
        ("component", "one", "one"),
        ("component", "", ""),
        ("custom", "two", "two"),
        ("status", "two", "two"),
        ("check", "1", "1"),
        ("check", "0", "0"),
        ("check", "", ""),
        ("due", "2026-01-02T03:04:05.000006+00:00", "2026-01-02T03:04:05.000006+00:00"),
        ("due", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"),
        ("due", "", ""),
        ("owner", "", ""),
        ("owner", "stranger", "two"),  # the owner stays as it is
        ("reporter", "m:alice", "alice (ACME)"),
        ("reporter", "s:bob", "bob"),
        ("reporter", "alice@example.org", "alice (ACME)"),
    ],
)
def test_a_value_that_fits_is_shown_whatever_the_rule(
    unknown: Unknown, name: str, value: str, shown: str
) -> None:
    """The rule about unknown values touches options alone."""
    assert local(name, value, unknown) == Local(shown)


def test_a_known_owner_becomes_the_owner() -> None:
    """And nothing else decides it."""
    assert binding(Unknown.PARK).to_local("owner", "bob", "two", known_user=True) == Local("bob")


@pytest.mark.parametrize(
    ("name", "unknown"), list(product(("component", "custom", "type", "status"), Unknown))
)
def test_an_option_that_does_not_exist_here(name: str, unknown: Unknown) -> None:
    """Refused in words; created where that can be and is wanted; or a default, the current value first."""
    found = local(name, "three", unknown)
    if unknown is Unknown.DEFAULT:
        assert found == Local("two")
    elif unknown is Unknown.CREATE and name in ("component", "type"):
        assert found == Local("three", create=True)
    else:
        assert found.refusal == f"{name} 'three' does not exist in this project"
        assert found.value == ""


@pytest.mark.parametrize("value", ["a\nb", " lead", "nul\x00", "trail "])
def test_an_option_that_could_not_be_stored_as_it_is_is_not_created(value: str) -> None:
    """Created under a cleaned name it would be another option than the partner's."""
    found = local("component", value, Unknown.CREATE)
    assert not found.create
    assert found.refusal


@pytest.mark.parametrize(
    ("name", "current", "default", "shown"),
    [
        ("component", "one", "two", "one"),  # what the ticket shows
        ("component", "gone", "two", "two"),  # else the field's default
        ("component", "", "gone", ""),  # else none
        ("custom", "", "", ""),
        ("type", "", "", "one"),  # a ticket has a type
        ("status", "", "", "one"),  # and a status
    ],
)
def test_the_default_for_an_unknown_option(name: str, current: str, default: str, shown: str) -> None:
    """In this order: the current value, the field's default, the first of those that cannot be empty."""
    found = binding(Unknown.DEFAULT, default).to_local(name, "three", current, known_user=False)
    assert found == Local(shown)


def test_a_new_ticket_of_an_unknown_status_is_new() -> None:
    """Where the workflow has that state, it is the default."""
    fields = {"status": FieldDef("status", FieldKind.STATUS, options=("closed", "new"))}
    bound = Binding(Side.SLAVE, "ACME", Unknown.DEFAULT, fields, frozenset())
    assert bound.to_local("status", "odd", "", known_user=False) == Local("new")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("check", "2"),
        ("check", "yes"),
        ("due", "tomorrow"),
        ("due", "2026-01-02T03:04:05"),  # no zone: it could mean anything
        ("due", "2026-99-99T00:00:00Z"),
    ],
)
@pytest.mark.parametrize("unknown", Unknown)
def test_a_value_of_the_wrong_kind_is_refused_by_name(unknown: Unknown, name: str, value: str) -> None:
    """No rule invents a value for it."""
    assert name in local(name, value, unknown).refusal


@given(st.text(max_size=50), st.sampled_from(sorted(KINDS)), st.sampled_from(Unknown))
def test_any_text_is_shown_or_refused(value: str, name: str, unknown: Unknown) -> None:
    """Nothing raises, and what is shown can be stored."""
    found = local(name, value, unknown)
    assert not (found.refusal and (found.value or found.create))
    assert "\x00" not in found.value
    assert len(found.refusal) < 400
    if KINDS[name] in (FieldKind.SELECT, FieldKind.STATUS) and not found.create:
        assert found.value in ("", *OPTIONS)


@pytest.mark.parametrize(("length", "fits"), [(9, True), (10, True), (11, False)])
@pytest.mark.parametrize("name", ["plain", "prose", "words"])
def test_text_longer_than_this_project_allows_is_refused(name: str, length: int, fits: bool) -> None:
    """The limit is ours to check, as Trac's model does not; counted after cleaning."""
    value = "x" * length + "\x00\x00"
    found = binding(Unknown.PARK).to_local(name, value, "", known_user=False, longest=10)
    assert (found.refusal == "") is fits
    if not fits:
        assert found.refusal == f"{name} has 11 characters, more than the 10 allowed in this project"


def test_equal_names_of_equal_kinds_are_bound() -> None:
    """A field that is text there and a checkbox here is not; nor is one that is not here."""
    contract = Contract(
        3,
        Policy.NEWEST,
        (
            FieldDef("type", FieldKind.SELECT, options=("defect", "story")),
            FieldDef("summary", FieldKind.TEXT),
            FieldDef("urgent", FieldKind.TEXT),
            FieldDef("planet", FieldKind.TEXT),
        ),
    )
    park = bind_equal_names(contract, default_catalogue(), Unknown.PARK)
    assert park == Bound(3, ("type", "summary"), ("defect",))
    for unknown in (Unknown.CREATE, Unknown.DEFAULT):
        assert bind_equal_names(contract, default_catalogue(), unknown).types == ("defect", "story")


def test_what_is_in_force_is_what_all_have_in_common() -> None:
    """Contract, project and both sides' bounds: whatever one of them lacks is not shared."""
    catalogue = default_catalogue()
    contract = first_contract(catalogue, Policy.NEWEST)
    ours = Bound(1, ("summary", "priority", "type", "ghost"), ("defect", "task"))
    theirs = Bound(1, ("summary", "type", "version", "ghost"), ("defect", "enhancement"))
    found = binding_of(Side.MASTER, "X", Unknown.PARK, catalogue, contract, (ours, theirs))
    assert set(found.fields) == {"summary", "type"}
    assert found.types == {"defect"}
    smaller = Catalogue(tuple(f for f in catalogue.fields if f.name != "summary"))
    assert set(binding_of(Side.MASTER, "X", Unknown.PARK, smaller, contract, (ours, theirs)).fields) == {
        "type"
    }


def test_cc_is_not_shared_unless_asked() -> None:
    """Version 1 holds every field of the project but cc, as it holds addresses."""
    names = {field.name for field in first_contract(default_catalogue(), Policy.NEWEST).fields}
    asked = {field.name for field in first_contract(default_catalogue(), Policy.NEWEST, ["cc"]).fields}
    assert "cc" not in names
    assert asked == names | {"cc"}


def test_only_tracs_own_lists_can_grow() -> None:
    """A status belongs to a workflow and a custom field's options to the configuration."""
    assert "status" not in GROWABLE
    assert "custom" not in GROWABLE
