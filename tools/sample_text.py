# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Sample prose composed from our own word lists: summaries, descriptions and comments of tickets.

All functions draw from the given ``random.Random`` only, so the same seed gives the same text.
"""

# ruff: noqa: RUF001 - look-alike letters of other scripts are the point here

from __future__ import annotations

from random import Random

__all__ = ["comment", "description", "foreign", "keywords", "revised", "sentence", "summary", "test_plan"]

PARTS = (
    "login form",
    "invoice export",
    "search index",
    "mail gateway",
    "report page",
    "upload dialog",
    "calendar feed",
    "price table",
    "backup job",
    "session store",
    "address book",
    "print layout",
    "status bar",
    "audit log",
    "import wizard",
    "cache layer",
    "timeline view",
    "permission check",
    "sync agent",
    "stock list",
)
SYMPTOMS = (
    "loses its focus",
    "times out after a minute",
    "shows an empty line",
    "rounds half cents down",
    "forgets the filter",
    "ignores the time zone",
    "sorts umlauts last",
    "prints the wrong page",
    "needs two clicks",
    "blocks the worker",
    "fails on long names",
    "repeats the first row",
    "keeps the old value",
    "drops the last character",
)
SITUATIONS = (
    "when two users save at once",
    "on a slow line",
    "after a restart",
    "with more than 1000 rows",
    "in the night run",
    "when the disk is nearly full",
    "for customers without a contract",
    "after the last upgrade",
    "in private windows",
    "if the name holds a slash",
    "when the clock is set back",
    "with the new layout",
)
WISHES = ("Make", "Rework", "Speed up", "Document", "Simplify", "Add tests for", "Move", "Translate")
REMARKS = (
    "I can see it here, too.",
    "Works for me on the test system.",
    "The cause is an index that is built too late.",
    "A first change is on its way; please have a look.",
    "Moved, since the release is closed.",
    "Is there a log of it?",
    "The customer called again this morning.",
    "Let us talk about it on Monday.",
    "Checked on two machines: it is gone.",
    "I would rather do it the other way round.",
    "The same happens in the older version.",
    "Done, with a test.",
    "It only shows with the cache switched on.",
    "Thanks, that was it!",
    "No answer from the reporter for weeks.",
)
FOREIGN = (
    "登录页面在保存后显示空白，请检查会话设置。",
    "تظهر الصفحة فارغة بعد الحفظ، والرجاء التحقق من الإعدادات.",
    "Η σελίδα μένει κενή μετά την αποθήκευση της παραγγελίας.",
    "Страница пуста после сохранения, проверьте настройки.",
    "Nach dem Speichern bleibt die Seite leer – „größer“ als gedacht: Äpfel, Öl, Übermaß, ß.",
    "保存すると画面が真っ白になります。設定を確認してください。",
    "दस्तावेज़ सहेजने के बाद पृष्ठ खाली रहता है।",
    "Works now 🎉👩‍💻 – thumbs up 👍🏽 from 🇨🇭, rocket 🚀 follows.",
    # Combining marks that have no composed form, and one that has: neither may be normalised on the way.
    "Zero width and marks: e\u0301 n\u0303 q\u0307\u0323 a\u200bb\u00adc, \ufb01ligature, \u212b.",
    "דף ההתחברות נשאר ריק לאחר השמירה.",
)
KEYWORDS = (
    "ui",
    "regression",
    "easy",
    "customer",
    "perf",
    "docs",
    "night-run",
    "größe",
    "印刷",
    "help-wanted",
    "api",
)
CODE = (
    '{{{#!python\ndef total(rows):\n    """Sum in cents."""\n    return sum(row.amount for row in rows)\n}}}',
    "{{{\n$ ./backup --dry-run\nwould copy 1204 files   (3 skipped)\n}}}",
    "{{{#!sql\nSELECT name, count(*) FROM orders GROUP BY name HAVING count(*) > 3;\n}}}",
    '{{{#!html\n<p class="note">plain &amp; simple</p>\n}}}',
)
TABLES = (
    "||= step =||= result =||\n|| open || quick ||\n|| save || '''slow''' ||",
    "||name||size||\n||small||`1 KiB`||\n||large||`9 MiB`||",
)
LISTS = (
    " * first the ''simple'' case\n * then the '''hard''' one\n   1. with data\n   1. without",
    " 1. open the page\n 1. press save\n 1. wait",
)


def summary(rng: Random) -> str:
    """One line of at most 120 characters, now and then not in Latin script."""
    kind = rng.random()
    if kind < 0.12:
        return foreign(rng)[:60]
    if kind < 0.35:
        return f"{rng.choice(WISHES)} the {rng.choice(PARTS)} {rng.choice(SITUATIONS)}"
    return f"The {rng.choice(PARTS)} {rng.choice(SYMPTOMS)} {rng.choice(SITUATIONS)}"


def sentence(rng: Random) -> str:
    """One plain sentence."""
    return f"The {rng.choice(PARTS)} {rng.choice(SYMPTOMS)} {rng.choice(SITUATIONS)}."


def foreign(rng: Random) -> str:
    """One sentence in another script."""
    return rng.choice(FOREIGN)


def description(rng: Random) -> str:
    """Several paragraphs of wiki text: headings, lists, tables, code, links and other scripts."""
    blocks = ["== What happens ==", " ".join(sentence(rng) for _ in range(rng.randint(1, 4)))]
    if rng.random() < 0.5:
        blocks.append("== Steps ==\n" + rng.choice(LISTS))
    if rng.random() < 0.4:
        blocks.append(rng.choice(CODE))
    if rng.random() < 0.3:
        blocks.append(rng.choice(TABLES))
    if rng.random() < 0.4:
        blocks.append(foreign(rng))
    if rng.random() < 0.3:
        blocks.append("See [wiki:WikiStart the start], `a | b` and [https://example.org/?q=1&x=ä a page].")
    return "\n\n".join(blocks)


def comment(rng: Random) -> str:
    """One to three short paragraphs; some hold code, emphasis or another script."""
    blocks = [rng.choice(REMARKS)]
    if rng.random() < 0.4:
        blocks.append(sentence(rng))
    if rng.random() < 0.15:
        blocks.append(rng.choice(CODE))
    if rng.random() < 0.2:
        blocks.append(foreign(rng))
    return ("\n\n" if rng.random() < 0.5 else "\r\n\r\n").join(blocks)


def revised(rng: Random, text: str) -> str:
    """``text`` as somebody would correct it: something added at its end, always different from before."""
    return f"{text}\n\n''Edit {rng.randint(2, 9999)}:'' {rng.choice(REMARKS)}"


def keywords(rng: Random) -> str:
    """None to three keywords, separated by blanks."""
    return " ".join(rng.sample(KEYWORDS, rng.randint(0, 3)))


def test_plan(rng: Random) -> str:
    """Wiki text of a test plan, or nothing."""
    return "" if rng.random() < 0.5 else f"{rng.choice(LISTS)}\n\n{sentence(rng)}"
