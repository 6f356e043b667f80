"""The TurboGears application: its configuration, its wrappers, and the edge around it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from zoneinfo import ZoneInfo

import tg
from tg import FullStackApplicationConfigurator, TGController

import blockmrs
from blockmrs.config.assembly import Foundation, build_closer, build_foundation, build_services
from blockmrs.config.operator_texts import read_operator
from blockmrs.config.settings import Settings, read_settings
from blockmrs.controllers.about.about import AboutController
from blockmrs.controllers.field.advice_alone import AdviceAloneController
from blockmrs.controllers.root import RootController
from blockmrs.controllers.site.assets import Assets
from blockmrs.controllers.site.site import Site
from blockmrs.controllers.web.variables import page_variables
from blockmrs.controllers.web.white_space import Rendering
from blockmrs.controllers.web.wrappers.csrf import protect
from blockmrs.controllers.web.wrappers.edge import Edge
from blockmrs.controllers.web.wrappers.errors import ErrorMapper
from blockmrs.controllers.web.wrappers.languages import Languages
from blockmrs.controllers.web.wrappers.sessions import Sessions
from blockmrs.errors import Unavailable
from blockmrs.fhir.bundle import bundle_class
from blockmrs.services.advice.document import AdviceDocument
from blockmrs.services.advice.interviews import TriageService
from blockmrs.services.advice.who_is_told import WhoIsTold
from blockmrs.services.node.housekeeping import Housekeeper, Housekeeping
from blockmrs.storage.outbox import Flusher

if TYPE_CHECKING:
    from blockmrs.services.accounts.actor import Actor
    from blockmrs.services.container import Services

HOUSEKEEPING_S = 60.0
PUBLIC = Path(blockmrs.__file__).parent / "public"


def make_app(_global_conf: dict[str, str] | None = None, **app_conf: str) -> Edge:
    """The application for a PasteDeploy server, from the `[app:main]` section of an .ini file."""
    return build_application(read_settings(app_conf))


def build_application(settings: Settings) -> Edge:
    """The application for `settings`; waiting objects are pushed in the background.

    Raises:
        Unavailable: the database is not up to date: of several server processes, none may migrate it by itself.
    """
    foundation = build_foundation(settings)
    start_background(settings, foundation)
    return assemble(settings, build_services(settings, foundation))


@dataclass(frozen=True, slots=True)
class Background:
    """What goes on in the background."""

    flusher: Flusher
    housekeeper: Housekeeper

    def stop(self) -> None:
        """Stop everything, and wait for what is under way."""
        self.flusher.stop()
        self.housekeeper.stop()


def start_background(settings: Settings, foundation: Foundation) -> Background:
    """Now and then, send waiting objects to their node and erase what has expired; ends with the process."""
    housekeeping = Housekeeping(
        foundation.database,
        foundation.clock_watch,
        foundation.leaving.sweep,
        build_closer(settings, foundation).carry_out,
    )
    background = Background(
        Flusher(foundation.objects, settings.storage.outbox_interval_s),
        Housekeeper(housekeeping, HOUSEKEEPING_S),
    )
    threading.Thread(target=bundle_class, name="loading", daemon=True).start()
    background.flusher.start()
    background.housekeeper.start()
    return background


def assemble(settings: Settings, services: Services) -> Edge:
    """The web layer over `services`."""
    site = replace(
        _site(settings, services.identity.actor_for),
        one_reading=services.readings.one,
        family_news=lambda actor: services.notices.about_rights(actor, as_coach=False),
    )
    return _wrapped(settings, RootController(services), site)


def assemble_advice(settings: Settings) -> Edge:
    """The web layer over nothing: advice at `/field`, where no data can be used."""

    def nobody(_token: str) -> NoReturn:
        raise Unavailable("the data cannot be used yet")

    triage = TriageService()
    root = AdviceAloneController(triage, WhoIsTold(triage, asdict(settings.policy)), AboutController(AdviceDocument()))
    return _wrapped(settings, root, _site(settings, nobody))


def _site(settings: Settings, find_actor: Callable[[str], Actor | None]) -> Site:
    return Site(
        find_actor=find_actor,
        assets=Assets(PUBLIC),
        hosts=frozenset(host.lower().removesuffix(".") for host in settings.site.hosts),
        secure_cookies=settings.site.secure_cookies,
        emergency_number=settings.site.emergency_number,
        crisis_lines=settings.site.lines,
        language=settings.site.language,
        operator=read_operator(settings.site),
        zone=ZoneInfo(settings.site.time_zone) if settings.site.time_zone else None,
        body_bytes=settings.site.body_bytes,
        session_s=settings.sessions.longest_s,
    )


def _wrapped(settings: Settings, root: TGController, site: Site) -> Edge:
    # What people type never touches the disk: WebOb would write a larger body to a temporary file and leave it open.
    tg.Request.request_body_tempfile_limit = settings.site.body_bytes + 1
    configurator = FullStackApplicationConfigurator()
    configurator.update_blueprint(_blueprint(root, site))
    configurator.replace("rendering", Rendering)
    configurator.get_component("dispatch").register_controller_wrapper(protect)
    # Outermost last, so that error pages know their language and browser too.
    configurator.register_application_wrapper(ErrorMapper, after=False)
    configurator.register_application_wrapper(Languages, after=ErrorMapper)
    configurator.register_application_wrapper(Sessions, after=Languages)
    return Edge(configurator.make_wsgi_app({"debug": "false"}, {}), site)


def _blueprint(root: TGController, site: Site) -> dict[str, Any]:
    return {
        "package": blockmrs,
        "root_controller": root,
        "blockmrs.site": site,
        "renderers": ["json", "kajiki"],
        "default_renderer": "kajiki",
        "variable_provider": page_variables,
        "app_globals": tg.util.Bunch,
        "helpers": tg.util.Bunch(),
        # Ours replace all of these; several have unsafe defaults.
        "use_sqlalchemy": False,
        "session.enabled": False,
        "cache.enabled": False,
        "i18n.enabled": False,
        "sa_auth.enabled": False,
        "tm.enabled": False,
        "errorpage.enabled": False,
        "trace_errors.enable": False,
        "trace_slowreqs.enable": False,
        # Otherwise "/doc/x.pdf" loses its ".pdf", and "?self=1" breaks an action that takes any name.
        "disable_request_extensions": True,
        "ignore_parameters": ["self"],
        "json.isodates": True,
        "auto_reload_templates": False,
    }
