# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""``doctor``: what is wrong, in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from trac_issuesync.engine.ports import Finding
from trac_issuesync.tracker.checks import check_environment, check_sync
from trac_issuesync.tracker.commands.arguments import parse
from trac_issuesync.tracker.commands.command import DONE, LOOK, Command, Console
from trac_issuesync.tracker.commands.completion import completer, names
from trac_issuesync.tracker.commands.texts import paragraph
from trac_issuesync.tracker.links import Links

__all__ = ["COMMANDS"]


class _Checked(Struct, frozen=True):
    """Findings about one synchronization, or (without a name) about the environment."""

    name: str
    findings: tuple[Finding, ...]


def _doctor(console: Console, said: Sequence[str]) -> int:
    arguments = parse(said, most=1, flags=("json",))
    name = arguments.word(0)
    with Links(console.env) as links:
        syncs = [links.find(name)] if name is not None else links.store.syncs()
        checked = [_Checked("", tuple(check_environment(links)))]
        checked += [_Checked(sync.name, tuple(check_sync(links, sync))) for sync in syncs]
    if "json" in arguments.options:
        console.say_json(checked)
    else:
        for part in checked:
            console.say(*_told(part))
    return DONE if all(finding.ok for part in checked for finding in part.findings) else LOOK


def _told(checked: _Checked) -> list[str]:
    lines = [f"{checked.name}:" if checked.name else "This environment:"]
    for finding in checked.findings:
        mark = "ok     " if finding.ok else "PROBLEM"
        first, *rest = paragraph(f"{mark} {finding.text}", "  ") or ["  " + mark]
        lines += [first, *(" " * 8 + line for line in rest)]
    return lines


COMMANDS = (
    Command(
        "issuesync doctor",
        "[<name>] [--json]",
        """Say what is wrong, in plain words

        Looks at the exchange directories, keys, permissions of the synchronization's user, what is bound of
        the contract, tables, components, and whether a worker runs. Writes and removes a small file in each
        exchange directory. The exit status is 1 if something has to be done.
        """,
        _doctor,
        completer(names, options=("--json",)),
    ),
)
