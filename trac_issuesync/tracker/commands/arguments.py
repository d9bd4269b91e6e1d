# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Words of a command line as a command wants them: positions, ``key=value`` settings, ``--options``."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from trac_issuesync.core.errors import Invalid

__all__ = ["Arguments", "Usage", "check_keys", "parse", "whole"]

_SETTING = re.compile(r"([a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*)=(.*)", re.DOTALL)


class Usage(Invalid):
    """The words do not make up this command; its usage is worth showing."""


def whole(text: str) -> int | None:
    """A whole number as typed, None where it is none or more than a database can hold."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None


@dataclass(frozen=True)
class Arguments:
    """What was said: ``words`` by position, ``settings`` by key, ``options`` by name without the dashes.

    An option without a value is there with an empty one.
    """

    words: tuple[str, ...]
    settings: dict[str, str]
    options: dict[str, str]

    def word(self, position: int) -> str | None:
        """The word at a position, or None."""
        return self.words[position] if position < len(self.words) else None

    def whole(self, option: str, default: int) -> int:
        """An option that is a whole number, at least 0; raises Usage for anything else."""
        text = self.options.get(option)
        if text is None:
            return default
        if not (text.isascii() and text.isdigit() and len(text) < 10):
            raise Usage(f"--{option} takes a whole number of seconds, not {text[:40]!r}.")
        return int(text)


def parse(
    said: Sequence[str],
    *,
    least: int = 0,
    most: int = 0,
    keys: Collection[str] = (),
    any_key: bool = False,
    flags: Collection[str] = (),
    valued: Collection[str] = (),
) -> Arguments:
    """Take the words of a command apart; raises Usage that names everything that is wrong at once.

    ``least`` and ``most`` bound the words that are left when settings and options are taken out. A command
    without ``keys`` has no settings; with ``any_key`` whoever takes the settings judges their keys.
    ``flags`` stand alone, ``valued`` options take ``--name value`` or ``--name=value``.
    """
    words: list[str] = []
    settings: dict[str, str] = {}
    options: dict[str, str] = {}
    problems: list[str] = []
    rest = list(said)
    while rest:
        word = rest.pop(0)
        setting = _SETTING.fullmatch(word) if keys or any_key else None
        if word.startswith("--") and len(word) > 2:
            problems += _option(word[2:], rest, options, flags, valued)
        elif setting:
            problems += _setting(setting[1], setting[2], settings, None if any_key else keys)
        else:
            words.append(word)
    if len(words) < least:
        problems.append("Something is missing.")
    elif len(words) > most:
        problems.append(f"There are words too many: {' '.join(words[most:])[:200]}.")
    if problems:
        raise Usage("\n".join(problems))
    return Arguments(tuple(words), settings, options)


def _option(
    text: str, rest: list[str], options: dict[str, str], flags: Collection[str], valued: Collection[str]
) -> list[str]:
    name, equals, value = text.partition("=")
    if name in flags and not equals:
        options[name] = ""
    elif name in valued and (equals or rest):
        options[name] = value if equals else rest.pop(0)
    elif name in valued:
        return [f"--{name} wants a value."]
    else:
        return [f"--{text[:60]} is not an option of this command."]
    return []


def check_keys(settings: Collection[str], keys: Collection[str]) -> None:
    """Raise Usage for settings that are none of ``keys``."""
    problems = [problem for key in settings for problem in _key(key, keys)]
    if problems:
        raise Usage("\n".join(problems))


def _key(key: str, keys: Collection[str]) -> list[str]:
    if key in keys:
        return []
    near = difflib.get_close_matches(key, list(keys), n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(keys))}."
    return [f"{key} is not a key of this command; {hint}"]


def _setting(key: str, value: str, settings: dict[str, str], keys: Collection[str] | None) -> list[str]:
    if keys is not None and key not in keys:
        return _key(key, keys)
    if key in settings:
        return [f"{key} is given twice."]
    settings[key] = value
    return []
