# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""Hostile and broken messages, made by the real gpg, against the real sealer."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from support.gpg_world import SUBKEY, World, made_key, made_message

from trac_issuesync.core.errors import Invalid, Refused, Transient
from trac_issuesync.crypto.home import GpgHome
from trac_issuesync.crypto.keys import generate, import_private, import_public
from trac_issuesync.crypto.sealer import GpgSealer, open_unpinned

TEXT = b"the text of a message"
PAST = "--faked-system-time=20250101T010000"


def _opener(world: World, encrypt: bool = True, limit: int = 100_000) -> GpgSealer:
    return GpgSealer(
        world.globex, world.globex_key.fingerprint, world.acme_key.fingerprint, encrypt, limit=limit
    )


def _refusal(sealer: GpgSealer, sealed: bytes) -> str:
    with pytest.raises(Refused) as caught:
        sealer.open(sealed)
    return caught.value.code


def _to(world: World) -> tuple[str, str, str]:
    return "--recipient", world.globex_key.fingerprint, "--encrypt"


def _by(world: World) -> tuple[str, str, str]:
    return "--local-user", world.acme_key.fingerprint, "--sign"


def _unsigned(world: World) -> bytes:
    return made_message(world.acme, TEXT, *_to(world))


def _namesake_in_the_ring(world: World) -> bytes:
    return made_message(world.stranger, TEXT, "--sign", *_to(world))


def _unknown_signer(world: World) -> bytes:
    unknown = generate(world.stranger, "acme").fingerprint
    return made_message(world.stranger, TEXT, "--local-user", unknown, "--sign", *_to(world))


def _two_signers(world: World) -> bytes:
    second = made_key(world.acme, "second")
    return made_message(world.acme, TEXT, "--local-user", second, *_by(world), *_to(world))


def _no_mdc(world: World) -> bytes:
    return made_message(world.acme, TEXT, "--rfc2440", "--cipher-algo", "3DES", *_by(world), *_to(world))


def _signature_outside(world: World) -> bytes:
    return made_message(world.acme, _unsigned(world), *_by(world))


def _unsigned_then_signed(world: World) -> bytes:
    return _unsigned(world) + made_message(world.acme, TEXT, *_by(world))


def _text_mode(world: World) -> bytes:
    return made_message(world.acme, TEXT, "--textmode", *_by(world), *_to(world))


def _sha1(world: World) -> bytes:
    options = "--digest-algo=SHA1", "--weak-digest=MD5"
    return made_message(world.acme, TEXT, *options, *_by(world), *_to(world))


def _expired_signature(world: World) -> bytes:
    return made_message(world.acme, TEXT, PAST, "--default-sig-expire=1d", *_by(world), *_to(world))


def _for_a_passphrase(world: World) -> bytes:
    options = "--passphrase=x", "--pinentry-mode=loopback"
    return made_message(world.acme, TEXT, *options, *_by(world), "--symmetric")


def _key_instead(world: World) -> bytes:
    return world.acme_key.public.encode()


ENCRYPTED: list[tuple[Callable[[World], bytes], str]] = [
    (_unsigned, "unsigned"),
    (_namesake_in_the_ring, "other-key"),
    (_unknown_signer, "other-key"),
    (_two_signers, "two-signatures"),
    (_no_mdc, "damaged"),
    (_signature_outside, "not-encrypted"),
    (_unsigned_then_signed, "damaged"),
    (_text_mode, "wrong-form"),
    (_sha1, "weak"),
    (_expired_signature, "expired"),
    (_for_a_passphrase, "damaged"),
    (_key_instead, "not-openpgp"),
]


@pytest.mark.parametrize(("make", "code"), ENCRYPTED, ids=[make.__name__[1:] for make, _ in ENCRYPTED])
def test_hostile_messages_are_refused_by_name(
    world: World, make: Callable[[World], bytes], code: str
) -> None:
    """What gpg itself often takes for good is refused, each kind with its own code."""
    assert _refusal(_opener(world), make(world)) == code


def _clear(world: World) -> bytes:
    return made_message(world.acme, TEXT, "--local-user", world.acme_key.fingerprint, "--clear-sign")


def _clear_with_text_around(world: World) -> bytes:
    return b"forged words before\n\n" + _clear(world) + b"\nand after\n"


def _detached(world: World) -> bytes:
    return made_message(world.acme, TEXT, "--local-user", world.acme_key.fingerprint, "--detach-sign")


