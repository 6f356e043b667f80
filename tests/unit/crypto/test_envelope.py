"""Sealing to keys, objects, and sealing under a shared key."""

import random
import zlib
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from blockmrs.cid import Cid
from blockmrs.crypto import envelope
from blockmrs.crypto.envelope import open_object, open_secret, open_with, seal_object, seal_secret, seal_to_key
from blockmrs.crypto.keys import sealing_public_key
from blockmrs.crypto.labels import chain_label
from blockmrs.errors import CannotOpen, InvalidInput, ObjectMismatch
from tests.reference import cobblestone, xwing_draft
from tests.reference.forgery import forge_sealed
from tests.reference.hpke import ENC_BYTES, open_sealed, seal_to_seed, xwing_decapsulate

CHAIN = bytes(range(32))
SEED = bytes([1]) * 32
OTHER_SEED = bytes([2]) * 32
INFO = chain_label("object", CHAIN)


def object_with_inside(inside: bytes, version: int = 1) -> bytes:
    """An object whose padded inside is chosen, which only somebody with the seed could make."""
    enc = seal_to_key(b"", sealing_public_key(SEED), info=INFO)[:ENC_BYTES]
    commitment = envelope._commitment(sealing_public_key(SEED))
    return bytes([version]) + commitment + seal_to_seed(inside, enc, SEED, INFO)


ROOM = 4096 - 33 - 1136


def inside(compressed: bytes, *, length: int | None = None, padding: bytes | None = None) -> bytes:
    rest = ROOM - 4 - len(compressed)
    length = len(compressed) if length is None else length
    return length.to_bytes(4, "big") + compressed + (bytes(rest) if padding is None else padding.rjust(rest, b"\x00"))


def test_the_librarys_hpke_passes_rfc_9180_a_1_1() -> None:
    from cryptography.hazmat.bindings._rust import openssl

    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_128_GCM)
    key = X25519PrivateKey.from_private_bytes(
        bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
    )
    sealed = bytes.fromhex(
        "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"
        "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"
    )
    opened = openssl.hpke._decrypt_with_aad(
        suite,
        sealed,
        key,
        info=bytes.fromhex("4f6465206f6e2061204772656369616e2055726e"),
        aad=bytes.fromhex("436f756e742d30"),
    )
    assert opened == b"Beauty is truth, truth beauty"


def test_the_librarys_hpke_opens_what_another_implementation_sealed() -> None:
    suite = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    key = X25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    assert key.public_key().public_bytes_raw().hex() == (
        "07a37cbc142093c8b755dc1b10e86cb426374ad16aa853ed0bdfc0b2b86d1c7c"
    )
    sealed = bytes.fromhex(
        "ab0778df27e2bc26a63980a47d8c0f08f34a904b546aaf925d6603c1e61952060d688912fcad1ac1"
        "ee0b892efc8031b7d3ea1736159a0a7006"
    )
    assert suite.decrypt(sealed, key, info=b"blockmrs/grant/v1") == b"one grant"


def test_what_is_sealed_opens_with_a_second_implementation_of_the_hybrid_suite() -> None:
    sealed = seal_to_key(b"text", sealing_public_key(SEED), info=INFO)
    assert open_sealed(sealed, SEED, INFO) == b"text"


def test_what_a_second_implementation_sealed_opens() -> None:
    enc = seal_to_key(b"", sealing_public_key(SEED), info=INFO)[:ENC_BYTES]
    assert open_with(seal_to_seed(b"text", enc, SEED, INFO), SEED, info=INFO) == b"text"


def test_sealing_to_a_key_adds_1136_bytes() -> None:
    assert len(seal_to_key(b"text", sealing_public_key(SEED), info=INFO)) == 4 + envelope.SEAL_OVERHEAD_BYTES == 1140


def test_the_second_implementation_passes_the_xwing_drafts_vector() -> None:
    assert xwing_decapsulate(xwing_draft.SEED, xwing_draft.ENC) == xwing_draft.SHARED_SECRET


def test_the_librarys_kem_is_the_xwing_drafts() -> None:
    sealed = seal_to_seed(b"text", xwing_draft.ENC, xwing_draft.SEED, INFO)
    assert open_with(sealed, xwing_draft.SEED, info=INFO) == b"text"


