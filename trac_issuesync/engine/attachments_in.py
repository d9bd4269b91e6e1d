# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Attachments on the way in: announced by a change, completed when all their bytes are here and match."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from contextlib import ExitStack
from typing import BinaryIO

from msgspec.structs import replace

from trac_issuesync.core.authors import author_label
from trac_issuesync.core.errors import Denied, Transient, failure
from trac_issuesync.core.model import AttachmentInfo, AttachmentRow, Change, Side, Twin
from trac_issuesync.core.stretches import covers
from trac_issuesync.core.text import clean_text, safe_file_name
from trac_issuesync.core.timing import wire_time
from trac_issuesync.engine.gathered import Gathered
from trac_issuesync.engine.link import Link, Report
from trac_issuesync.engine.records import (
    AttachmentRecord,
    AttachmentState,
    Blob,
    LogLine,
)
from trac_issuesync.engine.writing import mark_for_others

__all__ = ["announce", "ask_again", "complete", "pass_over", "skip_missing", "wanted"]

_CHUNK = 1 << 20
_BATCH = 50
_PENDING = 1000
_ASK_EVERY = 600_000_000
_DELETED = "the ticket was deleted here"


def announce(link: Link, twin: Twin, change: Change, gathered: Gathered, lines: list[LogLine]) -> None:
    """Record an attachment that the partner has; it is stored when its bytes are here."""
    info = change.attachment
    if info is None or (change.heal is not None and _recorded(link, twin, change.heal, change.time)):
        return
    own = _made_here(link, twin, change, info) if change.heal is link.sync.role else None
    if own is not None:
        gathered.attachments.append(own)
        return
    reason = _unfit(link, info, twin.ticket)
    gathered.attachments.append(_record(link, twin, change, info, reason))
    if reason:
        text = f"The attachment {safe_file_name(info.name)} was left out: {reason}."
        lines.append(LogLine(link.clock.now(), "skipped", text, twin.ticket, problem=True))


def pass_over(link: Link, twin: Twin, change: Change, gathered: Gathered, reason: str) -> None:
    """Record that an announced attachment is not taken, so that its bytes are not kept either."""
    if change.attachment is not None:
        gathered.attachments.append(_record(link, twin, change, change.attachment, reason))


def _record(link: Link, twin: Twin, change: Change, info: AttachmentInfo, reason: str) -> AttachmentRecord:
    return AttachmentRecord(
        twin.uid,
        change.heal or link.sync.role.other,
        change.time,
        twin.ticket,
        safe_file_name(info.name),
        min(change.time, link.clock.now()),
        info.size,
        info.sha256,
        AttachmentState.SKIPPED if reason else AttachmentState.PENDING,
        author_label(change.author, link.sync.settings.label),
        clean_text(info.description),
        info.replaces,
        reason,
    )


def _recorded(link: Link, twin: Twin, side: Side, origin: int) -> bool:
    """True if an attachment that the partner names in a heal is known here, be it as deleted."""
    records = link.store.attachments(link.id, [twin.ticket]).get(twin.ticket, [])
    return any((r.uid, r.side, r.origin) == (twin.uid, side, origin) for r in records)


def _made_here(link: Link, twin: Twin, change: Change, info: AttachmentInfo) -> AttachmentRecord | None:
    """The record of a file of ours that is here, and that a restored side has not captured yet."""
    snapshot = link.tracker.read([twin.ticket]).get(twin.ticket)
    for row in snapshot.attachments if snapshot is not None else ():
        if (row.filename, wire_time(row.time), row.size) == (info.name, change.time, info.size):
            return AttachmentRecord(
                twin.uid,
                link.sync.role,
                change.time,
                twin.ticket,
                row.filename,
                row.time,
                row.size,
                info.sha256,
                author=row.author,
                description=row.description,
                replaces=info.replaces,
            )
    return None


def _unfit(link: Link, info: AttachmentInfo, ticket: int) -> str:
    limit = link.tracker.max_attachment()
    if 0 <= limit < info.size:
        return f"it has {info.size} bytes, more than the {limit} allowed in this project"
    if not link.tracker.may(link.sync.user, "TICKET_APPEND", ticket):
        return f"the synchronization user {link.sync.user} has no permission TICKET_APPEND here"
    return ""


