# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What an incoming change means for the local ticket: decided completely before anything is written.

Conflicts are decided first and values checked after, so a value that loses is never refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from msgspec import Struct
from msgspec.structs import replace

from trac_issuesync.core.binding import Binding, Local, clean_value
from trac_issuesync.core.contract import Contract, decided_with
from trac_issuesync.core.merge import Decision, decide
from trac_issuesync.core.model import (
    Change,
    CommentRef,
    FieldChange,
    FieldKind,
    Policy,
    Shadow,
    Side,
)

__all__ = ["Facts", "LostEdit", "Plan", "after_answer", "local_words", "plan_change"]


@dataclass(frozen=True)
class Facts:
    """What planning needs to know: known users, longest texts, policies by version.

    ``gives_way`` is the side whose value yields to an equally old one when an epoch begins.
    """

    knows_user: Callable[[str], bool]
    longest: Callable[[str], int]
    policy: Callable[[int], Policy]
    gives_way: Side = Side.SLAVE


class LostEdit(Struct, frozen=True):
    """Two edits of one field of which one is not in the result: both values, and the side that won.

    Times are true ones. ``resolved`` if people of both sides, or of the winning one, have decided so.
    ``beside`` are values that both edits set alike, of fields that are decided with this one.
    """

    field: str
    mine: str
    mine_author: str
    mine_time: int
    theirs: str
    theirs_author: str
    theirs_time: int
    winner: Side
    resolved: bool = False
    beside: dict[str, str] = {}


@dataclass
class Plan:
    """What to write. ``values`` are theirs, ``put_back`` ours that stand again, ``comments`` edited texts.

    ``create`` are options to make first, ``shadow`` what is known afterwards, ``answers`` the results that
    the master sends. ``refusal`` says why nothing of it can be done. ``passed`` names fields left out,
    ``settled`` those about which a person of the partner's has answered the open questions. ``refused`` are
    the reasons by field (or ``comment``) for which a skip passes over a part of the change.
    """

    values: dict[str, str] = field(default_factory=dict)
    put_back: dict[str, str] = field(default_factory=dict)
    comments: dict[CommentRef, str] = field(default_factory=dict)
    comment: str = ""
    create: list[tuple[str, str]] = field(default_factory=list)
    shadow: dict[str, Shadow] = field(default_factory=dict)
    lost: list[LostEdit] = field(default_factory=list)
    answers: list[FieldChange] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    refusal: str = ""


def plan_change(
    change: Change,
    shadows: Mapping[str, Shadow],
    current: Mapping[str, str],
    binding: Binding,
    contract: Contract,
    facts: Facts,
    overridden: frozenset[str] = frozenset(),
    instead: Mapping[str, str] | None = None,
    skip: Mapping[str, str] | None = None,
) -> Plan:
    """Decide every field of ``change`` for a ticket that shows ``current`` (local words).

    ``overridden`` are fields that a later waiting change sets too: a refused value of those is passed over.
    ``instead`` are values that the ticket shall show where the partner's stand. With ``skip`` every refused
    value is passed over, and what ``skip`` names with its reason.
    """
    plan = Plan()
    refused: dict[str, str] = dict(skip or {})
    taken = []
    for incoming in change.fields:
        shadow = shadows.get(incoming.name)
        ref = CommentRef.parse(incoming.name)
        if ref is None and incoming.name not in binding.fields:
            plan.passed.append(incoming.name)
            continue
        kind = contract.kind(incoming.name) or FieldKind.TEXT
        decision = _decide(change, incoming, shadow, kind, binding.side, facts)
        value = decision.value
        if instead and value == incoming.value and (shadow is None or value != shadow.value):
            value = instead.get(incoming.name, value)
        local = local_words(value, incoming.name, ref, shadow, current, binding, facts)
        if local.refusal:
            if incoming.name in overridden:
                plan.passed.append(incoming.name)
                continue
            if skip is None:
                plan.refusal = local.refusal
                return plan
            refused |= dict.fromkeys(decided_with(incoming.name), local.refusal)
        taken.append((incoming, decision, local, shadow, ref))
    for incoming, decision, local, shadow, ref in taken:
        if incoming.name in refused:
            plan.refused[incoming.name] = refused[incoming.name]
            continue
        _take(plan, incoming, decision, local, shadow, current, ref)
        plan.lost += _lost(incoming, decision, shadow, change, binding.side)
        plan.settled += [incoming.name] if incoming.settles else []
    comment, refusal = _comment(change, facts)
    refusal = refused.get("comment", refusal) if change.comment else ""
    if skip is None or not refusal:
        plan.comment, plan.refusal = comment, refusal
    else:
        plan.refused["comment"] = refusal
    return plan


