"""Writes docs/vectors/*.json; `--check` only says whether they are what this program makes.

Nothing here is random: seeds are counted bytes, and the one HPKE encapsulation is the X-Wing draft's own vector, which
is a proper one for the draft's seed. Run from the repository: `python -m tools.make_vectors`.
"""

import hmac
import json
import sys
import zlib
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from blockmrs.crypto.keys import Keyring, sealing_public_key
from blockmrs.crypto.labels import chain_label
from blockmrs.crypto.recovery_codes import format_recovery_code
from blockmrs.crypto.signatures import sign
from blockmrs.domain.records import Update, encode_update
from blockmrs.encoding import decode, encode
from tests.reference import cobblestone, xwing_draft
from tests.reference.forgery import forge_sealed
from tests.reference.hpke import seal_to_seed
from tests.vectors import kinds_core

FOLDER = Path(__file__).parents[1] / "docs" / "vectors"
CHAIN = bytes(range(0xC0, 0xE0))
OTHER_CHAIN = bytes(32)
SEED = xwing_draft.SEED
OTHER_SEED = bytes([2]) * 32
ALICE = Keyring.from_seed(bytes([0xA1]) * 32)
BOB = Keyring.from_seed(bytes([0xB0]) * 32)
P = 2**255 - 19
ROOM = 4096 - 33 - 1136

Case = dict[str, Any]


def refused(name: str, error: str = "InvalidInput", **inputs: Any) -> Case:
    return {"name": name, **inputs, "error": error}


def promised(kind: str, name: str, **inputs: Any) -> Case:
    """A case whose result is computed now, and held for ever after."""
    return {"name": name, **inputs, "expect": kinds_core.RUNNERS[kind](inputs)}


def encoding() -> list[Case]:
    good: dict[str, Any] = {
        "null": None,
        "false": False,
        "true": True,
        "zero": 0,
        "largest-in-one-byte": 23,
        "smallest-in-two-bytes": 24,
        "smallest-in-three-bytes": 256,
        "smallest-in-five-bytes": 65536,
        "largest-integer": 2**63 - 1,
        "empty-bytes": b"",
        "bytes": bytes(range(4)),
        "empty-text": "",
        "text-outside-ascii": "Zoë, 3 × 2",
        "empty-array": [],
        "array-in-array": [1, [2, b"\x03"]],
        "empty-map": {},
        "map": {0: 1, 1: "two", 23: [None]},
    }
    bad = {
        "empty": "",
        "two-values": "0000",
        "integer-longer-than-needed": "1817",
        "length-longer-than-needed": "5801ff",
        "integer-above-2-63": "1b8000000000000000",
        "negative-integer": "20",
        "truncated-integer": "19ff",
        "truncated-bytes": "42ff",
        "truncated-array": "8201",
        "length-far-beyond-the-end": "5b0000001000000000",
        "indefinite-bytes": "5f4101ff",
        "indefinite-array": "9f01ff",
        "indefinite-map": "bf0001ff",
        "map-keys-out-of-order": "a201010002",
        "map-key-twice": "a200010002",
        "map-key-above-23": "a1181801",
        "map-key-negative": "a12001",
        "map-key-text": "a1616101",
        "map-key-boolean": "a1f501",
        "text-not-utf-8": "61ff",
        "text-with-half-a-character": "63eda080",
        "undefined": "f7",
        "float": "f93c00",
        "tag-date": "c11a514b67b0",
        "tag-bignum": "c24101",
        "tag-shared-value": "d81c80",
        "reserved-length": "1c",
        "break-alone": "ff",
        "nested-too-deeply": "81" * 9 + "80",
    }
    cases = [promised("encoding", name, bytes=encode(value).hex()) for name, value in good.items()]
    return cases + [refused(name, bytes=data) for name, data in bad.items()]


