"""Help, privacy, and what whoever runs the site says: linked from every page, true, and without anything of anybody."""

from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from webtest import TestApp

from blockmrs.errors import InvalidInput
from tests.support.coach import person, signed_in
from tests.support.html import soup
from tests.support.site import build_site

HOW = {"site__contact_email": "help@north.example", "site__contact_phone": "+1 555 010 0199",
       "site__contact_url": "https://north.example/help"}  # fmt: skip
With = Callable[..., TestApp]


@pytest.fixture
def with_settings(tmp_path: Path) -> With:
    """A browser on a site of its own, with these settings."""

    def build(**settings: str) -> TestApp:
        folder = tmp_path / str(len(list(tmp_path.iterdir())))
        folder.mkdir()
        return build_site(folder, **settings).browser()

    return build


def main_of(page) -> BeautifulSoup:
    return soup(page).main


def foot(page) -> list[str]:
    return [link["href"] for link in soup(page).select("footer a[href^='/']")]


@pytest.mark.parametrize("path", ["/", "/login", "/about/privacy", "/r", "/nothing"])
def test_help_and_privacy_are_at_the_foot_of_every_page(app: TestApp, path: str) -> None:
    assert foot(app.get(path, status="*")) == ["/help", "/about/privacy"]


def test_help_is_the_same_for_everybody_so_that_a_phone_may_keep_it(site) -> None:
    person(site, "reader-of-help", "Rita Reader")
    signed_out, signed = site.browser().get("/help").text, signed_in(site, "reader-of-help").get("/help").text
    assert signed == signed_out
    assert "/help" in site.browser().get("/field/kept/addresses/es").json["pages_for_all"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_link_of_help_leads_somewhere(app: TestApp, language: str) -> None:
    main = main_of(app.get("/help", headers={"Accept-Language": language}))
    links = [link["href"] for link in main("a", href=True)]
    assert len(links) > 8
    for address in links:
        if address.startswith("#"):
            assert main.find(id=address[1:]) is not None, address
        else:
            assert app.get(address).status_int == 200, address


def test_help_names_the_way_back_in_and_privacy_what_cannot_be_undone(app: TestApp) -> None:
    assert main_of(app.get("/help")).find("a", href="/recover") is not None
    words = main_of(app.get("/about/privacy")).get_text(" ", strip=True)
    for truth in ("cannot delete a report", "sees what it shows you while you are signed in", "The key itself stays"):
        assert truth in words


def test_a_site_that_says_nothing_has_neither_terms_nor_contact(app: TestApp) -> None:
    app.get("/about/terms", status=404)
    app.get("/about/contact", status=404)
    assert "Tell it to whoever runs this site" in app.get("/nothing", status=404).text


def test_a_form_that_is_too_old_says_whom_to_ask_too(site, app: TestApp) -> None:
    person(site, "reader-of-forms", "Rita Reader")
    answer = signed_in(site, "reader-of-forms").post("/team/add", {"player_name": "Sam"}, status=403)
    assert "Tell it to whoever runs this site" in answer.text


def test_who_names_a_contact_is_found_from_every_page_and_from_an_error(with_settings: With) -> None:
    app = with_settings(**HOW)
    assert foot(app.get("/")) == ["/help", "/about/privacy", "/about/contact"]
    assert main_of(app.get("/nothing", status=404)).find("a", href="/about/contact") is not None
    links = [link["href"] for link in main_of(app.get("/about/contact"))("a", class_="go")]
    assert links == ["mailto:help@north.example", "tel:+15550100199", "https://north.example/help"]


def test_the_terms_are_shown_as_they_were_written_and_are_no_markup(with_settings: With, tmp_path: Path) -> None:
    file = tmp_path / "terms.txt"
    file.write_text("# Our terms\n\nBe kind.\nAnd <b>honest</b>.\n\nNorth Club", encoding="utf-8")
    app = with_settings(site__terms_file=str(file))
    assert "/about/terms" in foot(app.get("/"))
    for language in ("en", "es"):
        main = main_of(app.get("/about/terms", headers={"Accept-Language": language}))
        assert main.h2.get_text(strip=True) == "Our terms"
        assert "And <b>honest</b>." in main.get_text()
        assert main.find("b") is None


def test_terms_may_be_in_each_language(with_settings: With, tmp_path: Path) -> None:
    for language, text in (("en", "Be kind"), ("es", "Con respeto")):
        (tmp_path / f"terms.{language}.txt").write_text(text, encoding="utf-8")
    app = with_settings(site__terms_file=str(tmp_path / "terms.{language}.txt"))
    assert "Be kind" in app.get("/about/terms", headers={"Accept-Language": "en"})
    assert "Con respeto" in app.get("/about/terms", headers={"Accept-Language": "es"})


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe", b" \n ", b"x" * 262_145])
def test_terms_that_cannot_be_shown_stop_the_start(with_settings: With, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "terms.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InvalidInput, match="this setting"):
        with_settings(site__terms_file=str(file))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("contact_email", "help"),
        ("contact_email", "a@north.example?bcc=b@north.example"),
        ("contact_email", "a@north.example, b@north.example"),
        ("contact_phone", "ask at the gate"),
        ("contact_url", "javascript:alert(1)"),
        ("contact_url", "north.example"),
        ("contact_url", 'https://north.example/"><script>'),
    ],
)
def test_a_contact_that_is_none_stops_the_start(with_settings: With, name: str, text: str) -> None:
    with pytest.raises(InvalidInput):
        with_settings(**{f"site__{name}": text})
