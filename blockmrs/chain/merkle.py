"""Roots, inclusion proofs and consistency proofs of an append-only Merkle tree.

A tree of n leaves splits at the largest power of two smaller than n. Only complete nodes (`level`, `index`) are kept:
they never change, and every root and proof of every past size follows from O(log n) of them.

Source: RFC 6962 section 2.1, RFC 9162 section 2.1; docs/protocol.md "The log".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from blockmrs.errors import InvalidProof, Malformed

LEAF_PREFIX, NODE_PREFIX = b"\x00", b"\x01"
DIGEST_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()

Coordinates = tuple[int, int]
"""(level, index) of a complete node: it covers the leaves from index * 2^level to (index + 1) * 2^level."""

ReadNodes = Callable[[Iterable[Coordinates]], Mapping[Coordinates, bytes]]
"""Returns the digests of complete nodes, all at once."""


def hash_leaf(entry: bytes) -> bytes:
    """The digest of an entry of any length, as a leaf: 32 bytes, its name everywhere in the log."""
    return sha256(LEAF_PREFIX + entry).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """The digest of the node over two digests."""
    return sha256(NODE_PREFIX + left + right).digest()


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That a leaf is number `index` of a tree of `size`: its siblings' digests, from the leaf's level upwards."""

    index: int
    size: int
    siblings: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the tree of `old_size` is the beginning of the tree of `new_size`: digests as in RFC 9162 section 2.1.4."""

    old_size: int
    new_size: int
    digests: tuple[bytes, ...]


@dataclass(slots=True)
class Frontier:
    """A growing tree by its `size` and the roots of its complete subtrees, `peaks`, from left to right."""

    size: int = 0
    peaks: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf's digest; returns the nodes that it completes as (level, index, digest), the leaf first."""
        level, index, digest = 0, self.size, leaf
        completed = [(level, index, digest)]
        while index & 1:
            digest = hash_children(self.peaks.pop(), digest)
            level, index = level + 1, index >> 1
            completed.append((level, index, digest))
        self.peaks.append(digest)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """The root over all leaves so far."""
        return fold_peaks(self.peaks)


def fold_peaks(peaks: Sequence[bytes]) -> bytes:
    """The root over complete subtrees, given from left to right; for none, that of the empty tree."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = hash_children(peak, root)
    return root


def cover(start: int, end: int) -> list[Coordinates]:
    """The fewest complete nodes over the leaves `start` to `end`, left to right, where `start` begins a subtree."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def peak_coordinates(size: int) -> list[Coordinates]:
    """The complete subtrees that make up a tree of `size`, left to right."""
    return cover(0, size)


def root_of(size: int, read: ReadNodes) -> bytes:
    """The root of the first `size` leaves."""
    return _read_ranges([(0, size)], read)[0]


def prove_inclusion(index: int, size: int, read: ReadNodes) -> InclusionProof:
    """The proof that leaf `index` is in the tree of the first `size` leaves; InvalidInput if it is not."""
    if not 0 <= index < size:
        raise Malformed("there is no such entry in a log of this size", index=index, size=size)
    start, end = 0, size
    siblings = []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return InclusionProof(index, size, tuple(_read_ranges(siblings[::-1], read)))


def prove_consistency(old_size: int, new_size: int, read: ReadNodes) -> ConsistencyProof:
    """The proof that the tree of `old_size` begins the tree of `new_size`; InvalidInput unless 0 < old <= new."""
    if not 0 < old_size <= new_size:
        raise Malformed("there is no proof between these sizes", old=old_size, new=new_size)
    start, end = 0, new_size
    digests = []
    while end != old_size:
        middle = start + _split(end - start)
        if old_size <= middle:
            digests.append((middle, end))
            end = middle
        else:
            digests.append((start, middle))
            start = middle
    if start > 0:
        digests.append((start, end))
    return ConsistencyProof(old_size, new_size, tuple(_read_ranges(digests[::-1], read)))