def cid() -> list[Case]:
    hello = "bafkreifjjcie6lypi6ny7amxnfftagclbuxndqonfipmb64f2km2devei4"
    cases = [
        promised("cid", "of-empty-content", content=""),
        promised("cid", "of-hello-world", content=b"hello world\n".hex()),
        promised("cid", "digest-of-text", text=hello),
        promised("cid", "content-fits", text=hello, content=b"hello world\n".hex()),
        refused("content-differs", "ObjectMismatch", text=hello, content=b"hello world".hex()),
    ]
    bad = {
        "truncated": hello[:-1],
        "one-character-more": hello + "a",
        "upper-case": hello.upper(),
        "unused-bits-set": hello[:-1] + "j",
        "another-base": "z" + hello[1:],
        "another-codec": "bafybei" + hello[7:],
        "version-0": "QmT78zSuBmuS4z925WZfrqQ1qHaJ56DQaTfyMUF7F8ff5o",
        "line-end-after-it": hello + "\n",
    }
    return cases + [refused(name, text=text) for name, text in bad.items()]


def keys() -> list[Case]:
    card = ALICE.card.encode()
    order = 2**252 + 27742317777372353535851937790883648493
    message, signature = b"message".hex(), sign(ALICE.signing_seed, "example", CHAIN, b"message")
    malleable = signature[:32] + (int.from_bytes(signature[32:], "little") + order).to_bytes(32, "little")
    signed = {
        "operation": "signature",
        "signing_key": ALICE.card.signing_key.hex(),
        "purpose": "example",
        "chain_id": CHAIN.hex(),
        "message": message,
        "signature": signature.hex(),
    }
    neutral = {"signing_key": "01" + "00" * 31, "signature": "01" + "00" * 63}
    cases = [
        promised("keys", "derive", operation="derive", secret="07" * 32, purpose="example", context="ff"),
        promised("keys", "alice", operation="keyring", seed="a1" * 32, peer_card_id=BOB.card.id.hex()),
        promised("keys", "bob", operation="keyring", seed="b0" * 32, peer_card_id=ALICE.card.id.hex()),
        promised("keys", "sealing-key-of-the-xwing-draft", operation="sealing-key", sealing_seed=SEED.hex()),
        promised("keys", "card-of-alice", operation="card", card=card.hex()),
        promised("keys", "signature", **signed),
        refused("signature-for-another-purpose", "InvalidSignature", **signed | {"purpose": "examples"}),
        refused("signature-for-another-chain", "InvalidSignature", **signed | {"chain_id": OTHER_CHAIN.hex()}),
        refused("signature-of-another-message", "InvalidSignature", **signed | {"message": b"massage".hex()}),
        refused("signature-by-another-key", "InvalidSignature", **signed | {"signing_key": BOB.card.signing_key.hex()}),
        refused("signature-truncated", "InvalidSignature", **signed | {"signature": signature[:-1].hex()}),
        refused("signature-scalar-not-reduced", "InvalidSignature", **signed | {"signature": malleable.hex()}),
        refused("signature-by-the-neutral-key", "InvalidSignature", **signed | neutral),
    ]
    bad = {
        "card-truncated": card[:-1],
        "card-with-a-byte-more": card + b"\x00",
        "card-of-version-2": b"\x02" + card[1:],
        "card-signing-key-neutral": card[:1] + b"\x01" + bytes(31) + card[33:],
        "card-signing-key-of-order-2": card[:1] + (P - 1).to_bytes(32, "little") + card[33:],
        "card-signing-key-of-order-4": card[:1] + bytes(32) + card[33:],
        "card-signing-key-of-order-8": card[:1]
        + bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
        + card[33:],
        "card-signing-key-of-order-8-negative": card[:1]
        + bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a")
        + card[33:],
        "card-signing-key-neutral-in-its-second-form": card[:1] + (P + 1).to_bytes(32, "little") + card[33:],
        "card-signing-key-not-canonical": card[:1] + (P + 3).to_bytes(32, "little") + card[33:],
        "card-signing-key-off-the-curve": card[:1] + b"\x02" + bytes(31) + card[33:],
        "card-ml-kem-coefficients-above-q": card[:33] + b"\xff" * 1184 + card[-32:],
        "card-x25519-key-zero": card[:-32] + bytes(32),
        "card-x25519-key-of-order-8": card[:-32]
        + bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
        "card-x25519-key-not-canonical": card[:-32] + (P + 9).to_bytes(32, "little"),
    }
    return cases + [refused(name, operation="card", card=data.hex()) for name, data in bad.items()]


