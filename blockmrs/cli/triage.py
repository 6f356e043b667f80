"""`blockmrs triage`: the questions and the advice without a browser, for reviewers and other programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

import click

from blockmrs.cli.common import DEFAULT_FILE
from blockmrs.config.settings import Settings, load_settings
from blockmrs.domain.triage.places import places_of
from blockmrs.errors import InvalidInput
from blockmrs.services.advice.as_data import (
    assessment_as_data,
    interview_from_data,
    proposal_as_data,
    questions_as_data,
)
from blockmrs.services.advice.interviews import TriageService

_LARGEST_INPUT = 1_000_000


@click.group()
def command() -> None:
    """Query the triage rules, which are not medical advice until a clinician has reviewed them."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def questions(as_json: bool) -> None:
    """Print every presentation with its questions."""
    data = questions_as_data(TriageService().rules)
    if as_json:
        click.echo(_text(data))
        return
    click.echo(f"Rules version {data['version']}")
    for name, presentation in data["presentations"].items():
        click.echo(f"\n{name}: {presentation['title']} (evidence section {presentation['evidence_section']})")
        for question in presentation["questions"]:
            click.echo(f"  {question['finding']}: {question['ask']}")


@command.command()
@click.option(
    *("-c", "--config", "config_file"),
    type=click.Path(dir_okay=False, path_type=Path),
    envvar="BLOCKMRS_CONFIG",
    show_envvar=True,
    help=f"The .ini file that names the crisis lines.  [default: {DEFAULT_FILE}, or the settings' own defaults]",
)
@click.argument("file", type=click.File("r", encoding="utf-8"))
def assess(config_file: Path | None, file: IO[str]) -> None:
    """Print the advice for the answers in FILE (JSON), or on standard input if FILE is "-"."""
    triage, settings = TriageService(), _settings(config_file)
    assessment = triage.conclude(interview_from_data(triage.rules, _parsed(file)))
    click.echo(_text(assessment_as_data(assessment, places_of(settings.site.lines))))


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.argument("text", nargs=-1, required=True)
def route(as_json: bool, text: tuple[str, ...]) -> None:
    """Print the complaints that TEXT may mean, likeliest first, for a person to confirm."""
    triage = TriageService()
    data = proposal_as_data(triage.rules, triage.route(" ".join(text)))
    if as_json:
        click.echo(_text(data))
        return
    for presentation in data["presentations"]:
        click.echo(f"{presentation['id']}: {presentation['title']}")
    for sign in data["signs"]:
        click.echo(f"Danger sign {sign['id']}: {sign['label']}")
    if not data["presentations"]:
        click.echo("Nothing matches these words. Choose where it hurts instead.")


def _settings(config_file: Path | None) -> Settings:
    """The settings in the file. Advice needs none, so without a file the defaults apply."""
    if config_file is None and not Path(DEFAULT_FILE).exists():
        return Settings()
    return load_settings(config_file or Path(DEFAULT_FILE))


def _parsed(file: IO[str]) -> object:
    """The file's JSON. A name that occurs twice in one object is refused, since one of its values would be lost."""
    try:
        text = file.read(_LARGEST_INPUT + 1)
        if len(text) > _LARGEST_INPUT:
            raise InvalidInput("the input is too large", field="input")
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("the input is not JSON", field="input", reason=type(error).__name__) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    by_name = dict(pairs)
    if len(by_name) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidInput("a name occurs twice", field=twice, at=twice)
    return by_name


def _no_number(name: str) -> None:
    """`NaN` and `Infinity`, which Python would accept and JSON does not have."""
    raise ValueError(name)


def _text(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=2, ensure_ascii=False)
