# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""A status in words for a terminal. Pure."""

from __future__ import annotations

from trac_issuesync.tracker.commands.texts import count, grouped, paragraph
from trac_issuesync.tracker.status import Status

__all__ = ["described", "next_step"]


def described(status: Status) -> list[str]:
    """What ``issuesync show`` prints."""
    return [
        *_head(status),
        "",
        *paragraph(next_step(status)),
        "",
        *_progress(status),
        *_keys(status),
        *_problems(status),
    ]


def next_step(status: Status) -> str:
    """What the synchronization does or waits for now, and what a person does next."""
    name = status.name
    if status.state == "deleted":
        return (
            "Deleted; its keys are kept until the partner has heard of it. To forget it at once, without"
            f" telling the partner, run: issuesync delete {name} --now"
        )
    if status.state == "handshake":
        return _handshake(status)
    if status.state == "suspended":
        return "Suspended: nothing is sent until somebody has looked at the problem below."
    if status.state == "waiting_for_slave":
        return "Waits until the partner has bound the new contract version; tickets go on under the old one."
    if status.state == "update_required":
        return "The partner has published a new contract version, which has to be bound here."
    if status.state == "stopped":
        return (
            "Connected, but stopped on this side: tickets neither leave nor enter, and what is edited"
            f" meanwhile goes after: issuesync start {name}"
        )
    if status.first_synchronization:
        return "Runs; the tickets are looked at for the first time."
    return "Runs."


def _handshake(status: Status) -> str:
    name = status.name
    if status.role == "master" and not status.partner_fingerprint:
        return (
            "Waits for the partner's hello. If the partner does not have the handshake file yet, run:"
            f" issuesync handshake {name} <path>"
        )
    if status.role == "master":
        return "The partner has said hello and was answered; waits for its confirmation."
    if not status.last_sent:
        return "Has not said hello to the master yet; the worker does, or: issuesync run"
    return "Has said hello; waits for the master's answer."


def _head(status: Status) -> list[str]:
    partner = status.partner or "not known yet"
    protected = "signed and encrypted" if status.encrypt else "signed, not encrypted"
    lines = [
        f"{status.name}: {status.role}, {status.state}",
        f"  partner         {partner}, named {status.label} here",
        f"  description     {status.description}" if status.description else "",
        f"  user            {status.user}",
        f"  messages        {status.channel}, {protected}",
        f"  contract        version {status.contract_version}, bound {status.bound_version or 'none'}",
        f"  sync id         {status.sync_id}",
    ]
    if status.exchange is not None:
        lines += [f"  SEND            {status.exchange.send}", f"  RECEIVE         {status.exchange.receive}"]
    return [line for line in lines if line]


def _progress(status: Status) -> list[str]:
    tickets = f"{status.twins} of {count(status.tickets, 'ticket')} shared"
    if status.declined:
        tickets += f"; {status.declined} more with this partner by another synchronization"
    look = count(status.to_collect, "ticket")
    waits = f"{look} to look at, {status.to_send} to send, {status.to_apply} to apply"
    return [
        f"  tickets         {tickets}",
        f"  waiting         {status.waiting}" + (f" ({waits})" if status.waiting else ""),
        f"  unacknowledged  {count(status.unacknowledged, 'message')}",
        f"  quarantined     {status.quarantined} here, {len(status.parked_at_partner)} at the partner",
        *([f"  held            {len(status.held)}"] if status.held else []),
        f"  conflicts       {status.conflicts}",
        f"  last sent       {status.last_sent or 'never'}",
        f"  last received   {status.last_received or 'never'}",
    ]


def _keys(status: Status) -> list[str]:
    lines = ["", f"  our key         {grouped(status.fingerprint)}"]
    if status.partner_fingerprint:
        lines += [
            f"  partner's key   {grouped(status.partner_fingerprint)}",
            f"  words           {' '.join(status.words)}",
            "                  (the partner must see the same words; compare them by phone)",
        ]
    return lines


def _problems(status: Status) -> list[str]:
    if not status.problems:
        return []
    lines = ["", "Problems:"]
    for problem in status.problems:
        lines += paragraph(f"- {problem.text}", "  ")
    return lines