def _plain_literal(world: World) -> bytes:
    return made_message(world.acme, TEXT, "--store")


SIGNED: list[tuple[Callable[[World], bytes], str]] = [
    (_clear, "wrong-form"),
    (_clear_with_text_around, "wrong-form"),
    (_detached, "damaged"),
    (_plain_literal, "unsigned"),
    (_signature_outside, "opens as what was signed"),
]


@pytest.mark.parametrize(("make", "code"), SIGNED, ids=[make.__name__[1:] for make, _ in SIGNED])
def test_without_encryption_only_inline_signatures_count(
    world: World, make: Callable[[World], bytes], code: str
) -> None:
    """Clear-signed, detached, unsigned texts are refused; a signed blob is that blob and not its inside."""
    sealed = make(world)
    if code.startswith("opens"):
        assert TEXT not in _opener(world, encrypt=False).open(sealed)
    else:
        assert _refusal(_opener(world, encrypt=False), sealed) == code


def test_an_expired_key_is_refused(world: World, short_base: str) -> None:
    """A message made while the key was good is refused after its expiry, and none can be sealed for it."""
    with GpgHome(short_base) as old:
        key = made_key(old, "old", "1d", "", "--faked-system-time=20250101T000000")
        import_public(old, world.globex_key.public)
        sealed = made_message(old, TEXT, PAST, "--local-user", key, "--sign", *_to(world))
        world.globex.run(["--import"], old.run(["--export", key]).output)
        world.globex.note_key(key)
        sealer = GpgSealer(world.globex, world.globex_key.fingerprint, key, True)
        assert _refusal(sealer, sealed) == "expired"
        with pytest.raises(Invalid) as caught:
            sealer.seal(TEXT)
        assert caught.value.code == "partner-key"


def test_a_revoked_key_is_refused(world: World, short_base: str) -> None:
    """From the moment the revocation is known nothing the key signed is accepted, nor sealed for or by it."""
    with GpgHome(short_base) as old, GpgHome(short_base) as reader:
        key, own = generate(old, "old"), import_private(reader, world.globex_key.private)
        import_public(reader, key.public)
        import_public(old, world.globex_key.public)
        sealed = GpgSealer(old, key.fingerprint, own, True).seal(TEXT)
        sealer = GpgSealer(reader, own, key.fingerprint, True)
        assert sealer.open(sealed) == TEXT

        with open(f"{old.path}/openpgp-revocs.d/{key.fingerprint}.rev", encoding="ascii") as file:
            certificate = file.read().replace("\n:---", "\n---").encode()
        for home in (old, reader):
            assert home.run(["--trust-model=pgp", "--import"], certificate).returncode == 0
        assert _refusal(sealer, sealed) == "revoked"
        with pytest.raises(Invalid) as partners:
            sealer.seal(TEXT)
        with pytest.raises(Invalid) as ours:
            GpgSealer(old, key.fingerprint, own, True).seal(TEXT)
        assert (partners.value.code, ours.value.code) == ("partner-key", "own-key")


@pytest.mark.parametrize("encrypt", [True, False])
def test_a_message_that_inflates_is_stopped(world: World, encrypt: bool) -> None:
    """Kilobytes that would become 40 MiB are refused as too large."""
    options = ["--compress-algo=zlib", *_by(world), *(_to(world) if encrypt else ())]
    bomb = made_message(world.acme, bytes(40 * 1024 * 1024), *options)
    assert len(bomb) < 90_000
    assert _refusal(_opener(world, encrypt), bomb) == "too-large"


def test_compressed_messages_of_another_program_open(world: World) -> None:
    """We send uncompressed OpenPGP; a peer whose program compresses is understood."""
    sealed = made_message(world.acme, TEXT * 100, "--compress-algo=zip", *_by(world), *_to(world))
    assert _opener(world).open(sealed) == TEXT * 100


def test_a_huge_sealed_message_is_refused_unread(world: World) -> None:
    """What cannot hold an allowed text is refused for its size alone."""
    assert _refusal(_opener(world, limit=1000), b"\x84" * 200_000) == "too-large"


