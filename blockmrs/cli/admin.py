"""`blockmrs admin`: what the operator does in a terminal."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from blockmrs.cli.common import open_services, settings_option
from blockmrs.errors import Conflict, NotFound

if TYPE_CHECKING:
    from blockmrs.config.settings import Settings
    from blockmrs.domain.staff import Membership

_SHOWN = 12  # digits of a card id, as printed by list-members

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
    """Add the organisation NAME and print the invitation code of its first member, once."""
    code = open_services(settings).organisations.add(name, place)
    if as_json:
        click.echo(json.dumps({"name": name.strip(), "place": place.strip(), "invitation": code}))
        return
    click.echo(f"{name.strip()} is in the directory. Its first member opens /join and enters this code:\n\n  {code}\n")
    click.echo("If the code is lost before anybody has joined, add the organisation again to get a new one.")


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
        click.echo(f"{organisation.name}{place}: {', '.join(organisation.staff) or 'nobody has joined yet'}")


@command.command("list-members")
@settings_option
@click.argument("organisation")
@as_json_option
def list_members(settings: Settings, organisation: str, as_json: bool) -> None:
    """List the members of ORGANISATION, past and present, by its name in the directory."""
    organisations = open_services(settings).organisations
    members = organisations.staff.of(organisations.find_named(organisation).card_id)
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in members]))
        return
    for one in members:
        since = f"{one.since:%Y-%m-%d}" if one.since else "before dates were recorded"
        until = f", left on {one.until:%Y-%m-%d}" if one.until else ", manages members" if one.manages else ""
        click.echo(f"{one.card_id.hex()[:_SHOWN]}  {one.name}, since {since}{until}")


@command.command("end-membership")
@settings_option
@click.argument("organisation")
@click.argument("member")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def end_membership(settings: Settings, organisation: str, member: str, yes: bool) -> None:
    """End MEMBER's membership of ORGANISATION at once, even if nobody else is left.

    MEMBER is a name, or the digits printed by list-members.
    """
    organisations = open_services(settings).organisations
    entry = organisations.find_named(organisation)
    one = _member(organisations.staff.of(entry.card_id), member)
    if not yes:
        click.confirm(
            f"{one.name} will no longer be able to open anything shared with {entry.name}. Go on?", abort=True
        )
    organisations.staff.end(None, entry.card_id, one.card_id)
    click.echo(f"{one.name} has left {entry.name}. What they signed before still counts.")
    click.echo("They still have a copy of its keys: what keeps them out is this site, not the encryption.")


@command.command("set-manager")
@settings_option
@click.argument("organisation")
@click.argument("member")
@click.option("--no-longer", is_flag=True, help="Take that right away again.")
def set_manager(settings: Settings, organisation: str, member: str, no_longer: bool) -> None:
    """Let MEMBER manage ORGANISATION: invite people, end memberships, appoint other managers."""
    organisations = open_services(settings).organisations
    entry = organisations.find_named(organisation)
    one = _member(organisations.staff.of(entry.card_id), member)
    organisations.staff.set_manages(None, entry.card_id, one.card_id, manages=not no_longer)
    click.echo(f"{one.name} {'no longer manages' if no_longer else 'manages'} the members of {entry.name}.")


def _member(members: Sequence[Membership], text: str) -> Membership:
    """The one current member with that name, or whose card begins with these digits."""
    digits = text.casefold() if len(text) >= _SHOWN else None
    matches = [
        one
        for one in members
        if one.is_current and (one.name == text or (digits and one.card_id.hex().startswith(digits)))
    ]
    if not matches:
        raise NotFound("no current member has that name: see list-members")
    if len(matches) > 1:
        raise Conflict("several members have that name: give the digits printed by list-members")
    return matches[0]


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
    """Print a new one-time token for /setup; the previous one stops working."""
    identity = open_services(settings).identity
    if identity.has_admin():
        raise Conflict("set-up is closed: there is an administrator already")
    token = identity.make_setup_token()
    click.echo(
        json.dumps({"token": token}) if as_json else f"Open /setup and enter this token, which works once:\n\n  {token}"
    )
