"""`blockmrs verify`: check the chain, every row and every object that this node holds."""

import json
import sqlite3
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import DatabaseError

from blockmrs.cli.common import open_services, settings_option
from blockmrs.cli.progress import show_bars
from blockmrs.config.settings import Settings
from blockmrs.errors import BlockMRSError
from blockmrs.services.evidence import Checked

_WHAT = {
    "headers": "block headers: chained, signed, time never runs back",
    "transactions": "transactions: size, one-time key, signature, place in the log",
    "nodes": "Merkle nodes, computed anew from the transactions",
    "objects": "objects that somebody was told are saved: there, and what their name says",
    "unlisted": "objects of saves that were cut off: harmless, and what their name says",
    "waiting": "objects that wait for the IPFS node",
    "rows": "rows of the other tables: as this server wrote them",
    "file_bytes": "bytes of the database file, the unused ones too: as when it was last closed (0: in use, or killed)",
}


@click.command()
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--accept-file",
    is_flag=True,
    help="Where all else is right, take the database file as it is: you know who changed or replaced it.",
)
def command(settings: Settings, as_json: bool, accept_file: bool) -> None:
    """Check the whole chain and everything that this node holds; exit status 1 names the first thing wrong."""
    errors = Console(stderr=True)
    try:
        with show_bars() as bars:
            checked = open_services(settings).evidence.check_everything(bars, accept_file=accept_file)
    except (BlockMRSError, DatabaseError, sqlite3.DatabaseError, UnicodeDecodeError) as error:
        # A page that is damaged may stop SQLite before any check of ours; its message names no value.
        wrong = str(error) if isinstance(error, BlockMRSError) else f"the database file is damaged: {_cause(error)}"
        if as_json:
            click.echo(json.dumps({"ok": False, "wrong": wrong}))
        else:
            errors.print(f"WRONG: {wrong}", style="bold red", markup=False, highlight=False, soft_wrap=True)
        raise click.exceptions.Exit(1) from error
    if as_json:
        click.echo(json.dumps({"ok": True, **asdict(checked)}))
    else:
        _print(checked)


def _cause(error: Exception) -> object:
    return error.orig if isinstance(error, DatabaseError) else error


def _print(checked: Checked) -> None:
    table = Table(title="Checked, and found right", title_justify="left", box=None, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    for name, count in asdict(checked).items():
        table.add_row(f"{count:,}", _WHAT[name])
    Console().print(table)
