"""Names that look like somebody else's: what a sender calls themselves, beside the names of the directory.

Only a hint for people: a name is never what decides who somebody is.
"""

import re
import unicodedata
from collections.abc import Iterable

_APART = re.compile(r"[^\w]+|_+")
# Letters and digits that pass for Latin ones at a glance: of the commonest other scripts, and signs for letters. What
# looks like one another is one letter on both sides, as i, l and 1.
_LOOKALIKES = str.maketrans(
    {
        **dict(zip("аеорсухкмнтвгпіӏј", "aeopcyxkmhtbrnllj", strict=True)),
        **dict(zip("αβεικνορτυχη", "abelkvoptuxn", strict=True)),
        **dict(zip("øłđıi1|!035$@", "oldllllloessa", strict=True)),
    }
)
_SHORTEST = 3
"""A shorter name stands in too many others to say anything."""


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name as somebody reads them at a glance: without case, marks, punctuation and look-alikes."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = "".join(character for character in plain if unicodedata.category(character) not in ("Cf", "Cc"))
    return tuple(filter(None, _APART.split(plain.translate(_LOOKALIKES))))


class Names:
    """Names to watch over, so that one that passes for one of them is found in time that grows with its own length."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._joined: dict[str, str] = {}
        for name in names:
            words = words_of(name)
            if len("".join(words)) >= _SHORTEST:
                self._by_first.setdefault(words[0], []).append((words, name))
                self._joined.setdefault("".join(words), name)

    def imitated(self, claimed: str) -> str | None:
        """The first name that `claimed` holds, word for word, or is but for spaces; None where it holds none."""
        words = words_of(claimed)
        if (whole := self._joined.get("".join(words))) is not None:
            return whole
        for start, first in enumerate(words):
            for known, name in self._by_first.get(first, ()):
                if words[start : start + len(known)] == known:
                    return name
        return None
