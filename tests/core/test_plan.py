# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What an incoming change means for the ticket: decided as a whole before anything is written."""

from __future__ import annotations

from itertools import product

import pytest
from msgspec.structs import replace

from trac_issuesync.core.binding import binding_of
from trac_issuesync.core.contract import first_contract
from trac_issuesync.core.model import (
    Change,
    ChangeKind,
    CommentRef,
    FieldChange,
    Loser,
    Policy,
    Shadow,
    Side,
    Unknown,
)
from trac_issuesync.core.plan import Facts, LostEdit, Plan, after_answer, plan_change
from trac_issuesync.testing.sim_catalogue import default_catalogue

CATALOGUE = default_catalogue()
COMMENT = CommentRef(Side.MASTER, 500).field


def plan(
    *fields: FieldChange,
    shadows: dict[str, Shadow] | None = None,
    current: dict[str, str] | None = None,
    side: Side = Side.SLAVE,
    policy: Policy = Policy.NEWEST,
    unknown: Unknown = Unknown.PARK,
    overridden: frozenset[str] = frozenset(),
    comment: str = "",
    seen: int = 0,
    content: bool = False,
    longest: int = 0,
    policies: dict[int, Policy] | None = None,
) -> Plan:
    """Plan a change of bob's with these fields for a ticket that shows ``current``."""
    contract = first_contract(CATALOGUE, policy)
    binding = binding_of(side, "PARTNER", unknown, CATALOGUE, contract, (None, None))
    facts = Facts(lambda name: name == "bob", lambda name: longest, lambda v: (policies or {}).get(v, policy))
    change = Change("id", 9, "a/1/2", ChangeKind.EDIT, "bob", 1000, 1, 0, seen, fields, comment)
    change = replace(change, content=content)
    return plan_change(change, shadows or {}, current or {}, binding, contract, facts, overridden)


def mine(value: str, stamp: int, **more: object) -> Shadow:
    """A field that this side edited last, in its change 5."""
    known = Shadow(value, stamp, number=5, mine_stamp=stamp, mine_author="alice", mine_time=29)
    return replace(known, **more)


def test_an_unopposed_value_is_written_and_known() -> None:
    """Value, shadow, and no loser."""
    found = plan(FieldChange("customer", "new", 20), current={"customer": "old"})
    assert found == Plan(values={"customer": "new"}, shadow={"customer": Shadow("new", 20)})


def test_what_the_ticket_shows_already_is_not_written_again() -> None:
    """The shadow moves, the log stays clean."""
    found = plan(FieldChange("customer", "same", 20), current={"customer": "same"})
    assert found.values == {}
    assert found.shadow == {"customer": Shadow("same", 20)}


def test_a_field_that_is_not_bound_is_passed_over_by_name() -> None:
    """It refuses nothing: the rest of the change is planned."""
    found = plan(FieldChange("cc", "x@y", 20), FieldChange("customer", "new", 20))
    assert found.passed == ["cc"]
    assert found.values == {"customer": "new"}


def test_one_value_that_cannot_be_refuses_the_whole_change() -> None:
    """Nothing is written by halves."""
    found = plan(FieldChange("priority", "odd", 20), FieldChange("customer", "new", 20), comment="hello")
    assert found.refusal == "priority 'odd' does not exist in this project"
    assert (found.values, found.comment) == ({}, "")


def test_a_refused_value_is_passed_over_when_a_later_change_sets_the_field() -> None:
    """The rest is applied with its comment; the field keeps what it knew."""
    found = plan(
        FieldChange("priority", "odd", 20),
        FieldChange("customer", "new", 20),
        comment="hello",
        overridden=frozenset({"priority"}),
    )
    assert (found.refusal, found.passed, found.comment) == ("", ["priority"], "hello")
    assert (found.values, set(found.shadow)) == ({"customer": "new"}, {"customer"})


