"""What every command starts with: the settings, and the services built from them."""

from __future__ import annotations

import functools
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from blockmrs.config.settings import Settings, load_settings
from blockmrs.errors import InvalidInput

DEFAULT_FILE = "development.ini"
SHORTEST_PASSPHRASE = 12


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
    """Send our own messages from `level` up, and other libraries' warnings, to standard error, one line each."""
    logging.basicConfig(
        stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )
    logging.getLogger("blockmrs").setLevel(level)


def passphrase_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--passphrase-file FILE`, and the passphrase in it, or None, as the argument `passphrase`."""

    @click.option(
        "--passphrase-file",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A file whose first line is the backup's passphrase. If it is lost, nothing opens the backup.",
    )
    @functools.wraps(command)
    def with_passphrase(*arguments: Any, passphrase_file: Path | None, **options: Any) -> Any:
        return command(*arguments, passphrase=_read_passphrase(passphrase_file), **options)

    return with_passphrase


def _read_passphrase(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        line = path.read_text(encoding="utf-8-sig").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("the passphrase file cannot be read", path=path) from error
    if len(line) < SHORTEST_PASSPHRASE:
        raise InvalidInput(f"a passphrase must have at least {SHORTEST_PASSPHRASE} characters", path=path)
    return line


def ask_passphrase(instead: str, *, new: bool) -> str:
    """The passphrase typed at the terminal; a `new` one is asked for twice, and again until it is long enough.

    Raises:
        InvalidInput: nobody can be asked, because standard input is not a terminal; `instead` says what to do then.
    """
    if not at_terminal():
        raise InvalidInput(f"there is no terminal to ask for the passphrase: {instead}")
    check = _long_enough if new else None
    answer: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=new, value_proc=check, err=True)
    return answer


def at_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty()


def _long_enough(answer: str) -> str:
    if len(answer) < SHORTEST_PASSPHRASE:
        raise click.BadParameter(f"it must have at least {SHORTEST_PASSPHRASE} characters.")
    return answer


def open_foundation(settings: Settings) -> Any:
    """What the services are built on, with the database brought up to date first."""
    from blockmrs.config.assembly import build_foundation

    foundation = build_foundation(settings, upgrade=True)
    click.get_current_context().call_on_close(foundation.close)
    return foundation


def open_services(settings: Settings) -> Any:
    """The services, with the database brought up to date first."""
    from blockmrs.config.assembly import build_services

    return build_services(settings, open_foundation(settings))
