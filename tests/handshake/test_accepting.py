# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A handshake file is accepted once, by another environment, and any other use is refused with the reason."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from conftest import MakeEnvironment
from handshake.handshake_pair import USER, Pair, made_pair
from msgspec.structs import replace
from trac.env import Environment

from trac_issuesync.core.errors import Invalid, Refused
from trac_issuesync.core.model import Side, State, Unknown
from trac_issuesync.engine.control import OWN_KEY, PARTNER_KEY, SECRET
from trac_issuesync.tracker.accepting import accept_slave, read_handshake, write_handshake
from trac_issuesync.tracker.environment import remove_tables, upgrade
from trac_issuesync.tracker.links import Links
from trac_issuesync.wire.handshake import decode_handshake, encode_handshake


@pytest.fixture
def pair(trac_env: MakeEnvironment, short_tmp: Path) -> Iterator[Pair]:
    with made_pair(trac_env, short_tmp) as made:
        yield made


def test_the_slave_takes_over_what_the_master_decided(pair: Pair) -> None:
    """Encryption and limit are the master's, the rest is the slave's own; the master's key is pinned."""
    master = pair.create("one", description="Shared", encrypt="no", max_message="100000")
    slave = pair.accept(master, unknown="create", label="ACME")
    assert pair.globex.store.sync(slave.id) == slave == pair.globex.find("one")
    assert (slave.id, slave.role, slave.state) == (master.id, Side.SLAVE, State.HANDSHAKE)
    assert slave.partner_key == master.own_key != slave.own_key
    assert slave.partner_environment == pair.acme.store.environment()
    assert (slave.partner_name, slave.description) == ("acme", "Shared")
    given = slave.settings
    assert (given.encrypt, given.max_message, given.unknown, given.label) == (
        False,
        100000,
        Unknown.CREATE,
        "ACME",
    )
    for folder in pair.globex.paths.exchange(slave.id):
        assert folder.is_dir()


def test_the_slave_may_have_another_name_and_a_lower_limit(pair: Pair) -> None:
    """Its label is the partner's project unless it says otherwise; the passphrase is no setting."""
    slave = pair.accept(pair.create("one"), name="two", max_message="50000", passphrase="x")
    assert (slave.name, slave.settings.max_message, slave.settings.label) == ("two", 50000, "acme")


def test_a_file_with_a_passphrase_opens_with_it_only(pair: Pair) -> None:
    """A wrong one, none at all, and one for an open file are refused, each in its own words."""
    master = pair.create()
    closed, plain = write_handshake(pair.acme, master, "Größe 9"), write_handshake(pair.acme, master)
    assert read_handshake(closed, " Größe 9\n") == read_handshake(plain)
    for data, passphrase, code in (
        (closed, "grösse 9", "wrong-passphrase"),
        (closed, "", "wrong-passphrase"),
        (closed, None, "needs-passphrase"),
        (plain, "Größe 9", "not-closed"),
    ):
        with pytest.raises(Refused) as caught:
            read_handshake(data, passphrase)
        assert caught.value.code == code
    secret = pair.acme.store.secret(master.id, SECRET)
    assert secret
    assert secret.encode() in plain
    assert secret.encode() not in closed
    with pytest.raises(Invalid):
        write_handshake(pair.acme, master, "")


def test_a_damaged_closed_file_is_not_blamed_on_the_passphrase(pair: Pair) -> None:
    """What is no sealed content at all is called damaged."""
    told = msgspec.json.decode(write_handshake(pair.acme, pair.create(), "word"))
    told["sealed"] = {"kind": "other"}
    with pytest.raises(Refused) as caught:
        read_handshake(msgspec.json.encode(told), "word")
    assert caught.value.code == "damaged"


def test_another_key_under_the_same_fingerprint_is_refused(pair: Pair) -> None:
    """Somebody who swaps the key has to swap the fingerprint, too, and that is what people compare."""
    one, two = (read_handshake(write_handshake(pair.acme, pair.create(name))) for name in ("one", "two"))
    for wrong in (replace(one, key=two.key), replace(one, key="no key"), replace(one, fingerprint="F" * 40)):
        with pytest.raises(Refused) as caught:
            read_handshake(encode_handshake(wrong))
        assert caught.value.code == "bad-key"
    private = pair.acme.store.secret(one.sync, OWN_KEY)
    assert private
    with pytest.raises(Refused, match="private"):
        read_handshake(encode_handshake(replace(one, key=private)))


