"""What a venue may say."""

import pytest

from blockmrs.domain.venues import FOR_A_PLAN, LIMITS, Plan, Venue, check_field, make_venue, with_venue
from blockmrs.errors import InvalidInput

ID = "0123456789abcdef"
FIELDS = {"name": "North Field", "address": "12 School Lane, Springfield"}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("52.51628, 13.37771", "52.51628, 13.37771"),
        ("40.7,-74", "40.70000, -74.00000"),
        ("40.7° N 74.0° W", "40.70000, -74.00000"),
        ("33.8688 s; 151.2093 e", "-33.86880, 151.20930"),
        ("\u200e52.5, \u221213.3", "52.50000, -13.30000"),
        ("५२.5, 13.3", "52.50000, 13.30000"),
    ],
)
def test_coordinates_are_kept_as_decimal_degrees(typed: str, kept: str) -> None:
    assert check_field("coordinates", typed) == kept


@pytest.mark.parametrize("typed", ["North", "91, 0", "0, 181", "13", "1,2,3", "10 W, 20 N", "1e3, 2"])
def test_what_is_no_place_on_earth_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_field("coordinates", typed)
    assert caught.value.field == "coordinates"


@pytest.mark.parametrize("name", ["name", "address"])
def test_a_venue_has_a_name_and_an_address(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        make_venue(ID, {**FIELDS, name: "  "})
    assert caught.value.field == name


@pytest.mark.parametrize("name", LIMITS)
def test_a_field_takes_no_more_than_its_limit(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        check_field(name, "1" * (LIMITS[name] + 1))
    assert caught.value.field == name


@pytest.mark.parametrize("typed", ["ask Joe", "12", "++1 555 0100", "+() -"])
def test_a_telephone_number_can_be_dialled(typed: str) -> None:
    with pytest.raises(InvalidInput):
        check_field("hospital_phone", typed)
    assert [phone.dialled for phone in Venue(ID, "a", "b", hospital_phone="+1 (555) 010-0199").phones] == [
        "+15550100199"
    ]


@pytest.mark.parametrize("venue_id", ["", "0123", "0123456789ABCDEF", "../../../../../../x"])
def test_a_venue_has_an_id_of_ours(venue_id: str) -> None:
    with pytest.raises(InvalidInput):
        make_venue(venue_id, FIELDS)


def test_every_other_content_is_another_version() -> None:
    venue = make_venue(ID, FIELDS)
    assert venue.version == make_venue(ID, FIELDS).version
    assert len({make_venue(ID, {**FIELDS, "gate": gate}).version for gate in ("", "A", "B")}) == 3


def test_a_plan_is_finished_when_every_row_but_the_phone_and_the_way_is_written() -> None:
    bare = make_venue(ID, FIELDS)
    assert bare.missing == FOR_A_PLAN
    assert make_venue(ID, {**FIELDS, **dict.fromkeys(FOR_A_PLAN, "x")}).missing == ()


def test_a_line_feed_stays_in_the_way_to_the_hospital_alone() -> None:
    venue = make_venue(ID, {**FIELDS, "gate": "Gate\r\nB", "directions": "Left.\r\nThen right."})
    assert (venue.gate, venue.directions) == ("Gate B", "Left.\nThen right.")


def test_today_is_the_one_chosen_last_or_else_the_first() -> None:
    first, second = make_venue(ID, FIELDS), make_venue(ID[::-1], FIELDS)
    assert Plan().today is None
    assert Plan((first, second)).today is first
    assert Plan((first, second), second.venue_id).today is second
    assert Plan((first,), second.venue_id).today is first
    assert Plan((first, second), second.venue_id).others == (first,)


def test_a_changed_venue_keeps_its_place_in_the_list() -> None:
    first, second = make_venue(ID, FIELDS), make_venue(ID[::-1], FIELDS)
    changed = make_venue(ID, {**FIELDS, "gate": "B"})
    assert with_venue((first, second), changed) == (changed, second)


def test_a_new_venue_comes_last() -> None:
    first, second = make_venue(ID, FIELDS), make_venue(ID[::-1], FIELDS)
    assert with_venue((), first) == (first,)
    assert with_venue((first,), second) == (first, second)


def test_a_venue_is_found_by_its_id_in_its_own_plan() -> None:
    first, second = make_venue(ID, FIELDS), make_venue(ID[::-1], FIELDS)
    assert Plan((first, second)).find(second.venue_id) is second
    assert Plan((first,)).find(second.venue_id) is None


def test_a_number_from_before_the_present_checks_is_shown_and_not_dialled() -> None:
    assert Venue(ID, "a", "b", hospital_phone="ask Joe").phones == ()


def test_a_report_says_where_it_happened_by_name_address_and_gate() -> None:
    assert make_venue(ID, {**FIELDS, "gate": "Gate B"}).place == "North Field\n12 School Lane, Springfield\nGate B"
    assert make_venue(ID, FIELDS).place == "North Field\n12 School Lane, Springfield"


def test_a_venue_shows_nothing_of_itself_in_a_log() -> None:
    assert "North" not in repr(Plan((make_venue(ID, FIELDS),)))
