"""Every answer speaks the language of whoever asked; error pages too."""

from __future__ import annotations

from typing import Any

from tg.appwrappers.base import ApplicationWrapper

from blockmrs.controllers.site.language import COOKIE_S, ENVIRON_KEY, chosen_language, language_of
from blockmrs.controllers.web.browser import takes_cookies
from blockmrs.i18n.languages import LANGUAGES, texts


class Languages(ApplicationWrapper):  # type: ignore[misc] # TurboGears ships no types
    """Chooses the texts before the action, and keeps a choice after it."""

    def __init__(self, next_handler: Any, config: Any) -> None:
        super().__init__(next_handler, config)
        self._site = config["blockmrs.site"]
        for language in LANGUAGES:
            # Read now, so that nobody has to wait for it.
            texts(language)

    def __call__(self, controller: Any, environ: dict[str, Any], context: Any) -> Any:
        """Answer the request in its language."""
        chosen = chosen_language(context.request)
        language = chosen or language_of(context.request, self._site)
        environ[ENVIRON_KEY] = language
        context.translator = texts(language)
        response = self.next_handler(controller, environ, context)
        if chosen is not None and takes_cookies(context.request, self._site):
            response.set_cookie(
                self._site.language_cookie_name,
                chosen,
                max_age=COOKIE_S,
                path="/",
                httponly=True,
                samesite="Lax",
                secure=self._site.secure_cookies,
            )
        return response
