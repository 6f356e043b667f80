"""What the operator says about themselves, read once at the start: the settings of `site.contact_*` and their terms."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from blockmrs.controllers.site.operator import Operator
from blockmrs.domain.phones import parse_numbers
from blockmrs.errors import InvalidInput
from blockmrs.i18n.languages import LANGUAGES
from blockmrs.typed import plain

if TYPE_CHECKING:
    from blockmrs.config.settings import SiteSettings

LARGEST_TERMS_BYTES = 262_144
EACH_LANGUAGE = "{language}"
_NAME = "blockmrs.site.terms_file"


def read_operator(settings: SiteSettings) -> Operator:
    """The operator as the settings say.

    Raises:
        InvalidInput: the file of the terms cannot be read, is empty, is too large or is no UTF-8. A site without the
            terms that its operator wrote would mislead, so it does not start.
    """
    terms: dict[str, str] = {}
    if EACH_LANGUAGE in settings.terms_file:
        terms = {name: _text_of(settings.terms_file.replace(EACH_LANGUAGE, name)) for name in LANGUAGES}
    elif settings.terms_file:
        # One text in whatever language it is written in.
        terms = {"": _text_of(settings.terms_file)}
    phones = parse_numbers(settings.contact_phone, field="contact_phone")
    return Operator(settings.contact_email, phones, settings.contact_url, terms)


def _text_of(path: str) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(LARGEST_TERMS_BYTES + 1)
        text = plain(content.decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("the file of this setting cannot be read as text", name=_NAME) from error
    if not text or len(content) > LARGEST_TERMS_BYTES:
        raise InvalidInput("the file of this setting is empty, or larger than 256 KiB", name=_NAME)
    return text
