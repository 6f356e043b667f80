"""What every command begins with: the settings, and the services built from them."""

import functools
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from blockmrs.config.settings import Settings, load_settings

DEFAULT_FILE = "development.ini"


def settings_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `-c FILE`, and the settings in that file as its first argument."""

    @click.option(
        "-c",
        "--config",
        "config_file",
        type=click.Path(dir_okay=False, path_type=Path),
        default=DEFAULT_FILE,
        envvar="BLOCKMRS_CONFIG",
        show_default=True,
        show_envvar=True,
        help="The .ini file with the settings.",
    )
    @functools.wraps(command)
    def with_settings(config_file: Path, **options: Any) -> Any:
        return command(load_settings(config_file), **options)

    return with_settings


def start_logging(level: int = logging.INFO) -> None:
    """Our own messages from `level` up and others' warnings go to standard error, one line each."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("blockmrs").setLevel(level)


def open_services(settings: Settings) -> Any:
    """The services on a database that is brought up to date first."""
    from blockmrs.config.assembly import build_database, build_foundation, build_services
    from blockmrs.websetup import prepare

    database = build_database(settings)
    prepare(database)
    database.engine.dispose()
    return build_services(settings, build_foundation(settings))
