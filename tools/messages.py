"""Write blockmrs/i18n/blockmrs.pot: every text for people, from code, templates and rule files; --check compares only.

No dates and no line numbers stand in it, so that it changes only when a text does.
"""

import io
import sys
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "blockmrs"
TEMPLATE = PACKAGE / "i18n" / "blockmrs.pot"
METHODS = [
    ("controllers/**.py", "python"),
    ("services/**.py", "python"),
    ("domain/**.py", "python"),
    ("templates/**.xhtml", "kajiki"),
    ("domain/triage/protocols/**.toml", "blockmrs.domain.triage.messages:extract"),
]
OPTIONS = {"templates/**.xhtml": {"extract_python": "true", "strip_text": "true"}}
# The first argument of these is shown to people.
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ugettext": None,
    "ngettext": (1, 2),
    "ungettext": (1, 2),
    "InvalidInput": None,
    "Message": None,
    "NotAuthenticated": None,
}


def extract() -> Catalog:
    """Every message in the package."""
    catalog = Catalog(
        project="BlockMRS",
        copyright_holder="The BlockMRS contributors",
        header_comment="# The texts of BlockMRS for people. Written by `make messages`; translations start from it.\n#",
        creation_date=datetime(2026, 1, 1, tzinfo=UTC),
    )
    found = extract_from_dir(PACKAGE, method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS)
    for _name, _line, message, comments, context in found:
        catalog.add(message, auto_comments=comments, context=context)
    return catalog


def written(catalog: Catalog) -> bytes:
    """The catalogue as a file."""
    content = io.BytesIO()
    write_po(content, catalog, width=120, no_location=True, sort_output=True)
    return content.getvalue()


def identifiers(catalog: Catalog) -> set[object]:
    """What the catalogue translates."""
    return {message.id for message in catalog if message.id}


def main() -> int:
    """Write or check; 1 when what is written is not what the sources say."""
    catalog = extract()
    if "--check" not in sys.argv[1:]:
        TEMPLATE.parent.mkdir(exist_ok=True)
        TEMPLATE.write_bytes(written(catalog))
        print(f"{len(identifiers(catalog))} messages")
        return 0
    known = identifiers(read_po(io.BytesIO(TEMPLATE.read_bytes()))) if TEMPLATE.exists() else set()
    missing, gone = identifiers(catalog) - known, known - identifiers(catalog)
    for sign, texts in (("+", missing), ("-", gone)):
        for text in sorted(texts, key=str):
            print(f"{sign} {text}")
    if missing or gone:
        print("blockmrs/i18n/blockmrs.pot is out of date: run `make messages`")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
