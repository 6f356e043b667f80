"""Write the catalogues of texts for people: blockmrs/i18n/blockmrs.pot from the sources, each language's .po from that.

With --check nothing is written: it fails where a text is missing, has no translation, is no longer used, or has other
places to fill than the English. No dates, line numbers or guesses stand in a catalogue, so that it changes only when a
text does.
"""

import ast
import html
import io
import re
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po
from kajiki.ir import TranslatableTextNode

from blockmrs.controllers.web.white_space import compiled
from blockmrs.domain.kinds import Purpose
from blockmrs.domain.reports import FIRST_AID_DONE, MECHANISMS, WHO_WAS_TOLD
from blockmrs.domain.triage.messages import extract as extract_rules
from blockmrs.i18n.languages import LANGUAGES, SOURCE_LANGUAGE

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "blockmrs"
TEMPLATE = PACKAGE / "i18n" / "blockmrs.pot"
# The first argument of these is shown to people.
ONE = {"_", "N_", "gettext", "ugettext", "InvalidInput", "Message", "NotAuthenticated", "Words"}
# Of these the first two: for one, and for several.
TWO = {"ngettext", "ungettext"}
HEADER = "# The texts of BlockMRS for people. Written by `make messages`; translations start from it.\n#"
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
# Words that stand in a report or a share as they are, and are translated where they are shown.
KEPT_WORDS = (*MECHANISMS, *FIRST_AID_DONE, *WHO_WAS_TOLD, *(purpose.value for purpose in Purpose))
PLACE = re.compile(r"%\([a-z_]+\)[a-z]|%[a-z%]|\{[a-z_]*\}")
LITERAL = r"'(?:[^'\\]|\\.)*'"
TEXT = rf"\s*({LITERAL}(?:\s+{LITERAL})*)\s*"
CALL = re.compile(rf"(?<![\w.])_\({TEXT}\)")
PLURAL_CALL = re.compile(rf"ungettext\({TEXT},{TEXT},")
COMMENT = re.compile(r"<!--!.*?-->", re.DOTALL)
# What a careless merge of two catalogues leaves behind.
TWICE = re.compile(r"(.{12,}?)\s*\1")
# What has no letters is the same in every language.
LETTER = re.compile(r"[^\W\d_]")

Identifier = str | tuple[str, ...]


def extract() -> Catalog:
    """Every message in the package. White space around a text is no part of its message."""
    catalog = Catalog(
        project="BlockMRS",
        copyright_holder="The BlockMRS contributors",
        header_comment=HEADER,
        creation_date=CREATED,
    )
    for message in [*_in_python(), *_in_templates(), *_in_rules(), *KEPT_WORDS]:
        core = message.strip() if isinstance(message, str) else message
        if not isinstance(core, str) or LETTER.search(core):
            catalog.add(core)
    return catalog


def _in_python() -> Iterator[Identifier]:
    shared = [PACKAGE / "moments.py", PACKAGE / "typed.py"]
    for folder in ("controllers", "services", "fhir", "domain"):
        for path in [*sorted((PACKAGE / folder).rglob("*.py")), *(shared if folder == "domain" else ())]:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    yield from of_call(node)


def of_call(node: ast.Call) -> Iterator[Identifier]:
    """The messages that one call in Python names."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name in ONE and node.args:
        yield from _literals(node.args[0])
    elif name in TWO:
        yield tuple(text for argument in node.args[:2] for text in _literals(argument))


def _literals(node: ast.expr) -> Iterator[str]:
    """The texts that an expression may be: itself, or either side of an `if`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _literals(node.body)
        yield from _literals(node.orelse)


def _in_templates() -> Iterator[Identifier]:
    """Texts as Kajiki sees them; and calls in every expression: it leaves out those of py:call, py:for and py:with."""
    for path in sorted((PACKAGE / "templates").rglob("*.xhtml")):
        yield from of_template(path.read_text(encoding="utf-8"))


def of_template(content: str) -> Iterator[Identifier]:
    """The messages of one template."""
    yield from (node.text for node in compiled(content) if isinstance(node, TranslatableTextNode))
    source = html.unescape(COMMENT.sub("", content))
    for call in CALL.finditer(source):
        yield _written(call[1])
    for call in PLURAL_CALL.finditer(source):
        yield _written(call[1]), _written(call[2])


def _written(literals: str) -> str:
    """The text of one literal, or of several in a row, each perhaps on a line of its own."""
    return str(ast.literal_eval(f"({literals})"))


