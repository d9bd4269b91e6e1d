# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Settings of a synchronization as a person types them: ``key=value``, judged all at once."""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from trac_issuesync.core.authors import partner_label
from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.model import Policy, Side, Unknown
from trac_issuesync.core.text import clean_line, clean_text
from trac_issuesync.engine.offers import ChannelOffer
from trac_issuesync.engine.records import Settings
from trac_issuesync.tracker.links import Links
from trac_issuesync.wire.handshake import NAME

__all__ = [
    "CHOICES",
    "DEFAULT_USER",
    "KEYS",
    "LEAST_MESSAGE",
    "MOST_MESSAGE",
    "Asked",
    "ChannelAsked",
    "ask",
    "ask_channel",
    "channel_problems",
    "name_problems",
    "secret_of",
    "user_problems",
]

DEFAULT_USER = "issuesync"
"""Stands for ``user`` if that is left out and such a user is known."""
LEAST_MESSAGE = 16 * 1024
MOST_MESSAGE = 4 * 1024 * 1024
"""Bounds of ``max_message`` in bytes: even text that compresses badly then stays within what a peer reads."""

CHOICES: dict[str, tuple[str, ...]] = {
    "encrypt": ("yes", "no"),
    "policy": tuple(policy.value for policy in Policy),
    "unknown": tuple(unknown.value for unknown in Unknown),
    "history": ("full", "current"),
    "cc": ("yes", "no"),
}
"""The values that a key may have, where there are only a few."""
KEYS = ("user", "description", "label", "max_message", *CHOICES)
"""Every key of ``issuesync create`` that does not belong to a channel."""

_LONGEST_DESCRIPTION = 10_000
_LONGEST_LABEL = 60
_OF_THE_MASTER = ("policy", "cc")

T = TypeVar("T")


class Asked(Struct, frozen=True):
    """What was asked for; None where nothing was said, ``problems`` a sentence for each wrong value."""

    user: str
    description: str
    label: str
    max_message: int | None
    encrypt: bool | None
    policy: Policy | None
    unknown: Unknown | None
    history: str | None
    cc: bool | None
    problems: tuple[str, ...]

    @property
    def shared(self) -> tuple[str, ...]:
        """Fields shared although they are not by default."""
        return ("cc",) if self.cc else ()

    def settings(self, *, label: str, encrypt: bool = True, max_message: int | None = None) -> Settings:
        """The settings, with these where nothing was asked for."""
        plain = Settings()
        return Settings(
            encrypt=encrypt if self.encrypt is None else self.encrypt,
            unknown=self.unknown or plain.unknown,
            history=self.history or plain.history,
            max_message=self.max_message or max_message or plain.max_message,
            label=self.label or label,
        )


