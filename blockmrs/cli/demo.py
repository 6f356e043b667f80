"""`blockmrs demo`: a believable club on a fresh installation."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from blockmrs.cli.common import open_services, settings_option
from blockmrs.services.demo import make_demo

if TYPE_CHECKING:
    from blockmrs.config.settings import Settings


@click.command()
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print the accounts as JSON.")
def command(settings: Settings, as_json: bool) -> None:
    """Fill a fresh installation with a team, families and a hospital, and print their passwords once."""
    demo = make_demo(open_services(settings))
    if as_json:
        click.echo(json.dumps(asdict(demo)))
        return
    click.echo("Made for this installation, and shown only once:\n")
    for account in demo.accounts:
        click.echo(f"  {account.role:<10} {account.user_name:<14} {account.password}")
        click.echo(f"  {'':<10} {'':<14} recovery code {account.recovery_code}")
    click.echo(f"\nA report is at /field/report/{demo.report}")
    click.echo(f"Crew can open it at /r with the code {demo.typed_code}, for 24 hours.")
