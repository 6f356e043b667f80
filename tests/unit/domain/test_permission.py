"""Who may do what with a report, each standing with each action."""

from pathlib import Path

import pytest

from blockmrs.domain.permission import Action, Standing, require, require_acting, require_unblocked
from blockmrs.domain.senders import Standing as Sender
from blockmrs.errors import BlockMRSError, Ended, NotAuthorized, NotFound

TABLE = Path(__file__).parents[3] / "docs" / "permission.md"
WORDS: dict[type[BlockMRSError], str] = {NotAuthorized: "no", Ended: "ended", NotFound: "unknown"}
HANDS_ON = (Action.SHARE, Action.MAKE_CODE, Action.RELEASE_TO_FAMILY)
"""What gives a report to somebody else."""
OWNERS = (Standing.AUTHOR, Standing.SUBJECT)


def table() -> dict[tuple[str, str], str]:
    """The cells of the documented table, by row and column."""
    rows = [line.strip("| ").split(" | ") for line in TABLE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    head = rows[0]
    return {(row[0], action): cell for row in rows[2:] for action, cell in zip(head, row[1:], strict=True)}


def answer(action: Action, standing: Standing) -> str:
    try:
        require(action, standing)
    except BlockMRSError as refusal:
        return WORDS[type(refusal)]
    return "yes"


def test_each_standing_may_do_what_the_documented_table_says() -> None:
    decided = {(standing.value, action.value): answer(action, standing) for standing in Standing for action in Action}
    assert decided == table()
    assert len(decided) == 66


@pytest.mark.parametrize("action", Action)
def test_a_stranger_never_learns_whether_there_is_a_report(action: Action) -> None:
    with pytest.raises(NotFound, match="no such report"):
        require(action, Standing.STRANGER)


@pytest.mark.parametrize("action", Action)
def test_whose_share_has_ended_is_told_so_and_does_nothing_more(action: Action) -> None:
    with pytest.raises(Ended):
        require(action, Standing.FORMER_RECIPIENT)


@pytest.mark.parametrize("action", [action for action in Action if action is not Action.READ])
def test_a_former_author_only_reads(action: Action) -> None:
    require(Action.READ, Standing.FORMER_AUTHOR)
    with pytest.raises(Ended):
        require(action, Standing.FORMER_AUTHOR)


@pytest.mark.parametrize("standing", [standing for standing in Standing if standing is not Standing.RECIPIENT])
@pytest.mark.parametrize("action", [Action.CLEAR_FOR_SPORT, Action.REPLY])
def test_only_a_recipient_clears_for_sport_and_replies(action: Action, standing: Standing) -> None:
    require(action, Standing.RECIPIENT)
    with pytest.raises((NotAuthorized, Ended, NotFound)):
        require(action, standing)


def test_nobody_writes_to_a_sender_whom_their_organisation_blocked() -> None:
    for sender in (Sender.UNKNOWN, Sender.KNOWN):
        require_unblocked(sender)
    with pytest.raises(NotAuthorized):
        require_unblocked(Sender.BLOCKED)


@pytest.mark.parametrize("standing", [standing for standing in Standing if standing is not Standing.SUBJECT])
def test_only_who_acts_for_somebody_gives_of_their_record(standing: Standing) -> None:
    require_acting(Standing.SUBJECT)
    with pytest.raises(NotFound if standing is Standing.STRANGER else NotAuthorized):
        require_acting(standing)


@pytest.mark.parametrize("action", HANDS_ON)
@pytest.mark.parametrize("standing", [standing for standing in Standing if standing not in OWNERS])
def test_only_the_author_and_the_family_hand_a_report_on(action: Action, standing: Standing) -> None:
    require(action, Standing.AUTHOR)
    with pytest.raises((NotAuthorized, Ended, NotFound)):
        require(action, standing)


@pytest.mark.parametrize("standing", [standing for standing in Standing if standing is not Standing.AUTHOR])
def test_only_the_author_decides_what_the_family_is_told(standing: Standing) -> None:
    with pytest.raises((NotAuthorized, Ended, NotFound)):
        require(Action.RELEASE_TO_FAMILY, standing)


def test_the_family_sends_and_shows_what_is_about_them() -> None:
    for action in (Action.SHARE, Action.MAKE_CODE):
        require(action, Standing.SUBJECT)


@pytest.mark.parametrize("action", [Action.STOP_SHARE, Action.STOP_CODE])
def test_who_acts_for_the_player_ends_what_others_gave(action: Action) -> None:
    require(action, Standing.SUBJECT)
