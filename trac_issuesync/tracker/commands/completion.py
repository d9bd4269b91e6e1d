# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Tab completion: names of synchronizations, paths, keys and their values, options.

Trac's console takes ``=`` for the end of a word, so after ``key=`` the values stand alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trac.admin.api import PrefixList, get_dir_list

from trac_issuesync.tracker.commands.command import Completer
from trac_issuesync.tracker.store import SqlStore
from trac_issuesync.tracker.store.vault import Box

__all__ = ["Kind", "completer", "names", "paths", "words"]

Kind = Callable[[Any, str], "list[str]"]


def completer(
    *kinds: Kind, keys: Mapping[str, Sequence[str]] | None = None, options: Sequence[str] = ()
) -> Completer:
    """Complete positions by their ``kinds``, then ``keys`` with their values, and ``options`` anywhere."""
    settings = keys or {}

    def complete(env: Any, said: Sequence[str]) -> list[str]:
        word = said[-1] if said else ""
        key, equals, _ = word.partition("=")
        if equals and key in settings:
            return PrefixList(settings[key])
        if word.startswith("-"):
            return PrefixList(options)
        position = _position(said, settings)
        if position < len(kinds):
            return kinds[position](env, word)
        given = {earlier.partition("=")[0] for earlier in said[:-1]}
        return PrefixList([f"{key}=" for key in settings if key not in given] + list(options))

    return complete


def names(env: Any, word: str) -> list[str]:
    """The synchronizations of the environment."""
    store = SqlStore(env, _no_box)
    return [sync.name for sync in store.syncs()]


def paths(env: Any, word: str) -> list[str]:
    """Files and folders."""
    return get_dir_list(word)


def words(*known: str) -> Kind:
    """One of a few words."""
    return lambda env, word: list(known)


def _position(said: Sequence[str], settings: Mapping[str, Sequence[str]]) -> int:
    """How many words by position stand before the last one."""
    return sum(
        1 for word in said[:-1] if not word.startswith("--") and word.partition("=")[0] not in settings
    )


def _no_box() -> Box:
    raise AssertionError("Completion has no use for secrets.")
