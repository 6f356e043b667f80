"""List, for every page, its English words that are not among the 3,000 commonest.

  python -m tools.uncommon_words [PART OF A PAGE'S NAME]

A page is one template, one page of questions, one advice (its rule's reason with its first aid and the rest), or the
messages of one module. A word is its headword: "swollen" and "swells" are `swell`. Which of them may stand, and why, is
in tests/project/uncommon_words.toml.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache

from wordfreq import top_n_list

from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.prepared import SURE, fire
from tools import messages

COMMONEST = 3000
READ_FOR_IT = 12_000
"""How many forms of words are read until there are that many headwords."""
# What stands for a value, as in "Saved %(time)s".
PLACE = re.compile(r"%\([a-z_]+\)[a-z]|\{[a-z_]*\}")
WORD = re.compile(r"[A-Za-z]+(?:['’][a-z]+)?")
QUOTED = re.compile(r"“[^”]*”")
"""Examples to type, and the names of other buttons: “Gate B, off Mill Road”."""
IRREGULAR = """
    bad:worse,worst bend:bent bite:bit bleed:bled breath:breathe cry:cried,cries drink:drank,drunk
    dry:dried,dries eat:ate,eaten feed:fed freeze:frozen,froze give:gave hang:hung hold:held lie:lain,lay
    mean:meant shake:shaken,shook sink:sank,sunken spin:spun stick:stuck sting:stung swell:swollen swim:swum
    tear:tore,torn throw:threw,thrown tooth:teeth wake:woke,woken wear:wore,worn withdraw:withdrew
    withhold:withheld
"""
FORMS = {
    form: word for word, _, forms in (entry.partition(":") for entry in IRREGULAR.split()) for form in forms.split(",")
}
ENDINGS = "s es ies d ed ied ing n en r er ier st est iest ly ily y ness iness less ful able".split()
SHORTEST_BASE = 3


def bases(word: str) -> Iterator[str]:
    """What `word` may be a form of, itself first."""
    word = word.lower().replace("’", "'").removesuffix("'s").removesuffix("s'")
    for start in dict.fromkeys((word, FORMS.get(word, word), word.removeprefix("un"))):
        yield start
        for ending in ENDINGS:
            base = start.removesuffix(ending)
            if base == start or len(base) < SHORTEST_BASE:
                continue
            yield from (base, base + "e", base + "y")
            if base[-1] == base[-2] and len(base) > SHORTEST_BASE:
                yield base[:-1]


@cache
def commonest() -> frozenset[str]:
    """The 3,000 commonest words of English with those of their forms that are as common."""
    found: set[str] = set()
    heads = 0
    for form in top_n_list("en", READ_FOR_IT):
        if not WORD.fullmatch(form) or (len(form) == 1 and form not in "ai"):
            continue
        heads += not any(base in found for base in bases(form))
        found.add(form)
        if heads == COMMONEST:
            return frozenset(found)
    raise ValueError(f"fewer than {COMMONEST} words in the list")


def uncommon(texts: Iterable[str]) -> set[str]:
    """The words of `texts` that are no form of a common one, each as its shortest form there."""
    plain = " ".join(PLACE.sub(" ", QUOTED.sub(" ", text)) for text in texts)
    words = {word.lower().replace("’", "'") for word in WORD.findall(plain) if len(word) > 1}
    rare = {word for word in words if not any(base in commonest() for base in bases(word))}
    return {next((other for other in sorted(rare, key=len) if other in bases(word)), word) for word in rare}


def pages() -> Iterator[tuple[str, list[str]]]:
    """Every page with its texts."""
    yield from _templates()
    yield from _questions()
    yield from _advice()
    yield from _modules()


def _templates() -> Iterator[tuple[str, list[str]]]:
    for path in sorted((messages.PACKAGE / "templates").rglob("*.xhtml")):
        content = path.read_text(encoding="utf-8")
        yield str(path.relative_to(messages.PACKAGE)), flat(messages.of_template(content))


def _questions() -> Iterator[tuple[str, list[str]]]:
    rules = load_rules()
    yield "questions/signs", [rules.words["signs_title"], *(sign.label for sign in rules.signs)]
    yield (
        "questions/where",
        [rules.words["where_title"], *(part.label for part in rules.parts)],
    )
    for part in rules.parts:
        yield f"questions/where/{part.id}", [rules.words["where_inner_title"], *(place.label for place in part.inner)]
    for name, presentation in rules.presentations.items():
        for page in presentation.pages:
            asked = [rules.findings[finding] for finding in page.findings]
            options = [option.label for finding in asked for option in finding.options]
            texts = [text for finding in asked for text in (finding.label, finding.ask, finding.how)]
            yield f"questions/{name}/{page.id}", [page.title, page.hint, *texts, *options]


def _advice() -> Iterator[tuple[str, list[str]]]:
    rules = load_rules()
    for name, presentation in rules.presentations.items():
        for rule in presentation.rules:
            if rule.raises:
                yield f"advice/{rule.id}", [rule.because]
                continue
            advice = fire(rules, rule, SURE, rule.level).advice
            said = [*advice.first_aid, *advice.dont, advice.return_to_play, *presentation.sooner_if]
            yield f"advice/{rule.id}", [presentation.title, rule.because, *said]
        yield f"advice/{name}", [presentation.title, *presentation.sooner_if]


def _modules() -> Iterator[tuple[str, list[str]]]:
    for folder in ("controllers", "services", "domain"):
        for path in sorted((messages.PACKAGE / folder).rglob("*.py")):
            calls = [
                node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
            ]
            found = [identifier for call in calls for identifier in messages.of_call(call)]
            if found:
                yield str(path.relative_to(messages.PACKAGE)), flat(found)


def flat(found: Iterable[messages.Identifier]) -> list[str]:
    """Each text by itself, those for one and for several too."""
    return [text for given in found for text in (given if isinstance(given, tuple) else (given,))]


def main() -> int:
    """Print each page that has any, with its words."""
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    for name, texts in pages():
        if part in name and (found := uncommon(texts)):
            print(f"{len(found):3} {name}: {', '.join(sorted(found))}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
