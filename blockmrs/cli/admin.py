"""`blockmrs admin`: what the operator does in a terminal."""

import json

import click

from blockmrs.cli.common import open_services, settings_option
from blockmrs.config.settings import Settings
from blockmrs.errors import Conflict

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@click.group()
def command() -> None:
    """Organisations, and the token of the first administrator."""


@command.command("add-organisation")
@settings_option
@click.argument("name")
@click.option("--place", default="", help="Where it is, if the name does not say it.")
@as_json_option
def add_organisation(settings: Settings, name: str, place: str, as_json: bool) -> None:
    """Add the organisation NAME to the directory; prints the invitation code of its first member, once."""
    code = open_services(settings).organisations.add(name, place)
    if as_json:
        click.echo(json.dumps({"name": name.strip(), "place": place.strip(), "invitation": code}))
        return
    click.echo(f"{name.strip()} stands in the directory. Its first member opens /join and types, once:\n\n  {code}\n")
    click.echo("If the code is lost before anybody joined, add the organisation again for a new one.")


@command.command("list-organisations")
@settings_option
@as_json_option
def list_organisations(settings: Settings, as_json: bool) -> None:
    """List the directory: every organisation with its members."""
    directory = open_services(settings).organisations.directory()
    if as_json:
        click.echo(json.dumps([{"name": o.name, "place": o.place, "members": list(o.staff)} for o in directory]))
        return
    if not directory:
        click.echo("None yet. Add one with `blockmrs admin add-organisation NAME`.")
    for organisation in directory:
        place = f", {organisation.place}" if organisation.place else ""
        click.echo(f"{organisation.name}{place}: {', '.join(organisation.staff) or 'nobody joined yet'}")


@command.command("setup-token")
@settings_option
@as_json_option
def setup_token(settings: Settings, as_json: bool) -> None:
    """Print a new one-time token for /setup; the one before stops working."""
    identity = open_services(settings).identity
    if identity.has_admin():
        raise Conflict("set-up is closed: there is an administrator")
    token = identity.make_setup_token()
    click.echo(json.dumps({"token": token}) if as_json else f"Open /setup and enter this token, once:\n\n  {token}")
