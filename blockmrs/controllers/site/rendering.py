"""How a compiled template becomes one text: what Kajiki does, in fewer steps.

A page is some hundred pieces from templates within templates. Kajiki hands each piece through all that are around it,
and works every attribute out anew, also one that is written out. Here a piece is taken once, and what is known
beforehand is known when the template is loaded. What is sent is the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from kajiki import ir
from kajiki.html_utils import HTML_EMPTY_ATTRS
from kajiki.util import flattener, literal

from blockmrs.controllers.site.language import current_language

_SPECIAL = re.compile(r'[&<>"]')
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"})


def quick(page: type[Any]) -> type[Any]:
    """The template, rendered as below."""
    return type(page.__name__, (_Quick, page), {})


def written_out(attribute: ir.Node) -> ir.Node:
    """The text of an attribute in which nothing is to be worked out; any other part of a template as it is."""
    if not isinstance(attribute, ir.AttrNode):
        return attribute
    texts = [part.text for part in attribute.body if type(part) is ir.TextNode]
    if len(texts) < len(attribute.body):
        return attribute
    value = "".join(texts)
    shown = attribute.attr.lower() if attribute.attr in HTML_EMPTY_ATTRS else f'{attribute.attr}="{_escaped(value)}"'
    return ir.TextNode(f" {shown}", attribute.guard)


class MadeOnce:
    """Parts of pages that are the same for everybody who reads a language: made when one is first shown."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str], str] = {}

    def __call__(self, name: str, made: Iterable[Any]) -> Any:
        """The part with that name, of which there are few; `made` is what a template's function gives, not begun."""
        key = current_language(), name
        if key not in self._made:
            self._made[key] = "".join(_pieces(made))
        return literal(self._made[key])


class _Quick:
    """In place of what Kajiki's templates are made of; the names are Kajiki's."""

    def render(self) -> str:
        """The page."""
        return "".join(_pieces(self.__main__()))  # type: ignore[attr-defined] # of the template, which ships no types

    def _escape(self, value: Any) -> Any:
        if type(value) is str:
            return _escaped(value)
        return super()._escape(value)  # type: ignore[misc] # Kajiki's, which ships no types

    def _collect(self, parts: Iterable[Any]) -> str | None:
        pieces = _pieces(parts)
        return "".join(pieces) if pieces else None

    def _render_attrs(self, attributes: Any, _mode: str) -> list[str]:
        pairs = attributes.items() if hasattr(attributes, "items") else attributes or ()
        shown = []
        for name, value in sorted(pairs):
            if name in HTML_EMPTY_ATTRS:
                if value not in (None, False):
                    shown.append(f" {name.lower()}")
            elif value is not None:
                shown.append(f' {name}="{self._escape(value)}"')
        return shown


def _escaped(text: str) -> str:
    return text.translate(_ESCAPED) if _SPECIAL.search(text) else text


def _pieces(parts: Iterable[Any]) -> list[str]:
    """What the parts say, in order; a part that is a page's own is taken apart where it stands."""
    pieces: list[str] = []
    stack = [parts.iterator if isinstance(parts, flattener) else iter(parts)]
    while stack:
        for part in stack[-1]:
            if type(part) is str:
                pieces.append(part)
            elif type(part) is flattener:
                stack.append(part.iterator)
                break
            elif part is not None:
                pieces.append(str(part))
        else:
            stack.pop()
    return pieces
