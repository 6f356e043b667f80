"""Pages are put together in fewer steps than Kajiki's own, and say the same."""

import pytest
from kajiki import FileLoader, i18n, template
from kajiki.util import literal
from markupsafe import Markup

from blockmrs.controllers.site import rendering
from blockmrs.controllers.site.rendering import MadeOnce, quick, written_out
from blockmrs.controllers.web import white_space
from blockmrs.controllers.web.white_space import compiled

GIVEN = {
    "text": "a<b & \"c\" 'd'", "none": None, "yes": True, "no": False, "number": 0, "one": 1, "empty": "",
    "ready": Markup("<i>&amp;</i>"), "items": ["x", None, "<y>", 3], "pair": {"b": "2<", "a": None},
}  # fmt: skip
SOURCES = [
    '<p class="a" id="b&amp;&quot;&lt;c">text</p>',
    '<p class="a ${text} c" title="${text}" lang="${none}" data-e="${empty}" data-n="${number}">${text}</p>',
    '<input type="checkbox" checked="checked" disabled="${none}" readonly="${yes}" multiple="${no}" value=""/>',
    "<p py:attrs=\"{'title': text, 'hidden': none, 'checked': yes, 'disabled': no, 'defer': number}\">x</p>",
    '<p py:attrs="none">x</p>',
    "<p py:attrs=\"{'multiple': one, 'selected': empty, 'ismap': none}\">x</p>",
    '<p py:attrs="pair.items()">x</p>',
    '<p class="${ready}" title="${literal(text)}">${ready} ${literal("&lt;b&gt;")} ${none} ${number} ${yes}</p>',
    '<p><b py:for="item in items" class="item" title="${item}">${item}</b></p>',
    '<p py:strip="yes" class="a" title="${text}">without its element</p>',
    '<p py:strip="no" class="a" CHECKED="x">with it</p>',
    '<div><py:def function="row(a)"><i title="${a}">${a}<b py:if="a == 1">${row(2)}</b></i></py:def>'
    "${row(1)}${row(text)}</div>",
    '<div title="${row()}"><py:def function="row()">a ${text} <b>b</b></py:def></div>',
    '<div><p py:if="no">no</p><p py:else="">else ${text}</p></div>',
    '<div py:with="text = 1" title="${text}">${text}</div>',
    '<pre title="a">  as\n written ${text} </pre>',
    "<script>if (a &lt; b) { c('${number}') }</script>",
]


@pytest.fixture(autouse=True)
def without_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever application another test made: it gives texts and the language of a request, which there is none of."""
    monkeypatch.setattr(i18n, "gettext", lambda text: text)
    monkeypatch.setattr(rendering, "current_language", lambda: "en")


@pytest.fixture(params=SOURCES)
def source(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_a_page_is_what_kajiki_makes_of_it(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = quick(template.from_ir(compiled(source)))
    texts = [made({**GIVEN, "literal": literal}).render(), made({**GIVEN, "literal": literal}).render()]
    monkeypatch.setattr(white_space, "written_out", lambda part: part)
    expected = template.from_ir(compiled(source))({**GIVEN, "literal": literal}).render()
    assert texts == [expected, expected]


def test_an_attribute_that_is_written_out_is_text_before_the_page_is_asked_for() -> None:
    made = template.from_ir(compiled('<p class="a" hidden="hidden"><b title="&lt;" checked="x">c</b></p>'))
    assert "render_attrs" not in made.py_text
    assert "render_attrs" in template.from_ir(compiled('<p class="${text}">c</p>')).py_text


def test_what_goes_wrong_in_a_template_is_raised_as_it_is() -> None:
    made = quick(template.from_ir(compiled("<p>before ${1 / 0}</p>")))
    with pytest.raises(ZeroDivisionError):
        made({}).render()


def test_other_parts_of_a_template_are_left_as_they_are() -> None:
    part = object()
    assert written_out(part) is part


def test_a_page_that_extends_another_comes_out_as_kajikis_own(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "outer.html").write_text(
        '<html lang="en"><py:def function="kind()">plain</py:def><body class="${kind()}"><py:block name="content"/>'
        '<py:block name="end"><i title="${text}">end</i></py:block></body></html>'
    )
    (tmp_path / "inner.html").write_text(
        '<py:extends href="outer.html"><py:def function="kind()">own ${text}</py:def>'
        '<py:block name="content"><p class="a">${text}</p>${parent_block()}</py:block></py:extends>'
    )

    class Pages(FileLoader):
        quicker = staticmethod(lambda page: page)

        def _load(self, name, encoding="utf-8", *, is_fragment=False):
            tree = compiled((tmp_path / name).read_text(), name, is_fragment=is_fragment)
            return self.quicker(template.from_ir(tree))

    class QuickPages(Pages):
        quicker = staticmethod(quick)

    shown = [loader(str(tmp_path)).load("inner.html")(GIVEN).render() for loader in (Pages, QuickPages)]
    assert shown[0] == shown[1]
    assert 'class="own a' in shown[0]


def test_a_part_for_everybody_is_made_once_for_each_language(monkeypatch: pytest.MonkeyPatch) -> None:
    once, made = MadeOnce(), []

    def part(text: str) -> object:
        def pieces():
            made.append(text)
            yield from ("<b>", text, None, 3, literal("</b>"))

        return template.flattener(pieces())

    page = quick(template.from_ir(compiled("<p>${once(name, part)}</p>", is_fragment=True)))
    shown = [page({"once": once, "name": "a", "part": part(text)}).render() for text in ("one", "two")]
    assert shown == ["<p><b>one3</b></p>"] * 2
    assert page({"once": once, "name": "b", "part": part("three")}).render() == "<p><b>three3</b></p>"
    monkeypatch.setattr(rendering, "current_language", lambda: "es")
    assert page({"once": once, "name": "a", "part": part("uno")}).render() == "<p><b>uno3</b></p>"
    assert made == ["one", "three", "uno"]


def test_a_part_that_could_not_be_made_is_tried_again() -> None:
    once = MadeOnce()
    with pytest.raises(ZeroDivisionError):
        once("a", (1 // 0 for _ in range(1)))
    assert list(once("a", iter(["made"]))) == ["made"]
