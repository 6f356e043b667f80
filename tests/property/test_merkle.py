"""Every proof of every tree verifies; no changed one does; the incremental tree is the recursive one."""

import pytest
from hypothesis import given, settings
from hypothesis.strategies import binary, data, integers, lists

from blockmrs.chain.merkle import (
    EMPTY_ROOT,
    ConsistencyProof,
    Frontier,
    InclusionProof,
    hash_children,
    hash_leaf,
    prove_consistency,
    prove_inclusion,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from blockmrs.errors import InvalidProof

ENTRIES = lists(binary(max_size=8), min_size=1, max_size=70)


def merkle_root(entries):
    """The root as RFC 6962 section 2.1 writes it down."""
    if not entries:
        return EMPTY_ROOT
    if len(entries) == 1:
        return hash_leaf(entries[0])
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hash_children(merkle_root(entries[:split]), merkle_root(entries[split:]))


def reader_of(entries):
    log = Frontier()
    nodes = {(level, index): digest for entry in entries for level, index, digest in log.append(hash_leaf(entry))}
    return lambda wanted: {node: nodes[node] for node in wanted}


def flip(digest, bit):
    return (int.from_bytes(digest, "big") ^ 1 << bit).to_bytes(32, "big")


@settings(deadline=None)
@given(entries=ENTRIES, data=data())
def test_every_past_root_is_the_one_of_the_definition(entries, data):
    size = data.draw(integers(0, len(entries)))
    assert root_of(size, reader_of(entries)) == merkle_root(entries[:size])


@settings(deadline=None)
@given(entries=ENTRIES, data=data())
def test_every_entry_of_every_tree_has_a_proof_that_verifies(entries, data):
    size = data.draw(integers(1, len(entries)))
    index = data.draw(integers(0, size - 1))
    proof = prove_inclusion(index, size, reader_of(entries))
    verify_inclusion(entries[index], proof, merkle_root(entries[:size]))


@settings(deadline=None)
@given(entries=ENTRIES, data=data(), bit=integers(0, 255))
def test_no_proof_with_a_flipped_bit_verifies(entries, data, bit):
    index = data.draw(integers(0, len(entries) - 1))
    proof = prove_inclusion(index, len(entries), reader_of(entries))
    parts = [merkle_root(entries), *proof.siblings]
    at = data.draw(integers(0, len(parts) - 1))
    parts[at] = flip(parts[at], bit)
    with pytest.raises(InvalidProof):
        verify_inclusion(entries[index], InclusionProof(index, len(entries), tuple(parts[1:])), parts[0])


@settings(deadline=None)
@given(entries=ENTRIES, data=data(), bit=integers(0, 255))
def test_two_sizes_are_consistent_and_any_flipped_bit_breaks_the_proof(entries, data, bit):
    new = data.draw(integers(1, len(entries)))
    old = data.draw(integers(1, new))
    proof = prove_consistency(old, new, reader_of(entries))
    parts = [merkle_root(entries[:old]), merkle_root(entries[:new]), *proof.digests]
    verify_consistency(proof, parts[0], parts[1])
    at = data.draw(integers(0, len(parts) - 1))
    parts[at] = flip(parts[at], bit)
    with pytest.raises(InvalidProof):
        verify_consistency(ConsistencyProof(old, new, tuple(parts[2:])), parts[0], parts[1])


@settings(deadline=None)
@given(proof=lists(binary(min_size=32, max_size=32), max_size=8), old=integers(-2, 40), new=integers(-2, 40))
def test_a_made_up_proof_proves_nothing(proof, old, new):
    with pytest.raises(InvalidProof):
        verify_inclusion(b"entry", InclusionProof(old, new, tuple(proof)), bytes(32))
    if old != new:
        with pytest.raises(InvalidProof):
            verify_consistency(ConsistencyProof(old, new, tuple(proof)), bytes(32), b"\x01" * 32)
