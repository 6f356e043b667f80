"""The tool that compares templates sees what a reader would: words that are glued, parted, lost or moved."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "visible_text.py"


@pytest.fixture(scope="module")
def differences() -> Callable[[str, str], list[str]]:
    spec = importlib.util.spec_from_file_location("visible_text", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: Callable[[str, str], list[str]] = module.differences
    return found


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<div><p>One</p><p>Two</p></div>", "<div>\n  <p>\n    One\n  </p>\n  <p>Two</p>\n</div>"),
        ("<p>One <b>two</b></p>", "<p>\n  One\n  <b>two</b>\n</p>"),
        ("<p>One<b> two</b></p>", "<p>One <b> two</b></p>"),
        (
            "<div><button>One</button><button>Two</button></div>",
            "<div><button>One</button>\n<button>Two</button></div>",
        ),
        ("<p>One<br/>two</p>", "<p>One\n<br/>\ntwo</p>"),
    ],
)
def test_white_space_that_nobody_sees_is_no_difference(
    differences: Callable[[str, str], list[str]], before: str, after: str
) -> None:
    assert differences(before, after) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("<p>One <b>two</b></p>", "<p>One<b>two</b></p>"),
        ("<p><b>One</b>.</p>", "<p><b>One</b>\n.</p>"),
        ("<p><a>One</a><span>two</span></p>", "<p><a>One</a>\n<span>two</span></p>"),
        ("<p>One</p>", "<p></p>"),
        ("<p>One</p><p>two</p>", "<p>two</p><p>One</p>"),
        ("<p>One&nbsp;two</p>", "<p>One two</p>"),
        ('<p class="a">One</p>', '<p class="a  b">One</p>'),
        ("<p><b>One</b></p>", "<p>One</p>"),
        ("<pre>One\n  two</pre>", "<pre>One two</pre>"),
        ('<p class="lines">One\ntwo</p>', '<p class="lines">One two</p>'),
    ],
)
def test_what_a_reader_would_see_is_a_difference(
    differences: Callable[[str, str], list[str]], before: str, after: str
) -> None:
    assert differences(before, after) != []