def test_the_file_works_until_the_partner_has_used_it(pair: Pair) -> None:
    """It may be written again meanwhile, with the same content; then not any more, nor by the slave."""
    master = pair.create()
    first = write_handshake(pair.acme, master)
    assert decode_handshake(write_handshake(pair.acme, master)) == decode_handshake(first)
    with pytest.raises(Invalid, match="already used by globex"):
        write_handshake(pair.acme, replace(master, partner_key="F" * 40, partner_name="globex"))
    with pytest.raises(Invalid, match="deleted"):
        write_handshake(pair.acme, replace(master, deleted=True))
    with pytest.raises(Invalid, match="only the partner"):
        write_handshake(pair.globex, pair.accept(master))


def test_the_environment_that_made_the_file_cannot_accept_it(pair: Pair) -> None:
    """The file is for the partner."""
    handshake = read_handshake(write_handshake(pair.acme, pair.create()))
    with pytest.raises(Invalid) as caught:
        accept_slave(pair.acme, handshake, {"user": USER, "name": "two"})
    assert caught.value.code == "same-environment"


@pytest.mark.parametrize("when", ["before the creation", "after the creation"])
def test_a_copy_that_believes_to_be_the_original_is_told_to_purge(
    pair: Pair, short_tmp: Path, when: str
) -> None:
    """After the purge it is an environment of its own and can accept the file."""
    copy = short_tmp / "copy"
    if when == "before the creation":
        shutil.copytree(pair.acme.env.path, copy)
    handshake = read_handshake(write_handshake(pair.acme, pair.create()))
    if when == "after the creation":
        shutil.copytree(pair.acme.env.path, copy)
    env = Environment(str(copy))
    with Links(env, gpg_base=str(short_tmp)) as links:
        with pytest.raises(Invalid, match="issuesync purge") as caught:
            accept_slave(links, handshake, {"user": USER})
        assert caught.value.code == "copied-environment"
        remove_tables(env)
        upgrade(env)
        assert accept_slave(links, handshake, {"user": USER}).role is Side.SLAVE
    env.shutdown()


def test_a_file_is_accepted_once(pair: Pair) -> None:
    """Also under another name, and while the deletion of the first is not finished."""
    master = pair.create()
    slave = pair.accept(master)
    for known, words in ((slave, "already: one"), (replace(slave, deleted=True), "being deleted")):
        pair.globex.store.save_sync(known)
        with pytest.raises(Invalid, match=words) as caught:
            pair.accept(master, name="two")
        assert caught.value.code == "already-accepted"
    assert pair.globex.store.secret(slave.id, PARTNER_KEY)


def test_every_problem_is_told_at_once_and_nothing_is_left(pair: Pair) -> None:
    """What the master decides, what is taken, what is not known."""
    pair.accept(pair.create("one"))
    master = pair.create("two", max_message="65536")
    before = sorted(pair.globex.paths.exchange_root.iterdir())
    with pytest.raises(Invalid) as caught:
        pair.accept(
            master,
            name="one",
            user="nobody",
            policy="slave",
            cc="yes",
            encrypt="no",
            max_message="65537",
            unknown="x",
        )
    lines = caught.value.text.splitlines()
    assert len(lines) == 7
    for words in ("synchronization one", "'nobody'", "policy", "cc", "encrypt=yes", "65536", "unknown"):
        assert [line for line in lines if words in line], words
    assert sorted(pair.globex.paths.exchange_root.iterdir()) == before
    assert len(pair.globex.store.syncs()) == 1


def test_a_channel_of_a_later_version_is_refused(pair: Pair) -> None:
    """The reason names what is there instead."""
    handshake = read_handshake(write_handshake(pair.acme, pair.create()))
    with pytest.raises(Invalid, match="exchange directories"):
        accept_slave(pair.globex, replace(handshake, channel="email"), {"user": USER})


def test_text_of_the_partner_is_cleaned(pair: Pair) -> None:
    """Control characters and line breaks do not get into names; the label never looks like an address."""
    handshake = read_handshake(write_handshake(pair.acme, pair.create()))
    hostile = replace(handshake, project="a@b.example\r\nBcc: x\x00(y)", description="one\x1b[2J\ntwo")
    slave = accept_slave(pair.globex, hostile, {"user": USER})
    assert slave.partner_name == "a@b.example Bcc: x(y)"
    assert slave.settings.label == "a b.example Bcc: x y"
    assert slave.description == "one[2J\ntwo"
