"""`/about/advice`: everything that the rules say, for whoever reviews them, without an account."""

import gzip
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from webtest import TestApp

import blockmrs
from blockmrs.domain.triage.evidence import load_evidence
from blockmrs.domain.triage.loader import load_check_rules, load_rules
from blockmrs.services.advice.names import FORMER, NAMES, anchor_of, name_of
from tests.support.at_least import at_least
from tests.support.coach import person, signed_in
from tests.support.html import soup
from tests.support.site import TestSite

RULES = load_rules()
# Ids that anybody may say.
WORDS_TOO = {"any", "arm", "hand", "heat", "kid", "life", "limb", "minor", "other", "shin", "sick", "thigh"}
LARGEST_PAGE = 100 * 1024


@pytest.fixture(scope="module")
def app(site: TestSite) -> TestApp:
    return site.browser()


@pytest.fixture(scope="module")
def pages(app: TestApp) -> dict[str, BeautifulSoup]:
    return {name: soup(app.get(f"/about/advice/{name_of(name)}")) for name in RULES.presentations}


def words(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def test_the_evidence_of_the_package_is_the_documented_one() -> None:
    inside = Path(blockmrs.__file__).parent / "domain" / "triage" / "evidence.toml"
    assert inside.samefile(Path(__file__).parents[3] / "docs" / "triage" / "evidence.toml")
    assert load_evidence().facts["HEAD-08"].condition


def test_the_checks_of_the_days_after_are_there_to_be_reviewed(app: TestApp) -> None:
    (check,) = set(load_check_rules().presentations) - set(RULES.presentations)
    assert f"/about/advice/{name_of(check)}" in {link["href"] for link in soup(app.get("/about/advice"))("a")}
    text = words(soup(app.get(f"/about/advice/{name_of(check)}")).get_text())
    own = [rule for rule in load_check_rules().rules if rule.presentation == check]
    assert own
    assert all(rule.because in text and rule.evidence[0] in text for rule in own)


def test_the_contents_lead_to_every_part_and_say_what_each_version_changed(app: TestApp) -> None:
    page = soup(app.get("/about/advice"))
    links = {link["href"] for link in page("a")}
    assert {f"/about/advice/{name_of(name)}" for name in RULES.presentations} <= links
    text = words(page.get_text())
    assert RULES.intended_use in text
    assert RULES.history[0].version == RULES.version
    with at_least(4) as case:
        for change in RULES.history:
            with case(change.version):
                assert all(line in text for line in change.changed)
    assert RULES.history[0].content in text
    assert "Not yet reviewed by a clinician" in text
    assert all(source.title in text for source in load_evidence().sources.values())


@pytest.mark.parametrize("name", RULES.presentations)
def test_a_page_has_every_question_rule_fact_and_advice(pages: dict[str, BeautifulSoup], name: str) -> None:
    text = words(pages[name].get_text(" "))
    presentation = RULES.presentations[name]
    with at_least(4) as case:
        for finding in RULES.findings.values():
            if finding.presentation == name:
                with case(finding.id):
                    assert finding.ask in text
                    assert finding.how in text
    with at_least(3) as case:
        for rule in presentation.rules:
            with case(rule.id):
                section = pages[name].find(id=anchor_of(rule.id))
                said = words(section.get_text(" "))
                assert rule.because in said
                assert all(fact in said for fact in rule.evidence)
                assert all(load_evidence().facts[fact].condition in said for fact in rule.evidence)
                assert ("Not yet reviewed by a clinician." in said) is (not rule.reviewed_by)
                assert rule.raises or RULES.level_words[rule.level] in said
    with at_least(2) as case:
        for advice in presentation.advice.values():
            with case(advice.return_to_play):
                assert all(line in text for line in (*advice.dont, advice.return_to_play))
    assert all(line in text for line in presentation.sooner_if)


@pytest.mark.parametrize("name", RULES.presentations)
def test_a_page_has_every_text_with_its_form_for_oneself(pages: dict[str, BeautifulSoup], name: str) -> None:
    """A clinician signs both: they read both."""
    pairs = {words(entry.get_text(" ")) for entry in pages[name].select("ul.oneself > li")}
    asked = [finding for finding in RULES.findings.values() if finding.presentation == name]
    texts = [finding.ask for finding in asked] + [*RULES.presentations[name].sooner_if]
    texts += [rule.because for rule in RULES.presentations[name].rules]
    assert [text for text in texts if text in RULES.oneself and f"{text} {RULES.oneself[text]}" not in pairs] == []


def test_a_condition_reads_as_its_questions_with_their_answers(pages: dict[str, BeautifulSoup]) -> None:
    twice = words(pages["head"].find(id="head-repeated-vomiting").find(class_="when").get_text(" "))
    assert f"{RULES.findings['head-vomits'].ask} 2 or more" in twice


def test_every_page_is_within_its_budget_and_the_whole_within_a_download(app: TestApp) -> None:
    with at_least(47) as case:
        for name in ("", *(f"/{name_of(name)}" for name in RULES.presentations)):
            with case(name):
                page = app.get(f"/about/advice{name}", headers={"Accept-Encoding": "gzip"})
                is_packed = bool(page.headers.get("Content-Encoding"))
                assert len(page.body if is_packed else gzip.compress(page.body)) <= LARGEST_PAGE


def test_the_whole_is_one_page_with_every_rule_once(app: TestApp) -> None:
    page = soup(app.get("/about/advice/all"))
    ids = [element["id"] for element in page.find_all(id=True)]
    assert len(ids) == len(set(ids))
    assert {anchor_of(rule.id) for rule in RULES.rules} <= set(ids)
    anchors = {link["href"] for link in page("a") if link["href"].startswith("#")}
    assert {f"#{name_of(name)}" for name in RULES.presentations} <= anchors


@pytest.mark.parametrize("old", sorted(NAMES))
def test_an_address_made_of_an_id_leads_on(app: TestApp, old: str) -> None:
    led = app.get(f"/about/advice/{old}", status=302)
    assert led.location.endswith(f"/about/advice/{NAMES[old]}")
    page = soup(led.follow(status=200))
    kept = {rule.id.replace("/", "-") for rule in load_check_rules().rules if rule.presentation == old}
    assert kept
    assert kept <= {element["id"] for element in page.find_all(id=True)}


@pytest.mark.parametrize("old", sorted(FORMER))
def test_an_address_made_of_an_earlier_title_leads_on_and_is_no_other_part_s(app: TestApp, old: str) -> None:
    led = app.get(f"/about/advice/{old}", status=302)
    assert led.location.endswith(f"/about/advice/{NAMES[FORMER[old]]}")
    page = soup(led.follow(status=200))
    rules = {rule.id.partition("/")[2] for rule in load_check_rules().rules if rule.presentation == FORMER[old]}
    assert rules
    assert {f"{old}-{about}" for about in rules} <= {element["id"] for element in page.find_all(id=True)}
    assert old not in {*NAMES.values(), *load_check_rules().presentations}


def test_an_address_is_made_of_words_of_its_title() -> None:
    known = load_check_rules().presentations
    assert set(NAMES) <= set(known)
    with at_least(47) as case:
        for name, presentation in known.items():
            with case(name):
                assert set(name_of(name).split("-")) <= set(re.findall(r"[a-z]+", presentation.title.lower()))


def test_no_two_parts_have_one_address_and_none_that_another_ever_had() -> None:
    known = load_check_rules().presentations
    now = [name_of(name) for name in known]
    assert len(set(now)) == len(now)
    assert "all" not in now
    assert all(name not in known or name_of(name) == name for name in now)


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_reader_meets_titles_and_no_id_of_the_rule_files(app: TestApp, language: str) -> None:
    """In Spanish the title of a rule is Spanish, too."""
    ids = {rule.id for rule in load_check_rules().rules} | set(NAMES) - WORDS_TOO
    for address in ("", *(f"/{name_of(name)}" for name in ("rhab", "urti", "wnd", "abt", "mh"))):
        page = soup(app.get(f"/about/advice{address}", headers={"Accept-Language": language}))
        said = set(re.split(r"[\s.,;:()“”]+", page.main.get_text(" ")))
        assert not ids & said, address
    titles = [heading.get_text(" ", strip=True) for heading in page.select("section.rule h3")]
    english = {rule.because for rule in load_check_rules().rules}
    assert titles
    assert [title.partition(". ")[2] in english for title in titles] == [language == "en"] * len(titles)


def test_signed_out_it_may_be_kept_and_signed_in_never(site: TestSite, app: TestApp) -> None:
    page = app.get("/about/advice/head")
    assert page.headers["Cache-Control"] == "public, max-age=3600"
    assert "Cookie" in page.headers["Vary"]
    assert "Set-Cookie" not in page.headers
    person(site, "ann", "Ann Example")
    own = signed_in(site, "ann").get("/about/advice/head")
    assert own.headers["Cache-Control"] == "no-store"
    assert "Ann Example" in own.text
    assert "Ann Example" not in app.get("/about/advice/head").text


def test_in_spanish_the_questions_are_spanish_and_the_evidence_says_that_it_is_english(app: TestApp) -> None:
    page = soup(app.get("/about/advice/head", headers={"Accept-Language": "es"}))
    assert page.html["lang"] == "es"
    assert RULES.findings["head-vomits"].ask not in page.get_text()
    assert page.find("span", lang="en")


@pytest.mark.parametrize("path", ["tail", "head/more", "..%2f", "%3Cscript%3E", "a" * 3000])
def test_what_is_not_there_is_not_found(app: TestApp, path: str) -> None:
    page = app.get(f"/about/advice/{path}", status="*")
    assert page.status_int == 404
    assert "<script>alert" not in page.text


def test_the_advice_and_the_settings_lead_there(site: TestSite, app: TestApp) -> None:
    assert soup(app.post("/field/check", [("sign", "fit")])).find("a", href="/about/advice")
    person(site, "bea", "Bea Example")
    assert soup(signed_in(site, "bea").get("/settings")).find("a", href="/about/advice")


def test_every_wait_is_there_with_the_fact_that_says_so(pages: dict[str, BeautifulSoup]) -> None:
    with at_least(25) as case:
        for name, entry in RULES.presentations.items():
            text = pages[name].get_text(" ", strip=True)
            for again in (advice.again for advice in entry.advice.values() if advice.again):
                with case(name):
                    assert f"Check again after {again.after_min} minutes. {again.words} {again.evidence}" in text
