"""Refuse what the oldest supported browsers do not know, in every script and in the stylesheet.

    python -m tools.browsers.check    prints what is wrong, a line each; ends with 1 where something is

A script is read with its own grammar, not by its letters. Of names, those count that are read from something
(`event.submitter`, `{ submitter } = event`, `"submitter" in event`) or that no line of the file declares
(`structuredClone`); a member that our own scripts write themselves is ours. What is used in spite of it stands in
`ALLOWED`, with what an older browser does instead.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import tinycss2
import tree_sitter_javascript
from tree_sitter import Language, Node, Parser

from tools.browsers.floor import too_new

PUBLIC = Path(__file__).parents[2] / "blockmrs" / "public"
ALLOWED = {
    "submitter": "base.js tells it where the browser does not",
    "requestSubmit": "base.js presses the button where the browser cannot",
    "SubmitEvent": "asked for before it is used; without it base.js helps",
    "BroadcastChannel": "asked for before it is used; without it other tabs learn at their next page",
    "locks": "asked for before it is used; without it one tab at a time, and the server takes a report once",
    "databases": "asked for before it is used; without it the database is opened to look",
    "storage": "asked for before it is used; without it the browser may make room at the end of seven days",
    "requestIdleCallback": "asked for before it is used; without it a timer",
    "accent-color": "ticks keep the browser's own colour",
    "color-scheme": "scroll bars and boxes keep the browser's own colours",
    "text-wrap": "a heading breaks as it falls",
    "text-size-adjust": "beside -webkit-text-size-adjust",
    "print-color-adjust": "beside -webkit-print-color-adjust",
    "forced-color-adjust": "only with forced colours, which older browsers do not have",
    "resize": "a box for text keeps its size",
    "@page": "the browser's own margins and no page numbers",
    "user-select": "beside -webkit-user-select",
    "focus-visible": "alone in its rules; the browser's own ring stays",
    "fallback": "a word of the rules' data",
    "presentation": "a word of the rules' data",
    "has": "alone in its rules; the box is not coloured, or every field shows",
}
FUNCTIONS = {"function_declaration", "function_expression", "arrow_function", "method_definition", "generator_function"}
SYNTAX = {
    "class_static_block": "a static block of a class",
    "field_definition": "a field of a class",
    "private_property_identifier": "a private member of a class",
    "decorator": "a decorator",
}
DECLARERS = {
    "formal_parameters", "array_pattern", "rest_pattern", "assignment_pattern", "pair_pattern", "catch_clause",
    "function_expression", "for_in_statement",
}  # fmt: skip
BINDERS = {"variable_declarator": "name", "function_declaration": "name", "class_declaration": "name"}


@dataclass
class Script:
    """What one script takes from the browser, and what it declares itself."""

    members: list[tuple[str, int]] = field(default_factory=list)
    calls: list[tuple[str, int]] = field(default_factory=list)
    names: list[tuple[str, int]] = field(default_factory=list)
    declared: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    own_members: set[str] = field(default_factory=set)
    own_methods: set[str] = field(default_factory=set)
    syntax: list[tuple[str, int]] = field(default_factory=list)


def read_script(source: str) -> Script:
    """The script, read; what is not the grammar of JavaScript is in `syntax`."""
    script = Script()
    tree = Parser(Language(tree_sitter_javascript.language())).parse(source.encode("utf-8"))
    waiting = [(tree.root_node, False)]
    while waiting:
        node, is_inside = waiting.pop()
        _take(node, is_inside, script)
        inside = is_inside or node.type in FUNCTIONS
        waiting.extend((child, inside) for child in node.children)
    return script


def _text(node: Node) -> str:
    return (node.text or b"").decode("utf-8")


def _take(node: Node, is_inside: bool, script: Script) -> None:
    line, kind, parent = node.start_point[0] + 1, node.type, node.parent
    if what := _new_syntax(node, is_inside):
        script.syntax.append((what, line))
    elif kind == "property_identifier" and parent is not None:
        _member(node, parent, line, script)
    elif kind == "shorthand_property_identifier":
        script.own_members.add(_text(node))
        script.names.append((_text(node), line))
    elif kind == "shorthand_property_identifier_pattern":
        script.members.append((_text(node), line))
        script.declared.add(_text(node))
    elif kind == "string_fragment" and parent is not None and parent.parent is not None:
        _named_by_text(node, parent, parent.parent, line, script)
    elif kind == "identifier" and parent is not None:
        _identifier(node, parent, line, script)


def _new_syntax(node: Node, is_inside: bool) -> str:
    """What is too new in how this is written, whatever it names; empty if nothing is."""
    kind = node.type
    if kind in SYNTAX:
        return SYNTAX[kind]
    if kind == "ERROR" or node.is_missing:
        return "what is no JavaScript"
    if not is_inside and _awaits(node):
        return "await outside a function"
    if kind == "regex_pattern" and ("(?<=" in _text(node) or "(?<!" in _text(node)):
        return "a look behind in a regular expression"
    if kind == "regex_flags" and set(_text(node)) & set("dv"):
        return f"a regular expression's flag of {_text(node)}"
    return ""


def _awaits(node: Node) -> bool:
    is_loop = node.type == "for_in_statement"
    return node.type == "await_expression" or (is_loop and any(child.type == "await" for child in node.children))


def _member(node: Node, parent: Node, line: int, script: Script) -> None:
    name, outer = _text(node), parent.parent
    if parent.type == "pair_pattern":
        script.members.append((name, line))
    elif parent.type == "member_expression":
        is_call = outer is not None and outer.child_by_field_name("function") == parent
        (script.calls if is_call else script.members).append((name, line))
    else:
        script.own_members.add(name)
        value = parent.child_by_field_name("value")
        if parent.type == "method_definition" or (value is not None and value.type in FUNCTIONS):
            script.own_methods.add(name)


def _named_by_text(node: Node, text: Node, outer: Node, line: int, script: Script) -> None:
    is_asked = outer.type == "binary_expression" and any(child.type == "in" for child in outer.children)
    if (is_asked and outer.children[0] == text) or outer.type == "subscript_expression":
        script.members.append((_text(node), line))


def _identifier(node: Node, parent: Node, line: int, script: Script) -> None:
    binder = BINDERS.get(parent.type)
    if binder is not None and parent.child_by_field_name(binder) == node:
        script.declared.add(_text(node))
        value = parent.child_by_field_name("value")
        if value is None or value.type in FUNCTIONS:
            script.functions.add(_text(node))
    elif parent.type in DECLARERS or parent.child_by_field_name("parameter") == node:
        script.declared.add(_text(node))
    else:
        script.names.append((_text(node), line))


def check_scripts(sources: dict[str, str], allowed: Iterable[str] = ALLOWED) -> list[str]:
    """What is too new in scripts that are used together, by file and line."""
    names, let = too_new()["name"], set(allowed)
    scripts = {path: read_script(source) for path, source in sources.items()}
    members = set().union(*(script.own_members for script in scripts.values()))
    methods = set().union(*(script.own_methods | script.own_members & script.functions for script in scripts.values()))
    declared = set().union(*(script.declared for script in scripts.values()))
    found = []
    for path, script in scripts.items():
        found += [f"{path}:{line}: {what}" for what, line in script.syntax]
        used = ((script.members, members), (script.calls, methods), (script.names, declared))
        others = [(name, line) for places, own in used for name, line in places if name not in own]
        found += [f"{path}:{line}: {name}" for name, line in others if name in names - let]
    return sorted(set(found))


def check_styles(path: str, source: str, allowed: Iterable[str] = ALLOWED) -> list[str]:
    """What is too new in a stylesheet: properties, rules, and selectors that are not alone in their rule."""
    let = set(allowed)
    return sorted(f"{path}:{line}: {what}" for what, line in _styles(source, let))


def _styles(source: str, let: set[str]) -> Iterator[tuple[str, int]]:
    new = too_new()
    waiting = list(tinycss2.parse_stylesheet(source, skip_comments=True, skip_whitespace=True))
    while waiting:
        rule = waiting.pop()
        if rule.type == "at-rule":
            if rule.lower_at_keyword in new["rule"] and f"@{rule.lower_at_keyword}" not in let:
                yield f"@{rule.at_keyword}", rule.source_line
            # What stands below @supports is for who has it.
            if rule.lower_at_keyword == "media" and rule.content:
                waiting += tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
        elif rule.type == "qualified-rule":
            yield from _selectors(rule, new["selector"], let)
            for one in tinycss2.parse_blocks_contents(rule.content, skip_comments=True, skip_whitespace=True):
                if one.type == "declaration" and one.lower_name in new["property"] - let:
                    yield one.name, one.source_line


def _selectors(rule: tinycss2.ast.QualifiedRule, new: frozenset[str], let: set[str]) -> Iterator[tuple[str, int]]:
    parts: list[set[str]] = [set()]
    for before, token in zip([None, *rule.prelude], rule.prelude, strict=False):
        if token.type == "literal" and token.value == ",":
            parts.append(set())
        elif before is not None and before.type == "literal" and before.value == ":":
            parts[-1] |= {token.lower_name if token.type == "function" else getattr(token, "lower_value", "")} & new
    for name in set().union(*parts):
        # A browser that does not know one selector of a list drops the whole rule.
        if name not in let or any(name not in part for part in parts):
            yield f":{name}", rule.source_line


def main() -> int:
    folder = PUBLIC / "js"
    paths = sorted(folder.rglob("*.js"))
    scripts = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in paths}
    style = PUBLIC / "css" / "app.css"
    found = check_scripts(scripts) + check_styles(style.name, style.read_text(encoding="utf-8"))
    for line in found:
        print(f"{line} is not in every browser of docs/browsers.md")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
