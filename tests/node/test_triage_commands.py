"""`blockmrs triage`, as a reviewer or a program types it."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from blockmrs.cli import main
from blockmrs.domain.triage.loader import load_rules
from tests.support.at_least import at_least

RULES = load_rules()
ADULT = {"age_years": 30, "age_months": None, "sex": "male"}


def run(*arguments: str, given: object = None) -> Result:
    text = given if isinstance(given, str) else json.dumps(given)
    return CliRunner().invoke(main, ["triage", *arguments], input=text)


def assess(**given: Any) -> dict[str, Any]:
    result = run("assess", "-", given={**ADULT, **given})
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def test_the_questions_have_a_presentation_for_every_section_of_the_evidence() -> None:
    printed = json.loads(run("questions", "--json").output)
    assert printed["version"] == RULES.version
    sections = {entry["evidence_section"] for entry in printed["presentations"].values()}
    assert sections == set(range(42))
    assert printed["presentations"]["head"]["evidence_section"] == 2
    assert "any" in printed["presentations"]


def test_every_question_names_a_finding_and_every_finding_is_described_once() -> None:
    presentations = json.loads(run("questions", "--json").output)["presentations"]
    described = [name for entry in presentations.values() for name in entry["findings"]]
    assert sorted(described) == sorted(RULES.findings)
    with at_least(900) as case:
        for entry in presentations.values():
            assert entry["title"]
            for question in entry["questions"]:
                with case(question["ask"]):
                    assert question["finding"] in RULES.findings
                    assert question["ask"].endswith("?")


def test_the_questions_can_be_read_by_people() -> None:
    printed = run("questions").output
    assert "head: Hurt head (evidence section 2)" in printed
    assert "  head-sleepy: Are they sleepy" in printed


def test_the_sex_answers_the_question_that_names_it_unless_the_answers_do() -> None:
    for sex, level in (("male", 3), ("female", 4), ("other", 4), (None, 4)):
        assert assess(sex=sex, presentations=["uti"])["level"] == level, sex
    assert assess(sex="male", presentations=["uti"], answers={"uti-others": False})["level"] == 4
    assert "UTI-03" in [reason["fact"] for reason in assess(sex="male", presentations=["uti"])["reasons"]]
    assert assess(sex="male", presentations=["back"])["level"] == assess(sex=None, presentations=["back"])["level"]


def test_the_advice_has_these_keys_and_no_others() -> None:
    found = assess(presentations=["head"], answers={"head-vomits": 2})
    assert list(found) == [
        *("level", "disposition", "reasons", "first_aid", "dont", "return_to_play", "unasked"),
    ]
    assert (found["level"], found["disposition"]) == (1, "ambulance")
    assert found["reasons"][0] == {
        "rule": "head/repeated-vomiting",
        "fact": "HEAD-08",
        "because": "Throwing up twice or more after a knock can mean a serious brain injury.",
    }
    assert found["unasked"] == []


def test_a_file_is_read_like_the_standard_input(tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    file.write_text(json.dumps({"presentations": ["ank"], "answers": {"ank-no-steps": True}, "age_years": 30}))
    assert json.loads(run("assess", str(file)).output)["level"] == 2


def test_not_asked_is_listed_and_cannot_tell_raises() -> None:
    asked = {"presentations": ["ank"]}
    assert "ank-no-steps" in assess(**asked)["unasked"]
    unsure = assess(**asked, answers={"ank-no-steps": None})
    assert "ank-no-steps" not in unsure["unasked"]
    assert unsure["level"] == 2


def test_a_choice_is_given_by_its_value() -> None:
    assert assess(presentations=["knee"], answers={"knee-cap": True})["level"] == 2


@pytest.mark.parametrize(
    ("years", "months", "level"),
    [
        (None, 2, 2),
        (None, 3, 3),
        (0, 2, 2),
        (0, 11, 3),
        (0, None, 2),
        (1, 23, 3),
        (None, 24, 4),
        (2, None, 4),
        (64, None, 4),
        (65, None, 3),
        (130, None, 3),
        (None, None, 2),
    ],
)
def test_the_age_picks_the_rules(years: int | None, months: int | None, level: int) -> None:
    """A sore knee that walks: under 2 a doctor, under 3 months one step more, from 65 a picture."""
    found = assess(age_years=years, age_months=months, presentations=["knee"])
    assert found["level"] == level


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"presentations": ["toes"]}, "toes"),
        ({"presentations": "head"}, "presentations"),
        ({"presentations": [1]}, "presentations"),
        ({"answers": {"head-toes": True}}, "head-toes"),
        ({"answers": {"head-sight": True}}, "head-sight"),
        ({"presentations": ["head"], "answers": {"head-sight": "yes"}}, "head-sight"),
        ({"presentations": ["head"], "answers": {"head-sight": 1}}, "head-sight"),
        ({"presentations": ["head"], "answers": {"head-vomits": True}}, "head-vomits"),
        ({"presentations": ["head"], "answers": {"head-vomits": "2"}}, "head-vomits"),
        ({"presentations": ["head"], "answers": {"head-headache": "terrible"}}, "head-headache"),
        ({"presentations": ["head"], "answers": {"head-headache": True}}, "head-headache"),
        ({"presentations": ["head"], "answers": {"head-headache": []}}, "head-headache"),
        ({"answers": []}, "answers"),
        ({"age_years": -1}, "age_years"),
        ({"age_years": 14.5}, "age_years"),
        ({"age_years": True}, "age_years"),
        ({"age_years": 131}, "age_years"),
        ({"age_years": None, "age_months": 2000}, "age_months"),
        ({"age_years": 3, "age_months": 2}, "age_months"),
        ({"sex": "m"}, "sex"),
        ({"sex": 1}, "sex"),
        ({"surprise": 1}, "surprise"),
        ([], "input"),
        ("{", "not JSON"),
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"answers": {"fit": true, "fit": false}}', "fit"),
        (" " * 1_000_001, "too large"),
        ('{"presentations": ["head"], "answers": {"head-vomits": NaN}}', "not JSON"),
        ('{"age_years": -Infinity}', "not JSON"),
        ({"age_years": 10**400}, "age_years"),
        ({"age_years": "14"}, "age_years"),
    ],
)
def test_what_is_unknown_or_of_the_wrong_type_is_refused_by_name(given: object, named: str) -> None:
    result = run("assess", "-", given={**ADULT, **given} if isinstance(given, dict) else given)
    assert result.exit_code == 1
    assert named in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize("vomits", ["1000", "-1", "1e400", f"1{'0' * 400}"])
def test_a_number_out_of_range_counts_as_cannot_tell(vomits: str) -> None:
    """However large, and even where it is too large for a float."""
    result = run("assess", "-", given=f'{{"presentations": ["head"], "answers": {{"head-vomits": {vomits}}}}}')
    assert json.loads(result.output)["level"] == 2


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "case.json"
    file.write_bytes(b'{"sex": "\xe9"}')
    result = run("assess", str(file))
    assert (result.exit_code, "not JSON" in result.output) == (1, True)


def test_a_complaint_named_twice_is_one_complaint() -> None:
    assert assess(presentations=["head", "head"]) == assess(presentations=["head"])


def test_the_crisis_lines_are_those_of_the_settings(tmp_path: Path) -> None:
    case = {**ADULT, "presentations": ["mh"], "answers": {"mh-now": True, "mh-safe": True}}
    settings = tmp_path / "site.ini"
    settings.write_text("[app:main]\nblockmrs.site.crisis_lines = Chile 4141\n", encoding="utf-8")
    result = run("assess", "-c", str(settings), "-", given=case)
    assert "Call a crisis line on speaker: Chile 4141." in json.loads(result.output)["first_aid"]
    usual = assess(presentations=["mh"], answers={"mh-now": True, "mh-safe": True})
    assert "Call a crisis line on speaker: US 988, UK 116 123, Australia 13 11 14." in usual["first_aid"]


def test_words_print_the_complaints_that_they_may_mean_the_likeliest_first() -> None:
    lines = run("route", "hit his hed and thrown up").output.splitlines()
    assert lines[0] == f"head: {RULES.presentations['head'].title}"
    assert lines[1].startswith("dv: ")


def test_words_as_json_name_complaints_and_danger_signs() -> None:
    printed = json.loads(run("route", "--json", "no", "respira").output)
    assert printed["presentations"][0] == {"id": "brth", "title": RULES.presentations["brth"].title}
    assert printed["signs"] == [{"id": "not-breathing", "label": "Not breathing normally"}]
    assert printed["version"] == RULES.version


def test_words_that_mean_nothing_say_so() -> None:
    result = run("route", "zzyzx")
    assert (result.exit_code, result.output.startswith("Nothing matches")) == (0, True)


def test_words_that_are_no_line_of_text_are_refused() -> None:
    result = run("route", "x" * 300)
    assert result.exit_code != 0
    assert "Write one short line" in result.output
