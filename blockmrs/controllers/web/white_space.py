"""How templates become pages: they are written one element a line, and their line breaks are not sent.

- A run of white space in a template's text becomes one space.
- A `py:` element leaves nothing on the page, and neither do the lines on which its two tags stand. What comes after
  each turn of a `py:for` stays: it parts one turn from the next.
- Between the blocks of a page that extends another is no page, and so no line.
- What a comment stood between counts as one run.

Untouched are `pre`, `textarea`, `script` and `style`, the values of attributes, non-breaking spaces, and whatever an
expression gives. A sentence over several lines is the same message as on one line: `tools/messages.py` reads templates
through `compiled`, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self
from xml.dom import minidom

from kajiki import ir, template
from kajiki.xml_template import _Compiler, _DomTransformer, _Parser
from tg import FullStackApplicationConfigurator
from tg.configurator.components.rendering import TemplateRenderingConfigurationComponent
from tg.renderers.kajiki import KajikiRenderer, KajikiTemplateLoader

from blockmrs.controllers.site.rendering import quick, written_out

# HTML's white space: a non-breaking space is a character like any other.
RUN = re.compile(r"[ \t\r\n\f]+")
MODE = "html5"
AS_WRITTEN = frozenset({"pre", "textarea", "script", "style"})
EXTENDS = "py:extends"
LEAVES_NO_LINES = frozenset(
    {"py:block", "py:call", "py:case", "py:def", "py:else", "py:for", "py:if", "py:switch", "py:with"}
)


def compiled(source: str, filename: str = "<string>", *, is_fragment: bool = False) -> ir.TemplateNode:
    """The template as Kajiki's tree of what is sent, without the line breaks of its layout."""
    document = _Parser(filename, source).parse()
    _drop_comments(document)
    document = _DomTransformer(document, strip_text=False).transform()
    _drop_lines(document)
    return _Pages(filename, document, mode=MODE, is_fragment=is_fragment).compile()


class Rendering(TemplateRenderingConfigurationComponent):
    """TurboGears' part that renders, with our renderer in place of its own for Kajiki."""

    def on_bind(self, configurator: FullStackApplicationConfigurator) -> None:
        """Register the renderers."""
        super().on_bind(configurator)
        self.register_engine(Renderer)


class Renderer(KajikiRenderer):
    """TurboGears' renderer for Kajiki, over templates without the line breaks of their layout."""

    @classmethod
    def create(cls, config: Mapping[str, Any], app_globals: Any) -> dict[str, Self]:
        """The renderer by the name of its engine."""
        made = super().create(config, app_globals)
        for renderer in made.values():
            renderer.loader = Loader(
                renderer.loader.path,
                dotted_finder=renderer.loader.dotted_finder,
                reload=config["auto_reload_templates"],
            )
        return made


class Loader(KajikiTemplateLoader):
    """Loads templates by their dotted names."""

    def _load(self, name: str, encoding: str = "utf-8", *, is_fragment: bool = False) -> Any:
        path = Path(self._filename(name))
        tree = compiled(path.read_text(encoding), str(path), is_fragment=is_fragment)
        return quick(template.from_ir(tree))


class _Pages(_Compiler):
    def _compile_text(self, node: minidom.Text) -> Iterator[ir.Node]:
        as_written = _name(node.parentNode) in AS_WRITTEN
        for part in super()._compile_text(node):
            if isinstance(part, ir.TextNode) and not as_written:
                part.text = RUN.sub(" ", part.text)
            yield part

    def _compile_xml(self, node: minidom.Element) -> Iterator[ir.Node]:
        yield from map(written_out, super()._compile_xml(node))


def _drop_comments(node: Any) -> None:
    """Take out what is no part of the page, so that the text on both sides of it becomes one."""
    for child in list(node.childNodes):
        if isinstance(child, minidom.Comment) and child.data.startswith("!"):
            node.removeChild(child)
        else:
            _drop_comments(child)


def _drop_lines(node: Any) -> None:
    """Take out the line breaks at the inner edges of `py:` elements, and all of them where no page is."""
    # Kajiki has moved what such an element holds into a "py:nop" of its own.
    holder = _name(node.parentNode) if _name(node) == "py:nop" else ""
    lines = [child for child in node.childNodes if _is_line(child)]
    if holder == EXTENDS or any(_name(child) == EXTENDS for child in node.childNodes):
        for line in lines:
            node.removeChild(line)
    elif holder in LEAVES_NO_LINES:
        edges = node.childNodes[:1] if holder == "py:for" else [*node.childNodes[:1], *node.childNodes[1:][-1:]]
        for line in lines:
            if line in edges:
                node.removeChild(line)
    for child in node.childNodes:
        _drop_lines(child)


def _name(node: Any) -> str:
    return getattr(node, "tagName", "")


def _is_line(node: Any) -> bool:
    return isinstance(node, minidom.Text) and "\n" in node.data and RUN.fullmatch(node.data) is not None