def test_the_same_text_is_never_sealed_to_the_same_bytes() -> None:
    assert seal_to_key(b"text", sealing_public_key(SEED), info=INFO) != seal_to_key(
        b"text", sealing_public_key(SEED), info=INFO
    )


@pytest.mark.parametrize(
    ("seed", "info", "change"),
    [
        (OTHER_SEED, INFO, lambda sealed: sealed),
        (SEED, chain_label("object", bytes(32)), lambda sealed: sealed),
        (SEED, chain_label("another", CHAIN), lambda sealed: sealed),
        (SEED, INFO, lambda sealed: sealed[:-1]),
        (SEED, INFO, lambda sealed: sealed + b"\x00"),
        (SEED, INFO, lambda _: b""),
        (SEED, INFO, lambda sealed: sealed[: ENC_BYTES - 32] + bytes(32) + sealed[ENC_BYTES:]),
    ],
    ids=["key", "chain", "purpose", "short", "long", "empty", "x25519 of small order"],
)
def test_everything_wrong_with_sealed_bytes_is_one_and_the_same_error(seed, info, change) -> None:
    sealed = change(seal_to_key(b"text", sealing_public_key(SEED), info=INFO))
    with pytest.raises(CannotOpen) as refusal:
        open_with(sealed, seed, info=info)
    assert str(refusal.value) == "the sealed bytes do not open"


def test_an_info_without_the_protocols_label_is_refused() -> None:
    with pytest.raises(InvalidInput):
        seal_to_key(b"text", sealing_public_key(SEED), info=b"other/1 object")
    with pytest.raises(InvalidInput):
        open_with(bytes(2000), SEED, info=b"")


def test_nothing_is_sealed_to_a_key_that_is_not_acceptable() -> None:
    with pytest.raises(InvalidInput):
        seal_to_key(b"text", sealing_public_key(SEED)[:1184] + bytes(32), info=INFO)


def test_an_object_opens_with_its_seed() -> None:
    sealed = seal_object(b"one report", chain_id=CHAIN)
    assert open_object(sealed.content, sealed.seed, chain_id=CHAIN) == b"one report"


def test_an_object_is_named_by_its_bytes_and_shows_no_key() -> None:
    sealed = seal_object(b"one report", chain_id=CHAIN)
    assert sealed.cid == Cid.of(sealed.content)
    assert sealed.seed.hex() not in repr(sealed)
    assert repr(sealed) == f"SealedObject(cid={sealed.cid!r})"


def test_every_object_has_its_own_seed() -> None:
    assert seal_object(b"", chain_id=CHAIN).seed != seal_object(b"", chain_id=CHAIN).seed


@pytest.mark.parametrize("size", [1 << power for power in range(12, 21)])
def test_an_object_fills_its_size_to_the_last_byte(size) -> None:
    room = size - 33 - 1136 - 4
    padded = envelope._pad(bytes(room))
    assert len(padded) == 4 + room
    assert envelope._unpad(padded) == bytes(room)


def test_a_text_is_compressed_as_hard_as_deflate_can() -> None:
    text = " ".join(random.Random(1).choices(["head", "knee", "concussion", "the", "player", "pain"], k=6000)).encode()
    hardest = zlib.compressobj(level=9, wbits=-15)
    assert envelope._deflate(text) == hardest.compress(text) + hardest.flush()


@pytest.mark.parametrize("size", [1 << 11, 1 << 21, 4095, 4097])
def test_bytes_of_a_size_that_no_object_has_are_not_looked_at(size: int) -> None:
    with pytest.raises(CannotOpen, match="length is not one"):
        open_object(bytes(size), SEED, chain_id=CHAIN)


def test_the_bounds_of_an_object_are_the_protocols() -> None:
    assert (envelope.OBJECT_MIN_BYTES, envelope.OBJECT_MAX_BYTES) == (4096, 1024 * 1024)
    assert envelope.INFLATED_MAX_BYTES == 8 * 1024 * 1024


def test_no_more_is_ever_inflated_than_one_byte_beyond_the_cap(monkeypatch) -> None:
    limits = []

    class Inflater:
        eof, unused_data = True, b""

        def decompress(self, _: bytes, limit: int = 0) -> bytes:
            limits.append(limit)
            return b""

    monkeypatch.setattr(envelope.zlib, "decompressobj", lambda **_: Inflater())
    envelope._inflate(b"")
    assert limits == [8 * 1024 * 1024 + 1]


