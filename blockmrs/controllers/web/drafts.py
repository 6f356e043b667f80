"""What somebody typed, kept while they sign in: sealed in the page itself, under a key that only their cookie holds."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blockmrs.controllers.web.context import browser, check_local_address
from blockmrs.controllers.web.forms import MOST_FIELDS
from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.crypto.sessions import token_key
from blockmrs.encoding import decode, encode
from blockmrs.errors import CannotOpen, InvalidInput

if TYPE_CHECKING:
    from blockmrs.controllers.web.browser import Browser

# Sealed and written as base64 this still fits in a form (LARGEST_FORM_BYTES).
MAX_DRAFT_BYTES = 40 * 1024
# Never kept: they have to be typed again.
SECRET_FIELDS = frozenset(
    {"password", "new_password", "password_again", "recovery_code", "setup_token", "invitation_code", "code", "secret"}
)
OWN_FIELDS = frozenset({"_csrf", "draft", "came_from"})
_CONTEXT = b"draft"


@dataclass(frozen=True, slots=True)
class Draft:
    """What was entered, and the address on this site that it was sent to."""

    path: str
    values: Mapping[str, Sequence[str]]

    def pairs(self) -> list[tuple[str, str]]:
        """Every name with each of its values, as a form sends them."""
        return [(name, value) for name, values in self.values.items() for value in values]


def posted_values(request: Any) -> dict[str, list[str]]:
    """The text in this request's form, without secrets, files and the fields of the form's own machinery."""
    values: dict[str, list[str]] = {}
    for name, value in request.POST.items():
        if isinstance(value, str) and name not in SECRET_FIELDS | OWN_FIELDS:
            values.setdefault(name, []).append(value)
    return values


def seal_draft(values: Mapping[str, Sequence[str]], path: str, *, holder: Browser | None = None) -> str:
    """The values and where they were going, as text that only this browser's cookie opens.

    Raises:
        InvalidInput: more than `MOST_FIELDS` values, or more than `MAX_DRAFT_BYTES` altogether.
    """
    holder = holder or browser()
    if sum(map(len, values.values())) > MOST_FIELDS:
        raise InvalidInput("there are too many fields to keep", limit=MOST_FIELDS)
    content = encode([path, [[name, list(texts)] for name, texts in values.items()]])
    if len(content) > MAX_DRAFT_BYTES:
        raise InvalidInput("there is too much text to keep", limit=MAX_DRAFT_BYTES)
    sealed = seal_secret(_key(holder.token_or_new()), content, context=_CONTEXT)
    return base64.urlsafe_b64encode(sealed).decode("ascii").rstrip("=")


def open_draft(text: str, *, holder: Browser | None = None) -> Draft:
    """What `seal_draft` kept; this works even right after this request gave the browser another token.

    Raises:
        CannotOpen: it is not a draft of this browser.
    """
    holder = holder or browser()
    if len(text) > 2 * MAX_DRAFT_BYTES:
        raise CannotOpen("not a draft of this browser")
    try:
        sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError) as error:
        raise CannotOpen("not a draft of this browser") from error
    for token in (holder.token, holder.previous_token):
        if token is None:
            continue
        try:
            return _read(open_secret(_key(token), sealed, context=_CONTEXT))
        except (CannotOpen, InvalidInput):
            continue
    raise CannotOpen("not a draft of this browser")


def carry_draft(text: str, *, holder: Browser | None = None) -> str:
    """The same draft for the browser's present token, for the next form; "" if there is none to carry."""
    if not text:
        return ""
    try:
        draft = open_draft(text, holder=holder)
    except CannotOpen:
        return ""
    return seal_draft(draft.values, draft.path, holder=holder)


def _key(token: str) -> bytes:
    return token_key(token, "draft")


def _read(content: bytes) -> Draft:
    value = decode(content)
    if not isinstance(value, list) or len(value) != 2:
        raise InvalidInput("not a draft")
    path, fields = value
    return Draft(check_local_address(path), {name: list(texts) for name, texts in fields})
