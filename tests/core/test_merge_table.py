# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The whole truth table of ``core.merge.decide``, and that two sides which each decide end equal."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from trac_issuesync.core.merge import Decision, decide, is_concurrent
from trac_issuesync.core.model import FieldChange, FieldKind, Loser, Policy, Shadow, Side

M, S = Side.MASTER, Side.SLAVE
SCALAR = [kind for kind in FieldKind if kind not in (FieldKind.LIST, FieldKind.LONGTEXT)]
MINE, THEIRS, SHOWN = "mine", "theirs", "shown"

# Who wins between two concurrent values of a kind that is chosen: (policy, which stamp is later) to the
# winner, seen from either side. The stamps are those of the edits: "me" is the side that decides.
WINNER = {
    (Policy.NEWEST, "me"): "me",
    (Policy.NEWEST, "them"): "them",
    (Policy.NEWEST, "tie"): "master",
    (Policy.MASTER, "me"): "master",
    (Policy.MASTER, "them"): "master",
    (Policy.MASTER, "tie"): "master",
    (Policy.SLAVE, "me"): "slave",
    (Policy.SLAVE, "them"): "slave",
    (Policy.SLAVE, "tie"): "slave",
}
STAMPS = {"me": (20, 10), "them": (10, 20), "tie": (10, 10)}


def wins(side: Side, policy: Policy, later: str) -> bool:
    """True if the deciding side's own edit stands."""
    return WINNER[policy, later] in ("me", side.value)


def shadow(value: str, stamp: int, *, number: int = 5, shown: str | None = None) -> Shadow:
    """My last captured change of the field; ``shown`` is another value that the ticket shows since."""
    if shown is None:
        return Shadow(value, stamp, number=number, mine_stamp=stamp)
    return Shadow(shown, stamp + 100, number=number, mine=value, mine_stamp=stamp)


@pytest.mark.parametrize(
    ("side", "policy", "kind", "later", "shown"),
    list(product(Side, Policy, SCALAR, STAMPS, (None, SHOWN))),
)
def test_of_two_concurrent_values_the_policy_chooses(
    side: Side, policy: Policy, kind: FieldKind, later: str, shown: str | None
) -> None:
    """My own last edit is compared, never what the ticket shows; the loser is named; no result is sent."""
    mine, theirs = STAMPS[later]
    decision = decide(
        side=side,
        policy=policy,
        kind=kind,
        shadow=shadow(MINE, mine, shown=shown),
        incoming=FieldChange("f", THEIRS, theirs),
        seen=4,
    )
    if wins(side, policy, later):
        assert decision == Decision(MINE, mine, lost=side.other, answer=None)
    else:
        assert decision == Decision(THEIRS, theirs, lost=side, answer=None)


@pytest.mark.parametrize(("side", "policy", "kind", "later"), list(product(Side, Policy, SCALAR, STAMPS)))
def test_the_same_value_on_both_sides_loses_nothing(
    side: Side, policy: Policy, kind: FieldKind, later: str
) -> None:
    """Equal values are no conflict; the stamp is the winner's, so that later edits compare alike."""
    mine, theirs = STAMPS[later]
    decision = decide(
        side=side,
        policy=policy,
        kind=kind,
        shadow=shadow(MINE, mine),
        incoming=FieldChange("f", MINE, theirs),
        seen=4,
    )
    assert decision == Decision(MINE, mine if wins(side, policy, later) else theirs)


@pytest.mark.parametrize(("side", "policy", "kind"), list(product(Side, Policy, FieldKind)))
def test_a_change_that_is_not_concurrent_is_taken_as_it_is(
    side: Side, policy: Policy, kind: FieldKind
) -> None:
    """Whatever policy, kind and clocks say: who has seen my last edit of the field, or if I made none."""
    for (mine, theirs), content in product(STAMPS.values(), (False, True)):
        unopposed = {
            "no shadow": (None, 0),
            "none of mine": (Shadow(MINE, mine), 0),
            "seen": (shadow(MINE, mine, number=5), 5),
            "past": (shadow(MINE, mine, number=5), 6),
        }
        for case, (known, seen) in unopposed.items():
            incoming = FieldChange("f", THEIRS, theirs, old="base")
            decision = decide(
                side=side,
                policy=policy,
                kind=kind,
                shadow=known,
                incoming=incoming,
                seen=seen,
                content=content,
            )
            assert decision == Decision(THEIRS, theirs), (case, mine, theirs, content)


