# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``accept``: a new synchronization on the slave's side, from the master's handshake file."""

from __future__ import annotations

import getpass
import os
import stat
from collections.abc import Sequence

from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.text import clean_line
from trac_issuesync.tracker.accepting import accept_slave, read_handshake
from trac_issuesync.tracker.commands.arguments import parse
from trac_issuesync.tracker.commands.command import DONE, Command, Console
from trac_issuesync.tracker.commands.completion import completer, paths
from trac_issuesync.tracker.commands.keys import ACCEPT, explained, values_of
from trac_issuesync.tracker.commands.making import contract_told, exchange_told
from trac_issuesync.tracker.commands.texts import grouped, paragraph
from trac_issuesync.tracker.creation import permission_warnings
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.rivals import check_no_rival
from trac_issuesync.tracker.settings import secret_of
from trac_issuesync.tracker.sheet import own_words, words_of
from trac_issuesync.wire.handshake import MOST_HANDSHAKE, HandshakeFile, is_closed

__all__ = ["COMMANDS"]


def _accept(console: Console, said: Sequence[str]) -> int:
    arguments = parse(said, least=1, most=1, any_key=True)
    settings = dict(arguments.settings)
    data = _read(arguments.words[0])
    given = settings.pop("passphrase", None)
    passphrase = secret_of(given, "passphrase") if given is not None else None
    if passphrase is None and console.interactive and is_closed(data):
        passphrase = getpass.getpass("Passphrase of the handshake file: ")
    handshake = read_handshake(data, passphrase)
    with Links(console.env) as links:
        check_no_rival(links.store.syncs(), handshake.environment, handshake.sync, started=False)
        sync = accept_slave(links, handshake, settings)
        console.say(*_told(handshake), "", f"Accepted as {sync.name}; this side is the slave.", "")
        console.say(*exchange_told(links, sync), "")
        for warning in permission_warnings(links, sync.user):
            console.say(*paragraph(f"Note: {warning}"), "")
    console.say(
        f"Words        {' '.join(words_of(sync))}",
        "",
        *paragraph(
            "Once both sides are connected, both show these words; compare them by phone. Now the worker says"
            " hello to the master; without a worker, or to do it at once, run: issuesync run"
        ),
        f"When issuesync show {sync.name} says stopped, begin with: issuesync start {sync.name}",
    )
    return DONE


def _told(handshake: HandshakeFile) -> list[str]:
    protected = "signed and encrypted" if handshake.encrypt else "signed, not encrypted"
    lines = [
        f"Handshake file of the project {clean_line(handshake.project)}:",
        f"  {'name':<12}{handshake.name}",
        f"  {'messages':<12}{handshake.channel}, {protected}",
        f"  {'key':<12}{grouped(handshake.fingerprint)}",
        f"  {'its words':<12}{' '.join(own_words(handshake.fingerprint))}",
    ]
    if handshake.description:
        lines.append(f"  {'description':<12}{clean_line(handshake.description)}")
    return [*lines, *contract_told("The master shares:", handshake.contract)]


def _read(path: str) -> bytes:
    try:
        # Whatever else has that name (a device, a pipe) might never end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise Invalid(f"{path} is not a file.", "not-a-file")
            return file.read(MOST_HANDSHAKE + 1)
    except OSError as error:
        raise Invalid(f"{path} cannot be read: {error.strerror}.", "not-read") from error


COMMANDS = (
    Command(
        "issuesync accept",
        "<path> [key=value ...]",
        f"""Accept the master's handshake file as the slave

        Prints what the file holds and where messages are exchanged. What the master shares is bound to what
        has the same name here. Nothing is sent but the handshake before both sides have run issuesync start.

        {explained(ACCEPT)}
        """,
        _accept,
        completer(paths, keys=values_of(ACCEPT)),
    ),
)
