# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""From the accepted file to the passed connection test with real gpg, and who is kept out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import MakeEnvironment
from handshake.handshake_pair import USER, Pair, events, link_folders, made_pair, project, run

from trac_issuesync.core.errors import Invalid, Refused
from trac_issuesync.core.model import State
from trac_issuesync.crypto.home import GpgHome
from trac_issuesync.crypto.keys import generate
from trac_issuesync.engine.control import OWN_KEY, OWN_PUBLIC, PARTNER_KEY, SECRET
from trac_issuesync.engine.link import Pace
from trac_issuesync.engine.records import Sync
from trac_issuesync.tracker.accepting import accept_slave, read_handshake, write_handshake
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.sheet import words_of


@pytest.fixture
def pair(trac_env: MakeEnvironment, short_tmp: Path) -> Iterator[Pair]:
    with made_pair(trac_env, short_tmp) as made:
        yield made


def now(links: Links, sync: Sync) -> Sync:
    found = links.store.sync(sync.id)
    assert found is not None
    return found


def connect(pair: Pair, master: Sync, slave: Sync) -> None:
    for _ in range(3):
        run(pair.globex, slave)
        run(pair.acme, master)


def hello_in(links: Links, sync: Sync) -> Path:
    (file,) = links.paths.exchange(sync.id)[0].glob("*-hello-*.isx")
    return file


@pytest.mark.parametrize("encrypt", ["yes", "no"])
def test_hello_ping_pong_and_both_are_stopped(pair: Pair, encrypt: str) -> None:
    """Three messages connect both sides; then all is quiet, and the words are the same."""
    master, slave = pair.join(encrypt=encrypt)
    run(pair.globex, slave)
    assert now(pair.globex, slave).state is State.HANDSHAKE
    run(pair.acme, master)
    assert now(pair.acme, master).state is State.HANDSHAKE
    run(pair.globex, slave)
    assert now(pair.globex, slave).state is State.STOPPED
    run(pair.acme, master)
    a, g = now(pair.acme, master), now(pair.globex, slave)
    assert (a.state, g.state) == (State.STOPPED, State.STOPPED)
    assert (a.partner_name, g.partner_name) == ("globex", "acme")
    assert (a.partner_key, g.partner_key) == (g.own_key, a.own_key)
    assert words_of(a) == words_of(g) != ()
    assert (a.bound_version, g.bound_version, g.contract_version) == (1, 1, 1)
    assert pair.globex.store.secret(slave.id, SECRET) is None
    connect(pair, master, slave)
    assert not run(pair.globex, slave).busy
    assert not run(pair.acme, master).busy
    for links in (pair.acme, pair.globex):
        assert list(links.paths.exchange(master.id)[0].iterdir()) == []
        assert [event for event, _ in events(links, master) if event == "set-aside"] == []


@pytest.mark.parametrize("encrypt", ["yes", "no"])
def test_the_hello_can_be_read_by_the_master_only(pair: Pair, encrypt: str) -> None:
    """Also where all else is signed only: a stranger's gpg finds it encrypted, and not to him."""
    _, slave = pair.join(encrypt=encrypt)
    run(pair.globex, slave)
    sealed = hello_in(pair.globex, slave).read_bytes()
    own = pair.globex.store.secret(slave.id, OWN_PUBLIC)
    assert own
    with GpgHome(pair.globex.gpg_base) as stranger:
        generate(stranger, "stranger")
        shown = stranger.run(["--decrypt"], sealed[sealed.index(b"\x84") :])
    assert "ENC_TO" in shown.status
    assert "NO_SECKEY" in shown.status
    assert shown.output == b""


def test_before_the_hello_the_master_says_nothing_and_opens_nothing(pair: Pair) -> None:
    """A message that comes too early is set aside with its reason, and the handshake still works."""
    master, slave = pair.join()
    early = pair.acme.paths.exchange(master.id)[1] / f"{master.id}-s-0000000001.isx"
    run(pair.globex, slave)
    shutil.copy(hello_in(pair.globex, slave), early)
    assert run(pair.acme, master).set_aside == 1
    assert any("before the handshake" in text for _, text in events(pair.acme, master))
    connect(pair, master, slave)
    assert now(pair.acme, master).state is State.STOPPED


def test_a_hello_without_the_secret_is_refused(pair: Pair) -> None:
    """Whoever has only seen the master's key, or another synchronization's file, stays outside."""
    master, slave = pair.join()
    pair.globex.store.save_secret(slave.id, SECRET, "guessed")
    run(pair.globex, slave)
    assert run(pair.acme, master).set_aside == 1
    assert any("one-time secret" in text for _, text in events(pair.acme, master))
    assert now(pair.acme, master).partner_key == ""
    pair.globex.close()
    assert list(Path(pair.acme.gpg_base or "").glob("issuesync-gpg-*")) == []


@pytest.fixture
def initech(trac_env: MakeEnvironment, short_tmp: Path) -> Iterator[Links]:
    with Links(project(trac_env, "initech"), gpg_base=str(short_tmp)) as links:
        yield links


