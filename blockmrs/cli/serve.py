"""`blockmrs serve`: migrate, then serve until stopped."""

import logging
import signal
import sys
from typing import Any

import click
import waitress

from blockmrs.cli.common import settings_option, start_logging
from blockmrs.cli.workers import Workers
from blockmrs.config.application import assemble, start_background
from blockmrs.config.assembly import build_foundation, build_services
from blockmrs.config.settings import Settings, is_local
from blockmrs.websetup import announce_setup_token

# Waitress reads a body whole before the application sees it; what lies between this and the form's own limit gets a
# page that says so, and more than this is cut off.
LARGEST_READ_BYTES = 16 * 1024 * 1024

log = logging.getLogger(__name__)


@click.command()
@settings_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8080, show_default=True, envvar="PORT", help="The port to listen on.")
@click.option("--threads", default=8, show_default=True, help="How many requests are answered at once.")
@click.option(
    "--trusted-proxy",
    metavar="ADDRESS",
    help="The address of the proxy in front, whose X-Forwarded-For and X-Forwarded-Proto are believed.",
)
def command(settings: Settings, host: str, port: int, threads: int, trusted_proxy: str | None) -> None:
    """Migrate the database and serve the site."""
    start_logging()
    foundation = build_foundation(settings, upgrade=True)
    workers = Workers(threads)
    services = build_services(settings, foundation, workers.aside)
    announce_setup_token(services.identity)
    if not settings.site.secure_cookies and not all(is_local(name) for name in settings.site.hosts):
        log.warning("blockmrs.site.secure_cookies is false for a host that others can reach: use HTTPS, and set it")
    server = waitress.create_server(
        assemble(settings, services),
        host=host,
        port=port,
        threads=threads,
        ident=None,
        max_request_body_size=LARGEST_READ_BYTES,
        clear_untrusted_proxy_headers=True,
        **_proxy_options(trusted_proxy),
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


def _proxy_options(address: str | None) -> dict[str, Any]:
    """Throttling counts by the sender's address, which only a proxy that is named may tell."""
    if address is None:
        return {}
    return {
        "trusted_proxy": address,
        "trusted_proxy_count": 1,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
    }
