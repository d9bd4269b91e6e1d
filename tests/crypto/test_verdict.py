# SPDX-FileCopyrightText: 2026 The trac_issuesync developers
# SPDX-License-Identifier: BSD-3-Clause
"""The accept rule, row by row, over status lines as gpg 2.2.40 wrote them."""

from __future__ import annotations

import itertools

import pytest

from trac_issuesync.core.errors import Invalid, Refused, Transient
from trac_issuesync.crypto.verdict import REFUSALS, judge, judge_sealing, judge_unpinned

PIN = "4A5DC8C466F05A53430541B01875A8618000620B"
OTHER = "6B43ACBE14F2EC05AF5DB057A70FD5A91F3A4D26"
OURS = "65A6A230F4437B6853820A865DB45B1F62BD818D"

TO_US = f"""ENC_TO 5DB45B1F62BD818D 18 0
KEY_CONSIDERED {OTHER} 0
DECRYPTION_KEY {OURS} {OTHER} u
BEGIN_DECRYPTION
DECRYPTION_INFO 2 9 0
"""
TEXT = "PLAINTEXT 62 1795354975 p\nPLAINTEXT_LENGTH 6\n"
ID = f"KEY_CONSIDERED {PIN} 0\nSIG_ID EiloJd4KCdczweM/3pF4HLAKTZA 2026-11-22 1795354975\n"
GOOD = "GOODSIG 1875A8618000620B acme\n"
VALID = f"VALIDSIG {PIN} 2026-11-22 1795354975 0 4 0 22 10 00 {PIN}\n"
SIGNED = f"{TEXT}NEWSIG\n{ID}{GOOD}{VALID}"
WHOLE = "DECRYPTION_OKAY\nGOODMDC\nEND_DECRYPTION\n"
FAILED = "DECRYPTION_FAILED\nEND_DECRYPTION\n"
SOUND = TO_US + SIGNED + WHOLE

OTHER_SIGNER = VALID.replace(PIN, OTHER)
SUBKEY_SIGNER = VALID.replace(PIN, OURS, 1)
UNKNOWN = f"NEWSIG\nERRSIG A70FD5A91F3A4D26 22 10 00 1795354975 9 {OTHER}\nNO_PUBKEY A70FD5A91F3A4D26\n"
CLEAR = SIGNED.replace("PLAINTEXT 62 1795354975 p\nPLAINTEXT_LENGTH 6", "PLAINTEXT 74 0 ").replace(
    " 00 ", " 01 "
)