def deflate(plaintext: bytes) -> bytes:
    compressor = zlib.compressobj(level=9, wbits=-15)
    return compressor.compress(plaintext) + compressor.flush()


def commitment(seed: bytes) -> bytes:
    return sha256(sealing_public_key(seed)).digest()


def object_of(inside: bytes, *, version: int = 1, seed: bytes = SEED, chain_id: bytes = CHAIN) -> bytes:
    sealed = seal_to_seed(inside, xwing_draft.ENC, seed, chain_label("object", chain_id))
    return bytes([version]) + commitment(seed) + sealed


def inside_of(compressed: bytes, *, length: int | None = None, room: int = ROOM, last: int = 0) -> bytes:
    length = len(compressed) if length is None else length
    padding = bytes(room - 4 - len(compressed) - 1) + bytes([last])
    return length.to_bytes(4, "big") + compressed + padding


def envelope() -> list[Case]:
    text = b"One report, padded and sealed."
    good = object_of(inside_of(deflate(text)))
    asked = {"operation": "open-object", "seed": SEED.hex(), "chain_id": CHAIN.hex()}
    info = chain_label("object", CHAIN)
    texts = (b"No concussion: may play today.  ", b"Concussion: no play for 24 hours")
    two_faced = forge_sealed(texts, ROOM, xwing_draft.ENC, (SEED, OTHER_SEED), info)
    two_keys = bytes([1]) + commitment(SEED) + two_faced
    bomb = deflate(bytes(8 * 1024 * 1024 + 1))
    cases = [promised("envelope", "object", object=good.hex(), **asked)]
    bad = {
        "object-truncated": good[:-1],
        "object-with-a-byte-more": good + b"\x00",
        "object-of-version-2": object_of(inside_of(deflate(text)), version=2),
        "object-with-a-flipped-bit": good[:2000] + bytes([good[2000] ^ 1]) + good[2001:],
        "object-padding-not-zero": object_of(inside_of(deflate(text), last=1)),
        "object-length-beyond-the-end": object_of(inside_of(deflate(text), length=ROOM - 3)),
        "object-deflate-unfinished": object_of(inside_of(deflate(text)[:-1])),
        "object-deflate-with-bytes-after": object_of(inside_of(deflate(text) + b"\x00")),
        "object-not-deflate": object_of(inside_of(b"\xff" * 20)),
        "object-inflates-beyond-8-mib": object_of(inside_of(bomb, room=16384 - 33 - 1136)),
    }
    cases += [refused(name, "CannotOpen", object=data.hex(), **asked) for name, data in bad.items()]
    secret = {"operation": "open-secret", "key": "11" * 32, "context": b"example".hex()}
    under = cobblestone.seal(
        bytes.fromhex("11" * 32), b"a row", context=b"blockmrs/1 secret\x00example", salt=bytes(range(24))
    )
    sealed = {"operation": "open-sealed", "sealing_seed": SEED.hex(), "info": info.hex()}
    to_key = seal_to_seed(b"payload", xwing_draft.ENC, SEED, info)
    low_order = to_key[:1088] + bytes(32) + to_key[1120:]
    return [
        *cases,
        refused("object-of-another-chain", "CannotOpen", object=good.hex(), **asked | {"chain_id": OTHER_CHAIN.hex()}),
        refused("object-with-another-seed", "ObjectMismatch", object=good.hex(), **asked | {"seed": OTHER_SEED.hex()}),
        refused("two-keys-one-object", "ObjectMismatch", object=two_keys.hex(), **asked | {"seed": OTHER_SEED.hex()}),
        promised("envelope", "sealed", sealed=to_key.hex(), **sealed),
        promised("envelope", "two-keys-one-ciphertext-first", sealed=two_faced.hex(), **sealed),
        promised(
            "envelope",
            "two-keys-one-ciphertext-second",
            sealed=two_faced.hex(),
            **sealed | {"sealing_seed": OTHER_SEED.hex()},
        ),
        refused("sealed-truncated", "CannotOpen", sealed=to_key[:-1].hex(), **sealed),
        refused("sealed-shorter-than-an-encapsulation", "CannotOpen", sealed=to_key[:1000].hex(), **sealed),
        refused("sealed-x25519-part-zero", "CannotOpen", sealed=low_order.hex(), **sealed),
        refused(
            "sealed-for-another-purpose",
            "CannotOpen",
            sealed=to_key.hex(),
            **sealed | {"info": chain_label("another", CHAIN).hex()},
        ),
        promised("envelope", "secret", sealed=under.hex(), **secret),
        refused("secret-truncated", "CannotOpen", sealed=under[:-1].hex(), **secret),
        refused("secret-in-another-context", "CannotOpen", sealed=under.hex(), **secret | {"context": ""}),
        refused("secret-under-another-key", "CannotOpen", sealed=under.hex(), **secret | {"key": "12" * 32}),
    ]


