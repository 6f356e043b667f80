from dataclasses import replace
from datetime import timedelta

import pytest

from blockmrs.chain.header import (
    HEADER_BYTES,
    Header,
    SealerSet,
    genesis_header,
    next_header,
    verify_genesis,
    verify_header,
)
from blockmrs.chain.merkle import EMPTY_ROOT
from blockmrs.crypto.keys import signing_public_key
from blockmrs.errors import InvalidInput, InvalidSignature, VerificationFailed
from blockmrs.moments import to_ms
from tests.unit.chain.support import NOON

SEED, OTHER_SEED = b"s" * 32, b"o" * 32
KEY, OTHER_KEY = signing_public_key(SEED), signing_public_key(OTHER_SEED)
SEALERS = SealerSet.of([KEY])
TIME = to_ms(NOON)
GENESIS = genesis_header(random=b"r" * 32, time_ms=TIME, sealers=SEALERS, sealer=KEY).signed_by(SEED)
CHAIN_ID = GENESIS.digest


def following(predecessor, *, seed=SEED, **changes):
    plain = next_header(
        predecessor,
        CHAIN_ID,
        sealer=signing_public_key(seed),
        time_ms=TIME + 5,
        tree_size=predecessor.tree_size + 2,
        root=b"2" * 32,
    )
    return replace(plain, **changes).signed_by(seed)


FIRST = following(GENESIS)
SECOND = following(FIRST)


def test_a_header_has_249_bytes_and_decodes_to_itself():
    assert len(FIRST.encode()) == HEADER_BYTES == 249
    assert Header.decode(FIRST.encode()) == FIRST


def test_the_genesis_header_gives_the_chain_its_id():
    assert verify_genesis(GENESIS, SEALERS) == CHAIN_ID == GENESIS.digest


def test_other_random_bytes_make_another_chain():
    other = genesis_header(random=b"R" * 32, time_ms=TIME, sealers=SEALERS, sealer=KEY).signed_by(SEED)
    assert verify_genesis(other, SEALERS) != CHAIN_ID


def test_a_header_that_follows_the_genesis_header_or_another_is_accepted():
    verify_header(FIRST, GENESIS, SEALERS)
    verify_header(SECOND, FIRST, SEALERS)


def test_a_headers_time_is_its_predecessors_when_the_clock_runs_backwards():
    early = next_header(FIRST, CHAIN_ID, sealer=KEY, time_ms=0, tree_size=2, root=FIRST.root)
    assert early.time_ms == FIRST.time_ms
    assert FIRST.time == NOON + timedelta(milliseconds=5)


@pytest.mark.parametrize(
    ("predecessor", "header", "reason"),
    [
        (GENESIS, following(GENESIS, chain_id=b"x" * 32), "another chain"),
        (GENESIS, following(GENESIS, chain_id=bytes(32)), "another chain"),
        (FIRST, following(FIRST, chain_id=FIRST.digest), "another chain"),
        (FIRST, following(FIRST, height=3), "height does not follow"),
        (FIRST, following(FIRST, height=1), "height does not follow"),
        (FIRST, following(FIRST, previous=GENESIS.digest), "names another predecessor"),
        (FIRST, following(FIRST, time_ms=FIRST.time_ms - 1), "time is before"),
        (FIRST, following(FIRST, tree_size=1), "shorter than"),
        (FIRST, following(FIRST, tree_size=2, root=b"3" * 32), "another root for the same log"),
        (FIRST, following(FIRST, seed=OTHER_SEED), "not one of the chain's"),
    ],
)
def test_a_header_that_does_not_follow_is_refused_by_the_first_wrong_step(predecessor, header, reason):
    with pytest.raises(VerificationFailed, match=reason):
        verify_header(header, predecessor, SEALERS)


def test_a_header_signed_by_somebody_else_is_refused():
    with pytest.raises(InvalidSignature, match="header's signature"):
        verify_header(replace(FIRST, signature=FIRST.signed_by(OTHER_SEED).signature), GENESIS, SEALERS)


def test_a_set_of_sealers_that_the_predecessor_did_not_name_is_refused():
    with pytest.raises(VerificationFailed, match="not the set of sealers"):
        verify_header(following(GENESIS, seed=OTHER_SEED), GENESIS, SealerSet.of([KEY, OTHER_KEY]))


def test_a_header_may_name_the_set_that_signs_the_next_one():
    handing_over = following(GENESIS, next_sealers=SealerSet.of([OTHER_KEY]).digest)
    verify_header(handing_over, GENESIS, SEALERS)
    verify_header(following(handing_over, seed=OTHER_SEED), handing_over, SealerSet.of([OTHER_KEY]))
    with pytest.raises(VerificationFailed, match="not one of the chain's"):
        verify_header(following(handing_over), handing_over, SealerSet.of([OTHER_KEY]))


@pytest.mark.parametrize(
    "changes",
    [{"height": 1}, {"tree_size": 1}, {"root": b"1" * 32}, {"chain_id": b"1" * 32}],
)
def test_a_genesis_header_stands_at_the_beginning_of_an_empty_log(changes):
    with pytest.raises(VerificationFailed, match="not a genesis header"):
        verify_genesis(replace(GENESIS, **changes).signed_by(SEED), SEALERS)


def test_a_genesis_header_is_signed_by_a_sealer_that_it_names():
    with pytest.raises(VerificationFailed, match="not the set"):
        verify_genesis(GENESIS, SealerSet.of([OTHER_KEY]))
    with pytest.raises(VerificationFailed, match="not one of the chain's"):
        verify_genesis(replace(GENESIS, sealer=OTHER_KEY).signed_by(OTHER_SEED), SEALERS)
    with pytest.raises(InvalidSignature):
        verify_genesis(replace(GENESIS, time_ms=1), SEALERS)


def test_every_flipped_bit_of_a_header_is_noticed():
    good = FIRST.encode()
    for bit in range(len(good) * 8):
        changed = bytearray(good)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises((VerificationFailed, InvalidInput)):
            verify_header(Header.decode(bytes(changed)), GENESIS, SEALERS)


@pytest.mark.parametrize("data", [b"", FIRST.encode()[:-1], FIRST.encode() + b"\x00", b"\x02" + FIRST.encode()[1:]])
def test_bytes_of_another_length_or_version_are_no_header(data):
    with pytest.raises(InvalidInput):
        Header.decode(data)


@pytest.mark.parametrize("changes", [{"root": b""}, {"signature": b""}, {"height": -1}, {"tree_size": 2**63}])
def test_a_header_holds_only_fields_that_fit(changes):
    with pytest.raises(InvalidInput):
        replace(FIRST, **changes)


def test_a_set_of_sealers_decodes_to_itself_in_any_order():
    both = SealerSet.of([OTHER_KEY, KEY])
    assert both == SealerSet.of([KEY, OTHER_KEY, KEY])
    assert SealerSet.decode(both.encode()) == both


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"\x01" + KEY + b"x",
        b"\x02" + KEY,
        b"\x02" + KEY + KEY,
        b"\x02" + max(KEY, OTHER_KEY) + min(KEY, OTHER_KEY),
        b"\x01" + b"\x01" + bytes(31),
    ],
)
def test_a_set_of_sealers_has_one_encoding_and_acceptable_keys(data):
    with pytest.raises(InvalidInput):
        SealerSet.decode(data)


def test_the_empty_logs_root_is_the_digest_of_nothing():
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
