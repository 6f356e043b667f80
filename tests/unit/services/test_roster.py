"""Who on a roster may be meant by what a coach typed in a hurry."""

import pytest

from blockmrs.services.people.roster import Player, Team


def player(number: str, name: str) -> Player:
    return Player(player_id=name, name=name, number=number, card="", secret_digest="", secret_seed="")


TEAM = Team(
    players=(
        player("7", "Sam Rivers"),
        player("17", "Sam Ortega"),
        player("", "José Ñandú"),
        player("3", "Li Na"),
    )
)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("Sam Rivers", ["Sam Rivers"]),
        ("rivers, SAM", ["Sam Rivers"]),
        ("Sam", ["Sam Rivers", "Sam Ortega"]),
        ("Sam, blue 7", ["Sam Rivers", "Sam Ortega"]),
        ("blue 7", ["Sam Rivers"]),
        ("17", ["Sam Ortega"]),
        ("jose nandu", ["José Ñandú"]),
        ("Na", ["Li Na"]),
        ("Ada Lind", []),
        ("", []),
        ("a b c", []),
        ("the boy with 70", []),
    ],
)
def test_a_player_is_proposed_by_a_name_or_by_the_number(typed: str, names: list[str]) -> None:
    assert [one.name for one in TEAM.alike(typed)] == names