def _decide(
    change: Change,
    incoming: FieldChange,
    shadow: Shadow | None,
    kind: FieldKind,
    side: Side,
    facts: Facts,
) -> Decision:
    masters = shadow.mine_version if side is Side.MASTER and shadow is not None else change.version
    return decide(
        side=side,
        policy=facts.policy(masters or change.version),
        kind=kind,
        shadow=shadow,
        incoming=incoming,
        seen=change.seen,
        author=change.author,
        time=_edited(change, incoming),
        content=change.content,
        heal=facts.gives_way if change.heal is not None else None,
    )


def local_words(
    value: str,
    name: str,
    ref: CommentRef | None,
    shadow: Shadow | None,
    current: Mapping[str, str],
    binding: Binding,
    facts: Facts,
) -> Local:
    """A value of a bound field or of a comment's text in local words; the ticket shows ``current``."""
    if shadow is not None and value == shadow.value:
        return Local(shadow.shown)
    if ref is not None:
        return clean_value(FieldKind.LONGTEXT, "comment", value, facts.longest("comment"))
    known = binding.fields[name].kind is FieldKind.OWNER and facts.knows_user(value)
    return binding.to_local(name, value, current.get(name, ""), known_user=known, longest=facts.longest(name))


def _take(
    plan: Plan,
    incoming: FieldChange,
    decision: Decision,
    local: Local,
    shadow: Shadow | None,
    current: Mapping[str, str],
    ref: CommentRef | None,
) -> None:
    name = incoming.name
    if local.create:
        plan.create.append((name, local.value))
    if ref is not None:
        plan.comments[ref] = local.value
    elif local.value != current.get(name, ""):
        ours = decision.value != incoming.value and decision.answer is None
        (plan.put_back if ours else plan.values)[name] = local.value
    shown = None if local.value == decision.value else local.value
    plan.shadow[name] = _moved(shadow, decision, shown)
    if decision.answer is not None:
        plan.answers.append(decision.answer)


def _moved(shadow: Shadow | None, decision: Decision, local: str | None) -> Shadow:
    if shadow is None:
        return Shadow(decision.value, decision.stamp, local)
    mine = shadow.mine_value if shadow.number else None
    if mine == decision.value:
        mine = None
    return replace(shadow, value=decision.value, stamp=decision.stamp, local=local, mine=mine)


def _edited(change: Change, incoming: FieldChange) -> int:
    """When a field was edited; a heal carries values of many edits in one change, each with its stamp."""
    return change.time if change.heal is None else incoming.stamp


def _lost(
    incoming: FieldChange, decision: Decision, shadow: Shadow | None, change: Change, side: Side
) -> list[LostEdit]:
    name, value, loser = incoming.name, incoming.value, incoming.loser
    found: list[LostEdit] = []
    if decision.lost is not None and shadow is not None:
        mine = (shadow.mine_value, shadow.mine_author, shadow.mine_time)
        settled = incoming.settles and shadow.mine_settles
        theirs = (value, change.author, _edited(change, incoming))
        group = [f for f in change.fields if f.name in decided_with(name) and f.name != name]
        beside = {f.name: f.value for f in group}
        found.append(LostEdit(name, *mine, *theirs, decision.lost.other, settled, beside))
    if incoming.dropped is not None and loser is not None:
        left, kept = (incoming.dropped, loser.author, loser.time), (loser.kept_author, loser.kept_time)
        pair = (*left, value, *kept) if loser.side is side else (value, *kept, *left)
        found.append(LostEdit(name, *pair, loser.side.other, incoming.settles))
    return found


def _comment(change: Change, facts: Facts) -> tuple[str, str]:
    if not change.comment:
        return "", ""
    local = clean_value(FieldKind.LONGTEXT, "comment", change.comment, facts.longest("comment"))
    return local.value, local.refusal


def after_answer(
    shadow: Shadow, answer: FieldChange, number: int, author: str, time: int, version: int
) -> Shadow:
    """The shadow once the master's result has been captured as change ``number``."""
    return replace(
        shadow,
        value=answer.value,
        stamp=answer.stamp,
        number=number,
        mine=None,
        mine_stamp=answer.stamp,
        mine_author=author,
        mine_version=version,
        mine_time=time,
        mine_settles=answer.settles,
        heal=False,
    )
