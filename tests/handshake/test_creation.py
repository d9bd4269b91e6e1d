# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Creating a synchronization leaves all that the handshake needs, or nothing and every reason why not."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import MakeEnvironment
from handshake.handshake_pair import USER, project
from msgspec.structs import replace
from trac.env import Environment
from trac.perm import PermissionSystem

from trac_issuesync.core.contract import types_of
from trac_issuesync.core.errors import Invalid
from trac_issuesync.core.model import Policy, Side, State, Unknown
from trac_issuesync.engine.control import OWN_KEY, OWN_PUBLIC, SECRET
from trac_issuesync.engine.records import Sync
from trac_issuesync.tracker import creation
from trac_issuesync.tracker.creation import create_master, permission_warnings
from trac_issuesync.tracker.links import Links
from trac_issuesync.tracker.settings import ChannelAsked


@pytest.fixture
def links(trac_env: MakeEnvironment, short_tmp: Path) -> Iterator[Links]:
    with Links(project(trac_env, "acme"), gpg_base=str(short_tmp)) as made:
        yield made


def leftovers(links: Links) -> list[str]:
    """What of a synchronization is there, on disk or in the database."""
    root = links.paths.exchange_root
    folders = [path.name for path in root.iterdir()] if root.exists() else []
    return folders + [sync.name for sync in links.store.syncs()]


def test_a_new_synchronization_waits_for_its_partner(links: Links) -> None:
    """Everything asked for is stored, the rest has its defaults, and no folder of gpg stays behind."""
    sync = create_master(
        links,
        "one",
        "file",
        {
            "user": USER,
            "description": "Shared with Globex",
            "encrypt": "no",
            "unknown": "create",
            "history": "current",
            "max_message": "65536",
            "label": "GLOBEX",
            "policy": "master",
        },
    )
    assert links.store.sync(sync.id) == sync == links.find("one")
    assert (sync.state, sync.role, sync.channel, sync.user) == (State.HANDSHAKE, Side.MASTER, "file", USER)
    assert sync.home == os.path.realpath(links.env.path)
    assert sync.description == "Shared with Globex"
    given = sync.settings
    assert (given.encrypt, given.unknown, given.history) == (False, Unknown.CREATE, "current")
    assert (given.max_message, given.label) == (65536, "GLOBEX")
    assert links.store.versions(sync.id)[0].contract.policy is Policy.MASTER
    plain = create_master(links, "two", "file", {"user": USER}).settings
    assert (plain.encrypt, plain.unknown, plain.history, plain.label) == (True, Unknown.PARK, "full", "two")
    assert list(Path(links.gpg_base or "").glob("issuesync-gpg-*")) == []


def test_version_one_is_all_of_the_project_but_cc(links: Links) -> None:
    """The contract is bound by its master as a whole; cc is in it only if asked for."""
    sync = create_master(links, "one", "file", {"user": USER})
    (version,) = links.store.versions(sync.id)
    names = {field.name for field in version.contract.fields}
    assert {"type", "status", "summary", "component", "owner"} <= names
    assert "cc" not in names
    assert version.note == "Created"
    assert version.ours is not None
    assert set(version.ours.fields) == names
    assert version.ours.types == types_of(version.contract.fields) != ()
    assert version.partners is None
    asked = create_master(links, "two", "file", {"user": USER, "cc": "yes"})
    assert links.store.versions(asked.id)[0].contract.field("cc") is not None


def test_the_exchange_folders_and_the_key_file_are_private(links: Links) -> None:
    """Nobody but our account may look into them."""
    sync = create_master(links, "one", "file", {"user": USER})
    for folder in links.paths.exchange(sync.id):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(links.paths.key_file.stat().st_mode) == 0o600


