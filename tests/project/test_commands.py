"""What the README and docs/commands.md say of the commands is what the commands say of themselves."""

from pathlib import Path

import click

import blockmrs.cli
from tools import commands

ROOT = Path(__file__).parents[2]


def test_the_readme_and_the_page_of_commands_say_what_the_commands_say() -> None:
    old = [str(path) for path, text in commands.updated().items() if (ROOT / path).read_text(encoding="utf-8") != text]
    assert old == [], "write them anew: make commands"


def test_every_file_with_a_command_is_listed() -> None:
    folder = Path(blockmrs.cli.__file__).parent
    with_one = {path.stem for path in folder.glob("*.py") if "\ndef command(" in path.read_text(encoding="utf-8")}
    listed = {name.split()[1] for name, _ in commands.every_command() if " " in name}
    assert listed == with_one == set(blockmrs.cli.COMMANDS)


def test_every_command_explains_itself_and_each_of_its_options() -> None:
    silent = []
    for name, command in commands.every_command():
        if not command.help:
            silent.append(name)
        silent += [f"{name} {one.opts[0]}" for one in command.params if isinstance(one, click.Option) and not one.help]
    assert silent == []
