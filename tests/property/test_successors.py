"""Of any order in which cards write and name others: every reader finds the same, and what a model of the rule says.

The cards are those of one child, passed on again and again, and one of a coach. Each holder of an old seed may name
whatever they like, as often as they like, and writes on.
"""

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.lines import Lines
from tests.support.quick import quick_folder

NAMES = ("first", "second", "third", "coach")
Event = tuple[str, int, int]
events = st.lists(
    st.tuples(st.sampled_from(["write", "name", "read"]), st.integers(0, 3), st.integers(0, 3)), max_size=12
)


class Model:
    """The rule: the first other card that a card names follows it, and what it says after that is nothing."""

    def __init__(self) -> None:
        self.after: dict[int, int] = {}
        self.counts: list[bytes] = []

    def follow(self, card: int) -> list[int]:
        line = [card]
        while (following := self.after.get(line[-1])) is not None and following not in line:
            line.append(following)
        return line


@settings(max_examples=25)
@given(events)
def test_every_reader_takes_what_the_rule_says_however_often_they_look_between(happened: list[Event]) -> None:
    with quick_folder() as folder:
        lines, model = Lines(folder, lambda: datetime(2026, 3, 14, tzinfo=UTC)), Model()
        cards = [lines.person(name) for name in NAMES]
        child = cards[0]
        for number, (what, one, other) in enumerate(happened):
            if what == "write":
                entry = lines.write(lines.grant(child, number), cards[one], child.card, child.own_line)
                if one not in model.after:
                    model.counts.append(entry)
            elif what == "name":
                batch = lines.unasked()
                pointer = lines.cards.pointer(cards[other].card.id)
                lines.cards.name_successor(batch, cards[one], cards[other], pointer)
                batch.commit()
                if one != other:
                    model.after.setdefault(one, other)
            else:
                # Whoever looks in between remembers what they saw.
                assert list(lines.mailbox.line_by_anyone(child.own_line, child).grants) == model.counts
        for mailbox in (lines.mailbox, lines.mailbox_of()):
            assert list(mailbox.line_by_anyone(child.own_line, child).grants) == model.counts
            for one, keyring in enumerate(cards):
                following = mailbox.successor(keyring.card)
                expected = model.after.get(one)
                assert (following and following.card_id) == (None if expected is None else cards[expected].card.id)
                stands_for = {cards[card].card.id for card in model.follow(one)}
                assert {c.card.id for c in cards if mailbox.speaks_for(c.card.id, [keyring.card.id])} == stands_for
        lines.engine.dispose()