TABLE = [
    # what, status, exit status, encryption agreed, code
    ("sound", SOUND, 0, True, ""),
    (
        "sound, signed by a subkey of the pin",
        TO_US + SIGNED.replace(VALID, SUBKEY_SIGNER) + WHOLE,
        0,
        True,
        "",
    ),
    ("sound, only signed", SIGNED, 0, False, ""),
    ("sound but gpg failed", SOUND, 2, True, "damaged"),
    ("only signed but gpg failed", SIGNED, 1, False, "damaged"),
    ("unsigned", TO_US + TEXT + WHOLE, 0, True, "unsigned"),
    ("unsigned, no encryption agreed", TEXT, 0, False, "unsigned"),
    ("other key", TO_US + SIGNED.replace(VALID, OTHER_SIGNER) + WHOLE, 0, True, "other-key"),
    ("other key, only signed", SIGNED.replace(VALID, OTHER_SIGNER), 0, False, "other-key"),
    ("unknown key", TO_US + TEXT + UNKNOWN + WHOLE, 2, True, "other-key"),
    (
        "pin only as a subkey",
        SOUND.replace(VALID, VALID.replace(f"00 {PIN}", f"00 {OTHER}")),
        0,
        True,
        "other-key",
    ),
    ("no primary fingerprint", SOUND.replace(f" 00 {PIN}", " 00"), 0, True, "other-key"),
    ("signed, not encrypted", SIGNED, 0, True, "not-encrypted"),
    ("encrypted, not agreed", SOUND, 0, False, "encrypted"),
    ("unsigned and encrypted, not agreed", TO_US + TEXT + WHOLE, 0, False, "encrypted"),
    ("revoked", SOUND.replace("GOODSIG", "REVKEYSIG"), 0, True, "revoked"),
    ("revoked, said so after a good signature", SOUND + "KEYREVOKED\n", 0, True, "revoked"),
    ("key expired", SOUND.replace("GOODSIG", "KEYEXPIRED 1735776000\nEXPKEYSIG"), 0, True, "expired"),
    ("signature expired", SOUND.replace("GOODSIG", "EXPSIG"), 0, True, "expired"),
    (
        "other key that is revoked",
        SOUND.replace("GOODSIG", "REVKEYSIG").replace(VALID, OTHER_SIGNER),
        0,
        True,
        "other-key",
    ),
    ("bad signature", TO_US + TEXT + "NEWSIG\nBADSIG 1875A8618000620B acme\n" + WHOLE, 1, True, "damaged"),
    (
        "no integrity protection",
        TO_US + SIGNED + "ERROR nomdc_with_legacy_cipher 152\n" + FAILED,
        2,
        True,
        "damaged",
    ),
    ("no GOODMDC", SOUND.replace("GOODMDC\n", ""), 0, True, "damaged"),
    ("cut early", "ENC_TO 5DB45B1F62BD81FF 255 0\n", 2, True, "damaged"),
    ("cut in the data", TO_US + "NODATA 2\n" + FAILED, 2, True, "damaged"),
    ("cut after the text", TO_US + TEXT + FAILED, 2, True, "damaged"),
    ("cut in the signature", TEXT + "NODATA 3\n", 2, False, "damaged"),
    (
        "two signatures of the pin",
        TO_US + SIGNED + SIGNED.replace(TEXT, "") + WHOLE,
        0,
        True,
        "two-signatures",
    ),
    (
        "two signatures, one unknown",
        TO_US + TEXT + UNKNOWN + SIGNED.replace(TEXT, "") + WHOLE,
        2,
        True,
        "two-signatures",
    ),
    ("two texts", TO_US + TEXT + SIGNED + WHOLE, 0, True, "wrong-form"),
    (
        "signature outside of the encryption",
        TO_US + TEXT + WHOLE + SIGNED.replace(TEXT, ""),
        0,
        True,
        "wrong-form",
    ),
    ("signed text beside an encrypted one", TO_US + TEXT + WHOLE + SIGNED, 0, True, "wrong-form"),
    ("text before the encryption", TEXT + SOUND, 0, True, "wrong-form"),
    ("clear-signed", CLEAR, 0, False, "wrong-form"),
    ("text mode", SIGNED.replace("PLAINTEXT 62", "PLAINTEXT 74"), 0, False, "wrong-form"),
    (
        "text-mode signature over binary text",
        SOUND.replace(" 22 10 00 ", " 22 10 01 "),
        0,
        True,
        "wrong-form",
    ),
    ("SHA-1", SOUND.replace(" 22 10 00 ", " 22 2 00 "), 0, True, "weak"),
    (
        "for somebody else",
        "ENC_TO 96BC30346DD091BD 18 0\nNO_SECKEY 96BC30346DD091BD\nBEGIN_DECRYPTION\n" + FAILED,
        2,
        True,
        "not-for-us",
    ),
    (
        "for a passphrase",
        "NEED_PASSPHRASE_SYM 9 3 2\nERROR get_passphrase 85\nBEGIN_DECRYPTION\n" + FAILED,
        2,
        True,
        "damaged",
    ),
    ("nothing", "", 2, True, "not-openpgp"),
    ("nothing, gpg content", "", 0, False, "not-openpgp"),
    ("foreign bytes", "NODATA 1\nNODATA 2\nFAILURE decrypt 4294967295\n", 2, True, "not-openpgp"),
    (
        "also for somebody else",
        SOUND.replace("KEY_CONS", "ENC_TO 96BC 18 0\nNO_SECKEY 96BC\nKEY_CONS", 1),
        0,
        True,
        "",
    ),
]

TELLING = ("BEGIN_DECRYPTION", "PLAINTEXT", "NEWSIG", "GOODSIG", "VALIDSIG", "DECRYPTION_OKAY", "GOODMDC")
SPOILERS = (
    "BADSIG 1875A8618000620B acme",
    "ERRSIG 1875A8618000620B 22 10 00 1795354975 4 -",
    "EXPSIG 1875A8618000620B acme",
    "EXPKEYSIG 1875A8618000620B acme",
    "REVKEYSIG 1875A8618000620B acme",
    "KEYREVOKED",
    "NO_PUBKEY 1875A8618000620B",
    "FAILURE gpg-exit 33554433",
    "NODATA 1",
    "UNEXPECTED 0",
    "ERROR proc_pkt.plaintext 89_BAD_DATA",
    "DECRYPTION_FAILED",
    "BADMDC",
    "PLAINTEXT 62 1795354975 p",
    "NEWSIG",
    VALID.strip(),
    OTHER_SIGNER.strip(),
)


