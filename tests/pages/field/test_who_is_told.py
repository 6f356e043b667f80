"""Who is told: what the operator withholds waits for its author's word, and is never sent by oversight."""

from collections.abc import Iterator
from itertools import count

import pytest

from blockmrs.controllers.field.wire import carry, read
from blockmrs.domain.triage.telling import telling
from blockmrs.services.advice.interviews import TriageService
from tests.support.coach import fields_of, footprint, form_with, heading, person, press, signed_in
from tests.support.html import soup
from tests.support.quick import quick_folder
from tests.support.site import TestSite, build_site
from tests.triage.interviews import place_of, play, play_fields

SERVICE = TriageService()
numbers = count(1)
POLICIES = {
    "safeguarding": ("ank", "story-does-not-fit"),
    "mental_health": ("mh", ""),
    "pregnancy": ("ank", "pregnant"),
}


def answers(policy: str, answer: bool | None = True) -> dict[str, str]:
    """What a form carries at the end of an interview that touches the policy, and no other."""
    complaint, finding = POLICIES[policy]
    truth = {finding: answer} if finding else {}
    interview, _ = play(SERVICE, truth, age="13-15-years", part=place_of(SERVICE.rules, complaint))
    other = {"pregnant", "story-does-not-fit"} - {finding}
    carried = dict(carry(interview))
    return {name: "no" if name.removeprefix("a.") in other else value for name, value in carried.items()}


PLAIN = {**answers("safeguarding"), "a.story-does-not-fit": "no"}


def page_before(complaint: str, finding: str, truth: dict[str, bool]) -> tuple[list[tuple[str, str]], str]:
    """What a form carries where this question is asked, and the page it stands on."""
    steps = play_fields(SERVICE, truth, age="13-15-years", part=place_of(SERVICE.rules, complaint))
    for fields in steps:
        interview = read(SERVICE, fields)
        page = SERVICE.next_page(interview)
        if page is not None and finding in page.findings:
            return carry(interview), page.id
    pytest.fail(f"{finding} is not asked")


def test_not_sure_about_other_things_is_no_doubt_about_harm_or_a_pregnancy():
    """Both are asked once more by themselves; a "not sure" there is meant."""
    carried, name = page_before("ank", "story-does-not-fit", {})
    after = read(SERVICE, [*carried, ("page", name), ("answer", "unsure")])
    again = SERVICE.next_page(after)
    assert again is not None
    assert again.id == name
    assert {"pregnant", "story-does-not-fit"} <= set(again.findings)
    plain = read(SERVICE, [*carry(after), ("page", name), ("answer", "none")])
    assert SERVICE.next_page(plain) is None
    assert telling(SERVICE.rules, plain, POLICIES).policies == ()
    assert SERVICE.conclude(plain).level is SERVICE.conclude(after).level
    meant = read(SERVICE, [*carry(after), ("page", name), ("answer", "unsure")])
    assert telling(SERVICE.rules, meant, POLICIES).ids == {"safeguarding", "pregnancy"}


def test_whoever_needs_a_hospital_anyway_is_asked_about_harm_too():
    """It could not raise the level, and decides who is told all the same (UNI-08)."""
    page_before("limb", "story-does-not-fit", {"limb-no-use": True})


@pytest.fixture(scope="module")
def sending() -> Iterator[TestSite]:
    """A site whose operator sends everything."""
    with quick_folder() as folder:
        built = build_site(folder, **{f"policy__{policy}": "send" for policy in POLICIES})
        yield built
        built.foundation.database.engine.dispose()


def coach_of(site: TestSite):
    name = f"teller{next(numbers)}"
    return person(site, name, "Carol Coach"), signed_in(site, name)


def result_of(browser, carried):
    page = browser.post("/field/ask/9", carried)
    assert soup(page).find(id="result") is not None, heading(page)
    return page


def to_check(browser, carried):
    page = result_of(browser, carried)
    label = "Who is hurt?" if "Who is hurt?" in soup(page).main.get_text() else "Save report"
    return press(browser, press(browser, page, label), "Use this name", 200, r_name="Kim")


def is_ticked(page) -> bool:
    return soup(page).find("input", attrs={"name": "r-withhold"}).has_attr("checked")


def last_saved(site, coach):
    return site.services.reports.mine(coach)[0][0]


def sms_links(page) -> list[str]:
    return [link.get_text(strip=True) for link in soup(page).main.select("a[href^='sms:']")]


@pytest.mark.parametrize("policy", POLICIES)
def test_the_result_says_whom_to_tell(site, policy):
    page = result_of(site.browser(), answers(policy))
    rule = next(entry for entry in SERVICE.rules.policies if entry.id == policy)
    shown = soup(page).main.get_text(" ", strip=True)
    assert "Who to tell" in shown
    assert rule.why in shown
    assert rule.tell in shown


def test_a_result_that_touches_nothing_says_nothing_and_offers_a_message(site):
    page = result_of(site.browser(), PLAIN)
    assert "Who to tell" not in soup(page).main.get_text()
    assert sms_links(page) == ["Text parent"]


