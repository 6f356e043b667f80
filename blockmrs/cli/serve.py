"""`blockmrs serve`: migrate, then serve until stopped."""

from __future__ import annotations

import errno
import logging
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from blockmrs.cli.common import settings_option, start_logging
from blockmrs.cli.starting import StartingSite
from blockmrs.cli.workers import Workers
from blockmrs.config.settings import Settings, is_local
from blockmrs.server import create_server

log = logging.getLogger(__name__)
_PORT, _THREADS = click.IntRange(0, 65535), click.IntRange(1, 512)


@click.command()
@settings_option
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    envvar="PORT",
    help="The port to listen on.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 512),
    default=8,
    show_default=True,
    help="How many requests are answered at the same time.",
)
@click.option(
    "--trusted-proxy",
    "proxies",
    metavar="ADDRESS",
    multiple=True,
    help="A proxy in front, or a range of them (10.0.0.0/8), whose X-Forwarded-For and X-Forwarded-Proto are trusted.",
)
def command(settings: Settings, host: str, port: int, threads: int, proxies: tuple[str, ...]) -> None:
    """Migrate the database and serve the site."""
    start_logging()
    workers = Workers(threads)
    site = StartingSite(settings, workers.aside)
    if not settings.site.secure_cookies and not all(is_local(name) for name in settings.site.hosts):
        log.warning(
            "blockmrs.site.secure_cookies is false although others can reach this host: use HTTPS, and set it to true"
        )
    with _saying_why(host, port):
        server = create_server(
            site,
            host=host,
            port=port,
            threads=threads,
            largest_kept_bytes=settings.site.body_bytes,
            proxies=proxies,
        )
    workers.serve_with(server.task_dispatcher)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        site.start()
        click.echo(f"Serving on http://{host}:{port}/")
        server.run()
    finally:
        server.close()
        site.close()


@contextmanager
def _saying_why(host: str, port: int) -> Iterator[None]:
    """Turn what keeps the server from listening into a sentence."""
    try:
        yield
    except OSError as error:
        where = f"{host}, port {port}"
        if error.errno == errno.EADDRINUSE:
            raise click.ClickException(
                f"another program is already listening on {where}: choose another --port"
            ) from error
        raise click.ClickException(f"cannot listen on {where}: {error.strerror or error}") from error
    except ValueError as error:
        # Waitress raises this for a host name that does not resolve.
        raise click.ClickException(f"cannot listen on {host}, port {port}: this machine has no such address") from error
