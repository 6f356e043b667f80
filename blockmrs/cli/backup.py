"""`blockmrs backup`: everything that is kept here, in one file."""

from pathlib import Path

import click

from blockmrs.cli.common import ask_passphrase, open_foundation, passphrase_option, settings_option
from blockmrs.cli.progress import show_bars
from blockmrs.config.assembly import build_backup
from blockmrs.config.settings import Settings

_SECRETS = """\
It holds the pepper and the sealer's key. With it alone, passwords can be guessed at and blocks signed in this node's
name: keep it as you keep the server itself. Without --unsealed, a backup is sealed under a passphrase."""
_SEALED = "It is sealed: without the passphrase it is of no use, to you neither."
_INSTEAD = "name a file that holds it with --passphrase-file FILE, or leave the backup in clear with --unsealed"


@click.command()
@settings_option
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@passphrase_option
@click.option("--unsealed", is_flag=True, help="Leave the pepper and the sealer's key in clear in FILE.")
def command(settings: Settings, file: Path, passphrase: str | None, unsealed: bool) -> None:
    """Write database, objects and secrets to FILE, while the server goes on working.

    FILE is sealed under the passphrase in --passphrase-file, or under one that you are asked for.
    The .ini file is not in it, nor the repository of an IPFS node: its objects are, and its own settings are not.
    """
    if unsealed and passphrase is not None:
        raise click.UsageError("--unsealed and --passphrase-file exclude each other")
    if not unsealed and passphrase is None:
        passphrase = ask_passphrase(_INSTEAD, new=True)
    foundation = open_foundation(settings)
    with show_bars() as bars:
        result = build_backup(settings, foundation).write(file, passphrase, bars)
    click.echo(f"{file}: the database, {result.objects} objects, {result.secrets} secret files.")
    click.echo(f"{result.size_bytes:,} bytes, for its owner alone (0600).")
    click.echo(_SECRETS if unsealed else _SEALED)
    if result.missing:
        click.echo(f"\n{len(result.missing)} objects are missing or damaged here, and so in the backup:", err=True)
        for cid in result.missing:
            click.echo(f"  {cid}", err=True)
        raise click.exceptions.Exit(1)
