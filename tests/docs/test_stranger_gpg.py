# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The stranger beside a real project: Trac, its commands, gpg, and exchange directories."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from commands.two_consoles import Console, Two, ticket
from docs.stranger import Stranger, read_handshake
from docs.stranger_gpg import Gpg, take, write
from support.environments import MakeEnvironment
from trac.ticket.model import Ticket

NOW = 1_700_000_000_000_000


@pytest.fixture
def acme(trac_env: MakeEnvironment, capsys: pytest.CaptureFixture[str], short_tmp: Path) -> Console:
    """A project that is the master of a synchronization named stranger."""
    console = Two.make(trac_env, capsys, short_tmp).acme
    console.ok("create", "stranger", "file", "user=issuesync", "label=Strange", "description=Größe")
    return console


@pytest.fixture
def handshake(acme: Console, short_tmp: Path) -> bytes:
    """The file that its administrator hands over."""
    acme.ok("handshake", "stranger", str(short_tmp / "file"))
    return (short_tmp / "file").read_bytes()


@pytest.fixture
def gpg(handshake: bytes, short_tmp: Path) -> Iterator[Gpg]:
    """The stranger's keys."""
    told = read_handshake(handshake)
    made = Gpg(short_tmp / "g", told["key"], told["fingerprint"])
    yield made
    made.close()


def test_a_ticket_is_received_edited_and_acknowledged(acme: Console, handshake: bytes, gpg: Gpg) -> None:
    """Handshake as a slave, a ticket of the project, an edit and a ticket of the stranger's."""
    stranger = Stranger(handshake, "5tranger", gpg.public, gpg.fingerprint, gpg.seal, gpg.unseal)
    send, receive = acme.exchange("stranger")
    number = ticket(acme.env, "From Trac", priority="major")

    def rounds(count: int) -> None:
        for _ in range(count):
            acme.cycle()
            for name, sealed in take(send, stranger.sync):
                stranger.receive(name, sealed)
            for name, sealed in stranger.step():
                write(receive, name, sealed)

    write(receive, *stranger.hello())
    rounds(2)
    acme.cycle()
    assert acme.show("stranger")["state"] == "stopped"
    acme.ok("start", "stranger")
    rounds(2)
    (uid,) = stranger.tickets
    assert stranger.tickets[uid].values["summary"] == "From Trac"
    stranger.edit(uid, {"priority": "minor"}, "sam", NOW, "Said afar.")
    own = {"summary": "From afar", "type": "task", "status": "new", "priority": "major"}
    made = stranger.create(7, own, "sam", NOW)
    rounds(3)
    edited = Ticket(acme.env, number)
    assert edited["priority"] == "minor"
    assert [(row[1], row[4]) for row in edited.get_changelog() if row[2] == "comment"] == [
        ("sam (Strange)", "Said afar.")
    ]
    assert Ticket(acme.env, stranger.tickets[made].master_number)["summary"] == "From afar"
    shown = acme.show("stranger")
    assert (shown["waiting"], shown["unacknowledged"], shown["quarantined"]) == (0, 0, 0)
    assert stranger.unacknowledged == {}
    assert list(receive.iterdir()) == list(send.iterdir()) == []