def test_secrets_are_in_the_database_but_not_in_clear(links: Links) -> None:
    """Key and one-time secret come back from the store; the database file does not show them."""
    sync = create_master(links, "one", "file", {"user": USER})
    raw = b"".join(path.read_bytes() for path in (Path(links.env.path) / "db").iterdir())
    for kind in (OWN_KEY, OWN_PUBLIC, SECRET):
        secret = links.store.secret(sync.id, kind)
        assert secret
        assert secret.encode() not in raw
        assert secret.splitlines()[-1].encode() not in raw
    assert sync.id.encode() in raw


def test_every_problem_is_told_at_once(links: Links) -> None:
    """One attempt shows all that is wrong, each in its own line, and leaves nothing behind."""
    typed = {
        "usr": "x",
        "user": "nobody",
        "encrypt": "maybe",
        "policy": "latest",
        "unknown": "ask",
        "history": "some",
        "max_message": "1",
        "label": "a@b.example",
        "cc": "perhaps",
    }
    with pytest.raises(Invalid) as caught:
        create_master(links, "No Name", "email", typed)
    lines = caught.value.text.splitlines()
    assert len(lines) == len(typed) + 2
    told = ["'No Name'", "There is no channel 'email'", "'nobody'", "Did you mean user?", "'a@b.example'"]
    assert [words for words in told if words not in caught.value.text] == []
    assert leftovers(links) == []


@pytest.mark.parametrize("label", ["a@b", "A (B)", " ", "x" * 61])
def test_a_label_never_looks_like_an_address_or_breaks_the_brackets(links: Links, label: str) -> None:
    """Trac mails whatever looks like an address, so such labels are refused."""
    with pytest.raises(Invalid, match="label"):
        create_master(links, "one", "file", {"user": USER, "label": label})


@pytest.mark.parametrize("name", ["", "One", "-a", ".a", "a b", "a/b", "ä", "a" * 65, "one\n"])
def test_names_are_plain(links: Links, name: str) -> None:
    """A name is fit for a command line and a file name."""
    with pytest.raises(Invalid):
        create_master(links, name, "file", {"user": USER})


def test_a_name_is_taken_once(links: Links) -> None:
    """Also while the partner of a deleted synchronization has not heard of it; the reason says which."""
    sync = create_master(links, "one", "file", {"user": USER})
    with pytest.raises(Invalid, match="already"):
        create_master(links, "one", "file", {"user": USER})
    links.store.save_sync(replace(sync, deleted=True))
    with pytest.raises(Invalid, match="waits"):
        create_master(links, "one", "file", {"user": USER})
    links.store.remove_sync(sync.id)
    create_master(links, "one", "file", {"user": USER})


