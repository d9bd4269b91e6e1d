# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""doctor: each planted fault is found, told in plain words, and gone once it is mended."""

from __future__ import annotations

from pathlib import Path

from commands.two_consoles import USER, Console, Two
from trac.perm import PermissionSystem

from trac_issuesync.engine.control import PARTNER_KEY
from trac_issuesync.tracker.links import Links


def faults(console: Console, name: str = "globex") -> list[str]:
    """The texts of what is not ok; the exit status agrees."""
    said = console("doctor", name, "--json")
    found = [finding["text"] for part in said.json for finding in part["findings"] if not finding["ok"]]
    assert said.status == (1 if found else 0)
    return found


def test_a_sound_synchronization_has_no_findings_to_act_on(two: Two) -> None:
    """Before and after the handshake, on both sides; every line says ok."""
    two.accepted()
    assert faults(two.acme) == []
    assert faults(two.globex, "acme") == []
    said = two.acme.ok("doctor")
    assert "ok" in said.out
    assert "PROBLEM" not in said.out


def test_faults_of_the_exchange_directories_are_found(two: Two) -> None:
    """World-writable, foreign files, missing, and a link whose target is gone."""
    two.acme.ok("create", "globex", "file", f"user={USER}")
    send, receive = two.acme.exchange("globex")
    send.chmod(0o777)
    (receive / "notes.txt").write_text("x")
    found = faults(two.acme)
    assert any("chmod o-w" in text for text in found)
    assert any("notes.txt" in text for text in found)
    send.rmdir()
    (receive / "notes.txt").unlink()
    receive.rmdir()
    receive.symlink_to("/nowhere/at/all")
    found = faults(two.acme)
    assert any("SEND" in text and "missing" in text for text in found)
    assert any("/nowhere/at/all" in text for text in found)
    said = two.acme("doctor")
    assert said.status == 1
    assert "PROBLEM" in said.out


def test_faults_of_keys_are_found(two: Two) -> None:
    """A key file that others may read or that is gone, and a partner's key that is not the pinned one."""
    two.connected()
    key_file = Path(two.acme.env.path) / "conf" / "issuesync.key"
    key_file.chmod(0o644)
    assert any("chmod 600" in text for text in faults(two.acme))
    key_file.chmod(0o600)
    hidden = key_file.rename(two.folder / "key")
    assert any("missing" in text and "backup" in text for text in faults(two.acme))
    hidden.rename(key_file)
    assert faults(two.acme) == []

    def swap(links: Links) -> None:
        sync = links.find("globex")
        links.store.save_secret(sync.id, PARTNER_KEY, links.store.secret(sync.id, "own-public-key") or "")

    two.acme.change(swap)
    assert any("partner's key" in text for text in faults(two.acme))


def test_missing_permissions_of_the_user_are_found(two: Two) -> None:
    """By name, with the command that grants them."""
    permissions = PermissionSystem(two.acme.env)
    for subject, action in permissions.get_all_permissions():
        if action in ("TICKET_MODIFY", "TICKET_EDIT_COMMENT"):
            permissions.revoke_permission(subject, action)
    assert "TICKET_EDIT_COMMENT" in two.acme.ok("create", "globex", "file", f"user={USER}").out
    (text,) = faults(two.acme)
    assert "TICKET_EDIT_COMMENT" in text
    assert "permission add" in text


def test_settings_that_endanger_users_are_found(two: Two) -> None:
    """Attachments of a partner must not run scripts, and a switched-off listener makes edits late."""
    two.acme.ok("create", "globex", "file", f"user={USER}")
    config = two.acme.env.config
    config.set("attachment", "render_unsafe_content", "enabled")
    assert any("render_unsafe_content" in text for text in faults(two.acme))
    config.set("attachment", "render_unsafe_content", "disabled")
    config.set("components", "trac_issuesync.tracker.listeners.*", "disabled")
    two.acme.env.__dict__.pop("_component_rules", None)
    assert any("TicketListener" in text for text in faults(two.acme))


def test_what_the_partner_lacks_is_told_and_is_no_fault(two: Two) -> None:
    """Two projects need not have the same fields."""
    two.acme.env.config.set("ticket-custom", "room", "text")
    two.acme.env.config.save()
    two.connected()
    said = two.acme.ok("doctor", "globex", "--json")
    assert any("room" in finding["text"] for part in said.json for finding in part["findings"])