def verify_inclusion(entry: bytes, proof: InclusionProof, root: bytes) -> None:
    """Check that `entry`, not yet hashed, is number `proof.index` of the tree whose root is `root`.

    Args:
        entry: an encoded transaction (any length is hashed alike).
        proof: `proof.size` must be the size given beside `root` in a header that is already verified.
        root: 32 bytes.

    Raises:
        InvalidProof: index outside the tree, wrong number of siblings, or another root.
    """
    verify_leaf(hash_leaf(entry), proof, root)


def verify_leaf(leaf: bytes, proof: InclusionProof, root: bytes) -> None:
    """Like `verify_inclusion`, for an entry that is already hashed. Numbers: docs/protocol.md "Inclusion"."""
    # 1. The index lies inside the tree.
    if not 0 <= proof.index < proof.size:
        raise InvalidProof("the index is outside the tree", index=proof.index, size=proof.size)
    # 2. Leaf, siblings and root have 32 bytes each.
    _check_digests([leaf, root, *proof.siblings])
    # 3. Fold the siblings, right to left where the path turns; 4. their number is what index and size imply.
    position, last, digest = proof.index, proof.size - 1, leaf
    for sibling in proof.siblings:
        if last == 0:
            raise InvalidProof("the proof is longer than its size allows")
        if position & 1 or position == last:
            digest = hash_children(sibling, digest)
            while not position & 1:
                position, last = position >> 1, last >> 1
        else:
            digest = hash_children(digest, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise InvalidProof("the proof is shorter than its size requires")
    # 5. The result is the root.
    if digest != root:
        raise InvalidProof("the proof leads to another root")


def verify_consistency(  # complexity 16: RFC 9162 step by step, so that both can be read side by side
    proof: ConsistencyProof, old_root: bytes, new_root: bytes
) -> None:
    """Check that the tree of `proof.old_size` is the beginning of that of `proof.new_size`.

    Raises:
        InvalidProof: old size 0 (nothing to prove: treat it outside) or above the new; wrong number of digests; other
            roots. Numbers: docs/protocol.md "Consistency".
    """
    old_size, new_size, digests = proof.old_size, proof.new_size, proof.digests
    # 1. 0 < old size <= new size.
    if not 0 < old_size <= new_size:
        raise InvalidProof("there is no proof between these sizes", old=old_size, new=new_size)
    # 2. All digests and both roots have 32 bytes.
    _check_digests([old_root, new_root, *digests])
    # 3. Equal sizes: only the same root proves anything.
    if old_size == new_size:
        if digests or old_root != new_root:
            raise InvalidProof("trees of one size have one root and an empty proof")
        return
    # 4. Where the old tree is one complete subtree, its root begins the path and is not in the proof.
    path = list(digests) if old_size & (old_size - 1) else [old_root, *digests]
    if not path:
        raise InvalidProof("the proof is shorter than its sizes require")
    position, last = old_size - 1, new_size - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    # 5. Fold the path into both roots at once; 6. its length is what the sizes imply.
    old_digest = new_digest = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise InvalidProof("the proof is longer than its sizes allow")
        if position & 1 or position == last:
            old_digest, new_digest = hash_children(sibling, old_digest), hash_children(sibling, new_digest)
            while not position & 1:
                position, last = position >> 1, last >> 1
        else:
            new_digest = hash_children(new_digest, sibling)
        position, last = position >> 1, last >> 1
    if last != 0:
        raise InvalidProof("the proof is shorter than its sizes require")
    # 7. Both results are the roots.
    if old_digest != old_root or new_digest != new_root:
        raise InvalidProof("the proof leads to other roots")


def _split(size: int) -> int:
    """The largest power of two smaller than `size`, which is above 1."""
    return 1 << ((size - 1).bit_length() - 1)


def _read_ranges(ranges: Sequence[tuple[int, int]], read: ReadNodes) -> list[bytes]:
    covers = [cover(start, end) for start, end in ranges]
    nodes = read([node for nodes in covers for node in nodes])
    return [fold_peaks([nodes[node] for node in nodes_of_one]) for nodes_of_one in covers]


def _check_digests(digests: Iterable[bytes]) -> None:
    if any(len(digest) != DIGEST_BYTES for digest in digests):
        raise InvalidProof("a digest has 32 bytes")