def complete(link: Link, report: Report) -> None:
    """Store announced attachments whose bytes are here, from parts or from a twin of their content.

    One that cannot be stored holds back nothing else: it is left out, or waits if that may pass.
    """
    blobs = {blob.sha256: blob for blob in link.store.blobs(link.id, outgoing=False)}
    pending = _pending(link, blobs)
    stored = 0
    for record in pending:
        if link.stopping() or stored >= _BATCH:
            break
        stored += _complete_one(link, record, blobs.get(record.sha256), report)
    report.applied += stored
    still = {r.sha256 for r in link.store.pending_attachments(link.id, _PENDING)}
    _tidy(link, [sha256 for sha256 in blobs if sha256 not in still])


def _pending(link: Link, blobs: Iterable[str]) -> list[AttachmentRecord]:
    """Those of which bytes are here, however many others wait before them; then the oldest."""
    oldest = link.store.pending_attachments(link.id, _PENDING)
    known = {record.sha256 for record in oldest}
    more = blobs if len(oldest) == _PENDING else ()
    here = [r for sha256 in more if sha256 not in known for r in link.store.attachments_with(link.id, sha256)]
    return [*(r for r in here if r.state is AttachmentState.PENDING), *oldest]


def _complete_one(link: Link, record: AttachmentRecord, blob: Blob | None, report: Report) -> bool:
    """True if the attachment was dealt with."""
    with ExitStack() as held:
        try:
            stream = _content(link, record, blob)
            if stream is None:
                return False
            row = AttachmentRow(record.filename, record.time, record.size, record.author, record.description)
            source = held.enter_context(stream)
            staged = held.enter_context(link.tracker.staged(record.ticket, row, source))
        except Denied as denied:
            _leave_out(link, record, _DELETED if denied.code == "gone" else denied.text)
            return True
        except Transient as problem:
            return _put_off(problem, report)
        try:
            _attach(link, record, row, staged)
        except Transient as problem:
            return _put_off(problem, report)
        except Exception as error:
            _leave_out(link, record, f"storing it in this project failed: {failure(error)}"[:1000])
    return True


def _put_off(problem: Transient, report: Report) -> bool:
    """Let one attachment wait for what may pass; what the database says is no matter of this one alone."""
    if problem.code.startswith(("lease", "database")):
        raise problem
    report.problems.append(problem.text)
    return False


def _leave_out(link: Link, record: AttachmentRecord, reason: str) -> None:
    with link.store.transaction():
        _skip(link, record, reason)


def _skip(link: Link, record: AttachmentRecord, reason: str) -> None:
    """Say why an announced attachment is not stored, in the current transaction."""
    reason = reason.rstrip(".")
    left_out = replace(record, state=AttachmentState.SKIPPED, reason=reason)
    link.store.save_attachments(link.id, [left_out])
    text = f"The attachment {record.filename} was left out: {reason}."
    link.log("skipped", text, ticket=record.ticket, digest=record.sha256, problem=True)


def _tidy(link: Link, blobs: Iterable[str]) -> None:
    """Forget bytes that no announced attachment waits for any more; those not announced yet stay."""
    for sha256 in blobs:
        records = link.store.attachments_with(link.id, sha256)
        if records and all(record.state is not AttachmentState.PENDING for record in records):
            # The row last: as long as it is there the file is not forgotten, whoever is killed meanwhile.
            link.spool.drop(sha256)
            with link.store.transaction():
                link.store.drop_blob(link.id, sha256, outgoing=False)


def wanted(link: Link) -> tuple[str, ...]:
    """Content of pending attachments of which nothing is here, or the rest does not come.

    The partner sends what is not under way.
    """
    quiet = link.clock.now() - link.store.counters(link.id).part_taken > _ASK_EVERY
    coming = {
        blob.sha256 for blob in link.store.blobs(link.id, outgoing=False) if not quiet or _whole(link, blob)
    }
    missing: list[str] = []
    for record in link.store.pending_attachments(link.id, _PENDING):
        if record.sha256 in coming or record.sha256 in missing:
            continue
        stream = _content(link, record, None)
        if stream is None:
            missing.append(record.sha256)
        else:
            stream.close()
    return tuple(missing)


