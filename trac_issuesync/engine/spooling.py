# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Which bytes of attachments are kept until they are complete, and which requests for bytes are answered.

Both cost room or time here at the word of the partner, so both have bounds. What is not kept is asked for
again later, and what is not answered may be asked for again another day: nothing is lost by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from msgspec.structs import replace

from trac_issuesync.core.stretches import covers
from trac_issuesync.engine.acknowledge import send_again
from trac_issuesync.engine.control import queue
from trac_issuesync.engine.link import Link
from trac_issuesync.engine.records import AttachmentState, Blob
from trac_issuesync.wire.messages import Missing, Part

__all__ = ["answer_wanted", "store_parts", "take_parts"]

_DAY = 24 * 3600 * 1_000_000
# Honest stretches are as long as a message may be; shorter ones would fill the table instead of the file.
_FEWEST_STRETCHES = 100
_SHORTEST_STRETCH = 1024
# What the smallest file takes on a disk.
_BLOCK = 4096


def store_parts(link: Link, parts: tuple[Part, ...], data: bytes) -> tuple[Part, ...]:
    """Put the bytes of parts on disk, before the message that brought them is taken; returns those kept."""
    if not parts:
        return ()
    room = _Room(link)
    at = 0
    for part in parts:
        if room.takes(part):
            link.spool.write(part.sha256, part.offset, data[at : at + part.length])
        at += part.length
    return tuple(room.kept)


def take_parts(link: Link, parts: tuple[Part, ...], left: int) -> None:
    """Record, in the transaction that takes the message, that the bytes of parts are on disk.

    ``left`` is how many more parts the message brought, which were not kept.
    """
    blobs = _incoming(link) if parts else {}
    for part in parts:
        blob = blobs.get(part.sha256) or Blob(part.sha256, part.total, outgoing=False)
        blobs[part.sha256] = replace(blob, queued=blob.queued + part.length)
        link.store.add_part(link.id, part.sha256, part.offset, part.length)
    for sha256 in dict.fromkeys(part.sha256 for part in parts):
        link.store.save_blob(link.id, blobs[sha256])
    if parts:
        counters = link.store.counters(link.id)
        link.save_counters(replace(counters, part_taken=link.clock.now()))
    if left:
        text = f"{left} parts of attachments were not kept: of no use here, or more than there is room for."
        link.log("passed", text)


def answer_wanted(link: Link, wanted: Iterable[str]) -> None:
    """Send bytes again that the partner lacks, or say that they are gone; so many a report and a day."""
    counters = link.store.counters(link.id)
    now = link.clock.now()
    if not 0 <= now - counters.asked_since < _DAY:
        counters = replace(counters, asked=0, asked_since=now)
    coming = {blob.sha256 for blob in link.store.blobs(link.id, outgoing=True)}
    room = min(link.pace.most_wanted, link.pace.most_wanted_a_day - counters.asked)
    work = [sha256 for sha256 in dict.fromkeys(wanted) if sha256 not in coming]
    for sha256 in work[: max(room, 0)]:
        if not send_again(link, sha256):
            queue(link, Missing(sha256))
    passed = len(work) - max(room, 0)
    if passed > 0:
        text = f"The partner asks for the bytes of {len(work)} attachments; {passed} of them have to wait."
        link.log("passed", text, problem=True)
    link.save_counters(replace(counters, asked=counters.asked + min(len(work), max(room, 0))))


class _Room:
    """What of the parts of one message fits, counting those before it; ``kept`` are the ones that do."""

    def __init__(self, link: Link) -> None:
        self.kept: list[Part] = []
        self._link = link
        self._limit = link.tracker.max_attachment()
        self._blobs = _incoming(link)
        self._stretches: dict[str, list[tuple[int, int]]] = {}
        self._early: int | None = None

    def takes(self, part: Part) -> bool:
        """True for bytes that are of use here and for which there is room."""
        if 0 <= self._limit < part.total or not (part.length or not part.total):
            return False
        blob = self._blobs.get(part.sha256)
        if blob is not None and blob.size != part.total:
            return False
        if not self._useful(part) or not self._roomy(part, blob):
            return False
        blob = blob or Blob(part.sha256, part.total, outgoing=False)
        self._blobs[part.sha256] = replace(blob, queued=blob.queued + part.length)
        self._stretches[part.sha256].append((part.offset, part.length))
        self.kept.append(part)
        return True

    def _useful(self, part: Part) -> bool:
        if part.sha256 not in self._stretches:
            self._stretches[part.sha256] = self._link.store.parts(self._link.id, part.sha256)
        stretches = self._stretches[part.sha256]
        if len(stretches) >= _FEWEST_STRETCHES + part.total // _SHORTEST_STRETCH:
            return False
        return not covers(stretches, part.offset, part.offset + part.length)

    def _roomy(self, part: Part, blob: Blob | None) -> bool:
        # One of any size may be under way, or a large one could never come.
        begun = sum(other.size for other in self._blobs.values()) if blob is None else 0
        if begun and begun + part.total > self._link.pace.most_spooled:
            return False
        if self._announced(part.sha256):
            return True
        early = self._unannounced() + max(part.length, _BLOCK)
        if early > self._link.pace.most_early and part.sha256 not in self._waited_for:
            return False
        self._early = early
        return True

    def _unannounced(self) -> int:
        """Bytes here of which nobody has said yet what they are; they may have overtaken that news."""
        if self._early is None:
            early = [blob for blob in self._blobs.values() if not self._announced(blob.sha256)]
            self._early = sum(max(blob.queued, _BLOCK) for blob in early)
        return self._early

    @cached_property
    def _waited_for(self) -> frozenset[str]:
        """What changes announce that wait to be applied: a whole project may, while bytes keep coming."""
        return self._link.store.announced(self._link.id)

    def _announced(self, sha256: str) -> bool:
        records = self._link.store.attachments_with(self._link.id, sha256)
        return any(record.state is AttachmentState.PENDING for record in records)


def _incoming(link: Link) -> dict[str, Blob]:
    return {blob.sha256: blob for blob in link.store.blobs(link.id, outgoing=False)}
