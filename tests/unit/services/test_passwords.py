"""New passwords: what is refused, and what it costs to find out."""

import pytest

from blockmrs.errors import InvalidInput
from blockmrs.services.accounts import passwords
from blockmrs.services.accounts.passwords import check_length, check_not_guessed

LETTERLIKE = "!$%(+0123456789<@[{|"


@pytest.mark.parametrize("text", [LETTERLIKE * 4, "4@8({[<369!|1$+70%2" * 4], ids=["all", "all that letters have"])
def test_a_password_of_many_readings_is_judged_in_short_parts(monkeypatch, text: str) -> None:
    judged = []
    monkeypatch.setattr(passwords, "zxcvbn", lambda part, user_inputs: judged.append(part) or {"score": 0})
    with pytest.raises(InvalidInput):
        check_not_guessed(text, user_name="ana")
    assert "".join(judged) == text[:72]
    assert max(len(part) for part in judged) <= 18


def test_other_passwords_are_judged_whole_up_to_their_72nd_character(monkeypatch) -> None:
    judged = []
    monkeypatch.setattr(passwords, "zxcvbn", lambda part, user_inputs: judged.append(part) or {"score": 4})
    check_not_guessed("marble kettle sunrise otter " * 9, user_name="ana")
    assert judged == [("marble kettle sunrise otter " * 9)[:72]]


def test_a_name_of_many_words_does_not_make_the_judgement_dear(monkeypatch) -> None:
    given = []
    monkeypatch.setattr(passwords, "zxcvbn", lambda part, user_inputs: given.append(user_inputs) or {"score": 4})
    check_not_guessed("marble kettle sunrise otter", user_name="ana", display_name="a b " * 2000)
    assert len(given[0]) <= 12
    assert max(len(name) for name in given[0]) <= 80


@pytest.mark.parametrize("text", ["1234567890123456", "P4$$w0rd1234", "anacruzanacruz", "!!!!!!!!!!!!!!!!!!"])
def test_what_is_easily_guessed_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        check_not_guessed(text, user_name="anacruz", display_name="Ana Cruz")


@pytest.mark.parametrize(
    "text", ["marble kettle sunrise otter", "q8$!v(0|z3@7%k2+x", "0" * 18 + "marble kettle sunrise"]
)
def test_what_is_hard_to_guess_is_taken(text: str) -> None:
    check_not_guessed(text, user_name="anacruz", display_name="Ana Cruz")


def test_the_length_is_checked_without_judging(monkeypatch) -> None:
    monkeypatch.setattr(passwords, "zxcvbn", lambda *_, **__: pytest.fail("judged"))
    for text in ("short", "x" * 257, "ana.cruz@example"):
        with pytest.raises(InvalidInput):
            check_length(text, user_name="ana.cruz@example")
    check_length("password1234", user_name="ana")
