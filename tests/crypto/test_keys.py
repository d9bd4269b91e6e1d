# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Keys are made as promised, and nothing but one usable key is brought in."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.gpg_world import SUBKEY, World, add_subkey, made_key

from trac_issuesync.core.errors import Refused
from trac_issuesync.crypto.home import GpgHome
from trac_issuesync.crypto.keycheck import judge_listing
from trac_issuesync.crypto.keys import KEY_LIMIT, generate, import_private, import_public


def _refusal(home: GpgHome, armored: str, private: bool = False) -> str:
    before = home.run(["--with-colons", "--list-keys"]).output
    with pytest.raises(Refused) as caught:
        (import_private if private else import_public)(home, armored)
    assert home.run(["--with-colons", "--list-keys"]).output == before, "the refused key left a trace"
    return caught.value.code


def _public(home: GpgHome, fingerprint: str) -> str:
    return home.run(["--armor", "--export", fingerprint]).output.decode("ascii")


def test_a_made_key_is_modern_and_never_expires(world: World) -> None:
    """ed25519 signs only, one cv25519 subkey encrypts only, no expiry, one user id."""
    listing = world.acme.run(["--with-colons", "--list-keys", world.acme_key.fingerprint]).output.decode()
    records = [line.split(":") for line in listing.splitlines()]
    kinds = [(r[0], r[6], r[11], r[16]) for r in records if r[0] in ("pub", "sub")]
    assert kinds == [("pub", "", "scESC", "ed25519"), ("sub", "", "e", "cv25519")]
    assert [r[9] for r in records if r[0] == "uid"] == ["issuesync acme"]


def test_a_key_moves_to_another_home_and_back(short_tmp: Path) -> None:
    """Both armored parts carry everything that is needed; a second import changes nothing."""
    with GpgHome(str(short_tmp)) as first, GpgHome(str(short_tmp)) as second:
        key = generate(first, "acme")
        for _ in range(2):
            assert import_private(second, key.private) == key.fingerprint
            assert import_public(second, key.public) == key.fingerprint
        assert second.has_key(key.fingerprint)
        assert _public(second, key.fingerprint) == key.public


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "x",
        "5",
        "acme\nName-Email: evil@x.example",
        "a\n%commit\nKey-Type: 1",
        "\u0416\u6f22 \U0001f600",
        "a <b@c.example> (d)",
        "\x00\x07\u202e",
        "x" * 5000,
        "%no-protection",
        "\ud800",
    ],
)
def test_no_name_disturbs_the_making_of_a_key(short_tmp: Path, name: str) -> None:
    """The name of a synchronization is only a name: no parameter, no address, no failure."""
    with GpgHome(str(short_tmp)) as home, GpgHome(str(short_tmp)) as other:
        key = generate(home, name)
        assert import_public(other, key.public) == key.fingerprint
        listing = home.run(["--with-colons", "--list-keys"]).output.decode()
        uids = [line.split(":")[9] for line in listing.splitlines() if line.startswith("uid")]
        assert len(uids) == 1
        assert uids[0].startswith("issuesync")
        assert "<" not in uids[0]


def test_what_is_not_one_public_key_is_refused(world: World) -> None:
    """Private keys, several keys, other blocks and plain text are told apart and leave no trace."""
    ours, theirs = world.acme_key, world.stranger_key
    both = world.globex.run(["--armor", "--export", ours.fingerprint, theirs.fingerprint]).output.decode()
    home = world.acme
    assert _refusal(home, theirs.private) == "secret-key"
    assert _refusal(home, theirs.public + theirs.private) == "many-keys"
    assert _refusal(home, theirs.public + ours.public) == "many-keys"
    assert _refusal(home, both) == "many-keys"
    assert _refusal(home, "") == "not-a-key"
    assert _refusal(home, "hello") == "not-a-key"
    assert _refusal(home, world.acme.run(["--armor", "--store"], b"text").output.decode()) == "not-a-key"
    assert _refusal(home, theirs.public + " " * KEY_LIMIT) == "too-large"