def update() -> list[Case]:
    made = Update(
        nonce=bytes(range(16)),
        subject=BOB.card.id,
        author=ALICE.card.id,
        kind="report",
        created=datetime(2026, 3, 14, 15, 9, 26, 535000, tzinfo=UTC),
        purpose="care",
        body=b'{"resourceType":"Bundle","type":"collection"}',
    )
    signature = sign(ALICE.signing_seed, "update", CHAIN, made.signed_bytes())
    plaintext = encode_update(made, signature)
    fields = cast(dict[int, Any], decode(plaintext))
    asked = {"signing_key": ALICE.card.signing_key.hex(), "chain_id": CHAIN.hex()}

    def changed(**change: Any) -> str:
        return encode({**fields, **{int(key[1:]): value for key, value in change.items()}}).hex()

    missing = {key: value for key, value in fields.items() if key != 6}
    bad = {
        "truncated": plaintext[:-1].hex(),
        "bytes-after-it": (plaintext + b"\x00").hex(),
        "version-2": changed(_0=2),
        "version-a-boolean": changed(_0=True),
        "nonce-too-short": changed(_1=bytes(15)),
        "subject-too-long": changed(_2=bytes(33)),
        "kind-with-capitals": changed(_4="Report"),
        "kind-as-bytes": changed(_4=b"report"),
        "time-out-of-range": changed(_5=2**63 - 1),
        "purpose-missing": encode(missing).hex(),
        "body-as-text": changed(_7="{}"),
        "signature-too-short": changed(_8=bytes(63)),
        "field-unknown": changed(_9=0),
    }
    forged = {
        "signed-by-another": asked | {"signing_key": BOB.card.signing_key.hex()},
        "signed-for-another-chain": asked | {"chain_id": OTHER_CHAIN.hex()},
    }
    return [
        promised("update", "report", plaintext=plaintext.hex(), **asked),
        *[refused(name, plaintext=data, **asked) for name, data in bad.items()],
        refused("subject-changed", "InvalidSignature", plaintext=changed(_2=ALICE.card.id), **asked),
        refused("purpose-changed", "InvalidSignature", plaintext=changed(_6="research"), **asked),
        refused("body-changed", "InvalidSignature", plaintext=changed(_7=b"{}"), **asked),
        *[refused(name, "InvalidSignature", plaintext=plaintext.hex(), **how) for name, how in forged.items()],
    ]


