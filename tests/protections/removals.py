# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Protections, how each is taken out, and the test that must fail then (docs/reliability.md lists them)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["REMOVALS", "Removal", "altered"]

_ENGINE = "trac_issuesync.engine"
_STORE = "trac_issuesync.tracker.store"
_SCHEDULES = "tests/engine/test_schedules.py"
_RESTORE = "tests/engine/test_restore_noticed.py"
_POWER = "tests/faults/test_power_loss.py"
_VERDICT = "tests/crypto/test_verdict.py::test_each_row_of_the_accept_rule"


@dataclass(frozen=True)
class Removal:
    """In ``module`` the one place ``text`` becomes ``instead``; then ``test`` (a pytest node id) fails."""

    module: str
    text: str
    instead: str
    test: str


def altered(removal: Removal, source: str) -> str:
    """The source without the protection. Raises LookupError unless the place is there exactly once."""
    if source.count(removal.text) != 1:
        raise LookupError(
            f"{removal.module} holds {removal.text!r} {source.count(removal.text)} times, not once."
        )
    return source.replace(removal.text, removal.instead)


REMOVALS: dict[str, Removal] = {
    "unique key of changes": Removal(
        f"{_STORE}.database",
        'db.executemany(f"INSERT INTO {table}',
        'db.executemany(f"INSERT OR REPLACE INTO {table}',
        "tests/tracker/test_store_contract.py",
    ),
    "lease fence": Removal(
        f"{_STORE}.database",
        "        if fenced:\n",
        "        if False:\n",
        "tests/worker/test_turn.py::test_a_worker_that_was_frozen_writes_nothing_any_more",
    ),
    "write lock before reading": Removal(
        f"{_STORE}.database",
        'db("BEGIN IMMEDIATE")',
        "pass",
        "tests/tracker/test_store_transactions.py::test_the_write_lock_is_taken_at_once",
    ),
    "no half-work after a caught error": Removal(
        f"{_STORE}.database",
        "        if local.failed:\n",
        "        if False:\n",
        "tests/tracker/test_store_transactions.py::test_a_failure_passed_over_inside_stores_nothing",
    ),
    "order within a ticket": Removal(
        f"{_ENGINE}.apply_ticket",
        "row.change.after > seen or ",
        "",
        "tests/engine/test_quarantine.py::test_a_change_that_overtook_another_of_its_ticket_waits_for_it",
    ),
    "capture before apply": Removal(
        f"{_ENGINE}.apply_ticket",
        "twin = collect_ticket(self.link, self._recorder, self._gathered, twin, editor.snapshot, known)",
        "pass",
        f"{_SCHEDULES}::test_2_apply_captures_first",
    ),
    "concurrency by numbers, not by arrival": Removal(
        "trac_issuesync.core.merge",
        "return shadow is not None and shadow.number > seen",
        "return False",
        f"{_SCHEDULES}::test_4_newest_compares_with_my_own_last_value",
    ),
    "each ticket by one synchronization": Removal(
        f"{_ENGINE}.apply_ticket",
        "if change.kind is ChangeKind.CREATE and change.heal is None and uid in self._elsewhere:",
        "if False:",
        "tests/engine/test_origin.py::test_a_ring_doubles_nothing",
    ),
    "duplicates dropped by number": Removal(
        f"{_ENGINE}.receive",
        "    if number <= link.store.counters(link.id).received:\n        return False\n    return all(",
        "    return all(",
        "tests/engine/test_bad_input.py::test_an_old_message_given_again_changes_nothing",
    ),
    "sealed addresses": Removal(
        f"{_ENGINE}.receive",
        "    if message.source != sync.partner_environment or message.target != link.store.environment():\n",
        "    if False:\n",
        "tests/engine/test_bad_input.py::test_a_forged_message_changes_nothing_stops_nothing_and_is_not_answered",
    ),
    "restore guard: digest of an acknowledgement": Removal(
        f"{_ENGINE}.guard",
        "    if ack.digest != expected:\n",
        "    if False:\n",
        f"{_RESTORE}::test_11a_other_content_under_a_number_that_was_used_is_noticed",
    ),
    "restore guard: forgotten receipts": Removal(
        f"{_ENGINE}.guard",
        "if _highest(ack, counters.message) <= counters.acked_at:",
        "if True:",
        f"{_RESTORE}::test_11b_forgotten_receipts_are_noticed",
    ),
    "restore guard: a message a day": Removal(
        f"{_ENGINE}.guard",
        " or not 0 <= age < link.pace.probe_every",
        "",
        f"{_RESTORE}::test_11c_idle_sides_notice_within_a_day",
    ),
    "sync of a message before it appears": Removal(
        "trac_issuesync.channels.safe_dir",
        "            os.fsync(file)\n",
        "",
        f"{_POWER}::test_a_delivered_message",
    ),
    "sync of the folder it appears in": Removal(
        "trac_issuesync.channels.durable",
        "        os.fsync(folder)\n",
        "        pass\n",
        f"{_POWER}::test_a_delivered_message",
    ),
    "sync of incoming bytes before they are acknowledged": Removal(
        "trac_issuesync.tracker.spool",
        "                os.fsync(descriptor)\n",
        "                pass\n",
        f"{_POWER}::test_bytes_of_an_incoming_file",
    ),
    "sync of an attachment before its row": Removal(
        "trac_issuesync.tracker.attachments",
        "        os.fsync(target.fileno())\n",
        "        pass\n",
        f"{_POWER}::test_an_attachment_on_record",
    ),
    "verdict: the pinned signer": Removal("trac_issuesync.crypto.verdict", "signer != pin or ", "", _VERDICT),
    "verdict: one signature": Removal(
        "trac_issuesync.crypto.verdict",
        'if max(told.count("NEWSIG"), told.count("VALIDSIG"), told.count("GOODSIG")) > 1:',
        "if False:",
        _VERDICT,
    ),
    "verdict: a signature at all": Removal(
        "trac_issuesync.crypto.verdict", 'if not told.count("NEWSIG"):', "if False:", _VERDICT
    ),
    "verdict: not revoked": Removal(
        "trac_issuesync.crypto.verdict", '("revoked", {"REVKEYSIG", "KEYREVOKED"}),', "", _VERDICT
    ),
    "verdict: not expired": Removal(
        "trac_issuesync.crypto.verdict",
        '("expired", {"EXPKEYSIG", "EXPSIG", "KEYEXPIRED", "SIGEXPIRED"}),',
        "",
        _VERDICT,
    ),
    "verdict: integrity protection": Removal(
        "trac_issuesync.crypto.verdict",
        'return "" if {"DECRYPTION_OKAY", "GOODMDC"} <= words else "damaged"',
        'return ""',
        _VERDICT,
    ),
    "verdict: encryption where it was agreed": Removal(
        "trac_issuesync.crypto.verdict", 'return "not-encrypted" if encrypted else ""', 'return ""', _VERDICT
    ),
    "verdict: gpg's exit status": Removal(
        "trac_issuesync.crypto.verdict", " or returncode != 0:", ":", _VERDICT
    ),
    "verdict: the order of the lines": Removal(
        "trac_issuesync.crypto.verdict",
        'return "" if told.order(expected) == expected else "wrong-form"',
        'return ""',
        _VERDICT,
    ),
    "verdict: sound checksums": Removal(
        "trac_issuesync.crypto.verdict",
        'return "" if told.field("VALIDSIG", 7) in _SOUND_HASHES else "weak"',
        'return ""',
        _VERDICT,
    ),
    "limit on what inflates": Removal(
        "trac_issuesync.wire.codec",
        "inflater.decompress(plaintext, MOST_INFLATED)",
        "inflater.decompress(plaintext)",
        "tests/wire/test_codec.py::test_a_bomb_is_refused_before_it_unfolds",
    ),
    "digest of an attachment": Removal(
        f"{_ENGINE}.attachments_in",
        "if link.spool.matches(record.sha256, record.size):",
        "if True:",
        "tests/engine/test_attachments.py::test_bytes_damaged_in_the_spool_are_asked_for_again",
    ),
}
