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
        ("Sam\tRivers\t7\t13", [("", "Sam Rivers")]),
        ("Sam\tRivers\t7\t2012", [SAM]),
        ("2012 Sam Rivers", [("2012", "Sam Rivers")]),
        ("Sam Rivers, 2012", [("2012", "Sam Rivers")]),
        ("Name;Year of birth;Phone\nSam Rivers;;555 010 0199", [("", "Sam Rivers")]),
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


@pytest.mark.parametrize(
    ("text", "born", "calls"),
    [
        ("7 Sam Rivers, 2012, Mum +1 555 010 0199", "2012", [("Mum", "+1 555 010 0199")]),
        ("7, Sam Rivers, 2012, Mum: 555-010-0199, Dad (555) 010 0198", "2012",
         [("Mum", "555-010-0199"), ("Dad", "(555) 010 0198")]),
        ("Rivers, Sam, 7, Maria Rivers 5550100199", "", [("Maria Rivers", "5550100199")]),
        ("7\tSam\tRivers\t2012\t5550100199", "2012", [("", "5550100199")]),
        ("Sam Rivers #7;2012;Mamá +52 55 1234 5678", "2012", [("Mamá", "+52 55 1234 5678")]),
        ("7 Sam Rivers, captain", "", []),
        ("Sam Rivers 555 010 0199", "", [("", "555 010 0199")]),
    ],
)  # fmt: skip
def test_a_year_of_birth_and_whom_to_call_are_read_beside_the_name(
    text: str, born: str, calls: list[tuple[str, str]]
) -> None:
    (line,) = read_lines(text)
    assert (line.born, list(line.calls)) == (born, calls)
    assert line.name.startswith("Sam Rivers")


def test_a_line_of_digits_as_long_as_it_gets_is_read_at_once() -> None:
    assert [line.calls for line in read_lines("1" * 20_000)] == [()]
    assert [line.calls for line in read_lines("a " * 10_000 + "1")] == [()]
    assert [line.calls for line in read_lines("( " * 10_000)] == [()]