def _status(text: str) -> str:
    return "".join(f"[GNUPG:] {line}\n" for line in text.splitlines())


def _code(text: str, returncode: int = 0, encrypted: bool = True) -> str:
    try:
        judge(_status(text), returncode, PIN, encrypted)
    except Refused as refused:
        return refused.code
    return ""


@pytest.mark.parametrize(
    ("status", "returncode", "encrypted", "code"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_each_row_of_the_accept_rule(status: str, returncode: int, encrypted: bool, code: str) -> None:
    """Sound messages pass, every other kind is refused with its own code."""
    assert _code(status, returncode, encrypted) == code


def test_every_code_of_the_verdict_has_a_row() -> None:
    """No code is documented that the table does not reach (too-large is counted, not told by gpg)."""
    assert {row[4] for row in TABLE} - {""} == set(REFUSALS) - {"too-large"}


@pytest.mark.parametrize("word", TELLING)
@pytest.mark.parametrize(("sound", "encrypted"), [(SOUND, True), (SIGNED, False)])
def test_no_telling_line_may_be_missing_or_doubled(word: str, sound: str, encrypted: bool) -> None:
    """Without any one of the lines that prove something, or with it twice, nothing is accepted."""
    lines = sound.splitlines()
    for at in [i for i, line in enumerate(lines) if line.split(" ")[0] == word]:
        assert _code("\n".join(lines[:at] + lines[at + 1 :]), 0, encrypted)
        assert _code("\n".join(lines[: at + 1] + lines[at:]), 0, encrypted)


@pytest.mark.parametrize("spoiler", SPOILERS)
@pytest.mark.parametrize(("sound", "encrypted"), [(SOUND, True), (SIGNED, False)])
def test_no_spoiler_is_overlooked_wherever_it_stands(spoiler: str, sound: str, encrypted: bool) -> None:
    """A line that speaks against the message counts in any place."""
    lines = sound.splitlines()
    for at in range(len(lines) + 1):
        assert _code("\n".join([*lines[:at], spoiler, *lines[at:]]), 0, encrypted), at


def test_the_order_of_the_lines_binds() -> None:
    """Signature inside the encryption is the only accepted order of the telling lines."""
    told = [line for line in SOUND.splitlines() if line.split(" ")[0] in (*TELLING, "END_DECRYPTION")]
    for first, second in itertools.combinations(range(len(told)), 2):
        changed = list(told)
        changed[first], changed[second] = changed[second], changed[first]
        assert _code("\n".join(changed)), (told[first], told[second])


@pytest.mark.parametrize("pin", ["", "0", PIN[:-1], PIN[-16:], PIN.lower(), OTHER, f"{PIN} "])
def test_only_the_whole_pin_counts(pin: str) -> None:
    """Short ids, prefixes and an empty pin match nothing."""
    for text in (SOUND, SOUND.replace(f" 00 {PIN}", " 00 "), SOUND.replace(f" 00 {PIN}", f" 00 {PIN[-16:]}")):
        with pytest.raises(Refused) as caught:
            judge(_status(text), 0, pin, True)
        assert caught.value.code == "other-key"


@pytest.mark.parametrize("mark", ["\x85", "\x0b", "\x0c", "\x1c", "\u2028", "\r"])
def test_a_user_id_cannot_forge_a_line(mark: str) -> None:
    """What only looks like a line break to Python does not start a status line."""
    forged = f"GOODSIG 1875A8618000620B acme{mark}[GNUPG:] {VALID.strip()}\n"
    text = "".join(f"[GNUPG:] {line}\n" for line in TO_US.split("\n") if line)
    text += "[GNUPG:] " + TEXT.replace("\n", "\n[GNUPG:] ") + "NEWSIG\n" + f"[GNUPG:] {forged}"
    text += "".join(f"[GNUPG:] {line}\n" for line in (OTHER_SIGNER + WHOLE).split("\n") if line)
    with pytest.raises(Refused) as caught:
        judge(text, 0, PIN, True)
    assert caught.value.code == "other-key"


def test_lines_of_other_origin_say_nothing() -> None:
    """Only lines that begin with gpg's mark are read."""
    with pytest.raises(Refused):
        judge(SOUND, 0, PIN, True)


def test_a_pinned_key_that_is_not_in_the_ring_is_our_fault() -> None:
    """The message waits then, and is not set aside."""
    status = _status(TO_US + TEXT + UNKNOWN.replace(OTHER, PIN) + WHOLE)
    with pytest.raises(Transient) as caught:
        judge(status, 2, PIN, True)
    assert caught.value.code == "key-missing"


UNPINNED = [
    ("unknown signer", TO_US + TEXT + UNKNOWN + WHOLE, 2, True, ""),
    (
        "unknown signer, as newer gpg tells it",
        TO_US + TEXT + UNKNOWN + WHOLE + "FAILURE gpg-exit 33554433\n",
        2,
        True,
        "",
    ),
    ("known signer", SOUND, 0, True, ""),
    ("only signed where that is expected", TEXT + UNKNOWN, 2, False, ""),
    ("only signed", TEXT + UNKNOWN, 2, True, "not-encrypted"),
    ("unsigned", TO_US + TEXT + WHOLE, 0, True, "unsigned"),
    ("failed for another reason", SOUND, 2, True, "damaged"),
    ("bad signature", TO_US + TEXT + "NEWSIG\nBADSIG 18 acme\n" + WHOLE, 1, True, "damaged"),
    (
        "bad signature beside an unknown one",
        TO_US + TEXT + UNKNOWN + "BADSIG 18 acme\n" + WHOLE,
        2,
        True,
        "damaged",
    ),
    ("cut", TO_US + TEXT + UNKNOWN + FAILED, 2, True, "damaged"),
    ("two signatures", TO_US + TEXT + UNKNOWN + UNKNOWN + WHOLE, 2, True, "two-signatures"),
    ("two texts", TO_US + TEXT + TEXT + UNKNOWN + WHOLE, 2, True, "wrong-form"),
    ("for somebody else", "ENC_TO 96 18 0\nNO_SECKEY 96\nBEGIN_DECRYPTION\n" + FAILED, 2, True, "not-for-us"),
]


@pytest.mark.parametrize(
    ("status", "returncode", "encrypted", "code"),
    [row[1:] for row in UNPINNED],
    ids=[row[0] for row in UNPINNED],
)
def test_each_row_of_the_first_message(status: str, returncode: int, encrypted: bool, code: str) -> None:
    """Unpinned, a message still has to be whole, single, signed, and encrypted where agreed."""
    told = ""
    try:
        judge_unpinned(_status(status), returncode, encrypted)
    except Refused as refused:
        told = refused.code
    assert told == code


SEALED = f"KEY_CONSIDERED {PIN} 2\nBEGIN_SIGNING H10\nSIG_CREATED S 22 10 00 1795354975 {PIN}\n"
CLOSED = "BEGIN_ENCRYPTION 2 9\nEND_ENCRYPTION\n"
SEALING = [
    ("whole", SEALED + CLOSED, 0, True, ""),
    ("signed only", SEALED, 0, False, ""),
    ("not encrypted", SEALED, 0, True, "gpg-failed"),
    ("not signed", CLOSED, 0, True, "gpg-failed"),
    ("nothing", "", 0, False, "gpg-failed"),
    ("failed at the end", SEALED + CLOSED, 2, True, "gpg-failed"),
    ("recipient expired", f"INV_RECP 0 {OTHER}\nFAILURE sign-encrypt 53\n", 2, True, "partner-key"),
    ("own key gone", f"INV_SGNR 9 {PIN}\nFAILURE sign-encrypt 17\n", 2, True, "own-key"),
    ("no agent", f"INV_SGNR 0 {PIN}\nFAILURE sign 33554509\n", 2, True, "gpg-failed"),
]


@pytest.mark.parametrize(
    ("status", "returncode", "encrypt", "code"), [row[1:] for row in SEALING], ids=[row[0] for row in SEALING]
)
def test_each_row_of_sealing(status: str, returncode: int, encrypt: bool, code: str) -> None:
    """What somebody has to mend is Invalid, what may pass by itself is Transient."""
    told: tuple[type, str] = (type(None), "")
    try:
        judge_sealing(_status(status), returncode, encrypt)
    except (Invalid, Transient) as error:
        told = type(error), error.code
    kind = {"": type(None), "gpg-failed": Transient}.get(code, Invalid)
    assert told == (kind, code)