def test_an_object_one_byte_longer_has_the_next_size() -> None:
    room = 4096 - 33 - 1136 - 4
    assert len(envelope._pad(bytes(room + 1))) == 8192 - 33 - 1136


def test_what_does_not_fit_the_largest_size_is_refused() -> None:
    with pytest.raises(InvalidInput):
        envelope._pad(bytes(envelope.OBJECT_MAX_BYTES - 33 - 1136 - 4 + 1))


@pytest.mark.parametrize(("length", "size"), [(0, 4096), (2900, 4096), (3000, 8192), (900_000, 1024 * 1024)])
def test_the_whole_object_is_a_power_of_two(length, size) -> None:
    sealed = seal_object(random.Random(length).randbytes(length), chain_id=CHAIN)
    assert len(sealed.content) == size


def test_a_text_longer_than_objects_inflate_to_is_refused_before_sealing() -> None:
    assert seal_object(bytes(envelope.INFLATED_MAX_BYTES), chain_id=CHAIN)
    with pytest.raises(InvalidInput):
        seal_object(bytes(envelope.INFLATED_MAX_BYTES + 1), chain_id=CHAIN)


def test_an_object_of_the_longest_text_opens() -> None:
    sealed = seal_object(bytes(envelope.INFLATED_MAX_BYTES), chain_id=CHAIN)
    assert open_object(sealed.content, sealed.seed, chain_id=CHAIN) == bytes(envelope.INFLATED_MAX_BYTES)


def test_an_object_made_by_hand_opens() -> None:
    content = object_with_inside(inside(envelope._deflate(b"by hand")))
    assert open_object(content, SEED, chain_id=CHAIN) == b"by hand"


BOMB = zlib.compressobj(level=9, wbits=-15)
BOMB_BYTES = BOMB.compress(bytes(envelope.INFLATED_MAX_BYTES + 1)) + BOMB.flush()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        bytes(4095),
        object_with_inside(inside(envelope._deflate(b"text")), version=2),
        object_with_inside(inside(envelope._deflate(b"text")), version=0),
        object_with_inside(inside(envelope._deflate(b"text"), padding=b"\x01")),
        object_with_inside(inside(envelope._deflate(b"text"), length=ROOM)),
        object_with_inside(inside(envelope._deflate(b"text"), length=2**32 - 1)),
        object_with_inside(inside(b"")),
        object_with_inside(inside(b"\xff\xff\xff")),
        object_with_inside(inside(envelope._deflate(b"text")[:-1])),
        object_with_inside(inside(envelope._deflate(b"text") + b"\x00")),
    ],
    ids=[
        "empty",
        "odd size",
        "version 2",
        "version 0",
        "padding not zero",
        "length beyond the end",
        "length far beyond the end",
        "no text",
        "not deflate",
        "unfinished deflate",
        "bytes after deflate",
    ],
)
def test_an_object_that_is_not_well_formed_does_not_open(content) -> None:
    with pytest.raises(CannotOpen):
        open_object(content, SEED, chain_id=CHAIN)


def test_an_inside_shorter_than_its_length_field_does_not_open() -> None:
    with pytest.raises(CannotOpen):
        envelope._unpad(b"\x00\x00")


def test_an_object_that_inflates_beyond_the_cap_does_not_open() -> None:
    room = 16384 - 33 - 1136
    content = object_with_inside(len(BOMB_BYTES).to_bytes(4, "big") + BOMB_BYTES + bytes(room - 4 - len(BOMB_BYTES)))
    with pytest.raises(CannotOpen, match="too long"):
        open_object(content, SEED, chain_id=CHAIN)


def test_an_object_of_another_chain_does_not_open() -> None:
    sealed = seal_object(b"text", chain_id=bytes(32))
    with pytest.raises(CannotOpen):
        open_object(sealed.content, sealed.seed, chain_id=CHAIN)


def test_another_objects_seed_is_refused_before_anything_is_opened(monkeypatch) -> None:
    sealed = seal_object(b"text", chain_id=CHAIN)
    monkeypatch.setattr(envelope, "open_with", lambda *_, **__: pytest.fail("opened"))
    with pytest.raises(ObjectMismatch):
        open_object(sealed.content, OTHER_SEED, chain_id=CHAIN)


FIRST_TEXT = b"No concussion: may play today.  "
SECOND_TEXT = b"Concussion: no play for 24 hours"