def test_a_damaged_key_is_refused(world: World) -> None:
    """A key that lost a part or was changed does not come in."""
    lines = world.stranger_key.public.splitlines()
    assert _refusal(world.acme, "\n".join(lines[: len(lines) // 2]))
    swapped = lines[3].swapcase()
    assert _refusal(world.acme, "\n".join([*lines[:3], swapped, *lines[4:]]))


def test_keys_that_cannot_serve_are_refused(short_tmp: Path, world: World) -> None:
    """Expired, revoked, without encryption, with two subkeys for it: each is told by name."""
    with GpgHome(str(short_tmp)) as maker:
        expired = made_key(maker, "old", "1d", SUBKEY, "--faked-system-time=20250101T000000")
        signing = made_key(maker, "sign only", "0", "")
        two = made_key(maker, "two subkeys")
        add_subkey(maker, two, "0")
        revoked = made_key(maker, "revoked")
        with open(f"{maker.path}/openpgp-revocs.d/{revoked}.rev", encoding="ascii") as file:
            maker.run(["--import"], file.read().replace("\n:---", "\n---").encode())
        codes = [_refusal(world.acme, _public(maker, key)) for key in (expired, signing, two, revoked)]
    assert codes == ["expired", "no-encryption", "no-encryption", "revoked"]


def test_a_retired_subkey_beside_a_good_one_is_accepted(short_tmp: Path) -> None:
    """A partner who renewed the subkey for encryption can still be linked."""
    with GpgHome(str(short_tmp)) as maker, GpgHome(str(short_tmp)) as home:
        key = made_key(maker, "renewed", "0", "")
        past = "--faked-system-time=20250101T000000"
        add_subkey(maker, key, "2d", past)
        add_subkey(maker, key, "0")
        assert import_public(home, _public(maker, key)) == key


def test_a_private_key_has_to_be_one(world: World, short_tmp: Path) -> None:
    """The public part alone, or nonsense, is not taken for a key of ours."""
    with GpgHome(str(short_tmp)) as home:
        assert _refusal(home, world.acme_key.public, private=True) == "public-key"
        assert _refusal(home, "hello", private=True) == "not-a-key"


PUB = "pub:-:255:22:7FDA8637070ACDF3:1795355019:::u:::scESC:::::ed25519:::0:\n"
FPR = "fpr:::::::::A7283AD5AB38A97A2EEB63B27FDA8637070ACDF3:\n"
SUB = "sub:-:255:18:376B01DAC1CA839D:1795355019::::::e:::::cv25519::\n"


@pytest.mark.parametrize(
    ("listing", "code"),
    [
        (PUB + FPR + SUB, ""),
        (PUB.replace(":-:255:22:", ":-:2048:1:") + FPR + SUB, ""),
        (PUB.replace(":-:255:22:", ":-:1024:1:") + FPR + SUB, "weak"),
        (PUB.replace(":-:255:22:", ":-::1:") + FPR + SUB, "weak"),
        (PUB + FPR + SUB.replace(":-:255:18:", ":-:1024:16:"), "weak"),
        (PUB.replace("scESC", "cEC") + FPR + SUB, "no-signing"),
        (PUB + FPR, "no-encryption"),
        (PUB + FPR + SUB + SUB, "no-encryption"),
        (PUB + FPR + SUB.replace(":-:", ":r:", 1), "no-encryption"),
        (PUB + FPR + SUB.replace(":-:", ":e:", 1) + SUB, ""),
        (PUB + SUB, "not-a-key"),
        (PUB + FPR.replace("A7", "zz") + SUB, "not-a-key"),
        ("", "not-a-key"),
        (SUB, "not-a-key"),
        *((PUB.replace(":-:", f":{flag}:", 1) + FPR + SUB, "bad-key") for flag in "ind"),
    ],
)
def test_each_row_of_the_listing(listing: str, code: str) -> None:
    """What gpg lists decides alone, row by row."""
    told = ""
    try:
        judge_listing(listing, secret=False)
    except Refused as refused:
        told = refused.code
    assert told == code
