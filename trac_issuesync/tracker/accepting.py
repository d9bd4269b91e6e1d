# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The handshake file on both sides: the master hands it out, the slave takes part by it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from trac_issuesync.core.authors import partner_label
from trac_issuesync.core.errors import Invalid, Refused
from trac_issuesync.core.model import Side
from trac_issuesync.core.text import clean_line, clean_text
from trac_issuesync.crypto.home import GpgHome
from trac_issuesync.crypto.keys import OwnKey, import_public
from trac_issuesync.crypto.secretbox import open_with_passphrase, seal_with_passphrase
from trac_issuesync.engine.control import OWN_KEY, OWN_PUBLIC, PARTNER_KEY, SECRET
from trac_issuesync.engine.records import LogLine, Settings, Sync
from trac_issuesync.tracker.creation import make_key, prepare, store_secrets
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.settings import (
    LEAST_MESSAGE,
    Asked,
    ChannelAsked,
    ask,
    ask_channel,
    channel_problems,
    name_problems,
    user_problems,
)
from trac_issuesync.wire.handshake import HandshakeFile, decode_handshake, encode_handshake, is_closed

__all__ = ["accept_slave", "read_handshake", "write_handshake"]

# Settings of the command that are used before the synchronization is there.
_OF_THE_FILE = ("name", "passphrase")


def write_handshake(links: Links, sync: Sync, passphrase: str | None = None) -> bytes:
    """The handshake file of a synchronization that waits for its partner; closed if there is a passphrase.

    Writing it again gives the same content. Raises Invalid where there is nothing to hand out any more.
    """
    if sync.role is not Side.MASTER:
        text = f"{sync.name} came here by a handshake file; only the partner, its master, can make one."
        raise Invalid(text, "not-master")
    if sync.deleted:
        raise Invalid(f"{sync.name} is deleted; create a new synchronization.", "deleted")
    if sync.partner_key:
        raise Invalid(
            f"The handshake file of {sync.name} was already used by {sync.partner_name or 'the partner'} and"
            " works only once. If the partner has to start anew, delete this synchronization and create"
            " another one.",
            "already-used",
        )
    secret, key = links.store.secret(sync.id, SECRET), links.store.secret(sync.id, OWN_PUBLIC)
    if secret is None or key is None:
        text = f"The keys of {sync.name} are missing in the database; delete it and create it anew."
        raise Invalid(text, "key-missing")
    handshake = HandshakeFile(
        name=sync.name,
        sync=sync.id,
        description=sync.description,
        project=clean_line(links.env.project_name)[:200],
        channel=sync.channel,
        environment=links.store.environment(),
        encrypt=sync.settings.encrypt,
        max_message=sync.settings.max_message,
        contract=links.store.versions(sync.id)[-1].contract,
        fingerprint=sync.own_key,
        key=key,
        secret=secret,
    )
    if passphrase is None:
        return encode_handshake(handshake)
    return encode_handshake(handshake, partial(seal_with_passphrase, passphrase=passphrase))


def read_handshake(
    data: bytes, passphrase: str | None = None, *, gpg_base: str | None = None
) -> HandshakeFile:
    """The content of a handshake file, judged in every respect that does not depend on this environment.

    Raises Refused (see ``wire.handshake``; also ``wrong-passphrase``, ``not-closed`` and ``bad-key``).
    """
    if passphrase is not None and not is_closed(data):
        raise Refused(
            "The file is not closed with a passphrase, although you have one for it: perhaps it is another"
            " file than the partner made. Ask the partner; if it is the right one, leave out passphrase=.",
            "not-closed",
        )
    unseal = None if passphrase is None else partial(_unseal, passphrase=passphrase)
    handshake = decode_handshake(data, unseal)
    _check_key(handshake, gpg_base)
    return handshake


