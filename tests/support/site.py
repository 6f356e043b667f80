"""The whole web application over real parts in a folder, with cheap password hashing and a clock that can be moved."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from webtest import TestApp

from blockmrs.config import application
from blockmrs.config.assembly import Foundation, build_foundation, build_services
from blockmrs.config.settings import Settings, read_settings
from blockmrs.controllers.root import RootController
from blockmrs.controllers.web.wrappers.edge import Edge
from blockmrs.services.container import Services
from tests.support.dialects import hold_every_statement
from tests.support.migrated import make_installation
from tests.support.probe import ProbeController
from tests.support.pure import remember_what_is_pure
from tests.support.templates import compile_once

CHEAP = {
    "blockmrs.passwords.memory_kib": "64",
    "blockmrs.passwords.iterations": "1",
    "blockmrs.passwords.lanes": "1",
}


class MovableClock:
    """The real time, plus what tests add to it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, by: timedelta) -> None:
        self.ahead += by

    def leave_midnight(self) -> None:
        """Go on some hours where midnight is near, for a test in which all happens on one day."""
        if self().hour in (22, 23, 0, 1):
            self.advance(timedelta(hours=5))


@dataclass
class TestSite:
    """One installation. Every `browser()` has cookies of its own."""

    __test__ = False

    settings: Settings
    clock: MovableClock
    foundation: Foundation
    services: Services
    wsgi: Edge

    def browser(self, scheme: str = "http") -> TestApp:
        return TestApp(self.wsgi, extra_environ={"HTTP_HOST": "localhost", "wsgi.url_scheme": scheme})


class ProbedRoot(RootController):
    """The site's own root, with the probe beside its controllers."""

    probe = ProbeController()


def build_site(folder: Path, **more: str) -> TestSite:
    """A fresh installation in `folder`; `more` are settings, with `__` for dots: site__body_bytes="65536"."""
    hold_every_statement()
    remember_what_is_pure()
    compile_once()
    texts = {f"blockmrs.{name.replace('__', '.')}": text for name, text in more.items()}
    settings = read_settings({**CHEAP, "blockmrs.data.folder": str(folder), **texts})
    clock = MovableClock()
    make_installation(settings)
    foundation = build_foundation(settings, clock, upgrade=True)
    services = build_services(settings, foundation)
    original, application.RootController = application.RootController, ProbedRoot
    try:
        wsgi = application.assemble(settings, services)
    finally:
        application.RootController = original
    return TestSite(settings, clock, foundation, services, wsgi)