def skip_missing(link: Link, sha256: str) -> None:
    """The partner no longer has these bytes: what still waits for them is left out, with that reason."""
    for record in link.store.attachments_with(link.id, sha256):
        if record.state is AttachmentState.PENDING:
            _skip(link, record, "the partner no longer has its bytes")


def ask_again(link: Link) -> None:
    """Ask for content that stays missing, once after a while and then every so often."""
    counters = link.store.counters(link.id)
    now = link.clock.now()
    missing = bool(link.store.pending_attachments(link.id, 1)) and bool(wanted(link))
    if not missing and not counters.missing_since:
        return
    asked = missing and counters.missing_since and now - counters.missing_since > _ASK_EVERY
    since = now if asked or (missing and not counters.missing_since) else counters.missing_since
    with link.store.transaction():
        counters = link.store.counters(link.id)
        link.save_counters(
            replace(
                counters,
                missing_since=since if missing else 0,
                report_owed=counters.report_owed or bool(asked),
            )
        )


def _content(link: Link, record: AttachmentRecord, blob: Blob | None) -> BinaryIO | None:
    if blob is not None:
        if not _whole(link, blob):
            return None
        if link.spool.matches(record.sha256, record.size):
            return link.spool.open(record.sha256)
        _discard(link, record)
        return None
    for other in link.store.attachments_with(link.id, record.sha256):
        if other.state is AttachmentState.KNOWN:
            stream = link.tracker.open_attachment(other.ticket, other.filename)
            if stream is not None and _digest(stream) == record.sha256:
                return stream
    return None


def _digest(stream: BinaryIO) -> str:
    digest = hashlib.sha256()
    while chunk := stream.read(_CHUNK):
        digest.update(chunk)
    stream.seek(0)
    return digest.hexdigest()


def _whole(link: Link, blob: Blob) -> bool:
    return covers(link.store.parts(link.id, blob.sha256), 0, blob.size)


def _discard(link: Link, record: AttachmentRecord) -> None:
    """Bytes that do not match what was announced are thrown away and asked for again."""
    link.spool.drop(record.sha256)
    with link.store.transaction():
        link.store.drop_blob(link.id, record.sha256, outgoing=False)
        counters = link.store.counters(link.id)
        link.save_counters(replace(counters, report_owed=True))
        text = f"The bytes of {record.filename} do not match their SHA-256; they are asked for again."
        link.log("damaged", text, ticket=record.ticket, digest=record.sha256, problem=True)


def _attach(link: Link, record: AttachmentRecord, row: AttachmentRow, staged: BinaryIO) -> None:
    with link.store.transaction():
        twin = link.store.twins(link.id, [record.uid]).get(record.uid)
        editor = link.tracker.open(record.ticket)
        # The number of a deleted ticket may be another one's by now.
        if twin is None or editor is None or editor.snapshot.created != twin.created:
            _skip(link, record, _DELETED)
            return
        former = _former(link, record)
        replaces = former.filename if former is not None else ""
        filename = link.tracker.attach(record.ticket, row, staged, replaces)
        records = [replace(record, filename=filename, state=AttachmentState.KNOWN)]
        if former is not None:
            records.append(replace(former, state=AttachmentState.GONE))
        link.store.save_attachments(link.id, records)
        link.log(
            "attached",
            f"Stored the attachment {filename}.",
            ticket=record.ticket,
            size=record.size,
            digest=record.sha256,
        )
        mark_for_others(link, [record.ticket])


def _former(link: Link, record: AttachmentRecord) -> AttachmentRecord | None:
    """The record of the file that this one replaces, if it still stands here."""
    if not record.replaces:
        return None
    records = link.store.attachments(link.id, [record.ticket]).get(record.ticket, [])
    return next(
        (
            r
            for r in records
            if r.uid == record.uid
            and r.side is record.side
            and r.origin == record.replaces
            and r.state is AttachmentState.KNOWN
        ),
        None,
    )
