"""Opening, sharing and receipts on a short and on a long chain: what they cost must not grow with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from benchmarks.installation import Coach, Installation, install
from benchmarks.measure import Samples, Task, interleave
from blockmrs.config.assembly import utc_now
from blockmrs.services.accounts.actor import Actor

OPERATIONS = ("open", "share", "receipt", "save")


@dataclass(slots=True)
class _Clinic:
    installation: Installation
    coach: Coach
    clinician: Actor
    organisation: bytes
    address: str = ""

    def share(self) -> None:
        until = utc_now() + timedelta(days=30)
        self.installation.services.sharing.grant(self.coach.actor, self.address, self.organisation, "care", until)

    def open(self) -> None:
        self.installation.services.reports.open(self.coach.actor, self.address)

    def receive(self) -> None:
        self.installation.services.sharing.acknowledge(self.clinician, self.address)


def measure_reading(folder: Path, short: int, long: int, rounds: int) -> dict[str, Samples]:
    """For each operation, the seconds on the "short" and on the "long" chain (their sizes in transactions)."""
    clinics = {"short": _clinic(folder / "short", short), "long": _clinic(folder / "long", long)}
    # Both chains get the same rounds, so that the people in them have the same number of entries of their own.
    found = {operation: interleave(rounds, _tasks(clinics, operation)) for operation in OPERATIONS}
    for clinic in clinics.values():
        clinic.installation.close()
    return found


def report_reading(samples: dict[str, Samples], short: int, long: int) -> list[str]:
    """The lines about the chain's length."""
    return [f"  {name:<10} with {long:,} / with {short:,} transactions   {samples[name].ratio('long', 'short')}"
            for name in OPERATIONS]  # fmt: skip


def _clinic(folder: Path, size: int) -> _Clinic:
    installation = install(folder)
    coach, clinician = installation.coach(1), installation.member("St Mary")
    organisation = installation.services.organisations.directory()[0].card_id
    clinic = _Clinic(installation, coach, clinician, organisation)
    clinic.address = installation.save(coach).address
    clinic.share()
    clinic.receive()
    installation.fill_chain(size)
    return clinic


def _tasks(clinics: dict[str, _Clinic], operation: str) -> dict[str, Callable[[int], Task]]:
    return {name: partial(_task, clinic, operation) for name, clinic in clinics.items()}


def _task(clinic: _Clinic, operation: str, _number: int) -> Task:
    if operation == "save":
        return lambda: clinic.installation.save(clinic.coach)
    if operation == "open":
        return clinic.open
    # A share and a receipt are made once per report.
    clinic.address = clinic.installation.save(clinic.coach).address
    if operation == "share":
        return clinic.share
    clinic.share()
    return clinic.receive
