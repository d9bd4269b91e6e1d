# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``edit`` and ``resync``: other settings, and current content once more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace
from trac.core import TracError
from trac.ticket.query import Query, QuerySyntaxError, QueryValueError

from trac_issuesync.core.errors import Invalid
from trac_issuesync.engine.records import LogLine, Sync
from trac_issuesync.tracker.commands.arguments import Usage, check_keys, parse
from trac_issuesync.tracker.commands.command import DONE, Command, Console
from trac_issuesync.tracker.commands.completion import completer, names
from trac_issuesync.tracker.commands.keys import EDIT, explained, values_of
from trac_issuesync.tracker.commands.texts import count
from trac_issuesync.tracker.creation import store_secrets
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.settings import ChannelAsked, ask, ask_channel, name_problems

__all__ = ["COMMANDS"]

_MANY = 1_000_000


def _edit(console: Console, said: Sequence[str]) -> int:
    arguments = parse(said, least=1, most=1, any_key=True)
    if not arguments.settings:
        raise Usage("Say what to change, as key=value.")
    with Links(console.env) as links:
        sync = links.find(arguments.words[0])
        if sync.deleted:
            raise Invalid(f"{sync.name} is deleted.", "deleted")
        asked_channel = ask_channel(links.offers.get(sync.channel), arguments.settings, sync.channel_settings)
        check_keys(arguments.settings, (*values_of(EDIT), *asked_channel.keys))
        with links.store.transaction():
            now = links.store.sync(sync.id) or sync
            changed = _edited(links, now, arguments.settings, asked_channel)
            links.store.save_sync(changed)
            store_secrets(links, changed, asked_channel)
            told = f"Changed: {', '.join(arguments.settings)}."
            links.store.add_log(sync.id, [LogLine(links.clock.now(), "edited", told)])
    console.say(f"{changed.name} is changed: {', '.join(arguments.settings)}.")
    return DONE


def _edited(links: Links, sync: Sync, settings: Mapping[str, str], channel: ChannelAsked) -> Sync:
    name = settings.get("name", sync.name).strip()
    asked = ask({key: text for key, text in settings.items() if key != "name"}, sync.role, channel.keys)
    names = name_problems(links, name) if name != sync.name else ()
    problems = [*names, *asked.problems, *channel.problems]
    if problems:
        raise Invalid("\n".join(problems), "settings")
    kept = sync.settings
    return replace(
        sync,
        name=name,
        description=asked.description if "description" in settings else sync.description,
        settings=replace(
            kept,
            label=asked.label or kept.label,
            unknown=asked.unknown or kept.unknown,
            max_message=asked.max_message or kept.max_message,
        ),
        channel_settings=channel.plain if channel.keys else sync.channel_settings,
    )


def _resync(console: Console, said: Sequence[str]) -> int:
    name, *rest = parse(said, least=1, most=2).words
    with Links(console.env) as links:
        sync = links.find(name)
        if sync.deleted or not sync.connected:
            raise Invalid(f"{name} is not connected, so nothing can be sent again.", "handshake")
        numbers = _chosen(links, sync, rest[0] if rest else "")
        links.store.mark(sync.id, numbers, resend=True)
    when = "in the next cycles" if sync.enabled else f"after: issuesync start {name}"
    console.say(f"The current content of {count(len(numbers), 'ticket')} will be sent {when}.")
    return DONE


def _chosen(links: Links, sync: Sync, which: str) -> list[int]:
    """Tickets by number, by query, or all that are shared."""
    if not which:
        return links.store.twin_numbers(sync.id, 0, _MANY)
    digits = which.removeprefix("#")
    if digits.isascii() and digits.isdigit() and len(digits) < 19:
        found = [int(digits)]
        if not links.tracker.read(found):
            raise Invalid(f"There is no ticket #{digits} in this project.", "no-ticket")
    else:
        found = _query(links, sync, which)
    return sorted(links.tracker.visible(found, sync.user))


def _query(links: Links, sync: Sync, text: str) -> list[int]:
    try:
        query = Query.from_string(links.env, text, max=0)
        return [row["id"] for row in query.execute(authname=sync.user)]
    except (QuerySyntaxError, QueryValueError, TracError) as error:
        raise Invalid(f"The query {text[:200]!r} cannot be read: {error}", "query") from error


COMMANDS = (
    Command(
        "issuesync edit",
        "<name> key=value ...",
        f"""Change what may be changed later

        Everything else was fixed when the synchronization was made.

        {explained(EDIT)}
        """,
        _edit,
        completer(names, keys=values_of(EDIT)),
    ),
    Command(
        "issuesync resync",
        "<name> [<ticket>|<query>]",
        """Send the current content of tickets again

        Of one ticket by its number, of those that a query finds (as in a wiki's [query:...], for example
        "status=new&component=web"), or of all that are shared. It is no edit: what the partner
        changed later stays.
        """,
        _resync,
        completer(names),
    ),
)