def test_no_message_to_a_parent_is_offered_where_it_could_harm(site):
    assert sms_links(result_of(site.browser(), answers("safeguarding"))) == []
    both = answers("safeguarding") | {"a.pregnant": "yes"}
    assert sms_links(result_of(site.browser(), both)) == []
    assert sms_links(result_of(site.browser(), answers("pregnancy"))) == ["Text a parent, if they agree"]
    assert sms_links(result_of(site.browser(), answers("mental_health"))) == ["Text a parent, if that is safe"]


def test_the_crisis_lines_can_be_dialled_from_the_result(site):
    page = result_of(site.browser(), answers("mental_health"))
    assert {link["href"] for link in soup(page).select("a[href^='tel:']")} >= {"tel:988", "tel:116123", "tel:131114"}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("answer", [True, None])
def test_a_report_is_kept_from_the_family_unless_its_author_says_otherwise(site, policy, answer):
    coach, browser = coach_of(site)
    check = to_check(browser, answers(policy, answer))
    assert is_ticked(check)
    saved = press(browser, check, "Save report", 302).follow()
    assert last_saved(site, coach).withheld
    assert "Not sent to the family" in soup(saved).main.get_text()
    assert sms_links(saved) == []


def test_taking_the_tick_away_is_asked_about_and_writes_nothing_yet(site):
    coach, browser = coach_of(site)
    check = to_check(browser, answers("safeguarding"))
    before = footprint(site)
    asked = press(browser, check, "Save report", 200, r_withhold=[], r_note="Kept words")
    assert heading(asked) == "Send this to the family now?"
    assert footprint(site) == before
    back = press(browser, asked, "Go back to the report", 200)
    assert dict(fields_of(form_with(back, "Save report")[0]))["r-note"].strip() == "Kept words"
    assert not is_ticked(back)
    press(browser, asked, "Send it to the family too", 302)
    assert not last_saved(site, coach).withheld


def test_from_that_question_it_can_still_be_kept_back(site):
    coach, browser = coach_of(site)
    asked = press(browser, to_check(browser, answers("pregnancy")), "Save report", 200, r_withhold=[])
    press(browser, asked, "Keep it from the family for now", 302)
    assert last_saved(site, coach).withheld


def test_an_answer_that_is_changed_on_the_way_ticks_it_again(site):
    _, browser = coach_of(site)
    check = to_check(browser, PLAIN)
    assert not is_ticked(check)
    fields = [pair for pair in fields_of(form_with(check, "Save report")[0]) if pair[0] != "a.story-does-not-fit"]
    again = browser.post("/field/report/new", [*fields, ("a.story-does-not-fit", "yes")])
    assert is_ticked(again)


def test_a_form_that_never_showed_whom_to_tell_is_kept_back(site):
    """Such as one that waited on a phone: no page of ours could say it, so nobody unticked it."""
    coach, browser = coach_of(site)
    token = dict(fields_of(form_with(to_check(browser, PLAIN), "Save report")[0]))["_csrf"]
    form = {**answers("mental_health"), "r-player": "other", "r-name": "Kim", "r-draft": "ab" * 16, "_csrf": token}
    browser.post("/field/report/save", form, status=302)
    assert last_saved(site, coach).withheld


@pytest.mark.parametrize("policy", POLICIES)
def test_where_the_operator_sends_the_family_sees_it_at_once(sending, policy):
    coach, browser = coach_of(sending)
    assert "Who to tell" in soup(result_of(browser, answers(policy))).main.get_text()
    check = to_check(browser, answers(policy))
    assert not is_ticked(check)
    press(browser, check, "Save report", 302)
    assert not last_saved(sending, coach).withheld


@pytest.mark.parametrize("policy", POLICIES)
def test_each_policy_is_the_operators_own_choice(policy):
    with quick_folder() as folder:
        built = build_site(folder, **{f"policy__{policy}": "send"})
        told = {name: bool(built.services.who_is_told.of(read(SERVICE, answers(name).items())).withheld)
                for name in POLICIES}  # fmt: skip
        assert told == {name: name != policy for name in POLICIES}
        built.foundation.database.engine.dispose()


@pytest.mark.parametrize("field", [("r-policies", "gossip"), ("r-family", "perhaps")])
def test_a_field_that_no_page_sends_is_refused(site, field):
    _, browser = coach_of(site)
    check = to_check(browser, PLAIN)
    fields = [pair for pair in fields_of(form_with(check, "Save report")[0]) if pair[0] != field[0]]
    before = footprint(site)
    browser.post("/field/report/save", [*fields, field], status=422)
    assert footprint(site) == before


def test_the_crew_reads_the_crisis_lines_too(site):
    page = site.browser().post("/field/show", answers("mental_health"))
    shown = soup(page).main.get_text(" ", strip=True)
    assert "988" in shown
    assert "%(" not in shown
