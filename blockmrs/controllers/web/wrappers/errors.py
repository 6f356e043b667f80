"""Every error becomes its answer here, and nowhere else; what is logged names no person, value or address."""

from __future__ import annotations

import logging
from typing import Any

from tg.appwrappers.base import ApplicationWrapper
from webob.exc import HTTPException

from blockmrs.controllers.web.context import translated, words_of_error
from blockmrs.controllers.web.error_pages import error_response, new_error_id, sign_in_response, stale_form_response
from blockmrs.controllers.web.http_errors import StaleForm, headers_of, status_of
from blockmrs.controllers.web.wrappers.edge import ANSWERED_KEY, REFUSED_KEY
from blockmrs.controllers.web.wrappers.trace import describe
from blockmrs.errors import BlockMRSError, Busy, InvalidInput, NotAuthenticated, TooManyAttempts

log = logging.getLogger(__name__)
# Only these headers of a response made elsewhere are passed on to the page that replaces it.
_KEPT_HEADERS = ("Allow", "Retry-After")


class ErrorMapper(ApplicationWrapper):  # type: ignore[misc] # TurboGears ships no types
    """Turns what was raised below, and bare error responses, into pages or JSON."""

    def __call__(self, controller: Any, environ: dict[str, Any], context: Any) -> Any:
        """Answer the request, whatever happens below."""
        environ[ANSWERED_KEY] = True
        refused = environ.get(REFUSED_KEY)
        if refused is not None:
            return self._bare(refused, {}, "edge", environ, context)
        if not _is_readable(context.request):
            return self._bare(400, {}, "unreadable form", environ, context)
        try:
            response = self.next_handler(controller, environ, context)
        except BlockMRSError as error:
            return self._ours(error, environ, context)
        except Exception as error:  # noqa: BLE001 - the last place where it can still be turned into a page
            return self._unforeseen(error, environ, context)
        # A page that an action made itself keeps its words, whatever its status.
        if isinstance(response, HTTPException) and response.status_int >= 400:
            headers = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
            return self._bare(response.status_int, headers, type(response).__name__, environ, context)
        return response

    def _ours(self, error: BlockMRSError, environ: dict[str, Any], context: Any) -> Any:
        status, error_id = status_of(error), new_error_id()
        # A crowd that is told to come back later is not a fault of ours, and would fill the log.
        if status >= 500 and not isinstance(error, Busy):
            # Messages of our own errors hold identifiers only.
            log.error("%s failed: %s: %s id=%s", route_of(environ, context), type(error).__name__, error, error_id)
        else:
            log.info("%s refused: %s id=%s", route_of(environ, context), type(error).__name__, error_id)
        if isinstance(error, NotAuthenticated):
            response = sign_in_response(error_id)
        elif isinstance(error, StaleForm):
            response = stale_form_response(error_id)
        else:
            message = translated(words_of_error(error)) if isinstance(error, InvalidInput) else ""
            wait = error.retry_after_s if isinstance(error, TooManyAttempts) else 0
            response = error_response(status, error_id, error=error, message=message, retry_after_s=wait)
        response.headers.update(headers_of(error))
        return response

    def _unforeseen(self, error: Exception, environ: dict[str, Any], context: Any) -> Any:
        error_id = new_error_id()
        log.error("%s broke: %s id=%s", route_of(environ, context), describe(error), error_id)
        return error_response(500, error_id)

    def _bare(self, status: int, headers: dict[str, str], what: str, environ: dict[str, Any], context: Any) -> Any:
        error_id = new_error_id()
        log.info("%s refused: %s %s id=%s", route_of(environ, context), status, what, error_id)
        response = error_response(status, error_id)
        response.headers.update(headers)
        return response


def _is_readable(request: Any) -> bool:
    """Whether the body is the form that it claims to be; read here, because dispatching reads it outside any action."""
    try:
        request.POST  # noqa: B018 - WebOb parses when first asked, and keeps what it found
    except (UnicodeError, ValueError, LookupError):
        return False
    return True


def route_of(environ: dict[str, Any], context: Any) -> str:
    """The method and the answering action, without the address, which may hold what nobody should read in a log."""
    state = getattr(context.request, "_dispatch_state", None)
    action = getattr(state, "action", None)
    name = (
        f"{type(state.controller).__name__}.{action.__name__}"
        if state is not None and action is not None
        else "no route"
    )
    return f"{environ.get('REQUEST_METHOD', '')} {name}"
