"""`blockmrs` and its commands, one file each: they call services, as controllers do."""

import importlib

import click

# Name of the command: the module that holds it as `command`. Loaded only when called, so that `--help` stays quick.
COMMANDS: dict[str, str] = {}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return every command's name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command, or None where there is no such name."""
        module = COMMANDS.get(cmd_name)
        if module is None:
            return None
        command: click.Command = importlib.import_module(module).command
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="blockmrs")
def main() -> None:
    """Medical records that their owner holds."""
