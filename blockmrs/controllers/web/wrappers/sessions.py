"""Reads the browser's cookie before the action, and sets it after."""

from __future__ import annotations

from typing import Any

from tg.appwrappers.base import ApplicationWrapper

from blockmrs.controllers.web.browser import ENVIRON_KEY, Browser


class Sessions(ApplicationWrapper):  # type: ignore[misc] # TurboGears ships no types
    """The outermost wrapper, since error pages need to know the browser too. What a request reads, it reads once."""

    def __init__(self, next_handler: Any, config: Any) -> None:
        super().__init__(next_handler, config)
        self._site = config["blockmrs.site"]

    def __call__(self, controller: Any, environ: dict[str, Any], context: Any) -> Any:
        """Answer the request, with the browser known to everything below."""
        holder = Browser(context.request, self._site)
        environ[ENVIRON_KEY] = holder
        with self._site.one_reading():
            response = self.next_handler(controller, environ, context)
        holder.finish(response)
        return response
