"""Sealing anew, and those who would get around it: a stop before the family knew, a coach with the card's seed."""

from blockmrs.chain.transaction import Kind
from blockmrs.cid import Cid
from blockmrs.domain.renewal import Renewal
from blockmrs.domain.sharing import Pointer
from tests.services.test_sealing_anew import Sent, sent
from tests.support.heads import head_report

__all__ = ["sent"]


def test_what_was_stopped_while_it_was_kept_from_the_family_is_sealed_anew_once_they_have_it(sent: Sent) -> None:
    world, carol = sent.world, sent.team.carol
    (player,) = world.teams.team(carol).players
    report = head_report(world.clock())
    address = world.reports.save(carol, "ee" * 16, report, player=player, withheld=True).address
    share_id = sent.send(carol, "North Hospital", address)
    assert sent.reads(sent.lee, address)
    kept = sent.pointer(sent.lee, address)
    sent.stop(carol, share_id, address)
    world.sharing.release_to_family(carol, address)
    assert [share.stopped is not None for share in world.sharing.shares(sent.maria, address)] == [True]
    assert world.sealing_anew.go_on(carol, address).is_finished
    assert not sent.opens(kept)
    assert world.reports.open(carol, address).report.author == "Ana Coach"
    assert world.reports.open(sent.maria, address).report.author == "Ana Coach"


def test_a_renewal_that_a_coach_signs_with_the_cards_seed_leads_nobody_away(sent: Sent) -> None:
    """They hold the seed until hand-over. Whoever of the family seals anew signs with a card of their own."""
    world = sent.world
    (keys,) = world.teams.acting_for(sent.maria)
    before, grant = sent.pointer(sent.maria), world.access.find(sent.maria, bytes.fromhex(sent.address)).grant
    nowhere = Renewal(grant.update_id, grant.subject, Pointer(Cid.of(b"never stored"), bytes(32)))
    batch = world.mailbox.batch()
    batch.add(
        Kind.GRANT, nowhere.to_fields(), author=keys.keyring, recipient=keys.keyring.card,
        line_key=keys.keyring.own_line,
    )  # fmt: skip
    batch.commit()
    assert sent.pointer(sent.maria) == before
    assert world.reports.open(sent.joe, sent.address).report.author == "Ana Coach"
