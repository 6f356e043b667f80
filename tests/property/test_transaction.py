"""Any flipped bit fails; whatever fits comes back as it was."""

import pytest
from hypothesis import assume, given, settings
from hypothesis.strategies import binary, dictionaries, integers, sampled_from, text

from blockmrs import encoding
from blockmrs.chain.transaction import Kind, Transaction, open_transaction, verify_transaction
from blockmrs.errors import CannotOpen, InvalidInput, InvalidSignature
from tests.unit.chain.support import CHAIN, WRITER

CONTENT = WRITER.write(0, kind=Kind.GRANT, fields={6: b"cid"})
SEED = WRITER.keyring.sealing_seed


@settings(deadline=None)
@given(bit=integers(0, 2048 * 8 - 1))
def test_any_flipped_bit_is_refused(bit):
    changed = bytearray(CONTENT)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((InvalidInput, InvalidSignature)):
        verify_transaction(Transaction.decode(bytes(changed)), CHAIN)


@settings(deadline=None)
@given(bit=integers(8, (2048 - 64) * 8 - 1))
def test_any_flipped_bit_before_the_signature_also_fails_to_open(bit):
    changed = bytearray(CONTENT)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(CannotOpen):
        open_transaction(Transaction.decode(bytes(changed)), SEED, chain_id=CHAIN)


@settings(deadline=None)
@given(length=integers(0, 4096))
def test_any_other_length_is_refused(length):
    assume(length != 2048)
    with pytest.raises(InvalidInput):
        Transaction.decode((CONTENT + CONTENT)[:length])


@settings(deadline=None)
@given(
    kind=sampled_from(Kind),
    fields=dictionaries(integers(6, 22), integers(0, 2**63 - 1) | binary(max_size=60) | text(max_size=30), max_size=6),
)
def test_what_fits_comes_back_as_it_was(kind, fields):
    assume(len(encoding.encode(fields)) <= 500)
    opened = open_transaction(Transaction.decode(WRITER.write(3, kind=kind, fields=fields)), SEED, chain_id=CHAIN)
    opened.verify_author(WRITER.keyring.card.signing_key)
    assert (opened.payload.kind, opened.payload.fields) == (kind, fields)
