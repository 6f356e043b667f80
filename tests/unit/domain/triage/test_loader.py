"""A wrong rule file stops the loading, naming the file and what is wrong."""

import shutil
import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from blockmrs.domain.triage.loader import RulesUnreadable, load_rules, read_rules
from blockmrs.domain.triage.reader import rules_from
from blockmrs.errors import Unavailable

SHIPPED = Path(str(files("blockmrs.domain.triage") / "protocols"))
TABLES = {file.name: tomllib.loads(file.read_text("utf-8")) for file in SHIPPED.glob("*.toml")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "protocols"
    shutil.copytree(SHIPPED, copy)
    return copy


def change(folder: Path, file: str, old: str, new: str) -> None:
    text = (folder / file).read_text("utf-8")
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1), "utf-8")


def test_a_copy_of_the_shipped_files_reads_the_same(folder: Path) -> None:
    assert [rule.id for rule in read_rules(folder).rules] == [rule.id for rule in load_rules().rules]


def test_every_rule_signed_makes_the_set_reviewed(folder: Path) -> None:
    for file in folder.glob("*.toml"):
        file.write_text(file.read_text("utf-8").replace('reviewed_by = ""', 'reviewed_by = "A. Clinician"'), "utf-8")
    assert read_rules(folder).reviewed


def test_one_unsigned_rule_leaves_the_set_unreviewed(folder: Path) -> None:
    for file in folder.glob("*.toml"):
        file.write_text(file.read_text("utf-8").replace('reviewed_by = ""', 'reviewed_by = "A. Clinician"'), "utf-8")
    change(folder, "wnd.toml", 'reviewed_by = "A. Clinician"', 'reviewed_by = ""')
    assert not read_rules(folder).reviewed


def test_a_missing_folder_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        read_rules(tmp_path / "nowhere")