@pytest.mark.parametrize(
    ("side", "policy", "kind", "later", "value"),
    list(product(Side, Policy, FieldKind, STAMPS, (MINE, THEIRS))),
)
def test_content_sent_again_never_beats_an_edit(
    side: Side, policy: Policy, kind: FieldKind, later: str, value: str
) -> None:
    """Concurrent with my edit, mere content changes nothing, is no loser and gets no result."""
    mine, theirs = STAMPS[later]
    before = shadow(MINE, mine, shown=SHOWN)
    decision = decide(
        side=side,
        policy=policy,
        kind=kind,
        shadow=before,
        incoming=FieldChange("f", value, theirs, old="base"),
        seen=4,
        content=True,
    )
    assert decision == Decision(before.value, before.stamp)


@pytest.mark.parametrize(
    ("policy", "kind", "later", "value"),
    list(product(Policy, (FieldKind.LIST, FieldKind.LONGTEXT), STAMPS, (MINE, THEIRS))),
)
def test_the_slave_keeps_its_value_until_the_masters_result_comes(
    policy: Policy, kind: FieldKind, later: str, value: str
) -> None:
    """A kind that merges is decided by the master alone; the slave loses nothing and sends nothing."""
    mine, theirs = STAMPS[later]
    before = shadow(MINE, mine, shown=SHOWN)
    decision = decide(
        side=S,
        policy=policy,
        kind=kind,
        shadow=before,
        incoming=FieldChange("f", value, theirs, old="base"),
        seen=4,
    )
    assert decision == Decision(SHOWN, before.stamp)


@pytest.mark.parametrize(("policy", "later"), list(product(Policy, STAMPS)))
@pytest.mark.parametrize(
    ("base", "mine", "theirs", "joined"),
    [
        ("w", "w m", "w s", "w m s"),  # both add
        ("w x", "w", "x", ""),  # each takes the other's word away
        ("w", "w", "", ""),  # theirs removes what mine does not touch
        ("w", "w m", "w m", "w m"),  # the same edit twice
        ("", "w", "", "w"),  # theirs changes nothing: the result goes out all the same
    ],
)
def test_the_master_joins_lists_and_always_sends_the_result(
    policy: Policy, later: str, base: str, mine: str, theirs: str, joined: str
) -> None:
    """Words join whatever the policy; the result's stamp is above both edits, its base is their value."""
    my_time, their_time = STAMPS[later]
    decision = decide(
        side=M,
        policy=policy,
        kind=FieldKind.LIST,
        shadow=shadow(mine, my_time),
        incoming=FieldChange("keywords", theirs, their_time, old=base),
        seen=4,
    )
    assert decision.value == joined
    assert decision.lost is None
    assert decision.stamp > max(my_time, their_time)
    assert decision.answer == FieldChange("keywords", joined, decision.stamp, old=theirs)


@pytest.mark.parametrize(("policy", "later"), list(product(Policy, STAMPS)))
def test_the_master_joins_text_of_different_lines(policy: Policy, later: str) -> None:
    """Both lines stand, nothing is lost, and the result goes out."""
    mine, theirs = STAMPS[later]
    decision = decide(
        side=M,
        policy=policy,
        kind=FieldKind.LONGTEXT,
        shadow=shadow("A\nb\nc", mine),
        incoming=FieldChange("description", "a\nb\nC", theirs, old="a\nb\nc"),
        seen=4,
    )
    assert (decision.value, decision.lost) == ("A\nb\nC", None)
    assert decision.answer == FieldChange("description", "A\nb\nC", max(mine, theirs) + 1, old="a\nb\nC")


