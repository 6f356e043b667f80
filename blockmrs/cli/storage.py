"""`blockmrs storage`: look after the object store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import click

from blockmrs.cli.common import open_foundation, open_services, settings_option
from blockmrs.cli.progress import show_bars
from blockmrs.config.assembly import build_object_store
from blockmrs.storage.transfer import migrate_objects

if TYPE_CHECKING:
    from blockmrs.config.settings import Settings

Kind = Literal["embedded", "kubo"]
_OTHER: dict[Kind, Kind] = {"embedded": "kubo", "kubo": "embedded"}


@click.group()
def command() -> None:
    """Look after the object store."""


@command.command()
@settings_option
def status(settings: Settings) -> None:
    """Say whether the store answers, and how many objects are waiting for it."""
    foundation = open_foundation(settings)
    health = foundation.objects.health()
    click.echo(f"{'Well' if health.ok else 'NOT WELL'}: {health.detail}")
    if health.objects is not None:
        click.echo(f"{health.objects} objects")
    click.echo(f"{foundation.objects.pending()} are waiting in the outbox")
    raise click.exceptions.Exit(0 if health.ok else 1)


@command.command()
@settings_option
def flush(settings: Settings) -> None:
    """Send the waiting objects to the store now."""
    outbox = open_foundation(settings).objects
    click.echo(f"{outbox.flush()} objects reached the store.")
    if left := outbox.pending():
        raise click.ClickException(f"{left} objects are still waiting; the log says why")


@command.command()
@settings_option
@click.option("--to", "target", type=click.Choice(["embedded", "kubo"]), required=True, help="Where to copy to.")
def migrate(settings: Settings, target: Kind) -> None:
    """Copy every object to the other kind of store, and check each copy.

    It may run beside the server, and may be repeated: it continues where it stopped. Afterwards set
    blockmrs.storage.kind to the new kind, restart the server, and run it once more for what was saved in between.
    """
    # The other store is the source, whatever the settings say: both before the switch and after it.
    origin = open_foundation(replace(settings, storage=replace(settings.storage, kind=_OTHER[target])))
    cids = sorted({*open_services(settings).evidence.listed_cids(), *origin.stored_cids()})
    store = build_object_store(replace(settings.storage, kind=target), settings.data.objects)
    with show_bars() as bars:
        result = migrate_objects(origin.objects, store, cids, lambda done: bars("objects", done, len(cids)))
    click.echo(f"{result.copied} objects copied and checked, {result.present} were already there.")
    if result.failed:
        for cid, reason in result.failed:
            click.echo(f"  {cid}: {reason}", err=True)
        raise click.ClickException(f"{len(result.failed)} objects could not be copied")
    click.echo(f"Now set blockmrs.storage.kind = {target}, restart the server, and run this once more.")
