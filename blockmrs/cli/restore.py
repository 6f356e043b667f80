"""`blockmrs restore`: a backup becomes this installation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from blockmrs.cli.common import ask_passphrase, passphrase_option, settings_option
from blockmrs.cli.progress import show_bars
from blockmrs.config.assembly import build_restore
from blockmrs.services.node.archive import is_sealed
from blockmrs.services.node.restore import HeadFile, RestoreResult

if TYPE_CHECKING:
    from blockmrs.config.settings import Settings

_HEADS = {
    HeadFile.UP_TO_DATE: "The database has every block that this machine has published. The chain continues.",
    HeadFile.ONE_AHEAD: (
        "This machine has published one block more ({published}) than the backup has. The head file holds all of it:\n"
        "the next start puts it into the database. The chain continues."
    ),
    HeadFile.NEWER: (
        "THIS NODE WILL SIGN NOTHING: nothing can be saved or shared. This machine has published blocks{upto}\n"
        "that the backup does not have, and others may have seen them. Signing others in their place would fork\n"
        "the chain. Reading works. To go on, bring the missing blocks back: restore a newer backup, or a newer copy\n"
        "of the database. There is no switch that overrides this."
    ),
    HeadFile.NONE_HERE: (
        "This machine has no record of publishing anything on this chain, so the backup's own record counts\n"
        "(block {published}). STOP if the old machine may have published blocks after {created}, or is still\n"
        "running: two nodes with one key would fork the chain, and every follower would see it. First fetch the old\n"
        "machine's newest database and its file secrets/sealer.head. Start this node only when you are sure."
    ),
}

_LET_GO_SINCE = """
Objects in this backup that were let go on this machine after it was made: {number}. They are served to nobody.
What took their place may not be in this backup, and then their reports open for nobody here. Their bytes are in
{folder}
and the server erases them there 30 days after they were let go; at its next start, if that is longer ago.
Keep the backup: docs/server.md, "What was let go", says how to get the reports back."""


@click.command()
@settings_option
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False)
@passphrase_option
@click.option("--replace", is_flag=True, help="Set aside what the data folder holds; asks first.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--finish", is_flag=True, help="Finish a restore that was interrupted in its last step.")
def command(
    settings: Settings, file: Path | None, passphrase: str | None, replace: bool, yes: bool, finish: bool
) -> None:
    """Replace the content of the data folder, which nothing may be using, by the backup in FILE.

    You are asked for a sealed backup's passphrase, unless --passphrase-file names a file that holds it.
    The whole file is read and checked before anything is replaced, and what was there before is set aside, not deleted.
    """
    restore = build_restore(settings)
    if finish:
        aside = restore.finish()
        click.echo(
            "There was nothing to finish." if aside is None else f"Finished. What was there before is in {aside}."
        )
        return
    if file is None:
        raise click.UsageError("give the backup's file")
    if replace and not yes:
        click.confirm(f"Set aside what is in {settings.data.folder}, and put the backup in its place?", abort=True)
    if passphrase is None and is_sealed(file):
        passphrase = ask_passphrase(
            "this backup is sealed, so give a file that holds it with --passphrase-file FILE", new=False
        )
    with show_bars() as bars:
        result = restore.read(file, passphrase, bars, replace=replace)
    _print(result)
    if result.let_go_since:
        click.echo(
            _LET_GO_SINCE.format(number=len(result.let_go_since), folder=settings.data.outbox / "left"), err=True
        )


def _print(result: RestoreResult) -> None:
    click.echo(f"Restored: {result.objects} objects, and the chain up to block {result.height}.")
    click.echo(f"The backup was made at {result.created}; anything saved after that is not in it.")
    if result.aside is not None:
        click.echo(f"What was here before is in {result.aside}; that includes secrets. Delete it once you are sure.")
    upto = "" if result.published_height is None else f" (up to {result.published_height})"
    text = _HEADS[result.head].format(published=result.published_height, created=result.created, upto=upto)
    click.echo(f"\n{text}\n")
    if result.missing:
        click.echo(f"{len(result.missing)} objects were already missing when the backup was made.", err=True)
    click.echo("Check everything now: blockmrs verify")
