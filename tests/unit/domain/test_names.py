"""Which names pass for somebody of the directory."""

import pytest

from blockmrs.domain.names import Names

DIRECTORY = ("North Hospital", "Dr Lee", "Clínica Ñandú", "Jo")


@pytest.mark.parametrize(
    "claimed",
    [
        "Dr Lee",
        "dr. LEE",
        "DrLee",
        "Dr Lee (North Hospital)",
        "D\u00adr L\u200bee",
        "Dr L\u0435e",
        "Dr Iee".replace("I", "l"),
        "Dr 1ee",
        "N0rth Hosp1tal",
        "Nurse of the NORTH  HOSPITAL",
        "clinica nandu",
        "\uff24\uff52 \uff2c\uff45\uff45",
    ],
)
def test_a_name_that_passes_for_one_of_the_directory_is_found(claimed: str) -> None:
    assert Names(DIRECTORY).imitated(claimed) is not None


@pytest.mark.parametrize(
    "claimed", ["", "Carol Coach", "Dr Leeson", "Northern Hospital", "Lee", "Jo", "Hospital", "🙂", "\u200b"]
)
def test_any_other_name_is_left_alone(claimed: str) -> None:
    assert Names(DIRECTORY).imitated(claimed) is None
