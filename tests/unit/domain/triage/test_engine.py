"""What the engine makes of answers, one fact at a time."""

import pytest

from blockmrs.domain.triage.conditions import Answer
from blockmrs.domain.triage.engine import Assessment, Interview, assess, level_if_calmed
from blockmrs.domain.triage.loader import load_rules
from blockmrs.domain.triage.rules import Level, Nature, Sport
from tests.support.at_least import at_least

RULES = load_rules()
NONE_OF_THESE: dict[str, Answer] = {sign.finding: False for sign in RULES.signs}
ADULT = "16-64-years"


def judge(*complaints: str, age: str | None = ADULT, **answers: Answer) -> Assessment:
    named = {name.replace("_", "-"): value for name, value in answers.items()}
    return assess(RULES, Interview(age, complaints, {**NONE_OF_THESE, **named}))


def test_a_level_knows_its_disposition() -> None:
    assert [level.disposition for level in Level] == ["ambulance", "hospital", "clinician", "self_care"]


def test_cant_tell_on_a_sign_that_anyone_can_see_is_level_2() -> None:
    assert judge("head", head_pupils=None).level is Level.HOSPITAL


def test_cant_tell_about_life_is_level_1() -> None:
    assert assess(RULES, Interview(None, (), {"breathes-normally": None})).level is Level.AMBULANCE


def test_cant_tell_on_a_sorting_question_is_at_most_level_3() -> None:
    assert judge("head", head_daze=None).level is Level.CLINICIAN


def test_a_reason_that_rests_on_a_doubt_says_so() -> None:
    reason = judge("head", head_pupils=None).reasons[0]
    assert not reason.sure
    assert reason.level is Level.HOSPITAL
    assert judge("head", head_pupils=True).reasons[0].sure


def test_not_asked_fires_nothing_and_is_listed_as_open() -> None:
    found = judge("head")
    assert found.level is Level.SELF_CARE
    assert "head-sight" in found.unasked
    assert not found.final


def test_what_could_not_raise_the_level_is_not_listed_as_open() -> None:
    assert "wnd-tetanus" in judge("wnd").unasked
    assert "wnd-tetanus" not in judge("wnd", wnd_open=True).unasked


def test_what_age_or_pregnancy_would_raise_further_is_listed_as_open() -> None:
    """A sticky eye of a baby is level 3 for the age alone; lasting over two weeks would make it level 2."""
    rest = [name for name, finding in RULES.findings.items() if finding.presentation == "eye" and name != "eye-long"]
    found = judge("eye", age="under-3-months", **dict.fromkeys([*rest, "shock"], False))
    assert found.level is Level.CLINICIAN
    assert "eye-long" in found.unasked


def test_nothing_is_left_open_once_everything_was_asked() -> None:
    calm = {name: finding.none if finding.options else False for name, finding in RULES.findings.items()}
    calm |= {name: True for name, finding in RULES.findings.items() if finding.nature is Nature.REASSURING}
    found = judge("head", **calm)
    assert found.level is not Level.AMBULANCE
    assert (found.unasked, found.final) == ((), True)


def test_a_babys_question_is_not_open_for_an_adult() -> None:
    assert "head-lump" not in judge("head").unasked
    assert "head-lump" in judge("head", age="1-year").unasked


def test_a_reassuring_question_not_asked_does_not_reassure() -> None:
    interview = Interview(ADULT, ("limb",), {**NONE_OF_THESE, "limb-bent": "leg"})
    assert assess(RULES, interview).level is Level.AMBULANCE
    assert level_if_calmed(RULES, interview) is Level.HOSPITAL


def test_a_slash_level_is_the_calmer_one_only_after_an_explicit_yes() -> None:
    assert judge("limb", limb_bent="leg", limb_can_be_moved=True).level is Level.HOSPITAL
    assert judge("limb", limb_bent="leg", limb_can_be_moved=None).level is Level.AMBULANCE


def test_the_most_urgent_complaint_wins_and_all_reasons_show() -> None:
    found = judge("wnd", "head", wnd_tetanus=True, head_memory=True)
    assert found.level is Level.HOSPITAL
    assert {"head/memory-gone", "wnd/tetanus"} <= {reason.rule for reason in found.reasons}


def test_an_unknown_age_takes_every_bands_rules() -> None:
    assert judge("head", age="unknown", head_cries=True).level is Level.AMBULANCE
    assert judge("head", age=None, head_cries=True).level is Level.AMBULANCE
    assert judge("head", head_cries=True).level is Level.SELF_CARE


def test_a_modifier_goes_up_one_step_and_two_of_them_no_further() -> None:
    assert judge("wnd", blood_thinner=True).level is Level.CLINICIAN
    assert judge("wnd", blood_thinner=True, weak_immunity=True).level is Level.CLINICIAN


