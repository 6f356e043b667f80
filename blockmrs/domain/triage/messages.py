"""The rule files' texts for people, as messages to translate: a Babel extractor.

In the extraction's mapping file: `[extractors] triage = blockmrs.domain.triage.messages:extract`, and
`[triage: blockmrs/domain/triage/protocols/**.toml]`.
"""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from typing import Any, BinaryIO

SHOWN = frozenset(
    {
        *(
            "title",
            "label",
            "button",
            "ask",
            "how",
            "hint",
            "because",
            "first_aid",
            "dont",
            "return_to_play",
            "sooner_if",
            "instead",
            "lines",
        ),
        *("intended_use", "levels", "words", "why", "tell", "parent", "changed", "oneself"),
    }
)
"""Keys whose texts are shown to people; everything else in the files is for programs and reviewers."""

Message = tuple[int, None, str, list[str]]


def extract(
    source: BinaryIO, keywords: Collection[str], comment_tags: Collection[str], options: Mapping[str, str]
) -> Iterator[Message]:
    """Every text of one rule file that people see, once, with the line on which it first occurs."""
    text = source.read().decode("utf-8")
    lines = text.splitlines()
    earlier: set[str] = set()
    for message in _texts(tomllib.loads(text), shown=False):
        if message and message not in earlier:
            earlier.add(message)
            line = next((number for number, content in enumerate(lines, 1) if message in content), 1)
            yield line, None, message, []


def _texts(value: Any, *, shown: bool) -> Iterator[str]:
    if isinstance(value, str) and shown:
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry, shown=shown)
    elif isinstance(value, dict):
        for key, entry in value.items():
            yield from _texts(entry, shown=shown or key in SHOWN)
