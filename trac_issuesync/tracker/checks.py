# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""What ``issuesync doctor`` looks at: findings in plain words, which say what to do if they are not ok."""

from __future__ import annotations

import os
import shlex
import stat
from typing import Any

from trac.attachment import AttachmentModule

from trac_issuesync.core.contract import types_of
from trac_issuesync.core.errors import Refused, SyncError
from trac_issuesync.core.model import State
from trac_issuesync.crypto.home import GpgHome
from trac_issuesync.crypto.keys import import_private, import_public
from trac_issuesync.engine.control import OWN_KEY, PARTNER_KEY
from trac_issuesync.engine.hookspecs import PROJECT
from trac_issuesync.engine.link import Pace
from trac_issuesync.engine.ports import Finding
from trac_issuesync.engine.records import Published, Sync
from trac_issuesync.tracker.api import OFF, IssueSyncSystem
from trac_issuesync.tracker.creation import permission_warnings
from trac_issuesync.tracker.environment import needs_upgrade
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.problems import problems
from trac_issuesync.tracker.settings import user_problems

__all__ = ["check_environment", "check_sync"]

_COMPONENTS = {
    "trac_issuesync.tracker.environment.IssueSyncSetup": "the tables are not kept up to date",
    "trac_issuesync.tracker.listeners.TicketListener": "edits are found some seconds later, by sweeps only",
    "trac_issuesync.tracker.api.IssueSyncSystem": "nobody is shown its options",
    "trac_issuesync.tracker.worker_thread.WorkerStarter": "no worker starts inside the web server",
}
_SECOND = 1_000_000
_LATELY = 600 * _SECOND


def check_environment(links: Links) -> list[Finding]:
    """What concerns every synchronization of the environment."""
    return [
        *_components(links.env),
        *_tables(links.env),
        *_gpg(links),
        *_key_file(links),
        *_rendering(links.env),
        *_switched_off(links.env),
        *_plugins(links),
    ]


def check_sync(links: Links, sync: Sync) -> list[Finding]:
    """What concerns one synchronization."""
    told = [Finding(problem.code, problem.text, ok=False) for problem in problems(links, sync, 0, 0, 0)]
    return [
        *told,
        *_keys(links, sync),
        *_user(links, sync),
        *_bound(links, sync),
        *_worker(links, sync),
        *_channel(links, sync),
    ]


def _components(env: Any) -> list[Finding]:
    off = {name: harm for name, harm in _COMPONENTS.items() if not env.is_component_enabled(name)}
    if not off:
        return [Finding("components", "All components are enabled.")]
    return [
        Finding(
            "component-off",
            f"The component {name} is disabled: {harm}. In [components] of trac.ini set"
            " trac_issuesync.* = enabled.",
            ok=False,
        )
        for name, harm in off.items()
    ]


def _tables(env: Any) -> list[Finding]:
    if needs_upgrade(env):
        text = f"The tables are older than the program; run: trac-admin {shlex.quote(env.path)} upgrade"
        return [Finding("tables", text, ok=False)]
    return [Finding("tables", "The tables are up to date.")]


def _gpg(links: Links) -> list[Finding]:
    try:
        with GpgHome(links.gpg_base):
            return [Finding("gpg", "gpg can be run in a private home.")]
    except SyncError as error:
        return [Finding(error.code, error.text, ok=False)]


def _key_file(links: Links) -> list[Finding]:
    path = links.paths.key_file
    try:
        about = path.stat()
    except FileNotFoundError:
        if not links.store.syncs():
            return [Finding("key-file", "There is no key file yet; it comes with the first synchronization.")]
        text = f"The key file {path} is missing; put it back from the backup."
        return [Finding("key-file", text, ok=False)]
    except OSError as error:
        return [Finding("key-file", f"The key file {path} cannot be examined: {error.strerror}.", ok=False)]
    findings = []
    quoted = shlex.quote(str(path))
    if about.st_mode & 0o077:
        text = f"Others than its owner can read the key file {path}; run: chmod 600 {quoted}"
        findings.append(Finding("key-file-open", text, ok=False))
    owner = os.stat(links.env.path)
    if about.st_uid != owner.st_uid:
        text = (
            f"The key file {path} belongs to another account than the environment, so the web server may not"
            f" be able to read it; run: chown --reference={shlex.quote(links.env.path)} {quoted}"
        )
        findings.append(Finding("key-file-owner", text, ok=False))
    mode = stat.S_IMODE(about.st_mode)
    return findings or [Finding("key-file", f"The key file is for its owner alone (mode {mode:o}).")]


