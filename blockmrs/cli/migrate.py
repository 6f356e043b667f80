"""`blockmrs migrate`: bring the database up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from blockmrs.cli.common import settings_option
from blockmrs.config.assembly import database_alone
from blockmrs.websetup import prepare

if TYPE_CHECKING:
    from blockmrs.config.settings import Settings


@click.command()
@settings_option
def command(settings: Settings) -> None:
    """Bring the database up to date; does nothing if it already is. Nothing else may use the data folder meanwhile."""
    with database_alone(settings) as database:
        changed = prepare(database)
    click.echo("The database was migrated." if changed else "The database is up to date.")
