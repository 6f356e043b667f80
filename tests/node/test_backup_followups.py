"""What follows a report comes back from a backup: checks, their trend and clearances; and `verify` covers each."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from blockmrs.cid import Cid
from blockmrs.domain.clearances import FULL_PLAY
from blockmrs.domain.kinds import Content
from blockmrs.errors import VerificationFailed
from blockmrs.services.accounts.actor import Actor
from blockmrs.services.lines.mailbox import GrantEntry
from tests.support.heads import answers, head_report
from tests.support.installation import PASSWORD, Installation

NOTE = "Slowly, and with rests."
NAMES = ("carol", "maria", "chen")


@dataclass
class Restored:
    """A machine that came from a backup, and the report there."""

    machine: Installation
    address: str

    def actor(self, name: str) -> Actor:
        return actor(self.machine, name)


def actor(machine: Installation, name: str) -> Actor:
    found = machine.services.identity.actor_for(machine.services.identity.sign_in(name, PASSWORD, "127.0.0.1"))
    assert found is not None
    return found


def person(machine: Installation, name: str) -> Actor:
    machine.sign_up(name)
    machine.services.identity.confirm_recovery(actor(machine, name))
    return actor(machine, name)


def hurt_check_and_clear(machine: Installation) -> str:
    """A coach's report of a head injury, three checks, and a clearance by the hospital that has it; its address."""
    services, (coach, mother, doctor) = machine.services, (person(machine, name) for name in NAMES)
    player = services.teams.add_player(coach, "Sam Rivers", "7", "").players[0]
    services.teams.join(mother, services.teams.invite_family(coach, player.player_id), "guardian", "")
    hospital = services.organisations.accept(doctor, services.organisations.add("North Hospital"), "")
    report = head_report(services.reports.now())
    address = services.reports.save(coach, "aa" * 16, report, player=player).address
    until = services.reports.now() + timedelta(days=9)
    services.sharing.grant(coach, address, hospital.card_id, "care", until)
    services.sharing.acknowledge(doctor, address)
    for number, said in enumerate(("a-lot", "a-little", "none")):
        services.followups.save(coach if number else mother, address, f"{number:032x}", answers(check_dizzy=said))
    services.clearances.issue(
        doctor, address, "bb" * 16, stage=FULL_PLAY, seen_on=services.reports.now().date(), conditions="", note=NOTE
    )
    return address


@pytest.fixture(scope="module")
def restored(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restored]:
    folder = tmp_path_factory.mktemp("followed")
    with Installation(folder / "machine") as machine:
        address = hurt_check_and_clear(machine)
        assert machine.backup(folder / "saved").missing == ()
    other = Installation(folder / "other")
    other.restore(folder / "saved")
    with other:
        yield Restored(other, address)


@pytest.mark.parametrize("name", NAMES)
def test_checks_and_their_trend_come_back(restored: Restored, name: str) -> None:
    follow = restored.machine.services.followups.of(restored.actor(name), restored.address)
    assert follow is not None
    assert [made.check.noted for made in follow.checks] == [1, 1, 0]
    assert [made.check.strong for made in follow.checks] == [1, 0, 0]


def test_the_family_finds_the_trend_in_the_record(restored: Restored) -> None:
    ((address, follow),) = restored.machine.services.followups.about_mine(restored.actor("maria"))
    assert (address, len(follow.checks)) == (restored.address, 3)


@pytest.mark.parametrize("name", NAMES)
def test_a_clearance_comes_back(restored: Restored, name: str) -> None:
    status = restored.machine.services.clearances.of(restored.actor(name), restored.address)
    assert status is not None
    assert status.current is not None
    assert (status.is_out, status.current.clearance.note) == (False, NOTE)


def entries(restored: Restored, kind: str) -> list[GrantEntry]:
    """The grants of the checks, or of the clearances, that the coach holds."""
    services, coach = restored.machine.services, restored.actor("carol")
    attachments, access = services.followups._attachments, services.followups._access
    found = access.find(coach, bytes.fromhex(restored.address))
    assert found is not None
    if kind == Content.CHECK:
        return attachments.entries(coach, found, Content.CHECK)
    return [entry for _, entry, _ in services.sharing.returned(coach, found, Content.CLEARANCE)]


@pytest.mark.parametrize("kind", [Content.CHECK, Content.CLEARANCE])
def test_verify_misses_the_object_of_a_check_and_of_a_clearance(restored: Restored, kind: str) -> None:
    restored.machine.verify()
    pointer = entries(restored, kind)[0].grant.object
    assert pointer is not None
    (file,) = [path for path in restored.machine.settings.data.objects.rglob("*") if is_of(path, pointer.cid)]
    content = file.read_bytes()
    file.unlink()
    with pytest.raises(VerificationFailed, match="missing"):
        restored.machine.verify()
    file.write_bytes(content)
    restored.machine.verify()


def is_of(path: Path, cid: Cid) -> bool:
    return path.is_file() and Cid.of(path.read_bytes()) == cid
