# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What people compare to be sure of each other: fingerprints, words, and the printable handshake sheet."""

from __future__ import annotations

import re

from genshi.template import TemplateLoader
from msgspec import Struct

from trac_issuesync.core.contract import types_of
from trac_issuesync.core.text import clean_line, clean_text
from trac_issuesync.crypto.words import fingerprint_words
from trac_issuesync.engine.records import Sync
from trac_issuesync.resources import resource_dir
from trac_issuesync.tracker.links import Links

__all__ = ["Sheet", "grouped", "handshake_sheet", "own_words", "words_of"]

_TEMPLATE = "handshake_sheet.html"
_CHANNELS = {"file": "exchange directories", "email": "e-mail"}
# Characters that Trac may hold and XML may not.
_NOT_XML = re.compile("[\ufffe\uffff]")


class Sheet(Struct, frozen=True):
    """What the template shows."""

    name: str
    project: str
    description: str
    channel: str
    by_files: bool
    encrypt: bool
    types: int
    fields: int
    groups: tuple[str, ...]
    words: tuple[str, ...]


def handshake_sheet(links: Links, sync: Sync) -> str:
    """A page to print, as HTML that is also well-formed XML; it holds nothing secret."""
    contract = links.store.versions(sync.id)[0].contract
    sheet = Sheet(
        name=sync.name,
        project=_shown(clean_line(links.env.project_name)),
        description=_shown(clean_text(sync.description)),
        channel=_CHANNELS.get(sync.channel, sync.channel),
        by_files=sync.channel == "file",
        encrypt=sync.settings.encrypt,
        types=len(types_of(contract.fields)),
        fields=len(contract.fields),
        groups=grouped(sync.own_key),
        words=own_words(sync.own_key),
    )
    template = TemplateLoader([resource_dir("templates")]).load(_TEMPLATE)
    # As XHTML, so that every element is closed; with this doctype browsers take it for HTML 5.
    return str(template.generate(sheet=sheet).render("xhtml", doctype="html5", encoding=None))


def words_of(sync: Sync) -> tuple[str, ...]:
    """The eight words for both keys, the same on both sides; none before the partner's key is known."""
    return fingerprint_words(sync.own_key, sync.partner_key) if sync.partner_key else ()


def own_words(fingerprint: str) -> tuple[str, ...]:
    """Eight words for one key alone, as on the handshake sheet."""
    return fingerprint_words(fingerprint, fingerprint)


def grouped(fingerprint: str) -> tuple[str, ...]:
    """A fingerprint in groups of four digits."""
    return tuple(fingerprint[start : start + 4] for start in range(0, len(fingerprint), 4))


def _shown(text: str) -> str:
    return _NOT_XML.sub("", text)