def test_a_value_that_loses_is_never_refused() -> None:
    """Conflicts are decided first: a losing value need not exist here."""
    found = plan(
        FieldChange("priority", "odd", 20),
        shadows={"priority": mine("minor", 30)},
        current={"priority": "minor"},
    )
    assert found.refusal == ""
    assert found.lost == [LostEdit("priority", "minor", "alice", 29, "odd", "bob", 1000, Side.SLAVE)]
    assert found.values == found.put_back == {}


def test_my_value_is_put_back_where_the_ticket_shows_another() -> None:
    """An earlier change of the partner had won; my edit wins against this one."""
    shadow = mine("theirs 1", 25, mine="mine", mine_stamp=30)
    found = plan(
        FieldChange("customer", "theirs 2", 20),
        shadows={"customer": shadow},
        current={"customer": "theirs 1"},
    )
    assert (found.values, found.put_back) == ({}, {"customer": "mine"})
    assert found.shadow["customer"].value == "mine"


def test_a_value_that_loses_here_is_remembered_as_mine() -> None:
    """Later changes of the partner that have not seen my edit are still compared with it."""
    found = plan(
        FieldChange("customer", "theirs", 40),
        shadows={"customer": mine("mine", 30)},
        current={"customer": "mine"},
    )
    shadow = found.shadow["customer"]
    assert (shadow.value, shadow.mine_value, shadow.mine_stamp, shadow.number) == ("theirs", "mine", 30, 5)
    assert found.lost == [LostEdit("customer", "mine", "alice", 29, "theirs", "bob", 1000, Side.MASTER)]


def test_a_value_known_under_local_words_is_shown_in_them() -> None:
    """What was shown for the value before is shown for it again."""
    shadow = Shadow("stranger", 10, "bob")
    found = plan(FieldChange("owner", "stranger", 20), shadows={"owner": shadow}, current={"owner": "carol"})
    assert found.values == {"owner": "bob"}
    assert found.shadow["owner"].local == "bob"


def test_an_unknown_owner_leaves_the_owner_and_keeps_the_value() -> None:
    """The shadow holds the partner's words, the ticket its own."""
    found = plan(FieldChange("owner", "stranger", 20), current={"owner": "carol"})
    assert found.values == {}
    assert (found.shadow["owner"].value, found.shadow["owner"].shown) == ("stranger", "carol")
    assert plan(FieldChange("owner", "bob", 20), current={"owner": "carol"}).values == {"owner": "bob"}


def test_an_option_to_be_created_is_named_first() -> None:
    """Creating comes before the value that needs it."""
    found = plan(FieldChange("component", "engine", 20), unknown=Unknown.CREATE)
    assert (found.create, found.values) == ([("component", "engine")], {"component": "engine"})


def test_an_edited_comment_is_planned_under_its_reference() -> None:
    """Its text merges as long text does, and is cleaned as text is."""
    found = plan(FieldChange(COMMENT, "better\x00", 20, old="good"))
    assert found.comments == {CommentRef(Side.MASTER, 500): "better"}
    assert (found.values, found.shadow[COMMENT].value) == ({}, "better\x00")


def test_the_comment_is_cleaned_and_its_length_checked() -> None:
    """A comment over this project's limit refuses the change by name."""
    assert plan(comment="a\x00b\r\n").comment == "ab\r\n"
    assert plan(comment="x" * 10, longest=10).refusal == ""
    assert "comment has 11 characters" in plan(comment="x" * 11, longest=10).refusal
    assert "comment has 11" in plan(FieldChange(COMMENT, "x" * 11, 20), longest=10).refusal


def test_the_masters_result_is_an_answer_and_no_put_back() -> None:
    """The joined value is written as theirs; the answer goes out as a change of its own."""
    found = plan(
        FieldChange("keywords", "w s", 20, old="w"),
        side=Side.MASTER,
        shadows={"keywords": mine("w m", 30)},
        current={"keywords": "w m"},
    )
    assert found.values == {"keywords": "w m s"}
    assert found.answers == [FieldChange("keywords", "w m s", 31, old="w s")]
    assert (found.put_back, found.lost) == ({}, [])


