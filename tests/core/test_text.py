# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Cleaning of text and file names, as properties."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trac_issuesync.core.text import MAX_FILE_NAME, clean_line, clean_text, safe_file_name

ODD = st.sampled_from("\r\n\x00\x85\u2028\ud800 .\t")
ANY_TEXT = st.text(st.characters(codec=None, categories=None) | ODD)
ANY_NAME = st.text(st.sampled_from("/\\.\x00\u202e\ud800 ae\u0301\u0338") | st.characters(), max_size=300)


@given(ANY_TEXT)
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    """A cleaned text is clean, so no side ever alters it again."""
    assert clean_text(clean_text(text)) == clean_text(text)
    assert clean_line(clean_line(text)) == clean_line(text)


@given(ANY_TEXT)
def test_cleaning_never_lengthens_and_leaves_nothing_harmful(text: str) -> None:
    """What is cleaned fits where it fitted before and can be stored as UTF-8 by any database."""
    for cleaned in (clean_text(text), clean_line(text)):
        assert len(cleaned) <= len(text)
        cleaned.encode()
        assert not {c for c in cleaned if unicodedata.category(c) == "Cc"} - set("\t\r\n")
    assert len(clean_line(text).splitlines()) <= 1


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from("\t\r\n")))
def test_harmless_text_survives_with_its_line_ends(text: str) -> None:
    """Browsers store CR LF, scripts LF, some a lone CR: all of them stay as they are."""
    assert clean_text(text) == text


def test_each_line_break_becomes_one_blank() -> None:
    """A summary cannot smuggle a header or a second line, also not around a dropped character."""
    assert clean_line("a\r\nb\nc\rd\u2028e\x0bf") == "a b c d e f"
    assert clean_line("a\r\x00\nb") == "a b"
    assert clean_line("tab\tstays") == "tab\tstays"


@given(ANY_NAME)
def test_every_file_name_becomes_harmless(name: str) -> None:
    """Whatever a partner names a file: one path component, visible, bounded, and stable."""
    safe = safe_file_name(name)
    assert safe
    assert not set(safe) & set("/\\\x00\u202e")
    assert not safe.startswith(".")
    assert len(safe.encode()) <= MAX_FILE_NAME
    assert unicodedata.is_normalized("NFC", safe)
    assert safe_file_name(safe) == safe


@given(st.from_regex(r"[\w][\w .()+-]{0,40}\.[a-z0-9]{1,5}", fullmatch=True))
def test_ordinary_file_names_stay(name: str) -> None:
    """Names as people give them come back unchanged, in the normal form C."""
    name = unicodedata.normalize("NFC", name)
    assert safe_file_name(name) == name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../../etc/passwd", "passwd"),
        ("C:\\temp\\report.pdf", "report.pdf"),
        ("..", "attachment"),
        (".htaccess", "htaccess"),
        ("", "attachment"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("a" * 300 + ".tar", "a" * 196 + ".tar"),
        ("é" * 150, "é" * 100),
    ],
)
def test_hostile_file_names(name: str, expected: str) -> None:
    """Known tricks lose their point."""
    assert safe_file_name(name) == expected
