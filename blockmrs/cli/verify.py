"""`blockmrs verify`: check the chain, every row and every object that this node holds."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import asdict
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import DatabaseError

from blockmrs.cli.common import open_services, settings_option
from blockmrs.cli.progress import show_bars
from blockmrs.errors import BlockMRSError

if TYPE_CHECKING:
    from blockmrs.config.settings import Settings
    from blockmrs.services.node.verify import NodeCounts

_WHAT = {
    "headers": "block headers: chained, signed, and never running back in time",
    "transactions": "transactions: size, one-time key, signature, place in the log",
    "nodes": "Merkle nodes, recomputed from the transactions",
    "objects": "objects reported as saved: present, and matching their names",
    "unlisted": "objects left by interrupted saves: harmless, and matching their names",
    "waiting": "objects waiting for the IPFS node",
    "rows": "rows of the other tables, as this server wrote them",
    "file_bytes": "bytes of the database file, unused ones included, as last closed (0: in use, or was killed)",
}


@click.command()
@settings_option
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@click.option(
    "--accept-file",
    is_flag=True,
    help="If all else is right, accept the database file as it is: you know who changed or replaced it.",
)
def command(settings: Settings, as_json: bool, accept_file: bool) -> None:
    """Check the whole chain and everything this node holds, and name the first thing that is wrong.

    The exit status is 1 if anything is.
    """
    errors = Console(stderr=True)
    try:
        with show_bars() as bars:
            checked = open_services(settings).evidence.check_everything(bars, accept_file=accept_file)
    except (BlockMRSError, DatabaseError, sqlite3.DatabaseError, UnicodeDecodeError) as error:
        # A damaged page may stop SQLite before any of our checks; its message names no value.
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


def _print(checked: NodeCounts) -> None:
    table = Table(title="Checked, and all correct", title_justify="left", box=None, show_header=False)
    table.add_column(justify="right")
    table.add_column()
    for name, count in asdict(checked).items():
        table.add_row(f"{count:,}", _WHAT[name])
    Console().print(table)