@pytest.mark.parametrize(("policy", "later"), list(product(Policy, STAMPS)))
def test_text_that_cannot_be_joined_goes_by_the_policy_and_names_what_it_drops(
    policy: Policy, later: str
) -> None:
    """The same line edited twice: the policy's value stands, the answer carries the other one."""
    mine, theirs = STAMPS[later]
    decision = decide(
        side=M,
        policy=policy,
        kind=FieldKind.LONGTEXT,
        shadow=replace(shadow(MINE, mine), mine_author="alice", mine_time=8),
        incoming=FieldChange("description", THEIRS, theirs, old="base"),
        seen=4,
        author="bob",
        time=7,
    )
    stands, loser = (MINE, S) if wins(M, policy, later) else (THEIRS, M)
    mine_by, theirs_by = ("alice", 8), ("bob", 7)
    falls = MINE if loser is M else THEIRS
    named = Loser(M, *mine_by, *theirs_by) if loser is M else Loser(S, *theirs_by, *mine_by)
    assert (decision.value, decision.lost) == (stands, loser)
    assert decision.answer is not None
    assert (decision.answer.value, decision.answer.dropped) == (stands, falls)
    assert decision.answer.loser == named
    assert decision.stamp > max(mine, theirs)


def test_the_result_of_a_merge_is_later_than_what_the_ticket_shows() -> None:
    """What is shown may be newer than both edits; the result replaces it and so has the highest stamp."""
    decision = decide(
        side=M,
        policy=Policy.NEWEST,
        kind=FieldKind.LIST,
        shadow=shadow("m", 10, shown="m x"),
        incoming=FieldChange("keywords", "s", 20, old=""),
        seen=4,
    )
    assert decision.stamp == 111


@given(st.integers(0, 20), st.integers(0, 20))
def test_numbers_alone_say_whether_two_edits_are_concurrent(number: int, seen: int) -> None:
    """Concurrent exactly if I captured a change of the field above the number that the partner names."""
    assert is_concurrent(Shadow("v", 99, number=number, mine_stamp=1), seen) is (number > seen)
    assert is_concurrent(None, seen) is False


@given(
    policy=st.sampled_from(Policy),
    kind=st.sampled_from(SCALAR),
    values=st.tuples(st.sampled_from("abc"), st.sampled_from("abc")),
    stamps=st.tuples(st.integers(0, 4), st.integers(0, 4)),
)
def test_two_sides_that_each_decide_end_with_the_same_value(
    policy: Policy, kind: FieldKind, values: tuple[str, str], stamps: tuple[int, int]
) -> None:
    """Concurrent edits cross on the wire: value, stamp and the side that lost are the same on both."""
    results = []
    for side, here, there in ((M, 0, 1), (S, 1, 0)):
        results.append(
            decide(
                side=side,
                policy=policy,
                kind=kind,
                shadow=shadow(values[here], stamps[here], number=1),
                incoming=FieldChange("f", values[there], stamps[there]),
                seen=0,
            )
        )
    assert results[0] == results[1]
    assert results[0].value in values


@given(
    policy=st.sampled_from(Policy),
    kind=st.sampled_from([FieldKind.LIST, FieldKind.LONGTEXT]),
    texts=st.tuples(*[st.text("ab \n", max_size=8)] * 3),
    stamps=st.tuples(st.integers(0, 4), st.integers(0, 4)),
)
def test_the_slave_takes_the_masters_result(
    policy: Policy, kind: FieldKind, texts: tuple[str, str, str], stamps: tuple[int, int]
) -> None:
    """For kinds that merge, the result has seen the slave's edit, so the slave shows it as it is."""
    base, mine, theirs = texts
    master = decide(
        side=M,
        policy=policy,
        kind=kind,
        shadow=shadow(mine, stamps[0], number=1),
        incoming=FieldChange("f", theirs, stamps[1], old=base),
        seen=0,
    )
    slaves = shadow(theirs, stamps[1], number=1)
    waiting = decide(
        side=S,
        policy=policy,
        kind=kind,
        shadow=slaves,
        incoming=FieldChange("f", mine, stamps[0], old=base),
        seen=0,
    )
    assert waiting.value == theirs
    assert master.answer is not None
    final = decide(side=S, policy=policy, kind=kind, shadow=slaves, incoming=master.answer, seen=1)
    assert (final.value, final.stamp) == (master.value, master.stamp)