def _rendering(env: Any) -> list[Finding]:
    if not AttachmentModule(env).render_unsafe_content:
        return []
    text = (
        "[attachment] render_unsafe_content is on: a page that a partner attached would run its scripts in"
        " your users' browsers. Set it to disabled."
    )
    return [Finding("unsafe-content", text, ok=False)]


def _switched_off(env: Any) -> list[Finding]:
    if IssueSyncSystem(env).worker != OFF:
        return []
    return [
        Finding("worker-off", "[issuesync] worker is off: only issuesync run by hand exchanges anything.")
    ]


def _keys(links: Links, sync: Sync) -> list[Finding]:
    try:
        own, partner = links.store.secret(sync.id, OWN_KEY), links.store.secret(sync.id, PARTNER_KEY)
        with GpgHome(links.gpg_base) as home:
            if own is None or import_private(home, own) != sync.own_key:
                return [_wrong_key("Our own key")]
            if not sync.partner_key:
                return [Finding("keys", "Our own key is in order; the partner's comes with its hello.")]
            if partner is None or import_public(home, partner) != sync.partner_key:
                return [_wrong_key("The partner's key")]
    except Refused as error:
        return [Finding(error.code, f"A key cannot be used: {error.text}", ok=False)]
    except SyncError as error:
        return [Finding(error.code, error.text, ok=False)]
    return [Finding("keys", "Both keys are there and in order.")]


def _wrong_key(which: str) -> Finding:
    text = f"{which} is missing in the database, or not the agreed one. Restore the database from a backup."
    return Finding("wrong-key", text, ok=False)


def _user(links: Links, sync: Sync) -> list[Finding]:
    findings = [Finding("user", text, ok=False) for text in user_problems(links, sync.user)]
    findings += [Finding("permissions", text, ok=False) for text in permission_warnings(links, sync.user)]
    return findings or [Finding("user", f"The user {sync.user} may do what the partner's changes need.")]


def _bound(links: Links, sync: Sync) -> list[Finding]:
    link = links.open(sync, pace=Pace())
    version = link.in_force()
    if version is None:
        return []
    binding = link.binding(version)
    contract = version.contract
    fields = [field.name for field in contract.fields if field.name not in binding.fields]
    types = [name for name in types_of(contract.fields) if name not in binding.types]
    findings = [
        _not_shared(version, what, missing)
        for what, missing in (("fields", fields), ("ticket types", types))
        if missing
    ]
    return findings or [Finding("binding", "Everything in the contract is bound on both sides.")]


def _not_shared(version: Published, what: str, missing: list[str]) -> Finding:
    # An agreed contract may well hold more than both sides have, so this is no fault.
    text = (
        f"Not shared, because one side has nothing of that name and kind: {what} {', '.join(missing)}"
        f" (contract version {version.contract.version})."
    )
    return Finding("not-bound", text)


def _worker(links: Links, sync: Sync) -> list[Finding]:
    now, counters = links.clock.now(), links.store.counters(sync.id)
    holder = links.store.lease_holder(sync.id, now)
    if holder:
        return [Finding("worker", f"A worker is at it: {holder}.")]
    exchanging = sync.enabled and sync.state not in (State.HANDSHAKE, State.SUSPENDED)
    if not exchanging or IssueSyncSystem(links.env).worker == OFF:
        return []
    seen = max(counters.swept, counters.last_sent, counters.last_received)
    if now - seen <= _LATELY:
        return [Finding("worker", "A worker has been here in the last ten minutes.")]
    if not seen and now - sync.created <= _LATELY:
        return [Finding("worker", "No worker has been here yet.")]
    text = (
        "No worker has been here in the last ten minutes. With [issuesync] worker = thread one starts with"
        " the first request to the web server; otherwise run issuesync worker as a service, or issuesync run"
        " from cron."
    )
    return [Finding("no-worker", text, ok=False)]


def _channel(links: Links, sync: Sync) -> list[Finding]:
    try:
        return links.channel(sync).test()
    except SyncError as error:
        return [Finding(error.code, error.text, ok=False)]
    except Exception as error:
        links.env.log.exception("Issue synchronization %s: the test of the channel failed", sync.name)
        text = f"The channel {sync.channel} cannot be tested: {type(error).__name__}: {error}"
        return [Finding("channel", text[:500], ok=False)]


def _plugins(links: Links) -> list[Finding]:
    broken = [
        Finding("plugin", f"{text} Nothing is exchanged meanwhile.", ok=False) for text in links.hooks.broken
    ]
    others = sorted(links.hooks.names - {PROJECT})
    told = f"Plugins that take part: {', '.join(others)}." if others else "No plugin takes part."
    return broken or [Finding("plugins", told)]