def accept_slave(links: Links, handshake: HandshakeFile, settings: Mapping[str, str]) -> Sync:
    """Take part in the partner's synchronization; the next cycle says hello.

    ``settings`` are the keys of ``issuesync accept`` as typed, ``name`` among them. Raises Invalid, with
    every problem on a line of its own, and leaves nothing behind then.
    """
    _check_environments(links, handshake)
    name = settings.get("name", "").strip() or handshake.name
    asked_channel = ask_channel(links.offers.get(handshake.channel), settings)
    plain = {key: text for key, text in settings.items() if key not in _OF_THE_FILE}
    asked = ask(plain, Side.SLAVE, asked_channel.keys)
    problems = [
        *name_problems(links, name),
        *channel_problems(links, handshake.channel),
        *user_problems(links, asked.user),
        *asked.problems,
        *asked_channel.problems,
        *_differences(asked, handshake),
    ]
    if problems:
        raise Invalid("\n".join(problems), "settings")
    key = make_key(links, links.env.project_name or name)
    sync = Sync(
        id=handshake.sync,
        name=name,
        role=Side.SLAVE,
        channel=handshake.channel,
        user=asked.user,
        home=links.paths.home,
        description=asked.description or clean_text(handshake.description),
        partner_name=clean_line(handshake.project)[:200],
        partner_environment=handshake.environment,
        created=links.clock.now(),
        own_key=key.fingerprint,
        partner_key=handshake.fingerprint,
        settings=_settings(asked, handshake),
        channel_settings=asked_channel.plain,
    )
    try:
        prepare(links, sync, asked_channel)
        _store(links, sync, key, handshake, asked_channel)
    except BaseException:
        # Not if another process accepted the same file meanwhile: the folders are its now.
        if links.store.sync(sync.id) is None:
            links.paths.remove(sync.id)
        raise
    return sync


def _unseal(sealed: bytes, passphrase: str) -> bytes:
    try:
        return open_with_passphrase(sealed, passphrase)
    except Invalid as invalid:
        if invalid.code == "wrong-passphrase":
            raise Refused(invalid.text, invalid.code) from None
        text = "The handshake file is damaged, or was closed by a later version. Have it sent again."
        raise Refused(text, "damaged") from None


def _check_key(handshake: HandshakeFile, gpg_base: str | None) -> None:
    try:
        with GpgHome(gpg_base) as home:
            fingerprint = import_public(home, handshake.key)
    except Refused as refused:
        text = f"The key in the handshake file cannot be used. {refused.text} Have a new file made."
        raise Refused(text, "bad-key") from refused
    if fingerprint != handshake.fingerprint:
        raise Refused(
            "The key in the handshake file does not match the fingerprint beside it: somebody changed the"
            " file. Do not use it; ask the partner for a new one by another way.",
            "bad-key",
        )


def _check_environments(links: Links, handshake: HandshakeFile) -> None:
    """Refuse a file that was made by this environment or a copy of it, or is in use here."""
    known = links.store.sync(handshake.sync)
    here, home = links.store.environment(), links.paths.home
    if handshake.environment != here:
        if known is not None:
            state = "before and is being deleted" if known.deleted else "already"
            raise Invalid(f"This handshake file was accepted here {state}: {known.name}.", "already-accepted")
        return
    if known is not None and known.home == home:
        raise Invalid(
            "This handshake file was made by this very environment; it is for the partner, who accepts it in"
            " another one.",
            "same-environment",
        )
    raise Invalid(
        "This environment and the one that made the handshake file have the same id: one is a copy of the"
        " other and still believes to be the original. In the copy run"
        " `trac-admin <copy> issuesync purge` and then `trac-admin <copy> upgrade`, which makes it an"
        " environment of its own. If the copy is the one that made the file, create the synchronization"
        " there anew; otherwise accept this file again.",
        "copied-environment",
    )


def _differences(asked: Asked, handshake: HandshakeFile) -> list[str]:
    problems = []
    if asked.encrypt is not None and asked.encrypt != handshake.encrypt:
        decided = "yes" if handshake.encrypt else "no"
        problems.append(f"The master has decided encrypt={decided}; leave it out here.")
    if asked.max_message is not None and asked.max_message > handshake.max_message:
        most = max(handshake.max_message, LEAST_MESSAGE)
        problems.append(f"The master fills messages up to {most} bytes; give no larger max_message.")
    return problems


def _settings(asked: Asked, handshake: HandshakeFile) -> Settings:
    label = partner_label(handshake.project or handshake.name)
    return asked.settings(label=label, encrypt=handshake.encrypt, max_message=handshake.max_message)


def _store(links: Links, sync: Sync, key: OwnKey, handshake: HandshakeFile, asked: ChannelAsked) -> None:
    store = links.store
    with store.transaction():
        # Another process may have taken the name or the file since they were looked up.
        _check_environments(links, handshake)
        problems = name_problems(links, sync.name)
        if problems:
            raise Invalid("\n".join(problems), "settings")
        store.save_sync(sync)
        store_secrets(links, sync, asked)
        store.save_secret(sync.id, OWN_KEY, key.private)
        store.save_secret(sync.id, OWN_PUBLIC, key.public)
        store.save_secret(sync.id, PARTNER_KEY, handshake.key)
        store.save_secret(sync.id, SECRET, handshake.secret)
        text = f"Accepted the handshake file of {sync.partner_name}; the next cycle says hello."
        store.add_log(sync.id, [LogLine(sync.created, "created", text)])
