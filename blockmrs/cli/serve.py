"""`blockmrs serve`: migrate, then serve until stopped."""

import logging
import signal
import sys

import click

from blockmrs.cli.common import settings_option, start_logging
from blockmrs.cli.workers import Workers
from blockmrs.config.application import assemble, start_background
from blockmrs.config.assembly import build_foundation, build_services
from blockmrs.config.settings import Settings, is_local
from blockmrs.server import create_server
from blockmrs.websetup import announce_setup_token

log = logging.getLogger(__name__)


@click.command()
@settings_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, envvar="PORT", help="The port to listen on.")
@click.option("--threads", default=8, show_default=True, help="How many requests are answered at once.")
@click.option(
    "--trusted-proxy",
    "proxies",
    metavar="ADDRESS",
    multiple=True,
    help="A proxy in front, or a range of them (10.0.0.0/8): its X-Forwarded-For and X-Forwarded-Proto are believed.",
)
def command(settings: Settings, host: str, port: int, threads: int, proxies: tuple[str, ...]) -> None:
    """Migrate the database and serve the site."""
    start_logging()
    foundation = build_foundation(settings, upgrade=True)
    workers = Workers(threads)
    services = build_services(settings, foundation, workers.aside)
    announce_setup_token(services.identity)
    if not settings.site.secure_cookies and not all(is_local(name) for name in settings.site.hosts):
        log.warning("blockmrs.site.secure_cookies is false for a host that others can reach: use HTTPS, and set it")
    server = create_server(
        assemble(settings, services),
        host=host,
        port=port,
        threads=threads,
        largest_kept_bytes=settings.site.body_bytes,
        proxies=proxies,
    )
    workers.serve_with(server.task_dispatcher)
    background = start_background(settings, foundation)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    click.echo(f"Serving on http://{host}:{port}/")
    try:
        server.run()
    finally:
        background.stop()
        foundation.close()
