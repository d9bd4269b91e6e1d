# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A life of a synchronization in stages: what people do, and then cycles until both sides are quiet."""

from __future__ import annotations

from collections.abc import Callable

from faults.world import SYNC, World
from trac.ticket.model import Ticket

from trac_issuesync.channels.frame import frame
from trac_issuesync.core.suspension import PARTNER_DELETED
from trac_issuesync.tracker.commands.deleting import _bury
from trac_issuesync.wire.naming import file_name, message_name

__all__ = ["STAGES", "Stage"]

Stage = Callable[[World], None]

_BIG = bytes(range(256)) * 130


def handshake(world: World) -> None:
    """The slave says hello, the master answers."""


def first(world: World) -> None:
    """Both projects have tickets when they are started; one with a history and a file."""
    world.acme.create("Press", keywords="a, b", description="One\nTwo\nThree\n")
    world.acme.edit(1, "First words", priority="minor")
    world.acme.attach(1, "plan.txt", b"a plan")
    world.globex.create("Mill")
    for side in world.sides:
        side.save(enabled=True)


def edits(world: World) -> None:
    """Everybody edits the same ticket, and a new one comes."""
    ours, theirs = world.acme.find("Press"), world.globex.find("Press")
    world.acme.edit(ours, "From acme", priority="major", keywords="a, b, c", description="One!\nTwo\nThree\n")
    world.globex.edit(
        theirs, "From globex", priority="blocker", keywords="a", description="One\nTwo\nThree!\n"
    )
    world.globex.edit(world.globex.find("Mill"), "", "cid", severity="critical", resolution="")
    world.globex.create("Lathe", description="See #1")


def comments(world: World) -> None:
    """Comments are changed, here one's own, there the partner's."""
    world.acme.rewrite(world.acme.find("Press"), "From acme", "From acme, better")
    world.globex.rewrite(world.globex.find("Press"), "First words", "First words, corrected")


def files(world: World) -> None:
    """A file that travels in parts, and one that is here already."""
    world.acme.attach(world.acme.find("Press"), "photo.png", _BIG)
    world.acme.attach(world.acme.find("Mill"), "plan.txt", b"a plan")
    world.globex.attach(world.globex.find("Lathe"), "note.txt", b"a note")


def deletion(world: World) -> None:
    """A ticket is deleted while the partner edits it; the other is told, and keeps its own."""
    world.globex.edit(world.globex.find("Mill"), "Still in use")
    Ticket(world.acme.env, world.acme.find("Mill")).delete()


def standstill(world: World) -> None:
    """Stopped on one side, edited on both, started again."""
    world.acme.save(enabled=False)
    world.acme.edit(world.acme.find("Press"), "While stopped", component="component2")
    world.globex.edit(world.globex.find("Lathe"), "Nobody listens", priority="trivial")
    for _ in range(2):
        world.round()
    world.acme.save(enabled=True)


def again(world: World) -> None:
    """Everything is sent once more, as by resync, while somebody edits; and there is garbage."""
    world.acme.store.mark(SYNC, [world.acme.find("Press"), world.acme.find("Lathe")], resend=True)
    world.globex.edit(world.globex.find("Press"), "Meanwhile", priority="minor")
    receive = world.globex.links.paths.exchange(SYNC)[1]
    (receive / file_name(message_name(SYNC, "m", 900))).write_bytes(frame(b"garbage"))
    (receive / file_name(message_name(SYNC, "m", 901))).write_bytes(b"half a mess")


def farewell(world: World) -> None:
    """The master's administrator deletes the synchronization; then the slave's does."""
    sync = world.acme.sync
    assert sync is not None
    _bury(world.acme.links, sync)
    world.settle()
    left = world.globex.sync
    if left is not None and left.suspended == PARTNER_DELETED:
        _bury(world.globex.links, left)


STAGES: tuple[Stage, ...] = (
    handshake,
    first,
    edits,
    comments,
    files,
    deletion,
    standstill,
    again,
    farewell,
)
