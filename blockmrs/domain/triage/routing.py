"""What people write under "What's wrong?" becomes complaints to propose. It only routes: a person confirms them.

The words are in `words/<language>.toml`, and all are tried whatever the page's language, because people mix them. A
misspelt word is taken for the nearest word of the lists, by the number of letters that are wrong, missing or swapped.

`public/js/engine/routing.js` does the same on the phone, from `words_as_data`; a test asks both. Everything here is
therefore expressed in whole numbers, and in characters on which every version of Unicode agrees.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import pairwise
from typing import Any

from rapidfuzz import process
from rapidfuzz.distance import OSA

from blockmrs.domain.triage.reader import RulesUnreadable
from blockmrs.domain.triage.rules import ALWAYS, RuleSet
from blockmrs.errors import InvalidInput

LANGUAGES = ("en", "es")
LONGEST_TEXT = 200
MOST_PROPOSED = 5
FEWEST_ENTRIES = 8
"""How many entries each complaint has at least, in each language."""

FORMAT = 1
"""That of `words_as_data`; increased when a reader of the previous format would misread them."""

# How alike two words are, in hundredths.
SAME, NEAR, PARTICLE_WEIGHT, LESS_PER_EDIT = 100, 95, 25, 15
LEAST_SHARE = 30
"""A complaint is proposed if it explains at least this percentage of what the best one does."""
_KEYS = ("fillers", "particles", "plain", "plays_down", "signs", "presentations")
EDITS = (0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 3)
"""How many letters may be wrong in a word of so many letters; the last is for all longer ones."""
MOST_TOKENS = 40
LONGEST_TOKEN = 30

# Characters that are not text: controls, invisible marks that reverse or join what is around them, and private ones.
_NO_TEXT = re.compile(
    "[\0-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff\ud800-\udfff\ue000-\uf8ff"
    "\U000e0000-\U0010ffff]"
)
# Outside the older alphabets, and the joined and wide forms of their letters, no word of the lists can be meant.
_FOREIGN = re.compile("[^\0-\u2e7f\ufb00-\ufb06\uff01-\uff5e]")
_ACCENT = re.compile("[\u0300-\u036f]")
_BETWEEN = re.compile("[^0-9A-Za-z\xc0-\xd6\xd8-\xf6\xf8-\u024f\u1e9e]+")

Entry = frozenset[str]
Matches = Mapping[str, Mapping[int, int]]


@dataclass(frozen=True, slots=True)
class Proposal:
    """Ids, likeliest first. `signs` are danger signs of the first screen that the text mentions."""

    presentations: tuple[str, ...]
    signs: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """The lists of all languages, normalised. An entry is the set of words that must all be there.

    `plays_down` are phrases that say how bad somebody thinks it is, or that there is no car, the longest first. They
    say nothing of what is wrong, so a text with them proposes what it proposes without them.
    """

    fillers: frozenset[str]
    particles: frozenset[str]
    plain: frozenset[str]
    plays_down: tuple[tuple[str, ...], ...]
    signs: Mapping[str, tuple[Entry, ...]]
    presentations: Mapping[str, tuple[Entry, ...]]

    @cached_property
    def vocabulary(self) -> tuple[str, ...]:
        """Every word of every entry, once."""
        lists = (*self.signs.values(), *self.presentations.values())
        return tuple(dict.fromkeys(word for entries in lists for entry in entries for word in sorted(entry)))

    @cached_property
    def endings_of(self) -> Mapping[str, tuple[str, ...]]:
        """The words of the vocabulary by their first four letters, for those that may take another ending."""
        endings: dict[str, list[str]] = {}
        for word in self.vocabulary:
            if len(word) >= 4:
                endings.setdefault(word[:4], []).append(word)
        return {start: tuple(words) for start, words in endings.items()}

    @cached_property
    def known(self) -> frozenset[str]:
        """Words that are not misspelt."""
        return frozenset(self.vocabulary) | self.plain | self.fillers | self.particles


def propose(words: Words, text: str) -> Proposal:
    """The complaints and danger signs that `text` may mean; nothing if no word is known.

    Raises:
        InvalidInput: the text is longer than LONGEST_TEXT or holds control characters.
    """
    matches = _matches(words, _tokens(words, checked(text)))
    order = list(words.presentations)
    scores = {name: _score(words, entries, matches) for name, entries in words.presentations.items()}
    best = max(scores.values(), default=0)
    likely = [name for name in order if scores[name] > 0 and 100 * scores[name] >= LEAST_SHARE * best]
    likely.sort(key=lambda name: -scores[name])
    signs = tuple(name for name, entries in words.signs.items() if _score(words, entries, matches) > 0)
    return Proposal(tuple(likely[:MOST_PROPOSED]), signs)


def checked(text: str) -> str:
    """The text as one line.

    Raises:
        InvalidInput: it is longer than LONGEST_TEXT or contains something that is not text.
    """
    if len(text) > LONGEST_TEXT:
        raise InvalidInput("Write one short line, or choose from the list", field="words")
    line = " ".join(text.split())
    if _NO_TEXT.search(line):
        raise InvalidInput("Use letters and numbers, or choose from the list", field="words")
    return line


def without_controls(text: str) -> str:
    """The text as it can be shown again, without anything that `checked` refuses."""
    return _NO_TEXT.sub("", text)


def normalised(text: str) -> list[str]:
    """The words of a text in lower case, without accents and signs."""
    known = _FOREIGN.sub(" ", text.replace("’", "").replace("'", ""))
    plain = _ACCENT.sub("", unicodedata.normalize("NFKD", known))
    return _BETWEEN.sub(" ", plain).casefold().split()


@cache
def load_words() -> Words:
    """The lists that are shipped with the package, read once; `check_words` compares them with the rules.

    Raises:
        RulesUnreadable: naming the file and what is wrong.
    """
    return read_words({language: _read(language) for language in LANGUAGES})


def read_words(tables: Mapping[str, Mapping[str, Any]]) -> Words:
    """The lists of these parsed files, by language."""
    for language, table in tables.items():
        if sorted(table) != sorted(_KEYS):
            raise _wrong(language, "the file does not have the tables it should")
    fillers, particles, plain = (_joined(tables.values(), key) for key in ("fillers", "particles", "plain"))
    return Words(
        fillers=fillers,
        particles=particles,
        plain=plain,
        plays_down=_phrases(tables.values()),
        signs=_lists(tables, "signs", fillers),
        presentations=_lists(tables, "presentations", fillers),
    )


def words_as_data(words: Words) -> dict[str, Any]:
    """The lists, for a program that proposes the way `propose` does; docs/offline.md describes them."""
    lists = {
        key: {name: [" ".join(sorted(entry)) for entry in entries] for name, entries in by_name.items()}
        for key, by_name in (("signs", words.signs), ("presentations", words.presentations))
    }
    plain = {key: " ".join(sorted(getattr(words, key))) for key in ("fillers", "particles", "plain")}
    return {"format": FORMAT, **plain, "plays_down": [" ".join(phrase) for phrase in words.plays_down], **lists}


def check_words(words: Words, rules: RuleSet) -> None:
    """Check that every complaint and danger sign of the rules has its words, and that nothing else has any.

    Raises:
        RulesUnreadable: naming the first that is missing or unknown.
    """
    for known, listed in (
        (set(rules.presentations) - set(ALWAYS), set(words.presentations)),
        ({sign.id for sign in rules.signs}, set(words.signs)),
    ):
        for name in sorted(known ^ listed):
            raise _wrong("all", "words are missing, or belong to nothing in the rules", name)


def _read(language: str) -> Mapping[str, Any]:
    source = files("blockmrs.domain.triage") / "words" / f"{language}.toml"
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _wrong(language, type(error).__name__) from error


def _joined(tables: Iterable[Mapping[str, Any]], key: str) -> frozenset[str]:
    return frozenset(word for table in tables for word in normalised(table[key]))


def _phrases(tables: Iterable[Mapping[str, Any]]) -> tuple[tuple[str, ...], ...]:
    every = {tuple(normalised(phrase)) for table in tables for phrase in table["plays_down"]}
    return tuple(sorted(every, key=lambda phrase: (-len(phrase), phrase)))


def _lists(
    tables: Mapping[str, Mapping[str, Any]], key: str, fillers: frozenset[str]
) -> Mapping[str, tuple[Entry, ...]]:
    """Each id's entries of all languages, in the order of the first file."""
    names = list(next(iter(tables.values()))[key])
    lists: dict[str, tuple[Entry, ...]] = {}
    for language, table in tables.items():
        if set(table[key]) != set(names):
            raise _wrong(language, f"other {key} than in the other languages")
        for name, entries in table[key].items():
            own = [frozenset(normalised(entry)) - fillers for entry in entries]
            if not all(own):
                raise _wrong(language, f"an entry says nothing: {entries[own.index(frozenset())]}", name)
            if key == "presentations" and len(set(own)) < FEWEST_ENTRIES:
                raise _wrong(language, "there are too few entries", name)
            lists[name] = tuple(dict.fromkeys((*lists.get(name, ()), *own)))
    return {name: lists[name] for name in names}