@pytest.fixture(scope="module")
def two_faced() -> bytes:
    """The HPKE part of an object of 4 KiB, made so that it opens under both seeds."""
    enc = seal_to_key(b"", sealing_public_key(SEED), info=INFO)[:ENC_BYTES]
    return forge_sealed((FIRST_TEXT, SECOND_TEXT), ROOM, enc, (SEED, OTHER_SEED), INFO)


def test_hpke_alone_lets_one_ciphertext_open_to_two_texts(two_faced) -> None:
    assert open_with(two_faced, SEED, info=INFO).startswith(FIRST_TEXT)
    assert open_with(two_faced, OTHER_SEED, info=INFO)[len(FIRST_TEXT) :].startswith(SECOND_TEXT)


@pytest.mark.parametrize(("committed", "reader"), [(SEED, OTHER_SEED), (OTHER_SEED, SEED)], ids=["first", "second"])
def test_an_object_that_opens_under_two_keys_opens_only_under_the_one_it_is_committed_to(
    two_faced, committed, reader
) -> None:
    content = bytes([1]) + envelope._commitment(sealing_public_key(committed)) + two_faced
    assert len(content) == 4096
    with pytest.raises(ObjectMismatch):
        open_object(content, reader, chain_id=CHAIN)


def test_cobblestone_gives_the_known_answers() -> None:
    from cryptography.cobblestone import Cobblestone256Decryptor

    decryptor = Cobblestone256Decryptor(bytes(range(32)), context=b"example-context")
    sealed = bytes.fromhex(
        "000102030405060708090a0b0c0d0e0f1011121314151617703ca91916df88f4472d2a25929491d5e18310f08c899ddd74133e670af5"
        "16b6c2cce95c8a2d3cae3f0e889d3f524682585ec8974c"
    )
    assert decryptor.update(sealed) + decryptor.finalize() == b"hello"


def test_the_second_implementation_of_cobblestone_gives_the_known_answer_over_several_chunks() -> None:
    sealed = cobblestone.seal(bytes(range(32)), bytes(40000), context=b"example-context", salt=bytes(range(24)))
    assert sha256(sealed).hexdigest() == "c396374ed84c37d663b08e855fad76a20cb8be96e7131b41a09849ce7db12a3d"


@pytest.mark.parametrize("length", [0, 16383, 16384, 16385, 40000])
def test_a_secret_that_the_second_implementation_sealed_opens(length) -> None:
    context = b"blockmrs/1 secret\x00place"
    sealed = cobblestone.seal(SEED, bytes(length), context=context, salt=bytes(range(24)))
    assert open_secret(SEED, sealed, context=b"place") == bytes(length)


def test_a_secret_opens_under_its_key_and_context() -> None:
    assert open_secret(SEED, seal_secret(SEED, b"row", context=b"place"), context=b"place") == b"row"


@pytest.mark.parametrize("length", [0, 1, 16383, 16384, 16385, 50000])
def test_a_secret_of_any_length_opens(length) -> None:
    assert open_secret(SEED, seal_secret(SEED, bytes(length), context=b""), context=b"") == bytes(length)


@pytest.mark.parametrize(
    ("key", "context", "change"),
    [
        (OTHER_SEED, b"place", lambda sealed: sealed),
        (SEED, b"another", lambda sealed: sealed),
        (SEED, b"place", lambda sealed: sealed[:-1]),
        (SEED, b"place", lambda sealed: sealed + b"\x00"),
        (SEED, b"place", lambda _: b""),
        (SEED, b"place", lambda sealed: sealed[:56]),
        (SEED, b"place", lambda sealed: sealed[: 56 + 16384 + 16]),
    ],
    ids=["key", "context", "short", "long", "empty", "header only", "cut between chunks"],
)
def test_everything_wrong_with_a_sealed_secret_is_one_and_the_same_error(key, context, change) -> None:
    sealed = change(seal_secret(SEED, bytes(20000), context=b"place"))
    with pytest.raises(CannotOpen) as refusal:
        open_secret(key, sealed, context=context)
    assert str(refusal.value) == "the sealed bytes do not open"


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(InvalidInput):
        seal_secret(bytes(16), b"", context=b"")
    with pytest.raises(InvalidInput):
        open_secret(bytes(33), bytes(100), context=b"")
