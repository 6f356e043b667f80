"""Bits as text that people read aloud and type: Crockford's base32, without I, L, O and U.

Source: Douglas Crockford, "Base 32"; docs/protocol.md "Recovery code".
"""

from blockmrs.errors import Malformed, Slip
from blockmrs.typed import sign_by_sign

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BITS = 5
_VALUES = {character: value for value, character in enumerate(ALPHABET)} | {"O": 0, "I": 1, "L": 1}
_SEPARATORS = frozenset("-\u00b7.,_")


def encode(data: bytes) -> str:
    """`data` as characters of five bits each, the first bits first; its bits must be a multiple of five."""
    bits = 8 * len(data)
    if bits % BITS:
        raise Malformed("the bits do not fill whole characters", size_bytes=len(data))
    return from_integer(int.from_bytes(data, "big"), bits // BITS)


def from_integer(value: int, length: int) -> str:
    """The integer `value` as exactly `length` characters, most significant first."""
    return "".join(ALPHABET[(value >> (BITS * place)) & 31] for place in reversed(range(length)))


def to_integer(canonical: str) -> int:
    """The integer that canonical text (from `canonical_text`) represents."""
    value = 0
    for character in canonical:
        value = value << BITS | _VALUES[character]
    return value


def canonical_text(typed: str) -> str:
    """What a person typed, reduced to the alphabet: any case, O for 0, I and L for 1; spaces and dashes dropped.

    Raises:
        Malformed: a character that no code contains; says where it is, never what it is.
    """
    characters: list[str] = []
    for character in sign_by_sign(typed).upper():
        if character.isspace() or character in _SEPARATORS:
            continue
        if character not in _VALUES:
            place = len(characters) + 1
            raise Malformed("a character of the code is one that none contains", slip=Slip.CHARACTER, place=place)
        characters.append(ALPHABET[_VALUES[character]])
    return "".join(characters)


def group(text: str, size: int = 4) -> str:
    """`text` in groups of `size`, joined by hyphens."""
    return "-".join(text[start : start + size] for start in range(0, len(text), size))