def test_the_slave_learns_from_the_result_what_was_dropped() -> None:
    """A text of the slave's that is not in the result is recorded there too, by the master's word."""
    shadows = {"description": mine("from the slave", 30)}
    current = {"description": "from the slave"}
    loser = Loser(Side.SLAVE, "alice", 29, "carol", 28)
    result = FieldChange("description", "from the master", 31, "from the slave", "from the slave", loser)
    found = plan(result, shadows=shadows, current=current, seen=5)
    slaves, masters = ("from the slave", "alice", 29), ("from the master", "carol", 28)
    assert found.lost == [LostEdit("description", *slaves, *masters, Side.MASTER)]
    loser = Loser(Side.MASTER, "carol", 28, "alice", 29)
    kept = FieldChange("description", "from the slave", 31, "from the slave", "from the master", loser)
    found = plan(kept, shadows=shadows, current=current, seen=5)
    assert found.lost == [LostEdit("description", *slaves, *masters, Side.SLAVE)]


def test_the_slave_learns_it_also_where_it_has_edited_again() -> None:
    """Its newer edit stands until the master judges it; the older one is on record all the same."""
    loser = Loser(Side.SLAVE, "alice", 29, "carol", 28)
    result = FieldChange("description", "from the master", 31, "first", "first", loser)
    found = plan(result, shadows={"description": mine("second", 40)}, current={"description": "second"})
    assert found.values == {}
    assert found.lost == [
        LostEdit("description", "first", "alice", 29, "from the master", "carol", 28, Side.MASTER)
    ]


@pytest.mark.parametrize(("theirs", "ours"), list(product((False, True), repeat=2)))
def test_only_what_people_of_both_sides_have_settled_is_no_open_question(theirs: bool, ours: bool) -> None:
    """An edit that meets a resolution is a conflict of its own; two resolutions are none."""
    found = plan(
        FieldChange("customer", "s", 99, settles=theirs),
        shadows={"customer": mine("m", 30, mine_settles=ours)},
        current={"customer": "m"},
    )
    assert [lost.resolved for lost in found.lost] == [theirs and ours]
    assert found.settled == (["customer"] if theirs else [])


def test_two_changes_are_judged_by_the_policy_of_the_masters_version() -> None:
    """On both sides: the master's own edit names the version, wherever it is judged."""
    policies = {1: Policy.SLAVE, 2: Policy.MASTER}
    here = mine("m", 30, mine_version=2)
    at_master = plan(
        FieldChange("customer", "s", 99), side=Side.MASTER, shadows={"customer": here}, policies=policies
    )
    assert at_master.lost[0].winner is Side.MASTER
    at_slave = plan(
        FieldChange("customer", "m", 30),
        shadows={"customer": mine("s", 99, mine_version=2)},
        policies=policies,
    )
    assert at_slave.lost[0].winner is Side.SLAVE  # the master's change says version 1


def test_content_sent_again_loses_to_an_edit_without_a_record() -> None:
    """It is no edit, so nothing was lost."""
    found = plan(
        FieldChange("customer", "old", 99),
        shadows={"customer": mine("new", 30)},
        current={"customer": "new"},
        content=True,
    )
    assert (found.values, found.put_back, found.lost) == ({}, {}, [])


def test_after_the_result_was_sent_it_is_the_masters_own_edit() -> None:
    """A later change of the slave that has not seen the result is concurrent with it."""
    shadow = after_answer(
        mine("a", 10, mine="b"), FieldChange("keywords", "a b", 31, old="b"), 12, "issuesync", 40, 3
    )
    assert (shadow.value, shadow.mine_value, shadow.number) == ("a b", "a b", 12)
    assert (shadow.stamp, shadow.mine_stamp, shadow.mine_author, shadow.mine_version) == (
        31,
        31,
        "issuesync",
        3,
    )
    assert shadow.mine_time == 40
