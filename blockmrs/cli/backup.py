"""`blockmrs backup`: everything stored here, in one file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from blockmrs.cli.common import ask_passphrase, open_foundation, passphrase_option, settings_option
from blockmrs.cli.progress import show_bars
from blockmrs.config.assembly import build_backup

if TYPE_CHECKING:
    from blockmrs.config.settings import Settings

_SECRETS = """\
It holds the pepper and the sealer's key. Whoever has it can guess passwords and sign blocks in this node's name:
guard it as you guard the server itself. Without --unsealed, a backup is sealed with a passphrase."""
_SEALED = "It is sealed: without the passphrase nobody can open it, and that includes you."
_INSTEAD = "give a file that holds it with --passphrase-file FILE, or leave the backup unsealed with --unsealed"


@click.command()
@settings_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@passphrase_option
@click.option("--unsealed", is_flag=True, help="Leave the pepper and the sealer's key readable in FILE.")
def command(settings: Settings, file: Path, passphrase: str | None, unsealed: bool) -> None:
    """Write the database, objects and secrets to FILE while the server keeps running.

    FILE is sealed with the passphrase in --passphrase-file, or with one that you are asked for.
    It does not hold the .ini file, nor an IPFS node's own settings; the node's objects it does hold.
    """
    if unsealed and passphrase is not None:
        raise click.UsageError("--unsealed and --passphrase-file cannot be used together")
    if not unsealed and passphrase is None:
        passphrase = ask_passphrase(_INSTEAD, new=True)
    foundation = open_foundation(settings)
    with show_bars() as bars:
        result = build_backup(settings, foundation).write(file, passphrase, bars)
    click.echo(f"{file}: the database, {result.objects} objects, {result.secrets} secret files.")
    click.echo(f"{result.size_bytes:,} bytes, readable by its owner only (0600).")
    click.echo(_SECRETS if unsealed else _SEALED)
    if result.missing:
        click.echo(f"\n{len(result.missing)} objects are missing or damaged here, and so in the backup too:", err=True)
        for cid in result.missing:
            click.echo(f"  {cid}", err=True)
        raise click.exceptions.Exit(1)
