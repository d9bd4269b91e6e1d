# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which value of a field stands after a change of the partner arrives (DESIGN section 4, concurrency).

Clocks never decide whether two edits are concurrent; numbers do. Both sides call this with the same
inputs, so that both reach the same value without another message.
"""

from __future__ import annotations

from msgspec import Struct

from trac_issuesync.core.model import FieldChange, FieldKind, Loser, Policy, Shadow, Side
from trac_issuesync.core.text_merge import merge_lists, merge_text
from trac_issuesync.core.timing import wire_time

__all__ = ["Decision", "decide", "is_concurrent"]


class Decision(Struct, frozen=True):
    """``value`` and ``stamp`` are what this side shows from now on.

    ``lost`` is the side whose edit is not in ``value`` (to be kept in a conflict record), or None.
    ``answer`` is the result that the master sends as a change of its own, or None.
    """

    value: str
    stamp: int
    lost: Side | None = None
    answer: FieldChange | None = None


def is_concurrent(shadow: Shadow | None, seen: int) -> bool:
    """True if this side captured a change of the field that the partner had not applied."""
    return shadow is not None and shadow.number > seen


def decide(
    *,
    side: Side,
    policy: Policy,
    kind: FieldKind,
    shadow: Shadow | None,
    incoming: FieldChange,
    seen: int,
    author: str = "",
    time: int = 0,
    content: bool = False,
    heal: Side | None = None,
) -> Decision:
    """Judge one field of an incoming change; ``seen`` is the highest change of ours it names.

    ``author`` and true ``time`` of the change go into a result that drops one of the two. ``content`` says
    that the partner only sends its current content again: it never beats an edit.
    ``heal`` is set where the partner sends what it holds at the beginning of an epoch, to the side that gives
    way if two values are equally old: unless this side has edited the field since it sent its own, the later
    one stands, whatever the policy and the kind.
    ``policy`` is that of the contract version under which the master made its one of the two.
    """
    if heal is not None and shadow is not None and (shadow.heal or shadow.number <= seen):
        return _later(side, shadow, incoming, heal)
    if shadow is None or not is_concurrent(shadow, seen):
        return Decision(incoming.value, incoming.stamp)
    if content:
        return Decision(shadow.value, shadow.stamp)
    if kind.merges:
        if side is Side.SLAVE:
            return Decision(shadow.value, shadow.stamp)
        return _merge(policy, kind, shadow, incoming, (author, time))
    return _choose(side, policy, shadow, incoming)


def _later(side: Side, shadow: Shadow, incoming: FieldChange, gives_way: Side) -> Decision:
    mine, theirs = shadow.stamp, incoming.stamp
    if shadow.value == incoming.value:
        return Decision(shadow.value, max(mine, theirs))
    winner = gives_way.other
    if mine != theirs:
        winner = side if mine > theirs else side.other
    if winner is side:
        return Decision(shadow.value, mine, side.other)
    return Decision(incoming.value, theirs, side)


def _choose(side: Side, policy: Policy, shadow: Shadow, incoming: FieldChange) -> Decision:
    mine = shadow.mine_value
    differ = mine != incoming.value
    if _winner(side, policy, shadow.mine_stamp, incoming.stamp) is side:
        return Decision(mine, shadow.mine_stamp, side.other if differ else None)
    return Decision(incoming.value, incoming.stamp, side if differ else None)


def _winner(side: Side, policy: Policy, mine: int, theirs: int) -> Side:
    if policy is Policy.MASTER:
        return Side.MASTER
    if policy is Policy.SLAVE:
        return Side.SLAVE
    if mine == theirs:
        return Side.MASTER
    return side if mine > theirs else side.other


def _merge(
    policy: Policy, kind: FieldKind, shadow: Shadow, incoming: FieldChange, theirs: tuple[str, int]
) -> Decision:
    stamp = wire_time(max(shadow.stamp, shadow.mine_stamp, incoming.stamp) + 1)
    lost: Side | None = None
    dropped: str | None = None
    if kind is FieldKind.LIST:
        value = merge_lists(incoming.old, shadow.value, incoming.value)
    else:
        joined = merge_text(incoming.old, shadow.value, incoming.value)
        if joined is None:
            chosen = _choose(Side.MASTER, policy, shadow, incoming)
            value, lost = chosen.value, chosen.lost
            dropped = {Side.MASTER: shadow.mine_value, Side.SLAVE: incoming.value, None: None}[lost]
        else:
            value = joined
    settles = incoming.settles and shadow.mine_settles
    loser = _loser(lost, (shadow.mine_author, shadow.mine_time), theirs)
    answer = FieldChange(incoming.name, value, stamp, incoming.value, dropped, loser, settles)
    return Decision(value, stamp, lost, answer)


def _loser(lost: Side | None, mine: tuple[str, int], theirs: tuple[str, int]) -> Loser | None:
    if lost is None:
        return None
    return Loser(lost, *mine, *theirs) if lost is Side.MASTER else Loser(lost, *theirs, *mine)
