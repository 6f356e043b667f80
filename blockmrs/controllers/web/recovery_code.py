"""The recovery code's page: shown once, in the answer that made it, and typed back in part.

Nothing about it is stored. The page carries the code sealed under a key that only this browser's cookie holds, so
that a wrong group shows the same code again, and the check needs no memory.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Any

import tg

from blockmrs.controllers.web.context import browser, check_local_address, show
from blockmrs.controllers.web.drafts import carry_draft, posted_values, seal_draft
from blockmrs.controllers.web.switch import switch_by_form
from blockmrs.crypto.envelope import open_secret, seal_secret
from blockmrs.crypto.recovery_codes import parse_recovery_code
from blockmrs.crypto.sessions import token_key
from blockmrs.errors import CannotOpen, InvalidInput

CHECKED_GROUP = 3
_PURPOSE = "recovery check"
_CONTEXT = b"recovery check"
# What people write for characters that no code contains.
_LOOK_ALIKE = str.maketrans("OIL", "011", " -–—\t\r\n")


def show_code(
    code: str,
    *,
    came_from: str = "/",
    draft: str = "",
    typed: str = "",
    errors: dict[str, str] | None = None,
) -> str:
    """The page with the code and the question for its third group; `draft` and `came_from` travel along."""
    carried: dict[str, Any] = {
        "check": _seal(code),
        "came_from": check_local_address(came_from),
        "draft": carry_draft(draft),
    }
    return show(
        "account.recovery_code",
        errors=errors,
        code=code,
        groups=code.split("-"),
        typed=typed,
        # Without a group this page comes again, with the code, which is shown nowhere else.
        language_switch=lambda: switch_by_form("/settings/check_recovery", list(carried.items())),
        **carried,
    )


def confirm_first(came_from: str = "/", draft: str = "", status: int = 403) -> str:
    """The page for somebody who has no confirmed code yet: it asks for the password, and makes a new code."""
    return show(
        "account.recovery_first",
        status,
        came_from=check_local_address(came_from),
        draft=carry_draft(draft),
    )


def code_first(came_from: str, action: str = "") -> str:
    """The same, keeping what this request's form brought for `action`, without which it goes to `came_from`.

    A recovery code has to exist before the first report; what was entered continues afterwards.
    """
    return confirm_first(came_from, seal_draft(posted_values(tg.request), action or came_from))


def open_code(check: str) -> str:
    """The code shown on this browser's page.

    Raises:
        CannotOpen: it is not such a page, or is from before the last sign-in or the last new code.
    """
    token = browser().token
    if token is None or len(check) > 1000:
        raise CannotOpen("not a recovery page of this browser")
    try:
        sealed = base64.urlsafe_b64decode(check + "=" * (-len(check) % 4))
    except (binascii.Error, ValueError) as error:
        raise CannotOpen("not a recovery page of this browser") from error
    code = open_secret(token_key(token, _PURPOSE), sealed, context=_CONTEXT).decode("ascii")
    try:
        return parse_recovery_code(code)
    except InvalidInput as error:
        raise CannotOpen("not a recovery page of this browser") from error


def is_checked_group(code: str, typed: str) -> bool:
    """Whether `typed` is the third group of `code`, in any case, with any spaces, O for 0 and I or L for 1."""
    spelled = typed.upper().translate(_LOOK_ALIKE)
    return hmac.compare_digest(spelled.encode(), code.split("-")[CHECKED_GROUP - 1].encode())


def _seal(code: str) -> str:
    sealed = seal_secret(token_key(browser().token_or_new(), _PURPOSE), code.encode("ascii"), context=_CONTEXT)
    return base64.urlsafe_b64encode(sealed).decode("ascii").rstrip("=")