@pytest.mark.parametrize("file", ["signs.toml", "life.toml", "any.toml", "head.toml"])
def test_a_missing_file_is_unavailable(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(RulesUnreadable):
        read_rules(folder)


def test_bytes_that_are_not_text_are_unavailable(folder: Path) -> None:
    (folder / "head.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RulesUnreadable) as caught:
        read_rules(folder)
    assert caught.value.context["file"] == "head.toml"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("head.toml", 'title = "Hurt head"', 'title = "Hurt head"\nsubtitle = "x"'),
        ("head.toml", 'title = "Hurt head"', 'title = " "'),
        ("head.toml", "evidence_section = 2", 'evidence_section = "two"'),
        ("head.toml", "evidence_section = 2", ""),
        ("head.toml", 'id = "head-sleepy"', 'id = "Head Sleepy"'),
        ("head.toml", 'id = "head-confused"', 'id = "head-sleepy"'),
        ("head.toml", 'label = "Sleepy or hard to keep awake"', "label = 7"),
        ("head.toml", 'kind = "number"', 'kind = "yes-no"'),
        ("head.toml", 'kind = "number"', 'kind = "colour"'),
        ("head.toml", 'none = "no"', ""),
        ("head.toml", 'unsure = "hospital"', 'unsure = "perhaps"'),
        ("head.toml", 'unsure = "hospital"', ""),
        ("head.toml", 'ages = ["under-1"]', 'ages = ["under-one"]'),
        ("head.toml", 'nature = "reassuring"', 'nature = "calming"'),
        ("head.toml", "when = { head-sleepy = true }", "when = { head-sleepy = false }"),
        ("head.toml", "when = { head-sleepy = true }", "when = { head-dreamy = true }"),
        ("head.toml", "when = { head-sleepy = true }", "when = { wnd-deep = true }"),
        ("head.toml", "when = { head-sleepy = true }", "when = { looked-again = true }"),
        ("head.toml", "when = { head-sleepy = true }", "when = { head-all-normal = true }"),
        ("head.toml", "when = { head-sleepy = true }", 'when = { not_reassured = ["head-sleepy"] }'),
        ("head.toml", "when = { head-sleepy = true }", "when = { any = [] }"),
        ("head.toml", "when = { head-sleepy = true }", 'when = { age = ["old"] }'),
        ("head.toml", "when = { head-sleepy = true }", 'when = { complaint = ["toes"] }'),
        ("head.toml", "when = { head-sleepy = true }", 'when = "always"'),
        ("head.toml", "head-vomits = { at_least = 2 }", "head-vomits = 2"),
        ("head.toml", "head-vomits = { at_least = 2 }", "head-vomits = { at_most = 2 }"),
        ("head.toml", "head-vomits = { at_least = 2 }", "head-vomits = { at_least = 0 }"),
        ("head.toml", 'head-headache = "bad-or-worse"', 'head-headache = "awful"'),
        ("head.toml", 'head-headache = "bad-or-worse"', "head-headache = []"),
        ("head.toml", 'disposition = "ambulance"', 'disposition = "taxi"'),
        ("head.toml", 'disposition = "ambulance"', ""),
        ("head.toml", 'disposition = "ambulance"', 'disposition = "ambulance"\nraises = ["clinician"]'),
        ("head.toml", 'disposition = "ambulance"', 'disposition = "ambulance"\nadvice = "head/dance"'),
        ("head.toml", 'disposition = "ambulance"', 'disposition = "ambulance"\nadvice = "feet/hospital"'),
        ("head.toml", 'verified = "V2"', 'verified = "yes"'),
        ("head.toml", 'reviewed_by = ""', ""),
        ("head.toml", 'evidence = ["HEAD-04"]', "evidence = []"),
        ("head.toml", 'evidence = ["HEAD-04"]', 'evidence = ["somewhere"]'),
        ("head.toml", 'id = "head/sight"', 'id = "head/skull"'),
        ("head.toml", 'sport = "out"', 'sport = "maybe"'),
        ("head.toml", 'sport = "out"', ""),
        ("head.toml", '"head-lump", ', '"head-lump", "head-all-normal", '),
        ("head.toml", 'findings = ["head-all-normal"]', "findings = []"),
        ("head.toml", 'id = "age"', 'id = "age"\nfindings = ["head-lump"]'),
        ("head.toml", 'id = "head-knock"', 'id = "age"'),
        ("head.toml", 'id = "head-knock"', 'id = "head-danger"'),
        ("any.toml", 'raises = ["hospital"]', 'raises = ["ambulance"]'),
        ("any.toml", "[advice.self_care]", "[advice.other]"),
        ("life.toml", 'settled_by = "wont-wake"', 'settled_by = "sleeps-well"'),
        ("life.toml", 'id = "looked-again"', 'id = "looked-twice"'),
        ("signs.toml", 'id = "fit"', 'id = "fits"'),
        ("signs.toml", 'id = "fit"', 'id = "choking"'),
        ("signs.toml", 'presentation = "brth"', 'presentation = "lungs"'),
        ("signs.toml", 'presentations = ["neck"]', 'presentations = ["throat"]'),
        ("signs.toml", 'presentations = ["neck"]', 'presentations = ["life"]'),
        ("signs.toml", 'presentations = ["neck"]', "presentations = []"),
        ("signs.toml", 'id = "face"', 'id = "head"'),
        ("signs.toml", 'id = "face"', 'id = "face"\nicon = "x"'),
        ("signs.toml", 'id = "ankle"', 'id = "knee"'),
        ("signs.toml", 'presentations = ["ank"]', 'presentations = ["foot"]'),
        ("signs.toml", 'presentations = ["ank"]', "presentations = []"),
        ("signs.toml", 'id = "ankle"', 'id = "ankle"\ninner = [{ id = "x", label = "x", presentations = ["ank"] }]'),
        ("signs.toml", 'label = "Arm, leg"', 'label = "Arm, leg"\npresentations = ["limb"]'),
        ("life.toml", 'value = "arm"', 'value = "arms"'),
        ("signs.toml", 'id = "unknown"', 'id = "no-idea"'),
        ("signs.toml", 'id = "1-year"', 'id = "one-year"'),
        ("signs.toml", 'id = "1-year"', 'id = "2-4-years"'),
        ("signs.toml", 'ambulance = "Call an ambulance now"', ""),
        ("signs.toml", 'yes = "Yes"', ""),
        ("signs.toml", 'yes = "Yes"', 'yes = "Yes"\nmaybe = "Maybe"'),
        ("signs.toml", "[fallback]", "[fall]"),
        ("signs.toml", 'version = "3"', "version = 1"),
        ("signs.toml", 'evidence = ["UNI-08"]', "evidence = []"),
        ("signs.toml", 'why = "They may be pregnant."', ""),
        ("signs.toml", 'id = "safeguarding"', 'id = "gossip"'),
        ("mh.toml", 'policy = "mental_health"', 'policy = "gossip"'),
        ("any.toml", 'id = "no-safe-way"', 'id = "no-safe-way"\npolicy = ""'),
        ("head.toml", 'kind = "number"', 'kind = "number"\npolicy = "pregnancy"'),
    ],
)
def test_a_mistake_in_a_file_stops_the_loading(file: str, old: str, new: str) -> None:
    text = (SHIPPED / file).read_text("utf-8")
    assert old in text
    tables = {**TABLES, file: tomllib.loads(text.replace(old, new, 1))}
    with pytest.raises(RulesUnreadable) as caught:
        rules_from(tables)
    assert str(caught.value.context["file"]).endswith(".toml")
    assert caught.value.context["reason"]


def test_a_file_that_is_not_toml_is_unavailable(folder: Path) -> None:
    change(folder, "head.toml", 'title = "Hurt head"', "title = ")
    with pytest.raises(RulesUnreadable) as caught:
        read_rules(folder)
    assert caught.value.context["file"] == "head.toml"
