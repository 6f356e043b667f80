"""How the vectors of encodings, keys, sealing, updates, wrapping and codes are run.

Each runner takes a case and returns what the case's `expect` says, or raises the error that its `error` names.
"""

from collections.abc import Callable, Mapping
from typing import Any

from blockmrs.cid import Cid
from blockmrs.crypto import envelope, keys, recovery_codes
from blockmrs.crypto.signatures import verify_signature
from blockmrs.crypto.wrapping import WrapCost, Wrapper
from blockmrs.domain.records import decode_update, update_id
from blockmrs.encoding import Value, decode, encode

Case = Mapping[str, Any]


def hexed(case: Case, name: str) -> bytes:
    return bytes.fromhex(case[name])


def value_to_json(value: Value) -> object:
    """Byte strings as `{"hex": ...}`, maps as `{"map": [[key, value], ...]}`, all else as JSON has it."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, list):
        return [value_to_json(item) for item in value]
    if isinstance(value, dict):
        return {"map": [[key, value_to_json(item)] for key, item in value.items()]}
    return value


def run_encoding(case: Case) -> object:
    value = decode(hexed(case, "bytes"))
    assert encode(value) == hexed(case, "bytes")
    return value_to_json(value)


def run_cid(case: Case) -> object:
    if "text" not in case:
        return str(Cid.of(hexed(case, "content")))
    cid = Cid.parse(case["text"])
    if "content" in case:
        cid.check_bytes(hexed(case, "content"))
    return cid.digest.hex()


def run_keys(case: Case) -> object:
    match case["operation"]:
        case "derive":
            return keys.derive_key(hexed(case, "secret"), case["purpose"], hexed(case, "context")).hex()
        case "keyring":
            return _keyring(case)
        case "sealing-key":
            return keys.sealing_public_key(hexed(case, "sealing_seed")).hex()
        case "card":
            card = keys.Card.decode(hexed(case, "card"))
            return {
                "signing_key": card.signing_key.hex(),
                "id": card.id.hex(),
                "fingerprint": card.fingerprint(),
                "entry_seed": keys.card_entry_seed(card.id).hex(),
            }
        case "signature":
            verify_signature(
                hexed(case, "signing_key"),
                case["purpose"],
                hexed(case, "chain_id"),
                hexed(case, "message"),
                hexed(case, "signature"),
            )
            return "verifies"
        case other:
            raise AssertionError(f"no such operation: {other}")


def _keyring(case: Case) -> object:
    keyring = keys.Keyring.from_seed(hexed(case, "seed"))
    return {
        "signing_seed": keyring.signing_seed.hex(),
        "sealing_seed": keyring.sealing_seed.hex(),
        "own_line": keyring.own_line.hex(),
        "doorbell_line": keyring.doorbell_line.hex(),
        "lines_secret": keyring.lines_secret.hex(),
        "rows_secret": keyring.rows_secret.hex(),
        "line_to_peer": keyring.line_to(hexed(case, "peer_card_id")).hex(),
        "card": keyring.card.encode().hex(),
    }


def run_envelope(case: Case) -> object:
    match case["operation"]:
        case "open-object":
            content, seed = hexed(case, "object"), hexed(case, "seed")
            opened = envelope.open_object(content, seed, chain_id=hexed(case, "chain_id"))
            return {"cid": str(Cid.of(content)), "plaintext": opened.hex()}
        case "open-sealed":
            return envelope.open_with(
                hexed(case, "sealed"), hexed(case, "sealing_seed"), info=hexed(case, "info")
            ).hex()
        case "open-secret":
            return envelope.open_secret(hexed(case, "key"), hexed(case, "sealed"), context=hexed(case, "context")).hex()
        case other:
            raise AssertionError(f"no such operation: {other}")


def run_update(case: Case) -> object:
    plaintext = hexed(case, "plaintext")
    update, signature = decode_update(plaintext)
    verify_signature(hexed(case, "signing_key"), "update", hexed(case, "chain_id"), update.signed_bytes(), signature)
    return {
        "id": update_id(plaintext).hex(),
        "nonce": update.nonce.hex(),
        "subject": update.subject.hex(),
        "author": update.author.hex(),
        "kind": update.kind,
        "created": update.created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "purpose": update.purpose,
        "body": update.body.hex(),
    }


def run_wrapping(case: Case) -> object:
    wrapper = Wrapper(hexed(case, "pepper"), WrapCost(memory_kib=32, iterations=1, lanes=4))
    if "name_typed" in case:
        return wrapper.lookup(case["purpose"], case["name_typed"]).hex()
    return wrapper.unwrap(case["secret"], hexed(case, "wrapped"), context=hexed(case, "context")).hex()


def run_recovery_code(case: Case) -> object:
    if "random" in case:
        return recovery_codes.format_recovery_code(hexed(case, "random"))
    return recovery_codes.parse_recovery_code(case["typed"])


RUNNERS: Mapping[str, Callable[[Case], object]] = {
    "encoding": run_encoding,
    "cid": run_cid,
    "keys": run_keys,
    "envelope": run_envelope,
    "update": run_update,
    "wrapping": run_wrapping,
    "recovery-code": run_recovery_code,
}
