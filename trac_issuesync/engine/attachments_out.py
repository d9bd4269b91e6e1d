# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Attachments on the way out: hashing and announcing them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from msgspec.structs import replace

from trac_issuesync.core.capture import Recorder
from trac_issuesync.core.model import AttachmentInfo, AttachmentRow, ChangeKind, TicketSnapshot, Twin
from trac_issuesync.core.timing import wire_time
from trac_issuesync.engine.gathered import Gathered
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import AttachmentRecord, AttachmentState, Blob

__all__ = ["Hashes", "capture_attachments", "digest_in", "hash_new"]

_CHUNK = 1 << 20
GONE = "-"


@dataclass
class Hashes:
    """SHA-256 of attachments that are new, by (ticket, filename, time); ``-`` where the file is gone.

    ``known`` are those recorded already.
    """

    found: dict[tuple[int, str, int], str] = field(default_factory=dict)
    known: set[tuple[int, str, int]] = field(default_factory=set)

    def of(self, ticket: int, row: AttachmentRow) -> str | None:
        return self.found.get((ticket, row.filename, row.time))

    def misses(self, ticket: int, rows: Sequence[AttachmentRow]) -> bool:
        keys = ((ticket, row.filename, row.time) for row in rows)
        return any(key not in self.found and key not in self.known for key in keys)


def hash_new(link: Link, numbers: Sequence[int]) -> Hashes:
    """Read, outside any transaction, the bytes of attachments that are not recorded yet."""
    hashes = Hashes()
    attached = link.store.attachments(link.id, numbers)
    for number, records in attached.items():
        hashes.known |= {(number, record.filename, record.time) for record in records}
    for number, snapshot in link.tracker.read(numbers).items():
        for row in snapshot.attachments:
            key = (number, row.filename, row.time)
            if key not in hashes.known:
                hashes.found[key] = digest_in(link, number, row.filename)
    return hashes


def digest_in(link: Link, number: int, filename: str) -> str:
    """SHA-256 of an attachment's file as it is now, or ``-`` where it is gone."""
    stream = link.tracker.open_attachment(number, filename)
    if stream is None:
        return GONE
    digest = hashlib.sha256()
    with stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def capture_attachments(
    link: Link,
    recorder: Recorder,
    gathered: Gathered,
    twin: Twin,
    snapshot: TicketSnapshot,
    records: Sequence[AttachmentRecord],
    hashes: Hashes,
) -> Twin:
    """Announce attachments that are not recorded; mark those as gone whose rows are."""
    known = {(record.filename, record.time) for record in records}
    rows = {(row.filename, row.time): row for row in snapshot.attachments}
    standing = [r for r in records if r.state is AttachmentState.KNOWN]
    gone = [r for r in standing if (r.filename, r.time) not in rows]
    gathered.attachments += [replace(record, state=AttachmentState.GONE) for record in gone]
    taken = {record.origin for record in records if record.side is recorder.side}
    for key, row in sorted(rows.items(), key=lambda item: item[0][1]):
        sha256 = hashes.of(twin.ticket, row)
        if key in known or sha256 is None:
            continue
        replaced = [r.origin for r in gone if r.filename == row.filename and r.side is recorder.side]
        origin = _free_origin(row.time, taken)
        twin = _announce(link, recorder, gathered, twin, row, origin, sha256, max(replaced, default=0))
    return twin


def _free_origin(time: int, taken: set[int]) -> int:
    """Time and side name an attachment of a ticket on both sides; two of one microsecond need two names."""
    origin = wire_time(time)
    while origin in taken:
        origin += 1
    taken.add(origin)
    return origin


def _announce(
    link: Link,
    recorder: Recorder,
    gathered: Gathered,
    twin: Twin,
    row: AttachmentRow,
    origin: int,
    sha256: str,
    replaces: int,
) -> Twin:
    record = AttachmentRecord(
        twin.uid,
        recorder.side,
        origin,
        twin.ticket,
        row.filename,
        row.time,
        row.size,
        sha256,
        author=row.author,
        description=row.description,
        replaces=replaces,
    )
    reason = _unfit(link, row, sha256)
    if reason:
        gathered.attachments.append(replace(record, state=AttachmentState.SKIPPED, reason=reason))
        link.log("skipped", f"{row.filename}: {reason}", ticket=twin.ticket, problem=True)
        return twin
    gathered.attachments.append(record)
    info = AttachmentInfo(row.filename, row.size, sha256, row.description, replaces)
    identity = f"attachment:{row.time}:{row.filename}"
    change, twin = recorder.record(twin, ChangeKind.ATTACHMENT, row.author, origin, identity, attachment=info)
    gathered.changes.append(change)
    gathered.keep(twin)
    if not _already_sent(link, gathered, sha256):
        blob = Blob(sha256, row.size, outgoing=True, ticket=twin.ticket, filename=row.filename)
        link.store.save_blob(link.id, blob)
    return twin


def _unfit(link: Link, row: AttachmentRow, sha256: str) -> str:
    if sha256 == GONE:
        return "its file is missing in this project, so it cannot be sent"
    limit = link.sync.partner_max_attachment
    if 0 <= limit < row.size:
        return f"it has {row.size} bytes, and the partner takes at most {limit}"
    return ""


def _already_sent(link: Link, gathered: Gathered, sha256: str) -> bool:
    """Identical content travels once: the receiver has it with an attachment of its own."""
    earlier = link.store.attachments_with(link.id, sha256)
    here = [r for r in gathered.attachments[:-1] if r.sha256 == sha256]
    return any(r.state is AttachmentState.KNOWN for r in [*earlier, *here])
