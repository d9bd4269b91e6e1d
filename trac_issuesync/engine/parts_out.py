# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The bytes of attachments on the way out: cut or gathered into messages of about the agreed size."""

from __future__ import annotations

from msgspec.structs import replace

from trac_issuesync.engine.attachments_out import digest_in
from trac_issuesync.engine.control import queue
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.numbering import number_body
from trac_issuesync.engine.records import AttachmentState, Blob
from trac_issuesync.wire.limits import MOST_PARTS
from trac_issuesync.wire.messages import Body, Missing, Part

__all__ = ["queue_parts", "read_parts"]


def queue_parts(link: Link) -> None:
    """Turn the next stretches of outgoing attachments into numbered messages, as many as may be under way."""
    room = link.pace.parts_under_way - link.store.count_messages(link.id)[2]
    if room <= 0:
        return
    held = _held(link)
    waiting = [blob for blob in link.store.blobs(link.id, outgoing=True) if blob.sha256 not in held]
    blobs = [blob for blob in waiting if _sound(link, blob)]
    while room > 0 and blobs:
        blobs = _queue_message(link, blobs)
        room -= 1


def _held(link: Link) -> set[str]:
    """Digests of what changes announce that are held: their bytes are not to leave before them."""
    numbers = [row.number for row in link.store.held(link.id)]
    changes = link.store.outbox(link.id, numbers) if numbers else []
    return {change.attachment.sha256 for change in changes if change.attachment is not None}


def _sound(link: Link, blob: Blob) -> bool:
    """False for bytes asked for again that are others by now: sending them once more would never end."""
    if not blob.done or blob.queued:
        return True
    for record in link.store.attachments_with(link.id, blob.sha256):
        if record.state is AttachmentState.KNOWN:
            if digest_in(link, record.ticket, record.filename) == blob.sha256:
                return True
            text = f"The file of {record.filename} is no longer what was announced, so it cannot be sent."
            with link.store.transaction():
                link.store.save_attachments(link.id, [replace(record, state=AttachmentState.GONE)])
                link.log("missing", text, ticket=record.ticket, digest=blob.sha256, problem=True)
    with link.store.transaction():
        link.store.drop_blob(link.id, blob.sha256, outgoing=True)
        queue(link, Missing(blob.sha256))
    return False


def _queue_message(link: Link, blobs: list[Blob]) -> list[Blob]:
    """One message with as many stretches as fit; returns what is left of the attachments."""
    parts, moved, left = _stretches(blobs, link.sync.settings.max_message)
    with link.store.transaction():
        number_body(link, Body(parts=tuple(parts)))
        for blob in moved:
            if blob.queued < blob.size:
                link.store.save_blob(link.id, blob)
            else:
                link.store.drop_blob(link.id, blob.sha256, outgoing=True)
    return left


def _stretches(blobs: list[Blob], room: int) -> tuple[list[Part], list[Blob], list[Blob]]:
    parts: list[Part] = []
    moved: list[Blob] = []
    for index, blob in enumerate(blobs):
        if room <= 0 or len(parts) >= MOST_PARTS:
            return parts, moved, blobs[index:]
        length = min(room, blob.size - blob.queued)
        parts.append(Part(blob.sha256, blob.queued, length, blob.size))
        moved.append(replace(blob, queued=blob.queued + length))
        room -= length
        if moved[-1].queued < blob.size:
            return parts, moved, [moved[-1], *blobs[index + 1 :]]
    return parts, moved, []


def read_parts(link: Link, parts: tuple[Part, ...]) -> bytes:
    """The bytes of all parts in a row; zeros for those whose attachment is no longer there.

    A number that may have arrived keeps its body, or the running digests would differ; the zeros do not
    match the attachment's digest, so the partner asks for it and hears that it is missing.
    """
    return b"".join(_read(link, part) or bytes(part.length) for part in parts)


def _read(link: Link, part: Part) -> bytes | None:
    """From any attachment with that content; those whose file is gone or changed are forgotten as sources."""
    for record in link.store.attachments_with(link.id, part.sha256):
        if record.state is not AttachmentState.KNOWN:
            continue
        stream = link.tracker.open_attachment(record.ticket, record.filename)
        if stream is not None:
            with stream:
                stream.seek(part.offset)
                data = stream.read(part.length)
            if len(data) == part.length:
                return data
        with link.store.transaction():
            link.store.save_attachments(link.id, [replace(record, state=AttachmentState.GONE)])
    return None