class ChannelAsked(Struct, frozen=True):
    """What was asked for of a channel: its ``keys``, ``plain`` and ``secret`` values, and what is wrong."""

    keys: tuple[str, ...] = ()
    plain: dict[str, str] = {}
    secret: dict[str, str] = {}
    problems: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Without the secrets, so that they cannot get into a log by accident."""
        return f"ChannelAsked({', '.join(self.keys)})"


def ask_channel(
    offer: ChannelOffer | None, settings: Mapping[str, str], before: Mapping[str, str] | None = None
) -> ChannelAsked:
    """Take the keys of a channel out of typed settings.

    ``before`` are the values so far, where some are changed only; a channel that nobody offers has no keys.
    """
    if offer is None:
        return ChannelAsked()
    plain, secret, problems = {}, {}, []
    for key in offer.keys:
        try:
            given = settings.get(key.name)
            value = None if given is None else (secret_of(given, key.name) if key.secret else given.strip())
        except Invalid as invalid:
            problems.append(invalid.text)
            continue
        if value is None and before is None and key.required:
            problems.append(f"The channel {offer.name} needs {key.name}=…: {key.meaning}.")
        if key.secret and value is not None:
            secret[key.name] = value
        elif not key.secret:
            plain[key.name] = (before or {}).get(key.name, key.default) if value is None else value
    if not problems:
        problems += offer.check({**plain, **secret})
    return ChannelAsked(tuple(key.name for key in offer.keys), plain, secret, tuple(problems))


def ask(settings: Mapping[str, str], role: Side, others: Collection[str] = ()) -> Asked:
    """Read typed settings; whatever is wrong stands in ``problems``, in the order it was typed.

    ``others`` are keys that somebody else judges.
    """
    problems: list[str] = []
    for key in settings:
        problems += [] if key in others else _key_problems(key, role, others)

    def read(key: str, parse: Callable[[str], T | str]) -> T | None:
        if key not in settings:
            return None
        value = parse(settings[key].strip())
        if isinstance(value, _Wrong):
            problems.append(value)
            return None
        return value

    return Asked(
        user=read("user", str) or DEFAULT_USER,
        description=read("description", _description) or "",
        label=read("label", _label) or "",
        max_message=read("max_message", _size),
        encrypt=read("encrypt", lambda text: _yes("encrypt", text)),
        policy=read("policy", lambda text: _choice("policy", Policy, text)),
        unknown=read("unknown", lambda text: _choice("unknown", Unknown, text)),
        history=read("history", lambda text: _one_of("history", text)),
        cc=read("cc", lambda text: _yes("cc", text)),
        problems=tuple(problems),
    )


def name_problems(links: Links, name: str) -> list[str]:
    """Why a synchronization cannot get this name."""
    if not NAME.fullmatch(name):
        return [
            f"{name[:80]!r} cannot be the name: it begins with a small letter or digit and goes on with small"
            " letters, digits, points, underscores and hyphens, at most 64 in all."
        ]
    taken = next((sync for sync in links.store.syncs() if sync.name == name), None)
    if taken is None:
        return []
    if taken.deleted:
        return [
            f"The deleted synchronization {name} still waits for the partner to hear of it; choose another"
            " name, or wait until it is gone from `issuesync list`."
        ]
    return [f"There is a synchronization {name} already; choose another name."]


def channel_problems(links: Links, channel: str) -> list[str]:
    """Why messages cannot travel this way."""
    if channel in links.offers:
        return []
    known = ", ".join(f"{offer.name} ({offer.title})" for offer in links.offers.values())
    return [f"There is no channel {channel[:40]!r} here, only: {known}. A plugin may offer further ones."]


def secret_of(value: str, what: str) -> str:
    """A secret as given, or where ``env:NAME`` or ``file:/path`` says it is; Invalid if it is not there."""
    source, colon, place = value.partition(":")
    if colon and source == "env":
        if place not in os.environ:
            raise Invalid(f"The environment variable {place[:60]} for the {what} is not set.", "no-secret")
        return os.environ[place]
    if colon and source == "file":
        try:
            return Path(place).read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise Invalid(f"The {what} cannot be read from {place[:200]}: {reason}.", "no-secret") from None
    return value


def user_problems(links: Links, user: str) -> list[str]:
    """Why a synchronization cannot act as ``user``: unknown here, or not allowed to see tickets."""
    if links.tracker.knows_user(user):
        if links.tracker.may(user, "TICKET_VIEW", 0):
            return []
        what = f"The user {user} may not view tickets, so nothing could be synchronized. Allow it:"
    else:
        what = (
            f"The user {user!r} is not known in this project. Give a known one by user=…, whose permissions"
            " decide which tickets leave and what the partner may change; or make this one known:"
        )
    quoted = user if user.isidentifier() else repr(user)
    permissions = "TICKET_VIEW TICKET_CREATE TICKET_MODIFY TICKET_EDIT_COMMENT"
    return [f"{what} trac-admin {links.env.path} permission add {quoted} {permissions}"]


class _Wrong(str):
    """A sentence about a value that cannot be taken, in place of the value."""


def _key_problems(key: str, role: Side, others: Collection[str]) -> list[str]:
    if key not in KEYS:
        known = (*KEYS, *others)
        near = difflib.get_close_matches(key, known, 1)
        hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(known)}."
        return [f"There is no setting {key[:40]!r}. {hint}"]
    if role is Side.SLAVE and key in _OF_THE_MASTER:
        return [f"{key} is part of the contract, which the master decides; leave it out here."]
    return []


def _description(text: str) -> str:
    cleaned = clean_text(text)
    if len(cleaned) > _LONGEST_DESCRIPTION:
        return _Wrong(f"The description is longer than {_LONGEST_DESCRIPTION} characters.")
    return cleaned


def _label(text: str) -> str:
    label = clean_line(text)
    if partner_label(label) != label or len(label) > _LONGEST_LABEL:
        return _Wrong(
            f"{text[:80]!r} cannot be the label: it stands in brackets behind the names of the partner's"
            f" people, as in 'alice (ACME)', with at most {_LONGEST_LABEL} characters and no @ or brackets."
        )
    return label


def _size(text: str) -> int | _Wrong:
    if text.isascii() and text.isdigit() and len(text) < 10 and LEAST_MESSAGE <= int(text) <= MOST_MESSAGE:
        return int(text)
    return _Wrong(f"max_message is bytes, from {LEAST_MESSAGE} to {MOST_MESSAGE}, not {text[:40]!r}.")


def _yes(key: str, text: str) -> bool | _Wrong:
    chosen = _one_of(key, text)
    return chosen if isinstance(chosen, _Wrong) else chosen == "yes"


def _choice(key: str, kind: Callable[[str], T], text: str) -> T | _Wrong:
    chosen = _one_of(key, text)
    return chosen if isinstance(chosen, _Wrong) else kind(chosen)


def _one_of(key: str, text: str) -> str:
    if text in CHOICES[key]:
        return text
    return _Wrong(f"{key} is {' or '.join(CHOICES[key])}, not {text[:40]!r}.")
