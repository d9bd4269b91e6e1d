# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What may be wrong with exchange directories, found out by looking and trying, told in plain words."""

from __future__ import annotations

import os
import pwd
import shlex
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from trac_issuesync.channels.folder_names import Census, Entry, census
from trac_issuesync.channels.os_words import shown, transient
from trac_issuesync.channels.safe_dir import is_plain, listing, look, opened, put, remove
from trac_issuesync.channels.temporary import temporary_name
from trac_issuesync.core.errors import Transient
from trac_issuesync.engine.ports import Finding

__all__ = ["check_exchange"]

_Side = Literal["m", "s"]

_LOW_SPACE = 64 * 1024 * 1024
_EXAMPLES = 3


def check_exchange(
    send: Path,
    receive: Path,
    aside: Path,
    sync_id: str,
    partner_side: _Side,
    now: int,
    reserve: int = _LOW_SPACE,
) -> list[Finding]:
    """Look at SEND, RECEIVE and the folder for what is set aside; ``now`` is in microseconds since 1970.

    ``reserve`` is how many bytes should be free. In each folder a file with a dot-name is written, renamed
    and removed. Never raises; a finding that is not ``ok`` says what to do.
    """
    own_side: _Side = "s" if partner_side == "m" else "m"
    findings = [
        *_folder("SEND", send, sync_id, own_side, own_side, now, reserve),
        *_folder("RECEIVE", receive, sync_id, own_side, partner_side, now, reserve),
        *_same_folder(send, receive),
    ]
    if os.path.lexists(aside):

        def try_out(folder: int) -> list[Finding]:
            return _try_out(aside, folder, sync_id, own_side)

        findings += _guarded("Messages set aside", aside, try_out)
    return findings


def _folder(
    label: str, path: Path, sync_id: str, own_side: _Side, writer: _Side, now: int, reserve: int
) -> list[Finding]:
    def look_into(folder: int) -> list[Finding]:
        found = _census(folder, sync_id, writer, now)
        return [
            *_rights(label, path, os.fstat(folder)),
            *_space(label, path, folder, reserve),
            *_content(label, path, found),
            *(_unreadable(path, folder, found.messages) if label == "RECEIVE" else []),
            *_try_out(path, folder, sync_id, own_side),
        ]

    findings = _guarded(label, path, look_into)
    if any(not finding.ok for finding in findings):
        return findings
    link = f", a link to {shown(os.path.realpath(path))}" if path.is_symlink() else ""
    return [Finding("folder-ok", f"{label} works: {shown(path)}{link}."), *findings]


def _guarded(label: str, path: Path, check: Callable[[int], list[Finding]]) -> list[Finding]:
    try:
        with opened(path) as folder:
            return check(folder)
    except Transient as error:
        return [Finding(error.code, f"{label}: {error.text}", ok=False)]
    except OSError as error:
        trouble = transient(error, f"the folder {shown(path)} cannot be examined")
        return [Finding(trouble.code, f"{label}: {trouble.text}", ok=False)]


def _rights(label: str, path: Path, status: os.stat_result) -> list[Finding]:
    findings = []
    sticky = bool(status.st_mode & stat.S_ISVTX)
    owner, us = status.st_uid, os.geteuid()
    if status.st_mode & stat.S_IWOTH and not sticky:
        text = (
            f"{label}: every account of this machine may add and remove files in {shown(path)}. Take that"
            f" right away: chmod o-w {shlex.quote(shown(path))}"
        )
        findings.append(Finding("world-writable", text, ok=False))
    if owner != us:
        text = (
            f"{label}: {shown(path)} belongs to the account {_account(owner)}, and this runs as"
            f" {_account(us)}. That is usual for a shared folder; otherwise correct it with chown."
        )
        findings.append(Finding("other-owner", text))
    if label == "RECEIVE" and sticky and us not in (0, owner):
        text = (
            f"RECEIVE: {shown(path)} has the sticky bit, so {_account(us)} cannot remove the partner's files."
            " Make that account the owner of the folder, or remove the bit and use a common group."
        )
        findings.append(Finding("sticky", text, ok=False))
    return findings


def _space(label: str, path: Path, folder: int, reserve: int) -> list[Finding]:
    space = os.fstatvfs(folder)
    free = space.f_bavail * space.f_frsize
    # Some network file systems do not tell their size at all.
    if space.f_blocks == 0 or free >= reserve:
        return []
    text = (
        f"{label}: only {free / 1e6:.1f} MB are free where {shown(path)} lies. Free some space, or messages"
        " will soon have to wait."
    )
    return [Finding("low-space", text, ok=False)]


def _try_out(path: Path, folder: int, sync_id: str, own_side: _Side) -> list[Finding]:
    """Write, rename and remove a file, as delivering and receiving do."""
    first, second = temporary_name(sync_id, own_side), temporary_name(sync_id, own_side)
    what = "written and renamed"
    try:
        put(folder, first, second, b"A trial of trac_issuesync; may be removed.\n")
        what = "removed"
        remove(folder, second)
    except OSError as error:
        trouble = transient(error, f"Files cannot be {what} in {shown(path)}")
        return [Finding(trouble.code, trouble.text, ok=False)]
    return []


def _same_folder(send: Path, receive: Path) -> list[Finding]:
    try:
        same = os.path.samestat(os.stat(send), os.stat(receive))
    except OSError:
        return []
    if not same:
        return []
    text = (
        f"SEND and RECEIVE are the same folder, {shown(os.path.realpath(send))}. Use two: our SEND is the"
        " partner's RECEIVE, and our RECEIVE is its SEND."
    )
    return [Finding("same-folder", text, ok=False)]


def _census(folder: int, sync_id: str, writer: _Side, now: int) -> Census:
    entries = []
    for file in listing(folder):
        status = look(folder, file)
        if status is not None:
            entries.append(Entry(file, is_plain(status), status.st_mtime_ns // 1000))
    return census(entries, sync_id, writer, now)


def _content(label: str, path: Path, found: Census) -> list[Finding]:
    findings = []
    if found.messages:
        whom = "the partner" if label == "SEND" else "us"
        text = f"{label}: messages that wait for {whom}: {len(found.messages)}."
        findings.append(Finding("messages", text))
    if found.wrong_side:
        text = (
            f"{label}: messages in {shown(path)} that run in the wrong direction: {len(found.wrong_side)}."
            " Probably SEND and RECEIVE are exchanged on one side: our SEND must be the partner's RECEIVE."
        )
        findings.append(Finding("exchanged", text, ok=False))
    if found.foreign:
        names = ", ".join(shown(name)[:80] for name in found.foreign[:_EXAMPLES])
        more = " and others" if len(found.foreign) > _EXAMPLES else ""
        text = (
            f"{label}: entries of {shown(path)} that are no messages and are left alone: {len(found.foreign)}"
            f" ({names}{more}). Remove them if nobody needs them; if they are copies made by a sync tool"
            " after a conflict, let it copy in one direction only."
        )
        findings.append(Finding("foreign-files", text, ok=False))
    return findings


def _unreadable(path: Path, folder: int, files: tuple[str, ...]) -> list[Finding]:
    closed = [file for file in files if not os.access(file, os.R_OK, dir_fd=folder, effective_ids=True)]
    if not closed:
        return []
    text = (
        f"RECEIVE: messages in {shown(path)} that {_account(os.geteuid())} may not read: {len(closed)},"
        f" for example {closed[0]}. Let the program or account that puts them there make them readable."
    )
    return [Finding("unreadable", text, ok=False)]


def _account(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"number {uid}"
