import itertools

import pytest

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
    verify_leaf,
)
from blockmrs.errors import InvalidInput, InvalidProof

# Known answers: leaves and roots of the public RFC 6962 test tree.
LEAVES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
LEAF_DIGESTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
    "0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7",
    "07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7",
    "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    "4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658",
    "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f",
    "46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1",
]
LEVEL_1 = [
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
    "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
    "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
]
LEVEL_2 = [
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): "96a296d224f285c6 5f083f0a1a33ca07 6b47aaf29ee3c2af",
    (5, 8): "bc1a0643b12e4d2d ca854ea128ed050b d37ee418976dd957",
    (2, 3): "fac54203e7cc696c",
    (1, 5): "6e340b9cffb37a98 5f083f0a1a33ca07 bc1a0643b12e4d2d",
}
CONSISTENCY = {
    (1, 8): "96a296d224f285c6 5f083f0a1a33ca07 6b47aaf29ee3c2af",
    (6, 8): "0ebc5d3437fbe2db ca854ea128ed050b d37ee418976dd957",
    (2, 5): "5f083f0a1a33ca07 bc1a0643b12e4d2d",
}
ZERO = bytes(32)


class Tree:
    """A log of entries whose every complete node is kept, as a store keeps them."""

    def __init__(self, entries):
        self.log, self.nodes, self.roots = Frontier(), {}, [EMPTY_ROOT]
        for entry in entries:
            self.nodes.update({(level, index): digest for level, index, digest in self.log.append(hash_leaf(entry))})
            self.roots.append(self.log.root())

    def read(self, wanted):
        return {node: self.nodes[node] for node in wanted}


@pytest.fixture(scope="module")
def tree():
    return Tree(LEAVES)


def beginnings(digests):
    return " ".join(digest[:8].hex() for digest in digests)


def test_leaves_and_nodes_hash_to_the_public_known_answers(tree):
    assert [tree.nodes[0, index].hex() for index in range(8)] == LEAF_DIGESTS
    assert [tree.nodes[1, index].hex() for index in range(4)] == LEVEL_1
    assert [tree.nodes[2, index].hex() for index in range(2)] == LEVEL_2


def test_every_size_has_its_public_root_while_growing_and_afterwards(tree):
    assert [root.hex() for root in tree.roots] == ROOTS
    assert [root_of(size, tree.read).hex() for size in range(9)] == ROOTS


@pytest.mark.parametrize(("place", "expected"), list(INCLUSION.items()))
def test_inclusion_proofs_are_the_public_ones(tree, place, expected):
    assert beginnings(prove_inclusion(*place, tree.read).siblings) == expected


@pytest.mark.parametrize(("sizes", "expected"), list(CONSISTENCY.items()))
def test_consistency_proofs_are_the_public_ones(tree, sizes, expected):
    assert beginnings(prove_consistency(*sizes, tree.read).digests) == expected


def test_an_append_completes_at_most_one_node_a_level_and_two_on_average():
    tree = Tree([bytes([number]) for number in range(128)])
    assert len(tree.nodes) == 255


def test_a_leaf_and_a_node_of_the_same_bytes_have_different_digests():
    assert hash_leaf(ZERO + ZERO) != hash_children(ZERO, ZERO)


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_no_proof_is_made_for_an_entry_outside_the_tree(tree, index, size):
    with pytest.raises(InvalidInput):
        prove_inclusion(index, size, tree.read)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (0, 0), (4, 3), (-1, 3)])
def test_no_proof_is_made_between_impossible_sizes(tree, old, new):
    with pytest.raises(InvalidInput):
        prove_consistency(old, new, tree.read)


@pytest.mark.parametrize("size", range(1, 9))
def test_every_inclusion_proof_verifies_and_no_other_does(tree, size):
    for index in range(size):
        proof = prove_inclusion(index, size, tree.read)
        verify_inclusion(LEAVES[index], proof, tree.roots[size])
        for other in range(9):
            if other != index:
                with pytest.raises(InvalidProof):
                    verify_inclusion(LEAVES[index], InclusionProof(other, size, proof.siblings), tree.roots[size])
            if other != size:
                with pytest.raises(InvalidProof):
                    verify_inclusion(LEAVES[index], proof, tree.roots[other])


@pytest.mark.parametrize(("old", "new"), list(itertools.combinations(range(1, 9), 2)))
def test_every_consistency_proof_verifies_and_no_changed_one_does(tree, old, new):
    proof = prove_consistency(old, new, tree.read)
    verify_consistency(proof, tree.roots[old], tree.roots[new])
    wrong = [
        (*proof.digests, ZERO),
        (ZERO, *proof.digests),
        *((*proof.digests[:at], ZERO, *proof.digests[at + 1 :]) for at in range(len(proof.digests))),
    ]
    if proof.digests:
        wrong += [proof.digests[:-1], proof.digests[1:], ()]
    for digests in wrong:
        with pytest.raises(InvalidProof):
            verify_consistency(ConsistencyProof(old, new, digests), tree.roots[old], tree.roots[new])
    for old_root, new_root in ((ZERO, tree.roots[new]), (tree.roots[old], ZERO), (tree.roots[new], tree.roots[old])):
        with pytest.raises(InvalidProof):
            verify_consistency(proof, old_root, new_root)


def test_a_proof_with_a_digest_of_another_length_is_refused(tree):
    proof = prove_inclusion(1, 5, tree.read)
    for wrong in (b"", proof.siblings[0][:31], proof.siblings[0] + b"\x00"):
        with pytest.raises(InvalidProof):
            verify_inclusion(LEAVES[1], InclusionProof(1, 5, (wrong, *proof.siblings[1:])), tree.roots[5])


def test_an_empty_leaf_under_an_empty_root_is_refused():
    with pytest.raises(InvalidProof):
        verify_leaf(b"", InclusionProof(0, 1, ()), b"")


def test_an_index_at_or_beyond_the_size_is_refused(tree):
    for index, size in ((0, 0), (1, 1), (8, 8), (-1, 8)):
        with pytest.raises(InvalidProof):
            verify_leaf(tree.nodes[0, 0], InclusionProof(index, size, ()), tree.roots[1])


def test_an_inclusion_proof_too_long_or_too_short_is_refused(tree):
    siblings = prove_inclusion(5, 8, tree.read).siblings
    for wrong in (siblings[:-1], (), (*siblings, ZERO), (ZERO, *siblings)):
        with pytest.raises(InvalidProof):
            verify_inclusion(LEAVES[5], InclusionProof(5, 8, wrong), tree.roots[8])


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 4), (5, 4), (-1, 4)])
def test_consistency_from_nothing_or_backwards_is_refused(tree, old, new):
    with pytest.raises(InvalidProof):
        verify_consistency(ConsistencyProof(old, new, ()), EMPTY_ROOT, tree.roots[max(new, 0)])


def test_trees_of_one_size_are_consistent_only_with_the_same_root_and_an_empty_proof(tree):
    verify_consistency(ConsistencyProof(5, 5, ()), tree.roots[5], tree.roots[5])
    for digests, old_root, new_root in (
        ((ZERO,), tree.roots[5], tree.roots[5]),
        ((), tree.roots[5], tree.roots[4]),
        ((), b"", b""),
    ):
        with pytest.raises(InvalidProof):
            verify_consistency(ConsistencyProof(5, 5, digests), old_root, new_root)
