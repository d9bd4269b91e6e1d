# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A new synchronization on the master's side: settings judged, keys made, contract version 1 published."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from trac_issuesync.core.authors import partner_label
from trac_issuesync.core.contract import Bound, Contract, first_contract, types_of
from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.model import Policy, Side
from trac_issuesync.crypto.home import GpgHome
from trac_issuesync.crypto.keys import OwnKey, generate
from trac_issuesync.engine.control import OWN_KEY, OWN_PUBLIC, SECRET
from trac_issuesync.engine.records import LogLine, Sync
from trac_issuesync.tracker.links import Links, channel_secret
from trac_issuesync.tracker.settings import (
    ChannelAsked,
    ask,
    ask_channel,
    channel_problems,
    name_problems,
    user_problems,
)

__all__ = ["WANTED", "create_master", "make_key", "permission_warnings", "prepare", "store_secrets"]

WANTED = ("TICKET_CREATE", "TICKET_APPEND", "TICKET_CHGPROP", "TICKET_EDIT_COMMENT")
"""Permissions without which some changes of the partner are parked; without TICKET_VIEW nothing leaves."""


def create_master(links: Links, name: str, channel: str, settings: Mapping[str, str]) -> Sync:
    """Create a synchronization whose contract is this project's names; it waits for the handshake.

    ``settings`` are the keys of ``issuesync create`` as typed. Raises Invalid, with every problem on a
    line of its own, and leaves nothing behind then.
    """
    offer = links.offers.get(channel)
    asked_channel = ask_channel(offer, settings)
    asked = ask(settings, Side.MASTER, asked_channel.keys)
    problems = [
        *name_problems(links, name),
        *channel_problems(links, channel),
        *user_problems(links, asked.user),
        *asked.problems,
        *asked_channel.problems,
    ]
    if problems:
        raise Invalid("\n".join(problems), "settings")
    contract = first_contract(links.tracker.catalogue(), asked.policy or Policy.NEWEST, asked.shared)
    sync_id = secrets.token_hex(10)
    key = make_key(links, links.env.project_name or name)
    sync = Sync(
        id=sync_id,
        name=name,
        role=Side.MASTER,
        channel=channel,
        user=asked.user,
        home=links.paths.home,
        description=asked.description,
        contract_version=contract.version,
        created=links.clock.now(),
        own_key=key.fingerprint,
        settings=asked.settings(label=partner_label(name)),
        channel_settings=asked_channel.plain,
    )
    try:
        prepare(links, sync, asked_channel)
        _store(links, sync, key, contract, asked_channel)
    except BaseException:
        links.paths.remove(sync_id)
        raise
    return sync


def permission_warnings(links: Links, user: str) -> tuple[str, ...]:
    """What the partner's changes will lack because ``user`` may not do it here; a sentence each."""
    missing = [action for action in WANTED if not links.tracker.may(user, action, 0)]
    if not missing:
        return ()
    command = f"trac-admin {links.env.path} permission add {user} {' '.join(missing)}"
    return (
        f"The user {user} lacks {', '.join(missing)}; changes of the partner that need it will be parked."
        f" If they shall be applied, run: {command}",
    )


def make_key(links: Links, name: str) -> OwnKey:
    """A key of our own for one synchronization, made in a private gpg home that is gone afterwards.

    Raises Invalid if the key file is not the one that the keys of other synchronizations are sealed with: a
    new one in its place would shut them out, and the old one put back later the new synchronization.
    """
    for other in links.store.syncs():
        if not other.deleted:
            links.store.secret(other.id, OWN_KEY)
    with GpgHome(links.gpg_base) as home:
        return generate(home, name)


def prepare(links: Links, sync: Sync, asked: ChannelAsked) -> None:
    """What the channel needs, and the key file, so that no transaction has to wait for files."""
    links.paths.make_files()
    place = links.place(sync, asked.secret)
    links.offer(sync).prepare(place)
    if place.folder.is_dir():
        links.paths.hand_over(place.folder, *sorted(place.folder.iterdir()))
    links.box.seal("")


def store_secrets(links: Links, sync: Sync, asked: ChannelAsked) -> None:
    """Keep the secret settings of the channel, encrypted, in the current transaction."""
    for name, value in asked.secret.items():
        links.store.save_secret(sync.id, channel_secret(name), value)


def _store(links: Links, sync: Sync, key: OwnKey, contract: Contract, asked: ChannelAsked) -> None:
    store = links.store
    with store.transaction():
        # Another process may have taken the name since it was looked up.
        problems = name_problems(links, sync.name)
        if problems:
            raise Invalid("\n".join(problems), "settings")
        store.save_sync(sync)
        store_secrets(links, sync, asked)
        store.save_secret(sync.id, OWN_KEY, key.private)
        store.save_secret(sync.id, OWN_PUBLIC, key.public)
        store.save_secret(sync.id, SECRET, secrets.token_urlsafe(32))
        store.publish(sync.id, contract, "Created", sync.user, sync.created)
        everything = Bound(
            contract.version, tuple(field.name for field in contract.fields), types_of(contract.fields)
        )
        store.bind(sync.id, everything, ours=True)
        store.add_log(sync.id, [LogLine(sync.created, "created", "Created as master.")])