def _tokens(words: Words, text: str) -> list[str]:
    """The words that mean something, and each pair of neighbours as one: "head ache"."""
    tokens = [word for word in normalised(text) if len(word) <= LONGEST_TOKEN]
    # Where there is nothing else, even "nothing serious" is what was said.
    every = (_without_phrases(words, tokens) or tokens)[:MOST_TOKENS]
    joined = [one + other for one, other in pairwise(every) if one + other in words.known]
    return [word for word in (*every, *joined) if word not in words.fillers]


def _without_phrases(words: Words, tokens: list[str]) -> list[str]:
    """What is left of the words without those that only play down."""
    left: list[str] = []
    place = 0
    while place < len(tokens):
        here = next((phrase for phrase in words.plays_down if (*tokens[place : place + len(phrase)],) == phrase), ())
        if not here:
            left.append(tokens[place])
        place += max(1, len(here))
    return left


def _matches(words: Words, tokens: list[str]) -> Matches:
    """For each word of the vocabulary: how well each token, by its number, matches it."""
    likenesses: dict[str, dict[int, int]] = {}
    for number, token in enumerate(tokens):
        for word, likeness in _alike(words, token).items():
            likenesses.setdefault(word, {})[number] = likeness
    return likenesses


def _alike(words: Words, token: str) -> dict[str, int]:
    """The words of the vocabulary that this token may be, each with a measure of likeness."""
    if token in words.particles:
        return {token: PARTICLE_WEIGHT}
    alike = {word: NEAR for word in words.endings_of.get(token[:4], ()) if _is_form_of(word, token)}
    if token in words.known:
        return {**alike, token: SAME}
    most = EDITS[min(len(token), len(EDITS) - 1)]
    near = process.extract(token, words.vocabulary, scorer=OSA.distance, score_cutoff=most, limit=None)
    for word, edits, _ in near:
        # The first letter is seldom wrong, but a silent one may be missing: "nee", "rist", "ueso".
        if len(word) >= 4 and (word[0] == token[0] or word[1:] == token):
            alike.setdefault(word, SAME - LESS_PER_EDIT * edits)
    return alike


def _is_form_of(word: str, token: str) -> bool:
    """Whether one is the other with an ending: "vomit" and "vomited", "heads" and "head"."""
    if word.startswith(token):
        return len(word) - len(token) <= 2
    return token.startswith(word) and len(token) - len(word) <= (3 if len(word) == 4 else 4)


def _score(words: Words, entries: Iterable[Entry], matches: Matches) -> int:
    """How much of the text the matching entries explain; 0 if none matches."""
    explained: dict[int, int] = {}
    named = matches.keys()
    for entry in entries:
        if named >= entry and not entry <= words.particles:
            for word in entry:
                for number, likeness in matches[word].items():
                    explained[number] = max(explained.get(number, 0), likeness)
    return sum(explained.values())


def _wrong(language: str, reason: str, at: str = "") -> RulesUnreadable:
    return RulesUnreadable("the list of words is wrong", file=f"words/{language}.toml", reason=reason, at=at)