def _in_rules() -> Iterator[Identifier]:
    for path in sorted((PACKAGE / "domain" / "triage").glob("*/*.toml")):
        for _line, _function, message, _comments in extract_rules(io.BytesIO(path.read_bytes()), [], [], {}):
            yield message


def updated(template: Catalog, language: str) -> Catalog:
    """The catalogue of `language` with exactly the template's messages, and the translations that it had."""
    path = po_file(language)
    before = read_po(io.BytesIO(path.read_bytes()), locale=language) if path.exists() else Catalog(locale=language)
    # How many forms a language has is another question in each version of the library: the file's own header says it.
    forms = before.plural_forms
    after = Catalog(
        locale=language,
        project="BlockMRS",
        header_comment=f"# The texts of BlockMRS in {LANGUAGES[language]}.\n#",
        creation_date=CREATED,
        revision_date=CREATED,
        fuzzy=False,
    )
    after.mime_headers = [("Plural-Forms", forms)]
    for message in template:
        if message.id:
            known = before.get(message.id)
            after.add(message.id, known.string if known is not None and known.id == message.id else None)
    return after


def po_file(language: str) -> Path:
    """Where the catalogue of `language` stands."""
    return PACKAGE / "i18n" / language / "LC_MESSAGES" / "blockmrs.po"


def written(catalog: Catalog) -> bytes:
    """The catalogue as a file."""
    content = io.BytesIO()
    write_po(content, catalog, width=120, no_location=True, sort_output=True, include_previous=False)
    # Which version of the tool wrote it would change without a text having changed.
    return re.sub(rb'"Generated-By: [^"]*"\n', b"", content.getvalue())


def identifiers(catalog: Catalog) -> set[Identifier]:
    """What the catalogue translates."""
    return {message.id for message in catalog if message.id}


def problems_of(message: Message) -> list[str]:
    """What is wrong with a translation."""
    sources = list(message.id) if isinstance(message.id, tuple | list) else [message.id]
    translations = list(message.string) if isinstance(message.string, tuple | list) else [message.string]
    if message.fuzzy:
        return ["only a guess"]
    if not all(translations):
        return ["not translated"]
    wanted = [places(source) for source in sources]
    if any(places(text) not in wanted for text in translations):
        return ["other places to fill than the English"]
    if any(TWICE.fullmatch(str(text)) for text in translations):
        return ["the same twice"]
    if any(re.search(r"[<>&]", str(text)) for text in translations):
        return ["a character of markup"]
    return []


def places(text: str) -> Counter[str]:
    """The places of a message that values fill."""
    return Counter(PLACE.findall(text or ""))


def check_template(template: Catalog) -> list[str]:
    """What the committed template has too much or too little."""
    known = identifiers(read_po(io.BytesIO(TEMPLATE.read_bytes()))) if TEMPLATE.exists() else set()
    missing, gone = identifiers(template) - known, known - identifiers(template)
    return sorted(f"+ {text}" for text in missing) + sorted(f"- {text}" for text in gone)


def check_language(template: Catalog, language: str) -> list[str]:
    """What is wrong with the catalogue of `language`, one line for each message."""
    path = po_file(language)
    if not path.exists():
        return [f"{language}: there is no catalogue"]
    catalog = read_po(io.BytesIO(path.read_bytes()), locale=language)
    wanted = identifiers(template)
    wrong = [f"{language}: missing: {text}" for text in wanted - identifiers(catalog)]
    wrong += [f"{language}: no longer used: {text}" for text in identifiers(catalog) - wanted]
    wrong += [f"{language}: no longer used: {message.id}" for message in catalog.obsolete.values()]
    for message in catalog:
        if message.id in wanted:
            wrong += [f"{language}: {problem}: {message.id}" for problem in problems_of(message)]
    return sorted(wrong)


def main() -> int:
    """Write or check; 1 when what is written is not what the sources say, or a text has no translation."""
    template = extract()
    languages = [language for language in LANGUAGES if language != SOURCE_LANGUAGE]
    if "--check" not in sys.argv[1:]:
        TEMPLATE.parent.mkdir(exist_ok=True)
        TEMPLATE.write_bytes(written(template))
        for language in languages:
            po_file(language).parent.mkdir(parents=True, exist_ok=True)
            po_file(language).write_bytes(written(updated(template, language)))
        print(f"{len(identifiers(template))} messages")
        return 0
    wrong = check_template(template)
    for language in languages:
        wrong += check_language(template, language)
    print("\n".join(wrong), end="\n" if wrong else "")
    if wrong:
        print("the catalogues are out of date: run `make messages`, and translate what is new")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
