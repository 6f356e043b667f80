"""How an interview travels in a form is known to the doors alone: services and rules speak values."""

import ast
from pathlib import Path

import pytest

from blockmrs.controllers.field import wire

PACKAGE = Path(__file__).parents[2] / "blockmrs"
NAMES = {wire.PREFIX, wire.LOOK_PREFIX, wire.REPORT_PREFIX, wire.PICK, "choose", wire.FOR_RECORD, wire.FROM_RECORD}
BEGINNINGS = (wire.PREFIX, wire.LOOK_PREFIX, wire.REPORT_PREFIX)
BELOW = sorted(path for room in ("services", "domain", "fhir", "model") for path in (PACKAGE / room).rglob("*.py"))


def texts(path: Path) -> set[str]:
    """All texts of a module but its docstrings; of a text with values in it, each part."""
    tree = ast.parse(path.read_text("utf-8"))
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in alone)
    return {node.value for node in constants if isinstance(node.value, str)}


@pytest.mark.parametrize("path", BELOW, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_service_and_no_rule_names_a_field_of_a_form(path: Path) -> None:
    assert not {text for text in texts(path) if text in NAMES or text.startswith(BEGINNINGS)}
