"""What people wrote about their own health comes back from a backup, for them alone."""

from datetime import date
from pathlib import Path

from blockmrs.domain.facts import HealthFacts
from tests.support.installation import Installation


def test_what_somebody_wrote_about_their_health_is_in_the_backup_and_with_their_keys_alone(
    tmp_path: Path,
) -> None:
    machine, other = Installation(tmp_path / "machine"), Installation(tmp_path / "other")
    told = HealthFacts(date(1984, 2, 3), {"blood-thinner": "yes"}, ("Brazil nuts",))
    with machine:
        machine.sign_up("carol")
        machine.sign_up("maria")
        machine.tell("maria", told)
        # So that a short cut is kept, and restored, too.
        for number in range(20):
            machine.tell("maria", HealthFacts(allergies=(f"Nuts {number}",)))
        machine.tell("maria", told)
        written = machine.facts_of("maria")
        machine.backup(tmp_path / "saved")
    assert b"Brazil nuts" not in (tmp_path / "saved").read_bytes()
    other.restore(tmp_path / "saved")
    with other:
        assert other.facts_of("maria") == written
        assert next(saved.facts for saved in written if saved) == told
        assert other.facts_of("carol") == []
        other.verify()