def test_the_file_used_by_a_second_partner_is_refused(pair: Pair, initech: Links) -> None:
    """The first key counts; the second is told to the master in words, and the first goes on working."""
    master = pair.create()
    file = read_handshake(write_handshake(pair.acme, master))
    slave = accept_slave(pair.globex, file, {"user": USER})
    intruder = accept_slave(initech, file, {"user": USER})
    link_folders(pair.acme, pair.globex, master.id)
    connect(pair, master, slave)
    pinned = now(pair.acme, master)
    link_folders(pair.acme, initech, master.id)
    run(initech, intruder)
    assert run(pair.acme, master).set_aside == 1
    assert any("used with another key before" in text for _, text in events(pair.acme, master))
    assert now(pair.acme, master) == pinned
    assert now(initech, intruder).state is State.HANDSHAKE


def test_the_same_hello_again_gets_the_same_answer(pair: Pair) -> None:
    """A doubled hello, or a lost answer, is no obstacle."""
    master, slave = pair.join()
    run(pair.globex, slave)
    file = hello_in(pair.globex, slave)
    copy = file.read_bytes()
    run(pair.acme, master)
    (answer,) = pair.acme.paths.exchange(master.id)[0].iterdir()
    answer.unlink()
    file.write_bytes(copy)
    run(pair.acme, master)
    assert answer.exists()
    connect(pair, master, slave)
    assert now(pair.acme, master).state is State.STOPPED
    assert now(pair.globex, slave).state is State.STOPPED


def test_a_worker_that_starts_in_between_goes_on(pair: Pair) -> None:
    """Each cycle may be another process: nothing of the handshake is only in memory."""
    master, slave = pair.join()
    for _ in range(3):
        for old, sync in ((pair.globex, slave), (pair.acme, master)):
            with Links(old.env, gpg_base=old.gpg_base) as links:
                run(links, sync)
    assert now(pair.acme, master).state is State.STOPPED
    assert now(pair.globex, slave).state is State.STOPPED


def test_no_gpg_home_stays_when_the_links_are_closed(pair: Pair) -> None:
    """They are kept while working, one for each synchronization, and removed at the end."""
    master, slave = pair.join()
    connect(pair, master, slave)
    homes = Path(pair.acme.gpg_base or "")
    assert len(list(homes.glob("issuesync-gpg-*"))) == 2
    pair.acme.forget(master.id)
    assert len(list(homes.glob("issuesync-gpg-*"))) == 1
    pair.globex.close()
    pair.globex.close()
    assert list(homes.glob("issuesync-gpg-*")) == []
    assert not run(pair.globex, slave).problems


def test_a_gpg_home_that_vanished_is_made_anew(pair: Pair) -> None:
    """A cleaner of temporary folders costs one home and no message."""
    master, slave = pair.join()
    connect(pair, master, slave)
    for home in Path(pair.acme.gpg_base or "").glob("issuesync-gpg-*"):
        shutil.rmtree(home)
    ours = pair.acme.open(master, pace=Pace()).sealer
    theirs = pair.globex.open(slave, pace=Pace()).sealer
    assert theirs.open(ours.seal(b"text")) == b"text"


def test_our_own_missing_key_is_not_blamed_on_the_partner(pair: Pair) -> None:
    """Then the cycle fails with the reason, and the partner's message stays for later."""
    master, slave = pair.join()
    run(pair.globex, slave)
    kept = hello_in(pair.globex, slave)
    key = pair.acme.store.secret(master.id, OWN_KEY)
    assert key
    pair.acme.store.drop_secret(master.id, OWN_KEY)
    with pytest.raises(Invalid, match="missing in the database"):
        run(pair.acme, master)
    assert kept.exists()
    pair.acme.store.save_secret(master.id, OWN_KEY, key)
    connect(pair, master, slave)
    assert now(pair.acme, master).state is State.STOPPED


def test_a_partner_key_changed_in_the_database_opens_nothing(pair: Pair) -> None:
    """The fingerprint of the handshake counts, whatever key lies beside it."""
    master, slave = pair.join()
    connect(pair, master, slave)
    message = pair.globex.open(slave, pace=Pace()).sealer.seal(b"text")
    pair.acme.store.save_secret(master.id, PARTNER_KEY, str(pair.acme.store.secret(master.id, OWN_PUBLIC)))
    pair.acme.close()
    with pytest.raises(Invalid, match="not the one of the handshake"):
        pair.acme.open(master, pace=Pace()).sealer.open(message)


def test_keys_that_another_process_stored_are_used_at_once(pair: Pair) -> None:
    """A resident worker needs no restart when `issuesync run` has finished the handshake, or starts anew."""
    master, slave = pair.join()
    with pytest.raises(Refused, match="before the handshake"):
        pair.acme.open(master, pace=Pace()).sealer.open(b"anything")
    run(pair.globex, slave)
    with Links(pair.acme.env, gpg_base=pair.acme.gpg_base) as other:
        run(other, master)
    ours = pair.acme.open(master, pace=Pace()).sealer
    theirs = pair.globex.open(slave, pace=Pace()).sealer
    assert ours.open(theirs.seal(b"text")) == b"text"
    assert pair.acme.open(master, pace=Pace()).sealer is ours
