"""Actions that exist only in tests: each does one thing that the web layer must handle."""

from typing import Any, ClassVar

import tg
from tg import TGController, abort, expose, redirect

from blockmrs import errors
from blockmrs.controllers.web.context import (
    PAGE,
    POST,
    csrf_token,
    current_actor,
    require_actor,
    sign_out_browser,
    stateless,
)
from blockmrs.controllers.web.drafts import carry_draft, open_draft
from blockmrs.controllers.web.error_pages import continue_after_sign_in
from blockmrs.controllers.web.http_errors import StaleForm


class ProbeController(TGController):
    """Remembers what reached it, so that tests see what did not."""

    reached: ClassVar[list[dict[str, list[str]]]] = []

    @expose(allowed_methods=PAGE)
    def form(self, **_: Any) -> str:
        """A form, as pages have them."""
        return (
            '<form method="post" action="/probe/save">'
            f'<input type="hidden" name="_csrf" value="{csrf_token()}"/>'
            '<input name="what"/><input type="password" name="password"/></form>'
        )

    @expose(allowed_methods=PAGE)
    def plain(self, **_: Any) -> str:
        """A page without a form."""
        return f"<p>{current_actor() is not None}</p>" + "words " * 200

    @expose(allowed_methods=PAGE)
    def header(self, **_: Any) -> str:
        """A header that HTTP cannot carry."""
        tg.response.headers["X-Name"] = "\u20ac"
        return ""

    @expose(allowed_methods=POST)
    def save(self, **_: Any) -> str:
        """Something that needs a signed-in person."""
        require_actor()
        return self._note()

    @expose(allowed_methods=POST)
    def anybody(self, **_: Any) -> str:
        """Something that changes, but needs nobody signed in."""
        return self._note()

    @expose(allowed_methods=POST)
    @stateless
    def free(self, **_: Any) -> str:
        """Something that changes nothing."""
        return self._note()

    @expose()
    def careless(self, **_: Any) -> str:
        """An action whose author forgot to say which methods it takes."""
        return self._note()

    @expose(allowed_methods=POST)
    def login(self, token: str = "", came_from: str = "", draft: str = "", **_: Any) -> str:
        """Signs in with a session that the test has made."""
        return continue_after_sign_in(token, came_from, draft)

    @expose(allowed_methods=POST)
    def carry(self, draft: str = "", **_: Any) -> str:
        """Shows what a carried draft holds."""
        kept = open_draft(carry_draft(draft))
        return f"{kept.path} {sorted(kept.values.items())}"

    @expose(allowed_methods=POST)
    def logout(self, **_: Any) -> str:
        """Takes the cookie away."""
        sign_out_browser()
        redirect("/")
        return ""

    @expose(allowed_methods=("GET", "HEAD", "POST"))
    @stateless
    def fail(self, name: str, **_: Any) -> str:
        """Raises the error of that name."""
        if name == "TooManyAttempts":
            raise errors.TooManyAttempts("too many tries", retry_after_s=90)
        error = StaleForm if name == "StaleForm" else getattr(errors, name)
        raise error("the reason", cid="bafy")

    @expose(allowed_methods=PAGE)
    def abort(self, status: str, **_: Any) -> str:
        """Ends with a bare status, as libraries do."""
        abort(int(status), detail="<b>detail</b>")
        return ""

    @expose(allowed_methods=PAGE)
    def boom(self, **_: Any) -> str:
        """Fails in a way that nobody foresaw, with a secret in a local variable and in the message."""
        patient = "Sam Rivers"
        raise RuntimeError(f"cannot save {patient}")

    @expose(allowed_methods=PAGE)
    def own(self, **_: Any) -> str:
        """Answers with its own page for an error."""
        tg.response.status_int = 422
        return "<p>my own page</p>"

    def _note(self) -> str:
        posted = tg.request.POST
        self.reached.append({name: posted.getall(name) for name in posted})
        return "<p>reached</p>"
