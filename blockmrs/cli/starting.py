"""From the first request on: advice alone while the data cannot be used, the whole site as soon as it can."""

import errno
import logging
import threading
from collections.abc import Iterable

from sqlalchemy.exc import OperationalError

from blockmrs.config.application import Background, assemble, assemble_advice, start_background
from blockmrs.config.assembly import Aside, Foundation, build_foundation, build_services
from blockmrs.config.settings import Settings
from blockmrs.controllers.wrappers.edge import Edge, Environ, StartResponse
from blockmrs.errors import InvalidInput, Unavailable
from blockmrs.websetup import announce_setup_token

log = logging.getLogger(__name__)
RETRY_S = 10.0
# What a disk says that is full, read-only for a while, or fails; everything else is for the operator to put right.
_MAY_PASS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO, errno.ENFILE, errno.EMFILE})


class StartingSite:
    """A WSGI application for `settings`, which is there as soon as it was tried to start it.

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
        """Whether the data can be used."""
        return self._background is not None

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the request with what there is."""
        if self._app is None:
            raise RuntimeError("the site was not started")
        return self._app(environ, start_response)

    def start(self) -> None:
        """Try once; where that fails for a reason that may pass, go on trying until `close`.

        Raises:
            BlockMRSError: for every other reason.
        """
        if not self.try_once():
            log.error("only the advice at /field is served; the rest will be as soon as the data can be used")
            self._thread.start()

    def try_once(self) -> bool:
        """Whether the whole site is there now."""
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
            # An OperationalError names a statement and its values; what it comes from does not.
            log.error("the data cannot be used: %s", error.orig if isinstance(error, OperationalError) else error)
            if self._app is None:
                self._app = assemble_advice(self._settings)
            return False
        app = assemble(self._settings, services)
        health = services.health.readiness()
        if not health.is_well:
            log.error("not all is well: %s; the operator's page says what to do", health)
        self._foundation, self._background = foundation, start_background(self._settings, foundation)
        self._app = app
        return True

    def close(self) -> None:
        """Let go of the data."""
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
                log.exception("the data cannot be used, and somebody has to look at it")
