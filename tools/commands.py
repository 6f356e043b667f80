"""Writes what `blockmrs --help` and the help of each command say into README.md and docs/commands.md.

`make commands` writes both; `python tools/commands.py --check` says whether they are up to date, and fails if not.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import click
from click.formatting import HelpFormatter

from blockmrs.cli import main as blockmrs

ROOT = Path(__file__).parents[1]
README, PAGE = Path("README.md"), Path("docs/commands.md")
BEGIN, END = "<!-- From here on written by `make commands`. -->", "<!-- Up to here written by `make commands`. -->"
_WIDTH = 116


class Wide(HelpFormatter):
    """As wide as a page of the README, wherever this runs."""

    def __init__(self, *_: object, **__: object) -> None:
        super().__init__(width=_WIDTH)


class Context(click.Context):
    """Formats help the same way in every terminal."""

    formatter_class = Wide


def every_command(command: click.Command = blockmrs, name: str = "blockmrs") -> Iterator[tuple[str, click.Command]]:
    """Each command with the words that call it, groups before their own commands."""
    yield name, command
    if isinstance(command, click.Group):
        context = Context(command, info_name=name)
        for one in command.list_commands(context):
            found = command.get_command(context, one)
            if found is not None:
                yield from every_command(found, f"{name} {one}")


def help_of(name: str, command: click.Command) -> str:
    """What `<name> --help` prints, as wide as `_WIDTH`, without spaces at the ends of lines."""
    settings = command.context_settings | {"help_option_names": ["-h", "--help"]}
    context = Context(command, info_name=name, **settings)
    return "\n".join(line.rstrip() for line in command.get_help(context).splitlines())


def overview() -> str:
    """The README's block: the help of the program itself and of its groups, which list every command between them."""
    groups = [(name, command) for name, command in every_command() if isinstance(command, click.Group)]
    texts = [f"$ {name} --help\n{help_of(name, command)}" for name, command in groups]
    return "```text\n" + "\n\n".join(texts) + "\n```"


def page() -> str:
    """docs/commands.md: the help of every command."""
    parts = [f"## `{name}`\n\n```text\n{help_of(name, command)}\n```" for name, command in every_command()]
    begins = "# Commands\n\nWhat each command says of itself with `--help`. `make commands` writes this page."
    return "\n\n".join([begins, *parts]) + "\n"


def updated() -> dict[Path, str]:
    """What README.md and docs/commands.md should say, by path from the top of the repository."""
    text = (ROOT / README).read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"{README} has no place for the commands: two lines, {BEGIN} and {END}")
    return {README: f"{before}{BEGIN}\n\n{overview()}\n\n{END}{after}", PAGE: page()}


def main() -> None:
    """Write, or with `--check` compare."""
    check = sys.argv[1:] == ["--check"]
    for path, text in updated().items():
        there = ROOT / path
        if there.exists() and there.read_text(encoding="utf-8") == text:
            continue
        if check:
            raise SystemExit(f"{path} does not say what the commands say: make commands")
        there.write_text(text, encoding="utf-8")
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