def test_a_name_taken_by_another_process_meanwhile_leaves_nothing(
    links: Links, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two commands at once make one synchronization, and the loser's folders go."""
    really = creation.prepare

    def slow(loser: Links, sync: Sync, asked: ChannelAsked) -> None:
        really(loser, sync, asked)
        monkeypatch.undo()
        with Links(links.env, gpg_base=links.gpg_base) as winner:
            create_master(winner, "one", "file", {"user": USER, "label": "WINNER"})

    monkeypatch.setattr(creation, "prepare", slow)
    with pytest.raises(Invalid, match="already"):
        create_master(links, "one", "file", {"user": USER, "label": "LOSER"})
    winner = links.find("one")
    assert winner.settings.label == "WINNER"
    assert sorted(leftovers(links)) == sorted([winner.id, "one"])


def later(links: Links) -> Links:
    """The environment as a new process sees it: Trac keeps permissions in memory for some seconds."""
    return Links(Environment(links.env.path), gpg_base=links.gpg_base)


def test_the_user_has_to_be_known_and_to_see_tickets(links: Links) -> None:
    """The reason shows the command that makes it right; without a name the usual one is taken."""
    with pytest.raises(Invalid, match="permission add issuesync TICKET_VIEW"):
        create_master(links, "one", "file", {})
    permissions = PermissionSystem(links.env)
    permissions.revoke_permission("anonymous", "TICKET_VIEW")
    permissions.grant_permission("issuesync", "TICKET_CREATE")
    with pytest.raises(Invalid, match="may not view tickets"):
        create_master(later(links), "one", "file", {})
    permissions.grant_permission("issuesync", "TICKET_VIEW")
    assert create_master(later(links), "one", "file", {}).user == "issuesync"


def test_permissions_that_the_partners_changes_need_are_warned_about(links: Links) -> None:
    """Each missing one is named together with the command that grants it."""
    assert permission_warnings(links, USER) == ()
    PermissionSystem(links.env).revoke_permission(USER, "TICKET_EDIT_COMMENT")
    (warning,) = permission_warnings(later(links), USER)
    assert f"permission add {USER} TICKET_EDIT_COMMENT" in warning


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_root_makes_belongs_to_the_owner_of_the_environment(links: Links) -> None:
    """The administrator runs trac-admin as root, and the web server's account still has to exchange files."""
    os.chown(links.env.path, 4321, 4322)
    os.chown(Path(links.env.path) / "conf", 4321, 4322)
    sync = create_master(links, "one", "file", {"user": USER})
    send, receive = links.paths.exchange(sync.id)
    for path in (links.paths.files, send.parent.parent, send.parent, send, receive, links.paths.key_file):
        assert (path.stat().st_uid, path.stat().st_gid) == (4321, 4322), path


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize("there", [False, True])
def test_tracs_folder_for_attachments_stays_with_the_web_server(links: Links, there: bool) -> None:
    """Trac makes files/ with the first attachment, we perhaps before; one that is there keeps its owner."""
    files = links.paths.files.parent
    os.chown(links.env.path, 4321, 4322)
    shutil.rmtree(files, ignore_errors=True)
    if there:
        files.mkdir()
        os.chown(files, 1234, 1235)
    create_master(links, "one", "file", {"user": USER})
    for folder in (files, links.paths.files, links.paths.exchange_root):
        assert folder.stat().st_uid == (1234 if there else 4321), folder


def test_removing_the_files_of_a_synchronization_leaves_shared_folders_alone(
    links: Links, tmp_path: Path
) -> None:
    """Of a SEND that lies elsewhere only our link goes; other synchronizations keep theirs; twice is fine."""
    gone, stays = (create_master(links, name, "file", {"user": USER}) for name in ("one", "two"))
    send, receive = links.paths.exchange(gone.id)
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "message").write_text("kept")
    send.rmdir()
    send.symlink_to(shared)
    (receive / "message").write_text("goes")
    for folder in (links.paths.aside(gone.id), links.paths.spool(gone.id)):
        folder.mkdir(parents=True)
        (folder / "file").write_text("goes")
    links.paths.remove(gone.id)
    links.paths.remove(gone.id)
    assert (shared / "message").read_text() == "kept"
    assert [path.name for path in links.paths.exchange_root.iterdir()] == [stays.id]
    assert not links.paths.aside(gone.id).exists()
    assert not links.paths.spool(gone.id).exists()


def test_no_key_file_is_made_in_place_of_a_lost_one(links: Links) -> None:
    """It would shut out the synchronizations that are there: it is found, or they are deleted first."""
    first = create_master(links, "one", "file", {"user": USER})
    found = links.paths.key_file.read_bytes()
    links.paths.key_file.unlink()
    with Links(links.env, gpg_base=links.gpg_base) as anew:
        with pytest.raises(Invalid, match="put it back from the backup"):
            create_master(anew, "two", "file", {"user": USER})
        assert not links.paths.key_file.exists()
        assert [sync.name for sync in anew.store.syncs()] == ["one"]
    links.paths.key_file.write_bytes(found)
    links.paths.key_file.chmod(0o600)
    with Links(links.env, gpg_base=links.gpg_base) as anew:
        create_master(anew, "two", "file", {"user": USER})
        assert anew.store.secret(first.id, OWN_KEY) is not None
