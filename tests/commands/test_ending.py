# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""delete and purge: the partner is told, tickets stay, and nothing of ours is left."""

from __future__ import annotations

from pathlib import Path

from commands.two_consoles import USER, Two, ticket
from msgspec.structs import replace
from trac.db.api import DatabaseManager
from trac.ticket.model import Ticket

from trac_issuesync.core.suspension import PARTNER_DELETED
from trac_issuesync.tracker.links import Links


def rows(two: Two, text: str) -> int:
    with two.acme.env.db_query as db:
        return int(db(text)[0][0])


def test_deleting_before_anybody_accepted_leaves_nothing(two: Two) -> None:
    """There is nobody to tell, so nothing has to wait."""
    two.acme.ok("create", "globex", "file", f"user={USER}")
    home = two.acme.exchange("globex")[0].parent
    two.acme.ok("delete", "globex")
    assert two.acme.ok("list", "--json").json == []
    assert not home.exists()
    assert rows(two, "SELECT COUNT(*) FROM issuesync_secret") == 0


def test_the_partner_hears_of_a_deletion_and_the_tickets_stay(two: Two) -> None:
    """Until it has heard, the synchronization is listed as deleted with its keys, and cannot be used."""
    two.started()
    ticket(two.acme.env, "Stays")
    two.settle()
    two.acme.ok("delete", "globex")
    assert two.acme.show("globex")["state"] == "deleted"
    assert two.acme.show("globex")["twins"] == 0
    assert two.acme("start", "globex").status == 2
    two.acme.ok("delete", "globex")
    for _ in range(2):
        two.acme.cycle()
        two.globex.cycle()
    assert two.globex.show("acme")["suspended"] == PARTNER_DELETED
    assert two.acme.show("globex")["unacknowledged"] in (0, 1)
    two.acme.cycle()
    assert two.acme.show("globex")["unacknowledged"] == 0
    two.globex.ok("delete", "acme")
    assert two.globex.ok("list", "--json").json == []
    two.acme.ok("delete", "globex", "--now")
    assert two.acme.ok("list", "--json").json == []
    assert Ticket(two.acme.env, 1)["summary"] == Ticket(two.globex.env, 1)["summary"] == "Stays"


def test_what_was_not_delivered_is_told_at_deletion(two: Two) -> None:
    """The administrator may want to pass it on by hand."""
    two.started()
    ticket(two.acme.env, "Never arrives")
    two.acme.cycle()
    assert "1 change had not been delivered" in two.acme.ok("delete", "globex").out


def test_purge_asks_first_and_then_leaves_only_the_tickets(two: Two) -> None:
    """Tables, files behind no link, keys and the environment's id go; what a link points to stays."""
    two.started()
    ticket(two.globex.env, "Stays")
    two.settle()
    elsewhere = two.globex.exchange("acme")[0].resolve()
    files = Path(two.globex.env.path) / "files" / "issuesync"
    refused = two.globex("purge")
    assert refused.status == 2
    assert "--yes" in refused.err
    assert files.exists()
    two.globex.ok("purge", "--yes")
    assert not files.exists()
    assert not (Path(two.globex.env.path) / "conf" / "issuesync.key").exists()
    assert elsewhere.is_dir()
    tables = DatabaseManager(two.globex.env).get_table_names()
    assert [name for name in tables if name.startswith("issuesync")] == []
    with two.globex.env.db_query as db:
        assert db("SELECT name FROM system WHERE name LIKE 'issuesync%'") == []
    assert Ticket(two.globex.env, 1)["summary"] == "Stays"
    two.globex.env.upgrade()
    assert two.globex.ok("list", "--json").json == []


def test_purge_waits_for_a_running_worker_but_not_for_the_originals(two: Two) -> None:
    """A copy of an environment brings the lease of a worker that does not run in it."""
    two.acme.ok("create", "globex", "file", f"user={USER}")

    def take(links: Links) -> None:
        assert links.store.acquire(links.find("globex").id, "host:1", links.clock.now(), 60_000_000)

    two.acme.change(take)
    said = two.acme("purge", "--yes")
    assert said.status == 2
    assert "host:1" in said.err

    def elsewhere(links: Links) -> None:
        links.store.save_sync(replace(links.find("globex"), home="/somewhere/else"))

    two.acme.change(elsewhere)
    two.acme.ok("purge", "--yes")
