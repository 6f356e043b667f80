"""Names that look like somebody else's: what a sender calls themselves, compared with the names in the directory.

Only a hint for people: who somebody is never depends on a name.
"""

import re
import unicodedata
from collections.abc import Iterable

_APART = re.compile(r"[^\w]+|_+")
# Letters and digits that pass for Latin ones at a glance: from the commonest other scripts, and signs used as letters.
# Those that look alike become one letter on both sides, such as i, l and 1.
_LOOKALIKES = str.maketrans(
    {
        **dict(zip("аеорсухкмнтвгпіӏј", "aeopcyxkmhtbrnllj", strict=True)),
        **dict(zip("αβεικνορτυχη", "abelkvoptuxn", strict=True)),
        **dict(zip("øłđıi1|!035$@", "oldllllloessa", strict=True)),
    }
)
_SHORTEST = 3
"""A shorter name occurs in too many others to mean anything."""


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name as read at a glance: without case, marks, punctuation and look-alikes."""
    plain = unicodedata.normalize("NFKD", name).casefold()
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    plain = "".join(character for character in plain if unicodedata.category(character) not in ("Cf", "Cc"))
    return tuple(filter(None, _APART.split(plain.translate(_LOOKALIKES))))


class Names:
    """Names to watch for; a name that passes for one of them is found in time that grows with its own length."""

    def __init__(self, names: Iterable[str]) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        self._joined: dict[str, str] = {}
        for name in names:
            words = words_of(name)
            if len("".join(words)) >= _SHORTEST:
                self._by_first.setdefault(words[0], []).append((words, name))
                self._joined.setdefault("".join(words), name)

    def imitated(self, claimed: str) -> str | None:
        """The first name that `claimed` contains, word for word, or equals apart from spaces; None if there is none."""
        words = words_of(claimed)
        if (whole := self._joined.get("".join(words))) is not None:
            return whole
        for start, first in enumerate(words):
            for known, name in self._by_first.get(first, ()):
                if words[start : start + len(known)] == known:
                    return name
        return None
