"""`blockmrs` and its commands, one file each: they call services, as controllers do."""

from __future__ import annotations

import functools
import importlib
import os
from typing import Any

import click

from blockmrs.errors import BlockMRSError

# Each command stands in blockmrs/cli/<name>.py as `command`; it is imported only when called, so that help stays quick.
COMMANDS = ("admin", "backup", "demo", "migrate", "restore", "serve", "storage", "triage", "verify")


class Commands(click.Group):
    """Finds commands by name; an error that was raised on purpose ends with its message, not with a trace."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command's name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, or None where there is no such name."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"blockmrs.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; exit status 1 with the reason when it fails."""
        try:
            return super().invoke(ctx)
        except BlockMRSError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="blockmrs")
@click.pass_context
def main(context: click.Context) -> None:
    """Medical records that their owner holds."""
    # Whatever a command makes is for its owner alone, also what a library makes.
    context.call_on_close(functools.partial(os.umask, os.umask(0o077)))
