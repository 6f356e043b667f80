"""Every mutant of a module, by the operators of mutmut.

mutmut itself leaves out what stands outside of functions, and functions with decorators, since it swaps functions while
the tests run. Here a mutant is a whole module, imported anew, so nothing of a module is out of reach: constants,
fields, properties, the arguments of decorators. Annotations are no behaviour: mypy reads them. Left out is the wording
of errors and logs: a log line, the first text of an error, and the identifiers that an error carries for the log; but
never the field of a form that it names.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators

from tools.mutants.rooms import ROOT

_LOGS = frozenset({"log", "_log", "logger", "_logger", "_LOG"})
_ALWAYS_FAIL = frozenset({"len", "isinstance"})
"""Calls that fail with any other arguments: to change those would only make the score look better."""
# Read and not imported: whatever of BlockMRS is in memory here would not be imported anew for a mutant.
_ERRORS = frozenset(re.findall(r"^class (\w+)\b", (ROOT / "blockmrs" / "errors.py").read_text(encoding="utf-8"), re.M))
_ERROR_WORDS = {"_check_32": 1}
"""Functions of which one argument is wording too: the words with which the error begins that they raise."""
_SMALL = (cst.SimpleStatementLine, cst.Decorator)
_TEXTS = (cst.SimpleString, cst.FormattedString, cst.ConcatenatedString)
MODULE = "(module)"


@dataclass(frozen=True)
class Mutant:
    """One change of one module. `lines`: whose tests could notice it; `scope`: the class or function that it is in."""

    number: int
    path: str
    scope: str
    line: int
    lines: range
    original: cst.CSTNode
    changed: cst.CSTNode


@dataclass(frozen=True)
class Source:
    """A module with its mutants, and its functions that have none."""

    path: str
    module: cst.Module
    mutants: tuple[Mutant, ...]
    untouched: tuple[str, ...]

    def text_of(self, mutant: Mutant) -> str:
        """The source of the module with that one change."""
        return cst.ensure_type(self.module.deep_replace(mutant.original, mutant.changed), cst.Module).code

    def difference(self, mutant: Mutant) -> str:
        """The lines that change, with - and +."""
        before, after = self.module.code.splitlines(), self.text_of(mutant).splitlines()
        lines = list(difflib.unified_diff(before, after, n=0, lineterm=""))[3:]
        return "\n".join(line[0] + line[1:].strip() for line in lines)


def read_source(path: Path) -> Source:
    """All mutants of the module in that file, in the order of its text."""
    wrapper = MetadataWrapper(cst.parse_module(path.read_text(encoding="utf-8")))
    visitor = _Visitor(path.relative_to(ROOT).as_posix())
    wrapper.visit(visitor)
    touched = {mutant.scope for mutant in visitor.mutants}
    untouched = [
        scope for scope in visitor.functions if not any(f"{name}.".startswith(f"{scope}.") for name in touched)
    ]
    return Source(visitor.path, wrapper.module, tuple(visitor.mutants), tuple(untouched))


class _Visitor(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.mutants: list[Mutant] = []
        self.functions: list[str] = []
        self._scopes: list[str] = []
        self._statements: list[range] = []
        self._wording: set[int] = set()

    def on_visit(self, node: cst.CSTNode) -> bool:
        if isinstance(node, cst.Annotation) or id(node) in self._wording:
            return False
        if isinstance(node, (cst.FunctionDef, cst.ClassDef)):
            self._scopes.append(node.name.value)
            if isinstance(node, cst.FunctionDef):
                self.functions.append(".".join(self._scopes))
        if isinstance(node, (cst.BaseCompoundStatement, *_SMALL)):
            self._statements.append(self._extent(node))
        wording = _wording(node) if isinstance(node, cst.Call) else []
        self._wording.update(id(word) for word in wording)
        for kind, operator in mutation_operators:
            if isinstance(node, kind):
                for changed in operator(node):
                    if not isinstance(node, cst.Call) or _changes_more(node, changed, wording):
                        self._note(node, changed)
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if isinstance(original_node, (cst.FunctionDef, cst.ClassDef)) and id(original_node) not in self._wording:
            self._scopes.pop()
        if isinstance(original_node, (cst.BaseCompoundStatement, *_SMALL)):
            self._statements.pop()

    def _note(self, node: cst.CSTNode, changed: cst.CSTNode) -> None:
        own = self._lines(node)
        around = self._statements[-1] if self._statements else own
        lines = range(min(own.start, around.start), max(own.stop, around.stop))
        scope = ".".join(self._scopes) or MODULE
        self.mutants.append(Mutant(len(self.mutants), self.path, scope, own.start, lines, node, changed))

    def _extent(self, node: cst.CSTNode) -> range:
        """All of a simple statement; of a compound one its first line only, which runs whatever its body does."""
        lines = self._lines(node)
        return lines if isinstance(node, _SMALL) else range(lines.start, lines.start + 1)

    def _lines(self, node: cst.CSTNode) -> range:
        place = self.get_metadata(PositionProvider, node, None)
        return range(place.start.line, place.end.line + 1) if place is not None else range(1, 2)


def _wording(call: cst.Call) -> list[cst.Arg]:
    """The arguments of a call that only say something: to whom it may concern, or to the log."""
    name = call.func.value if isinstance(call.func, cst.Name) else ""
    if isinstance(call.func, cst.Attribute) and isinstance(call.func.value, cst.Name):
        name = call.func.value.value
    if name in _LOGS:
        return list(call.args)
    if name in _ERROR_WORDS:
        return list(call.args[_ERROR_WORDS[name] :])
    if name not in _ERRORS:
        return []
    return [
        arg
        for number, arg in enumerate(call.args)
        if (number == 0 and isinstance(arg.value, _TEXTS)) or (arg.keyword is not None and arg.keyword.value != "field")
    ]


def _changes_more(call: cst.Call, changed: cst.CSTNode, wording: Sequence[cst.Arg]) -> bool:
    """Whether a changed call differs in something else than its wording, and can be called at all."""
    if not isinstance(changed, cst.Call):
        return True
    kept = {id(arg) for arg in changed.args}
    gone = [arg for arg in call.args if id(arg) not in kept]
    if isinstance(call.func, cst.Name) and call.func.value in _ALWAYS_FAIL and gone:
        return False
    told = {id(arg) for arg in wording}
    return not gone or any(id(arg) not in told for arg in gone)


def functions_of(sources: Sequence[Source]) -> Iterator[str]:
    """The functions in which no operator finds anything to change."""
    for source in sources:
        for scope in source.untouched:
            yield f"{source.path}: {scope}"
