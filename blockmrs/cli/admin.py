"""`blockmrs admin`: what the operator does in a terminal."""

import json
from collections.abc import Sequence

import click

from blockmrs.cli.common import open_services, settings_option
from blockmrs.config.settings import Settings
from blockmrs.domain.staff import Membership
from blockmrs.errors import Conflict, NotFound

_SHOWN = 12  # digits of a card id that list-members prints

as_json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")


@click.group()
def command() -> None:
    """Organisations, their members, and the token of the first administrator."""


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


@command.command("list-members")
@settings_option
@click.argument("organisation")
@as_json_option
def list_members(settings: Settings, organisation: str, as_json: bool) -> None:
    """List who is a member of ORGANISATION, a name of the directory, and who was."""
    organisations = open_services(settings).organisations
    members = organisations.staff.of(organisations.find_named(organisation).card_id)
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in members]))
        return
    for one in members:
        since = f"{one.since:%Y-%m-%d}" if one.since else "before this was noted"
        until = f", left on {one.until:%Y-%m-%d}" if one.until else ", manages members" if one.manages else ""
        click.echo(f"{one.card_id.hex()[:_SHOWN]}  {one.name}, since {since}{until}")


@command.command("end-membership")
@settings_option
@click.argument("organisation")
@click.argument("member")
@click.option("--yes", is_flag=True, help="Do not ask.")
def end_membership(settings: Settings, organisation: str, member: str, yes: bool) -> None:
    """End the membership of MEMBER in ORGANISATION, at once, also the last one.

    MEMBER is a name, or the digits that list-members prints.
    """
    organisations = open_services(settings).organisations
    found = organisations.find_named(organisation)
    one = _member(organisations.staff.of(found.card_id), member)
    if not yes:
        click.confirm(f"{one.name} will open nothing any more that is shared with {found.name}. Go on?", abort=True)
    organisations.staff.end(None, found.card_id, one.card_id)
    click.echo(f"{one.name} has left {found.name}. What they signed before goes on counting.")
    click.echo("They still have a copy of its keys: this site keeps them out, not the encryption.")


@command.command("set-manager")
@settings_option
@click.argument("organisation")
@click.argument("member")
@click.option("--no-longer", is_flag=True, help="Take it from them.")
def set_manager(settings: Settings, organisation: str, member: str, no_longer: bool) -> None:
    """Let MEMBER manage the members of ORGANISATION: invite, end memberships, let others do the same."""
    organisations = open_services(settings).organisations
    found = organisations.find_named(organisation)
    one = _member(organisations.staff.of(found.card_id), member)
    organisations.staff.set_manages(None, found.card_id, one.card_id, manages=not no_longer)
    click.echo(f"{one.name} {'no longer manages' if no_longer else 'manages'} the members of {found.name}.")


def _member(members: Sequence[Membership], text: str) -> Membership:
    """The one current member of that name, or whose card begins with these digits."""
    digits = text.casefold() if len(text) >= _SHOWN else None
    found = [
        one
        for one in members
        if one.is_current and (one.name == text or (digits and one.card_id.hex().startswith(digits)))
    ]
    if not found:
        raise NotFound("nobody of that name is a member: see list-members")
    if len(found) > 1:
        raise Conflict("several members have that name: give the digits that list-members prints")
    return found[0]


def _as_json(one: Membership) -> dict[str, object]:
    return {
        "card": one.card_id.hex(),
        "name": one.name,
        "since": one.since.isoformat() if one.since else None,
        "until": one.until.isoformat() if one.until else None,
        "manages": one.manages,
    }


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