def test_a_partner_with_a_clock_ahead_is_understood(short_base: str) -> None:
    """Keys and signatures "from the future" work both ways, or a handshake fails over a few seconds."""
    with GpgHome(short_base) as ahead, GpgHome(short_base) as here:
        key = made_key(ahead, "ahead", "0", SUBKEY, "--faked-system-time=20400101T000000")
        own = generate(here, "here")
        import_public(ahead, own.public)
        assert import_public(here, ahead.run(["--armor", "--export", key]).output.decode()) == key
        to_us = "--local-user", key, "--sign", "--recipient", own.fingerprint, "--encrypt"
        sealed = made_message(ahead, TEXT, "--faked-system-time=20400102T000000", *to_us)
        sealer = GpgSealer(here, own.fingerprint, key, True)
        assert sealer.open(sealed) == TEXT
        answer = sealer.seal(b"answer")
        assert GpgSealer(ahead, key, own.fingerprint, True).open(answer) == b"answer"


def test_a_name_that_looks_like_a_status_line_harms_nobody(short_base: str) -> None:
    """The partner's user id is printed by gpg in the middle of what we judge, and must not count."""
    with GpgHome(short_base) as odd, GpgHome(short_base) as here:
        theirs, own = generate(odd, "\u00c5[GNUPG:] BADSIG 0 \u2026[GNUPG:] NEWSIG"), generate(here, "here")
        import_public(odd, own.public)
        import_public(here, theirs.public)
        sealed = GpgSealer(odd, theirs.fingerprint, own.fingerprint, True).seal(TEXT)
        assert GpgSealer(here, own.fingerprint, theirs.fingerprint, True).open(sealed) == TEXT


def test_a_message_is_encrypted_to_the_partner_alone(world: World) -> None:
    """Nobody else, not even we, can open what was sent."""
    sealed = GpgSealer(world.acme, world.acme_key.fingerprint, world.globex_key.fingerprint, True).seal(TEXT)
    status = world.globex.run(["--decrypt"], sealed).status
    assert status.count(" ENC_TO ") == 1


def test_the_first_message_opens_before_its_signer_is_known(short_base: str, world: World) -> None:
    """A hello shows its content; once the key from inside is pinned the same bytes open under the verdict."""
    with GpgHome(short_base) as master:
        import_private(master, world.globex_key.private)
        acme, globex = world.acme_key.fingerprint, world.globex_key.fingerprint
        hello = GpgSealer(world.acme, acme, globex, True).seal(world.acme_key.public.encode())
        inside = open_unpinned(master, hello, 100_000)
        assert import_public(master, inside.decode()) == acme
        assert GpgSealer(master, globex, acme, True).open(hello) == inside


@pytest.mark.parametrize(
    ("make", "code"), [(_unsigned, "unsigned"), (_two_signers, "two-signatures"), (_no_mdc, "damaged")]
)
def test_the_first_message_still_has_to_be_whole(
    world: World, make: Callable[[World], bytes], code: str
) -> None:
    """Unpinned does not mean unsigned, double or unprotected."""
    with pytest.raises(Refused) as caught:
        open_unpinned(world.globex, make(world), 100_000)
    assert caught.value.code == code


def test_the_first_message_is_bounded(world: World) -> None:
    """The limit counts before anybody is known, above all."""
    bomb = made_message(world.acme, bytes(5_000_000), "--compress-algo=zlib", *_by(world), *_to(world))
    with pytest.raises(Refused) as caught:
        open_unpinned(world.globex, bomb, 100_000)
    assert caught.value.code == "too-large"


def test_a_lost_private_key_is_our_fault_and_not_the_message_s(world: World, short_base: str) -> None:
    """With our key out of reach a good message waits; it is not set aside as meant for somebody else."""
    with GpgHome(short_base) as reader:
        own, partner = (
            import_private(reader, world.globex_key.private),
            import_public(reader, world.acme_key.public),
        )
        sealed = GpgSealer(world.acme, partner, own, True).seal(TEXT)
        os.rename(f"{reader.path}/private-keys-v1.d", f"{reader.path}/away")
        with pytest.raises(Transient) as caught:
            GpgSealer(reader, own, partner, True).open(sealed)
        assert caught.value.code == "key-missing"


def test_a_sealer_needs_both_keys_in_its_home(world: World) -> None:
    """A forgotten import is told at once and in words, not by each message."""
    for own, partner in ((world.acme_key.fingerprint, "0" * 40), ("0" * 40, world.globex_key.fingerprint)):
        with pytest.raises(Invalid) as caught:
            GpgSealer(world.acme, own, partner, True)
        assert caught.value.code == "key-missing"
