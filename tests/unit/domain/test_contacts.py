"""Whom a coach calls about a player: what is a contact, and what a year of birth."""

import pytest

from blockmrs.domain.contacts import Contact, check_birth_year, check_contact, check_contacts
from blockmrs.errors import InvalidInput


@pytest.mark.parametrize(
    ("name", "phone", "contact", "dialled"),
    [
        (" Mum ", "+1 (555) 010-0199", Contact("Mum", "+1 (555) 010-0199"), "+15550100199"),
        ("", "5550100199", Contact("", "5550100199"), "5550100199"),
        ("Tía  Ana", "\u202a555 010 0199\u202c", Contact("Tía Ana", "555 010 0199"), "5550100199"),
    ],
)
def test_a_contact_is_a_number_and_who_it_is_if_that_is_said(name, phone, contact, dialled):
    read = check_contact(name, phone, 1)
    assert read == contact
    assert read.number.dialled == dialled


def test_two_empty_boxes_are_no_contact():
    assert check_contact(" ", "\u200b", 2) is None


@pytest.mark.parametrize(
    ("name", "phone", "field"),
    [
        ("Mum", "", "phone_2"),
        ("Mum", "call me", "phone_2"),
        ("Mum", "+1 555 010 0199; +1 555 010 0198", "phone_2"),
        ("Mum", "*#06#", "phone_2"),
        ("Mum", "555;,911", "phone_2"),
        ("Mum", "1" * 41, "phone_2"),
        ("x" * 41, "5550100199", "contact_2"),
        ("a\u202eb", "5550100199", "contact_2"),
    ],
)
def test_a_box_that_is_wrong_is_named(name, phone, field):
    with pytest.raises(InvalidInput) as caught:
        check_contact(name, phone, 2)
    assert caught.value.field == field


def test_one_number_twice_is_one_contact_and_there_are_three_at_most():
    mum = ("Mum", "+1 555 010 0199")
    assert check_contacts([mum, ("", ""), ("Mother", "+15550100199")]) == (Contact(*mum),)
    with pytest.raises(InvalidInput):
        check_contacts([("", f"555010010{number}") for number in range(4)])


def test_a_number_from_before_the_present_checks_is_kept_and_not_dialled():
    assert Contact("Mum", "at work").number is None


@pytest.mark.parametrize(("text", "year"), [("", ""), (" 2012 ", "2012"), ("٢٠١٢", "2012"), ("1906", "1906")])
def test_a_year_of_birth_is_four_digits_or_nothing(text, year):
    assert check_birth_year(text, 2026) == year


@pytest.mark.parametrize("text", ["12", "20120", "twelve", "1905", "2027", "-2012", "2012.0", "0000"])
def test_a_year_in_which_nobody_who_plays_was_born_is_refused(text):
    with pytest.raises(InvalidInput):
        check_birth_year(text, 2026)


def test_a_contact_is_said_on_one_line_and_stands_in_no_log():
    contact = Contact("Mum", "555 010 0199")
    assert contact.words == "Mum 555\u00a0010\u00a00199"
    assert Contact("", "5550100199").words == "5550100199"
    assert repr(contact) == "Contact()"


def test_a_number_from_before_the_present_checks_is_shown_and_not_dialled():
    assert Contact("Mum", "ask at the desk").number is None
