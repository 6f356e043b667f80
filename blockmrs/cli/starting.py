"""What is served from the first request on: the advice alone while the data cannot be used, then the whole site."""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy.exc import OperationalError

from blockmrs.config.application import Background, assemble, assemble_advice, start_background
from blockmrs.config.assembly import Aside, Foundation, build_foundation, build_services
from blockmrs.errors import InvalidInput, Unavailable
from blockmrs.websetup import announce_setup_token

if TYPE_CHECKING:
    from blockmrs.config.settings import Settings
    from blockmrs.controllers.web.wrappers.edge import Edge, StartResponse
    from blockmrs.controllers.web.wrappers.incoming import Environ

log = logging.getLogger(__name__)
RETRY_S = 10.0
# The errors of a disk that is full, read-only for a while, or failing; anything else is for the operator to put right.
_MAY_PASS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ENFILE, errno.EMFILE})


class StartingSite:
    """A WSGI application for `settings` that answers from its first attempt to start, whether or not that succeeds.

    Args:
        aside: see `config.assembly.build_turns`.
    """

    def __init__(self, settings: Settings, aside: Aside | None = None) -> None:
        self._settings = settings
        self._aside = aside
        self._app: Edge | None = None
        self._foundation: Foundation | None = None
        self._background: Background | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep_trying, name="starting", daemon=True)

    @property
    def is_whole(self) -> bool:
        """Whether the data is in use, and the whole site served."""
        return self._background is not None

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the request with whatever is available now."""
        if self._app is None:
            raise RuntimeError("the site has not been started")
        return self._app(environ, start_response)

    def start(self) -> None:
        """Try once; if that fails for a reason that may pass, keep trying until `close`.

        Raises:
            BlockMRSError: for any other reason.
        """
        if not self.try_once():
            log.error("only the advice at /field is served; the rest follows as soon as the data can be used")
            self._thread.start()

    def try_once(self) -> bool:
        """Try to open the data; whether the whole site is now served."""
        foundation = None
        try:
            foundation = build_foundation(self._settings, upgrade=True)
            services = build_services(self._settings, foundation, self._aside)
            announce_setup_token(services.identity)
        except (Unavailable, OSError, OperationalError) as error:
            if foundation is not None:
                foundation.close()
            cause = error if isinstance(error, OSError) else error.__cause__
            if isinstance(cause, OSError) and cause.errno not in _MAY_PASS:
                raise InvalidInput(
                    "the data folder cannot be used", reason=cause.strerror, path=cause.filename
                ) from error
            # An OperationalError quotes a statement with its values; the error behind it does not.
            log.error("the data cannot be used: %s", error.orig if isinstance(error, OperationalError) else error)
            if self._app is None:
                self._app = assemble_advice(self._settings)
            return False
        app = assemble(self._settings, services)
        health = services.health.readiness()
        if not health.is_well:
            log.error("something is wrong: %s; the operator's page says what to do", health)
        self._foundation, self._background = foundation, start_background(self._settings, foundation)
        self._app = app
        return True

    def close(self) -> None:
        """Close the data."""
        self._stopping.set()
        if self._background is not None:
            self._background.stop()
        if self._foundation is not None:
            self._foundation.close()

    def _keep_trying(self) -> None:
        while not self._stopping.wait(RETRY_S):
            try:
                if self.try_once():
                    log.warning("the data can be used again: the whole site is served")
                    return
            except Exception:
                log.exception("the data cannot be used, and somebody needs to look into it")
