# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Attachments of tickets, stored through Trac's model but copied before the database is locked."""

from __future__ import annotations

import filecmp
import hashlib
import io
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from typing import BinaryIO

from trac.attachment import Attachment, AttachmentModule
from trac.core import TracError
from trac.env import Environment
from trac.resource import ResourceNotFound
from trac.util.datefmt import from_utimestamp

from trac_issuesync.channels.durable import make_folders, sync_folder
from trac_issuesync.channels.os_words import transient
from trac_issuesync.core.errors import Denied
from trac_issuesync.core.model import AttachmentRow
from trac_issuesync.core.text import clean_line, clean_text, safe_file_name
from trac_issuesync.tracker.quiet import applying, hold_back_attachment_mail

__all__ = ["attach", "max_attachment", "open_attachment", "staged"]

_BLOCK = 1 << 20
# Where Trac itself gives up looking for a free name.
_VARIANTS = 100


class _Staged(io.FileIO):
    """Bytes that lie beside the ticket's attachments already, complete and on disk."""


@contextmanager
def staged(env: Environment, number: int, row: AttachmentRow, content: BinaryIO) -> Iterator[BinaryIO]:
    """See ``Tracker.staged``. What a killed run left behind is found and used by the next one."""
    if not env.db_query("SELECT id FROM ticket WHERE id=%s", (number,)):
        raise Denied(f"Ticket #{number} was deleted, so it takes no attachment.", "gone")
    folder = Attachment(env, "ticket", number).path
    path = _stage_path(folder, row)
    try:
        try:
            _stage(path, content)
            file = _Staged(path)
        except OSError as error:
            what = f"An attachment of ticket #{number} cannot be stored in {folder}"
            raise transient(error, what) from error
        with file:
            yield file
    finally:
        with suppress(OSError):
            os.unlink(path)


def attach(env: Environment, number: int, row: AttachmentRow, content: BinaryIO, replaces: str) -> str:
    """See ``Tracker.attach``. The same row with the same bytes again is stored once; Denied if Trac refuses.

    With what ``staged`` yields this only renames the file; anything else is staged here.
    """
    if not isinstance(content, _Staged):
        with staged(env, number, row, content) as ready:
            return attach(env, number, row, ready, replaces)
    name = safe_file_name(row.filename)
    path = os.fspath(content.name)
    done = _stored_before(env, number, name, row, path)
    if done:
        return done
    with applying():
        return _insert(env, number, name, row, path, replaces)


def open_attachment(env: Environment, number: int, filename: str) -> BinaryIO | None:
    """The bytes of an attachment, or None if its row or file is gone."""
    try:
        return Attachment(env, "ticket", number, filename).open()
    except ResourceNotFound:
        return None


def max_attachment(env: Environment) -> int:
    """``[attachment] max_size`` in bytes; -1: no limit."""
    return max(-1, AttachmentModule(env).max_size)


class _StagedAttachment(Attachment):
    """An attachment whose file lies on the same disk already."""

    staged = ""

    def _create_unique_file(self, dir, filename):
        for name in _variants(filename):
            path = os.path.join(dir, self._get_hashed_filename(name))
            if self._left_behind(name, path):
                os.replace(self.staged, path)
            elif not _move(self.staged, path):
                continue
            # The row is not to outlive the file when the power fails.
            sync_folder(dir)
            return name, open(path, "ab")
        raise TracError(f"There are {_VARIANTS} attachments of that name already.")

    def _left_behind(self, name, path):
        """Whether a run that was killed before its commit has put the same file there.

        Without this the file that has no row would push the attachment to another name.
        """
        return (
            os.path.exists(path) and not self._has_row(name) and filecmp.cmp(path, self.staged, shallow=False)
        )

    def _has_row(self, name):
        return bool(
            self.env.db_query(
                "SELECT filename FROM attachment WHERE type=%s AND id=%s AND filename=%s",
                (self.parent_realm, self.parent_id, name),
            )
        )


def _insert(env: Environment, number: int, name: str, row: AttachmentRow, staged: str, replaces: str) -> str:
    hold_back_attachment_mail(env)
    attachment = _StagedAttachment(env, "ticket", number)
    attachment.staged = staged
    attachment.author = clean_line(row.author)
    attachment.description = clean_text(row.description)
    size = os.path.getsize(staged)
    try:
        # Alone, Trac tells other plugins after the commit, as they expect.
        with env.db_transaction if replaces else nullcontext():
            if replaces:
                _remove(env, number, replaces)
            attachment.insert(name, io.BytesIO(), size, from_utimestamp(row.time))
    except TracError as error:
        raise Denied(f"Trac refused the attachment {name}: {error}", "attachment") from error
    except OSError as error:
        raise transient(error, f"The attachment {name} of ticket #{number} cannot be stored") from error
    return attachment.filename


def _remove(env: Environment, number: int, filename: str) -> None:
    try:
        old = Attachment(env, "ticket", number, filename)
    except ResourceNotFound:
        return
    old.delete()


def _stage_path(folder: str, row: AttachmentRow) -> str:
    """Beside the ticket's attachments; the same for the same row."""
    label = hashlib.sha1(f"{row.time}/{row.filename}".encode(errors="replace")).hexdigest()
    return os.path.join(folder, f".issuesync-{label}")


def _stage(path: str, content: BinaryIO) -> None:
    make_folders(os.path.dirname(path))
    # One that a killed run left may have become the attachment already, which must not be written again.
    with suppress(FileNotFoundError):
        os.unlink(path)
    # As Trac does, so that the file gets the rights that the administrator's umask says.
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o666)
    with os.fdopen(descriptor, "wb") as target:
        shutil.copyfileobj(content, target, _BLOCK)
        target.flush()
        os.fsync(target.fileno())


def _move(path: str, to: str) -> bool:
    """Rename unless the name is taken, without ever leaving an empty file under it."""
    try:
        os.link(path, to)
    except FileExistsError:
        return False
    except OSError:
        # This disk knows no hard links; here a kill may leave an empty file, which takes a name away.
        try:
            os.close(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))
        except FileExistsError:
            return False
        os.replace(path, to)
        return True
    os.unlink(path)
    return True


def _stored_before(env: Environment, number: int, name: str, row: AttachmentRow, staged: str) -> str:
    """The name under which exactly this attachment is here already, or empty."""
    rows = env.db_query(
        "SELECT filename FROM attachment WHERE type='ticket' AND id=%s AND time=%s AND author=%s",
        (str(number), row.time, clean_line(row.author)),
    )
    for (stored,) in rows:
        path = Attachment(env, "ticket", number, stored).path
        if _is_variant(stored, name) and os.path.isfile(path) and filecmp.cmp(path, staged, shallow=False):
            return stored
    return ""


def _is_variant(stored: str, name: str) -> bool:
    stem, extension = os.path.splitext(name)
    return re.fullmatch(re.escape(stem) + r"(\.[0-9]+)?" + re.escape(extension), stored) is not None


def _variants(filename: str) -> Iterator[str]:
    """The names that Trac tries, in its order."""
    stem, extension = os.path.splitext(filename)
    yield filename
    yield from (f"{stem}.{index}{extension}" for index in range(2, _VARIANTS + 1))
