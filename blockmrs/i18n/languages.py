"""The languages of the site, and the texts of each: read once from the catalogues that translators write.

The sources are in English, which has no catalogue. `tools/messages.py` keeps the others in step with the sources.
"""

import io
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

SOURCE_LANGUAGE = "en"
LANGUAGES = {SOURCE_LANGUAGE: "English", "es": "Español"}
"""Every language that the site speaks, by its code, with its name as its own speakers write it."""

FOLDER = Path(__file__).parent


class Texts(GNUTranslations):
    """The texts of one language. White space around a message is not part of it, and is kept."""

    def gettext(self, message: str) -> str:
        """`message` in this language; unchanged if the catalogue does not have it."""
        core = message.strip()
        if not core:
            # An empty message would find the catalogue's header.
            return message
        translation = super().gettext(core)
        if len(core) == len(message):
            return translation
        start = message.index(core)
        return message[:start] + translation + message[start + len(core) :]


@cache
def texts(language: str) -> NullTranslations:
    """The texts of `language`, a key of LANGUAGES. Reading them takes a tenth of a second, but only the first time."""
    if language == SOURCE_LANGUAGE:
        return NullTranslations()
    with (FOLDER / language / "LC_MESSAGES" / "blockmrs.po").open("rb") as source:
        catalog = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Texts(compiled)
