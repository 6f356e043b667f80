"""Templates are written one element a line, and pages lose no word and gain none by that."""

import pytest
from kajiki import i18n, template
from kajiki.ir import TranslatableTextNode
from kajiki.loader import MockLoader

from blockmrs.controllers.web.white_space import compiled


@pytest.fixture(autouse=True)
def untranslated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever application another test made: it gives Kajiki texts of a request, which there is none of here."""
    monkeypatch.setattr(i18n, "gettext", lambda text: text)


def page_of(source: str, **values: object) -> str:
    return str(template.from_ir(compiled(source, is_fragment=True))(values).render())


def messages_of(source: str) -> list[str]:
    return [node.text for node in compiled(source) if isinstance(node, TranslatableTextNode)]


def test_the_lines_between_elements_become_one_space() -> None:
    assert page_of("<div>\n\n    <p>One</p>\n    \n  <p>Two</p>\n</div>") == "<div> <p>One</p> <p>Two</p> </div>"


def test_words_beside_an_element_in_a_sentence_are_neither_glued_nor_parted() -> None:
    source = "<p>\n  Call <a>911</a>,\n  <b>now</b>\n  or<i> never</i>.\n</p>"
    assert page_of(source) == "<p> Call <a>911</a>, <b>now</b> or<i> never</i>. </p>"


def test_a_sentence_over_several_lines_is_the_message_that_it_is_on_one() -> None:
    assert messages_of("<p>\n  Nothing is lost:\n  try   again.\n</p>") == ["Nothing is lost: try again."]


def test_a_comment_leaves_no_trace_within_a_sentence() -> None:
    assert messages_of("<p>Nothing\n<!--! that we know of -->\nis lost.</p>") == ["Nothing is lost."]
    assert page_of("<p>Nothing\n<!--! that we know of -->\nis lost.</p>") == "<p>Nothing is lost.</p>"


@pytest.mark.parametrize(
    "source",
    [
        '<p>(<py:if test="True">\n  in\n</py:if>)</p>',
        '<p>(<py:with vars="a = 1">\n  in\n</py:with>)</p>',
        '<p>(<py:def function="part()">\n  in\n</py:def>${part()})</p>',
        '<p>(<py:def function="round(caller)">\n  ${caller()}\n</py:def>'
        '<py:call function="round(%caller)">\n  <b py:strip="True">in</b>\n</py:call>)</p>',
    ],
)
def test_an_element_of_kajiki_leaves_nothing_on_the_page_and_neither_do_its_lines(source: str) -> None:
    assert page_of(source) == "<p>(in)</p>"


def test_a_space_that_somebody_wrote_within_an_element_of_kajiki_stays() -> None:
    assert page_of('<p>Out<py:if test="True"> until cleared</py:if>.</p>') == "<p>Out until cleared.</p>"


def test_the_turns_of_a_loop_are_parted_by_its_lines_and_by_nothing_else() -> None:
    assert page_of('<p><py:for each="n in (1, 2)">\n  <b>${n}</b>\n</py:for></p>') == "<p><b>1</b> <b>2</b> </p>"
    assert page_of('<p><b py:for="n in (1, 2)">${n}</b></p>') == "<p><b>1</b><b>2</b></p>"


@pytest.mark.parametrize("tag", ["pre", "textarea", "script", "style"])
def test_what_is_shown_as_written_is_sent_as_written(tag: str) -> None:
    source = f"<{tag}>\n  a\n\n    b  </{tag}>"
    assert page_of(source) == source


def test_what_a_value_holds_is_sent_as_it_is() -> None:
    written = "a\n\n   b"
    assert page_of('<p title="x   ${one}">${one}</p>', one=written) == f'<p title="x   {written}">{written}</p>'
    assert page_of("<p>${'c   ' + one}</p>", one=written) == f"<p>c   {written}</p>"


def test_a_non_breaking_space_is_a_character_like_any_other() -> None:
    assert page_of("<p><b>‹&nbsp;</b>&nbsp;&nbsp;Back</p>") == "<p><b>‹\xa0</b>\xa0\xa0Back</p>"


def test_an_expression_may_stand_over_several_lines() -> None:
    assert page_of("<p>${'%s and %s' % (one,\n    'b')}</p>", one="a") == "<p>a and b</p>"


def test_where_a_page_extends_another_nothing_is_sent_around_its_blocks() -> None:
    page = '<html py:strip="True">\n<py:extends href="frame">\n  <p py:block="words">Yes</p>\n</py:extends>\n</html>'
    sources = {"frame": '<html>\n  <p py:block="words"/>\n</html>', "page": page}
    loader = MockLoader({name: template.from_ir(compiled(source)) for name, source in sources.items()})
    assert loader.import_("page")().render() == "<!DOCTYPE html>\n<html> <p>Yes</p> </html>"
