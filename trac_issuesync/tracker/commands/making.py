# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``create`` and ``handshake``: a new synchronization on the master's side."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from trac_issuesync.core.contract import Contract, statuses_of, types_of
from trac_issuesync.core.errors import Invalid
from trac_issuesync.engine.records import Sync
from trac_issuesync.tracker.accepting import write_handshake
from trac_issuesync.tracker.commands.arguments import parse
from trac_issuesync.tracker.commands.command import DONE, Command, Console
from trac_issuesync.tracker.commands.completion import completer, names, paths
from trac_issuesync.tracker.commands.keys import CREATE, HANDSHAKE, explained, values_of
from trac_issuesync.tracker.commands.texts import grouped, listed, paragraph
from trac_issuesync.tracker.creation import create_master, permission_warnings
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.settings import secret_of
from trac_issuesync.tracker.sheet import handshake_sheet, own_words

__all__ = ["COMMANDS", "contract_told", "exchange_told"]


def _create(console: Console, said: Sequence[str]) -> int:
    arguments = parse(said, least=2, most=2, any_key=True)
    name, channel = arguments.words
    with Links(console.env) as links:
        sync = create_master(links, name, channel, arguments.settings)
        contract = links.store.versions(sync.id)[-1].contract
        warnings = permission_warnings(links, sync.user)
        console.say(f"Created {sync.name}; this side is the master. Sync id: {sync.id}", "")
        console.say(*contract_told("Shared as version 1 of the contract:", contract), "")
        console.say(*exchange_told(links, sync), "")
    _warn(console, warnings)
    console.say(f"Next, write the handshake file for the partner: issuesync handshake {sync.name} <path>")
    return DONE


def contract_told(title: str, contract: Contract) -> list[str]:
    """The names of a contract's items."""
    fields = [field.name for field in contract.fields if field.name not in ("type", "status")]
    return [
        title,
        *listed("types", types_of(contract.fields)),
        *listed("statuses", statuses_of(contract.fields)),
        *listed("fields", fields),
        f"  {'policy':<12}{contract.policy.value}",
    ]


def exchange_told(links: Links, sync: Sync) -> list[str]:
    """How messages get to the partner, and what a person has to do for it."""
    return links.offer(sync).explain(links.place(sync))


def _channels(env: Any, word: str) -> list[str]:
    """The channels that are offered in the environment."""
    with Links(env) as links:
        return sorted(links.offers)


def _warn(console: Console, warnings: Sequence[str]) -> None:
    for warning in warnings:
        console.say(*paragraph(f"Note: {warning}"), "")


def _handshake(console: Console, said: Sequence[str]) -> int:
    arguments = parse(said, least=2, most=2, keys=values_of(HANDSHAKE))
    path = Path(arguments.words[1])
    _check_replaceable(path)
    sheet_path = path.with_name(path.name + ".html")
    _check_replaceable(sheet_path)
    given = arguments.settings.get("passphrase")
    passphrase = secret_of(given, "passphrase") if given is not None else None
    with Links(console.env) as links:
        sync = links.find(arguments.words[0])
        data = write_handshake(links, sync, passphrase)
        _write(sheet_path, handshake_sheet(links, sync).encode("utf-8"))
        _write(path, data)
        words = own_words(sync.own_key)
    console.say(
        f"Wrote the handshake file {path} and, for printing, {sheet_path}.",
        "",
        f"Fingerprint  {grouped(sync.own_key)}",
        f"Words        {' '.join(words)}",
        "",
        *paragraph(
            "Give the file to the administrator of the partner's project, and keep it from everybody else:"
            " whoever uses it first becomes the partner."
            + (" Tell the passphrase by another way." if passphrase else "")
        ),
        "The partner then runs: issuesync accept <path> user=<user>",
    )
    return DONE


def _check_replaceable(path: Path) -> None:
    """Invalid if something other than a regular file has that name: root would replace a device for all."""
    try:
        there = os.lstat(path).st_mode
    except OSError:
        # Nothing is there; what else is wrong is told when it is written.
        return
    if not stat.S_ISREG(there):
        text = f"{os.fspath(path)!r} is there already and is no file to replace. Choose another path."
        raise Invalid(text, "not-a-file")


def _write(path: Path, data: bytes) -> None:
    """Write a file for our account alone, whole or not at all; what was there is replaced."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        # A draft that a killed run left behind is ours to replace.
        with suppress(FileNotFoundError):
            draft.unlink()
        descriptor = os.open(
            draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
    except OSError as error:
        reason = error.strerror or "unknown reason"
        raise Invalid(f"{path} cannot be written: {reason}. Choose another path.", "not-written") from error


COMMANDS = (
    Command(
        "issuesync create",
        "<name> <channel> [key=value ...]",
        f"""Create a synchronization as the master

        The master decides what is shared: at first every ticket type, status and field of this project but
        cc, under the names that they have here; the command lists them. The partner binds what has the same
        name there. Nothing is sent before both sides have run issuesync start.

        The channel file lets messages travel through two exchange directories, which a network folder, a sync
        tool or a USB stick connects with the partner's; the exact paths are printed. A plugin may offer other
        channels, which may have keys of their own.

        {explained(CREATE)}
        """,
        _create,
        completer(lambda env, word: [], _channels, keys=values_of(CREATE)),
    ),
    Command(
        "issuesync handshake",
        "<name> <path> [passphrase=...]",
        f"""Write the handshake file for the partner

        Beside it a sheet for printing is written (the same path and .html). Hand the file to the partner's
        administrator; it can be used once. Written again it holds the same, until the partner has used it.

        {explained(HANDSHAKE)}
        """,
        _handshake,
        completer(names, paths, keys=values_of(HANDSHAKE)),
    ),
)
