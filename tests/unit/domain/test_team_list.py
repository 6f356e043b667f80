"""A team's list is read as it comes out of messages, documents and spreadsheets."""

import pytest

from blockmrs.domain.team_list import read_lines

SAM = ("7", "Sam Rivers")
ADA = ("", "Ada Lind")


@pytest.mark.parametrize(
    ("text", "players"),
    [
        ("\ufeff7\tSam\tRivers\r\n\tAda\tLind\r\n", [SAM, ADA]),
        ("Sam,Rivers,7\nAda,Lind,\n", [SAM, ADA]),
        ("Sam;Rivers;7\nAda;Lind;\n", [SAM, ADA]),
        ('"Sam","Rivers","7"\n"Ada","Lind",""', [SAM, ADA]),
        ('"Rivers, Sam";7\n"Lind, Ada";', [SAM, ADA]),
        ("First name,Last name,Shirt\nSam,Rivers,7\nAda,Lind,", [SAM, ADA]),
        ("Apellido;Nombre;Dorsal\nRivers;Sam;7\nLind;Ada;", [SAM, ADA]),
        ("Nº;x\n", [("", "Nº x")]),
        ("Player\n7 Sam Rivers\nAda Lind", [SAM, ADA]),
        ("• 7 Sam Rivers\n• Ada Lind", [SAM, ADA]),
        ("- Sam Rivers #7\n- Ada Lind", [SAM, ADA]),
        ("☐ 7. Sam Rivers\n☐ Ada Lind", [SAM, ADA]),
        ("“Sam Rivers”", [("", "“Sam Rivers”")]),
        ('"Sam Rivers"', [("", "Sam Rivers")]),
        ("٧ Sam Rivers", [SAM]),
        ("7\u00a0Sam\u00a0Rivers\u200b", [SAM]),
        ("Sam\tRivers\t7\t2012", [("", "Sam Rivers")]),
        ("O'Neil-Smith, Jo", [("", "Jo O'Neil-Smith")]),
        ("7 Sam Rivers, captain", [("7", "Sam Rivers captain")]),
        ("Rivers, Sam, captain, 7", [("7", "Rivers Sam captain")]),
        ("", []),
        (" ,; \t \n\n", []),
    ],
)
def test_a_pasted_list_is_read_as_it_is_meant(text: str, players: list[tuple[str, str]]) -> None:
    assert [(line.number, line.name) for line in read_lines(text)] == players


def test_a_line_keeps_its_place_in_the_list() -> None:
    assert [line.place for line in read_lines("Name\n\nSam Rivers\n\nAda Lind")] == [3, 5]


def test_a_quote_that_is_never_closed_takes_no_other_line() -> None:
    assert [line.name for line in read_lines('"Sam;Rivers\nAda;Lind')] == ["Sam;Rivers", "Ada Lind"]


def test_a_line_of_too_many_columns_is_nobodys_name() -> None:
    eight, nine = "A;B;C;D;E;F;G;7", "A;B;C;D;E;F;G;H;7"
    assert [(line.number, line.name) for line in read_lines(f"{eight}\n{nine}")] == [("7", "A B C D E F G"), ("", "")]
