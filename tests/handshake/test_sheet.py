# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The printable sheet shows what two people compare, says what to do next, and holds no secret."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import MakeEnvironment
from handshake.handshake_pair import USER, Pair, made_pair
from msgspec.structs import replace

from trac_issuesync.engine.control import OWN_KEY, SECRET
from trac_issuesync.tracker.sheet import grouped, handshake_sheet, own_words, words_of

_VOID = {"meta", "br", "link", "img", "hr", "input"}


class _Balanced(HTMLParser):
    """Reads a page as a browser does and keeps what is open."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # For a browser any other element stays open, whatever XML says.
        if tag not in _VOID:
            self.faults.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


def text_of(page: str) -> str:
    root = ElementTree.fromstring(page)
    return " ".join(" ".join(root.itertext()).split())


@pytest.fixture
def pair(trac_env: MakeEnvironment, short_tmp: Path) -> Iterator[Pair]:
    with made_pair(trac_env, short_tmp) as made:
        yield made


def test_the_sheet_is_well_formed_whatever_the_project_is_called(pair: Pair) -> None:
    """Names and descriptions are text, never markup, and the page is HTML and XML alike."""
    hostile = "<script>alert(1)</script> & \"q\" 'a' ${name} \ufffe обмен"
    sync = replace(pair.create(), description=hostile + "\x00\x1b")
    pair.acme.env.config.set("project", "name", "<b>ACME</b> & Söhne")
    page = handshake_sheet(pair.acme, sync)
    assert page.startswith("<!DOCTYPE html>")
    text = text_of(page)
    assert "<script>alert(1)</script> & \"q\" 'a' ${name}" in text
    assert "<b>ACME</b> & Söhne" in text
    assert "<script" not in page
    reader = _Balanced()
    reader.feed(page)
    assert (reader.open, reader.faults) == ([], [])
    assert not re.search(r"(?:src|href|url)\s*[=(]", page), "the page loads nothing from elsewhere"


def test_the_sheet_shows_the_masters_key_and_the_next_steps(pair: Pair) -> None:
    """Fingerprint in groups of four, the same in words, the commands; the secret and the key stay out."""
    sync = pair.create("one", encrypt="no")
    page = handshake_sheet(pair.acme, sync)
    text = text_of(page)
    spans = re.findall(r"<span>(\w+)</span>", page)
    assert tuple(spans) == grouped(sync.own_key) + own_words(sync.own_key)
    assert "".join(grouped(sync.own_key)) == sync.own_key
    assert {len(group) for group in grouped(sync.own_key)} == {4}
    for words in ("issuesync accept", "issuesync show one", "issuesync start one", "can be read on"):
        assert words in text
    for kind in (SECRET, OWN_KEY):
        assert str(pair.acme.store.secret(sync.id, kind)) not in page
    assert "signed and encrypted" in text_of(handshake_sheet(pair.acme, pair.create("two")))


def test_both_sides_show_the_same_words_once_both_keys_are_known(pair: Pair) -> None:
    """The master shows none before the partner has said hello; another key gives other words."""
    master = pair.create()
    slave = pair.accept(master)
    assert words_of(master) == ()
    assert len(words_of(slave)) == 8
    assert words_of(replace(master, partner_key=slave.own_key)) == words_of(slave)
    assert words_of(replace(master, partner_key="F" * 40)) != words_of(slave)
    assert own_words(slave.partner_key) == own_words(master.own_key)


def test_the_user_is_not_named_to_the_partner(pair: Pair) -> None:
    """Local names do not leave by the sheet."""
    assert f">{USER}<" not in handshake_sheet(pair.acme, pair.create())