def wrapping() -> list[Case]:
    pepper, salt = bytes([0x50]) * 32, bytes(range(16))
    header = b"\x01" + (32).to_bytes(4, "big") + b"\x01\x04" + salt
    peppered = hmac.digest(pepper, b"blockmrs/1 wrap\x00" + "café".encode(), "sha256")
    key = Argon2id(salt=salt, length=32, iterations=1, lanes=4, memory_cost=32).derive(peppered)
    context = b"blockmrs/1 secret\x00wrap\x00" + header + b"alice"
    wrapped = header + cobblestone.seal(key, bytes([0xA1]) * 32, context=context, salt=bytes(range(24)))
    asked = {"pepper": pepper.hex(), "secret": "café", "context": b"alice".hex(), "wrapped": wrapped.hex()}
    names = {"pepper": pepper.hex(), "purpose": "user"}

    def with_header(**change: Any) -> Case:
        fields = {"version": 1, "memory_kib": 32, "iterations": 1, "lanes": 4} | change
        start = bytes([fields["version"]]) + fields["memory_kib"].to_bytes(4, "big")
        return asked | {"wrapped": (start + bytes([fields["iterations"], fields["lanes"]]) + wrapped[7:]).hex()}

    bad = {
        "another-secret": asked | {"secret": "cafe"},
        "another-pepper": asked | {"pepper": "51" * 32},
        "another-context": asked | {"context": b"bob".hex()},
        "truncated": asked | {"wrapped": wrapped[:-1].hex()},
        "header-alone": asked | {"wrapped": header.hex()},
        "header-truncated": asked | {"wrapped": header[:-1].hex()},
        "version-2": with_header(version=2),
        "cost-changed": with_header(iterations=2),
        "cost-of-4-gib": with_header(memory_kib=4 * 1024 * 1024),
        "cost-of-4-gib-in-passes": with_header(memory_kib=256 * 1024, iterations=16),
        "memory-below-8-kib-a-lane": with_header(memory_kib=31),
        "no-iterations": with_header(iterations=0),
        "no-lanes": with_header(lanes=0),
        "17-lanes": with_header(memory_kib=1024, lanes=17),
    }
    return [
        promised("wrapping", "seed-under-a-password", **asked),
        promised("wrapping", "password-in-another-unicode-form", **asked | {"secret": "cafe\u0301"}),
        promised("wrapping", "lookup", name_typed="ann smith", **names),
        promised("wrapping", "lookup-typed-otherwise", name_typed="  Ann\u00a0SMITH ", **names),
        *[refused(name, "CannotOpen", **inputs) for name, inputs in bad.items()],
    ]


def recovery_code() -> list[Case]:
    code = format_recovery_code(bytes(range(16)))
    another = "0" if code[-1] != "0" else "1"
    bad = {
        "empty": "",
        "truncated": code[:-1],
        "one-character-more": code + "0",
        "character-outside-the-alphabet": "U" + code[1:],
        "last-character-wrong": code[:-1] + another,
        "groups-swapped": code[5:9] + "-" + code[:4] + code[9:],
    }
    return [
        promised("recovery-code", "counted-bytes", random=bytes(range(16)).hex()),
        promised("recovery-code", "zero-bytes", random="00" * 16),
        promised("recovery-code", "all-bits", random="ff" * 16),
        promised("recovery-code", "typed-small-without-hyphens", typed=code.lower().replace("-", "")),
        promised("recovery-code", "typed-with-letters-for-digits", typed=code.replace("0", "O").replace("1", "l")),
        *[refused(name, typed=typed) for name, typed in bad.items()],
    ]


DESCRIPTIONS = {
    "encoding": "Deterministic CBOR. `bytes` (hex) decode to `expect`, where byte strings are {hex}, maps {map}.",
    "cid": "Content identifiers. Without `text`: the identifier of `content`. With it: its digest, and the check.",
    "keys": "Derivation, keyrings, X-Wing keys, cards and signatures.",
    "envelope": "Objects, payloads sealed to a key, and secrets sealed under a key.",
    "update": "Update plaintexts. `signing_key` is the author's; the signature is checked for `chain_id`.",
    "wrapping": "What is wrapped under a password or code, and look-ups of names. The first cost is small on purpose.",
    "recovery-code": "Recovery codes: made of 16 random bytes, or typed by a person.",
}
MAKERS = {
    "encoding": encoding,
    "cid": cid,
    "keys": keys,
    "envelope": envelope,
    "update": update,
    "wrapping": wrapping,
    "recovery-code": recovery_code,
}


def make_file(kind: str) -> str:
    """The text of docs/vectors/<kind>.json."""
    content = {"description": DESCRIPTIONS[kind], "kind": kind, "cases": MAKERS[kind]()}
    return json.dumps(content, indent=1, ensure_ascii=True) + "\n"


def main() -> None:
    """Write the files, or with `--check` end with status 1 if any differs."""
    different = []
    for kind in MAKERS:
        path, text = FOLDER / f"{kind}.json", make_file(kind)
        if not path.exists() or path.read_text("utf-8") != text:
            different.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(text, "utf-8")
    print("different:" if different else "all as made", *different)
    if different and "--check" in sys.argv:
        sys.exit(1)


if __name__ == "__main__":
    main()
