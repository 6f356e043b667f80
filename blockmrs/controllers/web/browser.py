"""The browser that sent this request: its token, who is signed in, and what its cookie is to be afterwards.

The cookie holds one random token. Signed in, the server knows a session by the token's digest; otherwise nothing is
stored, and the token only ties forms to the browser that asked for them.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from typing import TYPE_CHECKING, Any

from blockmrs.crypto.sessions import check_token, new_token, token_key
from blockmrs.errors import InvalidInput

if TYPE_CHECKING:
    from blockmrs.controllers.site.site import Site
    from blockmrs.services.accounts.actor import Actor

ENVIRON_KEY = "blockmrs.browser"
_CSRF_BYTES = 32
# The longest for which browsers keep a cookie; counted afresh with each sign-in.
KNOWN_S = 400 * 24 * 3600


class Browser:
    """One request's view of the browser's cookie. The person is looked up when first asked for."""

    def __init__(self, request: Any, site: Site) -> None:
        self._site = site
        self._looked_up = False
        self._actor: Actor | None = None
        self._changed = False
        self._may_set_cookies = takes_cookies(request, site)
        self._signed_in = False
        self._lasting_secret = _read_token(request.cookies.get(site.known_cookie_name))
        self.token = _read_token(request.cookies.get(site.cookie_name))
        self.previous_token: str | None = None
        self.private = False

    def actor(self) -> Actor | None:
        """Who is signed in with this cookie, or None."""
        if not self._looked_up:
            self._actor = self._site.find_actor(self.token) if self.token is not None else None
            self._looked_up = True
        if self._actor is not None:
            self.private = True
        return self._actor

    def token_or_new(self) -> str:
        """The browser's token; if there was none, a fresh one goes back with the answer."""
        if self.token is None:
            self._use(new_token())
        self.private = True
        assert self.token is not None  # noqa: S101 - for the type checker: set in the line above
        return self.token

    def sign_in(self, token: str) -> None:
        """Give the browser `token`, for this answer's forms and in its cookie."""
        self.previous_token = self.token
        self._signed_in = True
        self._use(token)

    def sign_out(self) -> None:
        """Make the browser forget its token; the forms in this answer get a fresh one."""
        self.previous_token = self.token
        self._use(None)

    def lasting_secret(self) -> str:
        """What makes this browser recognisable to those who sign in with it; kept only once somebody does."""
        if self._lasting_secret is None:
            self._lasting_secret = new_token()
        return self._lasting_secret

    def csrf_token(self) -> str:
        """A form token of this browser."""
        return masked(_csrf_key(self.token_or_new()))

    def owns_form(self, csrf_token: str) -> bool:
        """Whether `csrf_token` was made for this browser's token."""
        if self.token is None or len(csrf_token) != (2 * _CSRF_BYTES * 4 + 2) // 3:
            return False
        try:
            sent = base64.urlsafe_b64decode(csrf_token + "=" * (-len(csrf_token) % 4))
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(_xor(sent[:_CSRF_BYTES], sent[_CSRF_BYTES:]), _csrf_key(self.token))

    def finish(self, response: Any) -> None:
        """Set what this request changed, and keep private pages out of every cache."""
        if self.private or self._changed:
            response.headers["Cache-Control"] = "no-store"
        if not self._changed or not self._may_set_cookies:
            return
        flags = {"path": "/", "httponly": True, "samesite": "Lax", "secure": self._site.secure_cookies}
        if self.token is None:
            response.set_cookie(self._site.cookie_name, "", max_age=0, **flags)
        else:
            response.set_cookie(self._site.cookie_name, self.token, **flags)
        if self._signed_in and self._lasting_secret is not None:
            response.set_cookie(self._site.known_cookie_name, self._lasting_secret, max_age=KNOWN_S, **flags)

    def _use(self, token: str | None) -> None:
        self.token, self._changed, self._looked_up, self._actor = token, True, False, None


def takes_cookies(request: Any, site: Site) -> bool:
    """Whether the answer may set cookies: the browser sent those that it has, or has none.

    What another site's page sends comes without them (SameSite), unless the person follows a link. An answer that sets
    any would then replace them: whoever opens a stranger's page would be signed out here.
    """
    if any(name in request.cookies for name in (site.cookie_name, site.known_cookie_name, site.language_cookie_name)):
        return True
    if request.method in ("GET", "HEAD"):
        foreign = request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
        return not foreign or request.headers.get("Sec-Fetch-Dest", "document") == "document"
    return is_own_page(request)


def is_own_page(request: Any) -> bool:
    """Whether a page of this site sent the form, as far as the browser tells."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    # The scheme is left out: a proxy may have taken the encryption off.
    return origin is None or origin.partition("://")[2] == request.host


def masked(secret: bytes) -> str:
    """32 secret bytes for a page, base64url: a fresh mask, then the bytes under it.

    They differ each time, so that compressing a page reveals nothing about them.
    """
    mask = secrets.token_bytes(len(secret))
    return base64.urlsafe_b64encode(mask + _xor(mask, secret)).decode("ascii").rstrip("=")


def _read_token(text: str | None) -> str | None:
    try:
        return check_token(text) if text else None
    except InvalidInput:
        return None


def _csrf_key(token: str) -> bytes:
    return token_key(token, "csrf")


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))