def test_no_safe_way_makes_a_hospital_case_an_ambulance_case_after_all_else() -> None:
    found = judge("head", head_daze=True, nobody_to_watch=True, no_safe_way=True)
    assert found.level is Level.AMBULANCE
    assert found.reasons[0].rule == "any/no-safe-way"


def test_a_doubt_about_a_modifier_raises_no_higher_than_the_doubt_may() -> None:
    assert judge("head", head_daze=True, getting_worse=None).level is Level.CLINICIAN


def test_a_modifier_that_does_not_apply_to_the_level_is_silent() -> None:
    assert judge("wnd", no_safe_way=True).level is Level.SELF_CARE


def test_who_gets_worse_while_watched_is_never_left_at_home() -> None:
    with at_least(35) as case:
        for name, presentation in RULES.presentations.items():
            if "self_care" in presentation.advice:
                with case(name):
                    assert judge(name, getting_worse=True).level <= Level.CLINICIAN


def test_nonsense_values_count_as_cant_tell() -> None:
    assert judge("head", head_sleepy="very").level is Level.HOSPITAL
    assert judge("head", head_headache="awful").level is Level.HOSPITAL
    assert judge("head", head_headache=True).level is Level.HOSPITAL
    assert judge("head", head_vomits=-4).level is Level.HOSPITAL
    assert judge("head", head_vomits=True).level is Level.HOSPITAL
    assert judge("head", head_vomits=float("nan")).level is Level.HOSPITAL


def test_unknown_ids_are_passed_over() -> None:
    found = assess(RULES, Interview("400", ("toes",), {"nonsense": True}))
    assert found.level is assess(RULES, Interview()).level


def test_the_text_for_nothing_seen_is_dropped_once_something_was() -> None:
    assert [reason.rule for reason in judge("head", head_daze=True).reasons] == ["head/signs-seen"]


def test_a_baby_hears_the_reason_for_babies_only() -> None:
    rules = {reason.rule for reason in judge("head", age="6-11-months").reasons}
    assert rules == {"head/baby-nothing-seen"}


def test_level_1_needs_no_list_of_what_would_make_it_more_urgent() -> None:
    assert judge("head", head_sight=True).sooner_if == ()
    assert judge("head", head_memory=True).sooner_if
    assert assess(RULES, Interview()).sooner_if


def test_a_rule_may_bring_its_own_first_aid() -> None:
    assert "milk" in " ".join(judge("other", other_tooth_jaw=True).first_aid)


def test_a_doubtful_rule_does_not_bring_first_aid_for_a_higher_level() -> None:
    found = judge("other", other_belly=None)
    assert found.level is Level.HOSPITAL
    assert found.first_aid == RULES.presentations["any"].advice["hospital"].first_aid


@pytest.mark.parametrize(
    "sign", [name for name, finding in RULES.findings.items() if finding.presentation == "head"], ids=str
)
def test_a_knock_to_the_head_with_any_sign_is_level_3_at_least_and_out_of_play(sign: str) -> None:
    finding = RULES.findings[sign]
    if finding.nature == "reassuring":
        return
    # That nobody saw it is no sign: what they remember and how they are now decides (UNK-11).
    signs = [option.value for option in finding.options if option.value != "unseen"]
    value: Answer = signs[-1] if signs else True
    age = sorted(finding.ages)[0] if finding.ages else ADULT
    found = assess(RULES, Interview(age, ("head",), {**NONE_OF_THESE, sign: value}))
    assert found.level <= Level.CLINICIAN
    if RULES.sport_ages & frozenset([age]):
        assert (found.return_to_play or "").startswith("Out of play today")
    else:
        assert found.return_to_play is None


def test_a_light_bump_is_out_until_a_doctor_clears_it_as_well() -> None:
    assert judge("head").return_to_play == "Out of play today. A doctor must clear them in writing first."


def test_the_most_careful_word_about_playing_again_is_said() -> None:
    found = judge("wnd", "head", head_daze=True)
    assert found.return_to_play == RULES.presentations["head"].advice["clinician"].return_to_play
    assert RULES.presentations["head"].advice["clinician"].sport is Sport.OUT


def test_three_doubts_say_how_to_look() -> None:
    assert judge("head", head_pupils=None, head_sight=None).look_again == ()
    looks = judge("head", head_pupils=None, head_sight=None, head_sleepy=None).look_again
    assert len(looks) == 3


def test_the_version_and_the_lack_of_a_review_are_in_every_result() -> None:
    found = judge("head")
    assert (found.version, found.date, found.reviewed) == (RULES.version, RULES.date, False)


def test_level_1_is_final_whatever_was_not_asked() -> None:
    assert judge("head", head_sight=True).final
