"""The benchmarks run, and their floor is the floor of what a save does now. Nothing here depends on time."""

import threading
from pathlib import Path

import pytest

from benchmarks.counting import Step, counted_steps
from benchmarks.floor import STEPS, Floor, check_list
from benchmarks.measure import interleave, ratio_of, repeat
from benchmarks.reading import OPERATIONS, measure_reading, report_reading
from benchmarks.record import PAGES, measure_record, report_record
from benchmarks.rights import PLAYERS_FOR_200, measure_rights, report_rights
from benchmarks.save import count_steps, measure_save, report_save
from benchmarks.sharing import WRITES, measure_sharing, report_sharing
from benchmarks.standing import measure_standing, report_standing
from benchmarks.syncs import compare_syncs
from blockmrs.crypto import keys
from tests.support.pure import nothing_remembered


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory) -> list[Step]:
    with nothing_remembered():  # Whatever tests ran in this process before.
        return count_steps(tmp_path_factory.mktemp("counting") / "data")


def test_the_floor_does_what_a_save_does(steps: list[Step]) -> None:
    assert [step.name for step in steps] == STEPS


def test_a_save_writes_object_head_ledger_and_rows_in_that_order(steps: list[Step]) -> None:
    written = [step.name for step in steps if step.name in ("object", "head", "ledger", "rows")]
    assert written == ["object", "object", "head", "ledger", "rows"]


def test_the_floor_writes_as_many_bytes_as_a_save(steps: list[Step], tmp_path: Path) -> None:
    floor = Floor(tmp_path, steps)
    floor.run()
    floor.close()
    size = {step.name: step.size_bytes for step in steps}
    assert (tmp_path / "blockmrs.db-wal").stat().st_size == size["ledger"] + size["rows"]
    assert [file.stat().st_size for file in (tmp_path / "objects" / "00").iterdir()] == [size["object"]] * 2
    assert (tmp_path / "secrets" / "sealer.head").stat().st_size == size["head"]


def test_sharing_is_measured_against_what_each_of_its_actions_does(tmp_path: Path) -> None:
    times = measure_sharing(tmp_path, 1)
    writes = {name: [step.name for step in steps if step.name in WRITES] for name, steps in times.steps.items()}
    # Both end with one block; what stands before it are the rows that hold it back from being done twice.
    assert writes["share"][-2:] == writes["stop"][-2:] == ["head", "ledger"]
    assert set(writes["share"][:-2] + writes["stop"][:-2]) == {"rows"}
    assert writes["inbox"] == []
    assert all(step.size_bytes > 0 for steps in times.steps.values() for step in steps if step.name in WRITES)
    lines = "\n".join(report_sharing(times))
    assert all(f"{name} / floor" in lines for name in ("share", "inbox", "stop"))


def test_what_a_standing_reader_adds_to_a_save_is_measured(tmp_path: Path) -> None:
    times = measure_standing(tmp_path / "data", 2)
    assert set(times.samples.seconds) == {"none", "ten", "seal"}
    assert all(len(seconds) == 2 for seconds in times.samples.seconds.values())
    assert "of at most 1" in "\n".join(report_standing(times))


def test_what_runs_beside_a_save_is_not_counted() -> None:
    with counted_steps() as steps:
        beside = threading.Thread(target=lambda: keys.signing_public_key(bytes(32)))
        beside.start()
        beside.join()
        keys.derive_key(bytes(32), "draft mark", b"")
    assert [step.name for step in steps] == ["derive"]


def test_a_floor_that_drifted_is_told_where() -> None:
    drifted = [Step(name) for name in STEPS]
    drifted[7:7] = [Step("sign")]
    assert "from number 7 on" in check_list(drifted)


def test_a_save_that_syncs_less_than_its_floor_is_refused() -> None:
    assert "head's folder" in compare_syncs([["object", "head"]], [["object", "head", "head's folder"]])
    assert compare_syncs([["object", "head", "more"]], [["object", "head"]]) == ""


def test_rounds_are_interleaved_in_turning_order() -> None:
    order: list[str] = []
    interleave(2, {"one": repeat(lambda: order.append("one")), "other": repeat(lambda: order.append("other"))})
    assert order == ["one", "other", "other", "one"]


def test_a_ratio_is_the_median_of_the_rounds() -> None:
    assert ratio_of([1.0, 2.0, 30.0]).median == 2.0


def test_a_save_is_measured_against_floor_and_rsa(steps: list[Step], tmp_path: Path) -> None:
    samples = measure_save(tmp_path, steps, rounds=1)
    assert set(samples.seconds) == {"save", "floor", "rsa"}
    assert len(report_save(samples, steps)) == 3


def test_the_record_s_pages_are_measured_over_many_entries(tmp_path: Path) -> None:
    times = measure_record(tmp_path, entries=25, rounds=1)
    assert set(times.pages) == set(PAGES)
    assert "25 entries" in " ".join(report_record(times))


def test_everybody_s_rights_are_measured_with_eight_for_each_player(tmp_path: Path) -> None:
    times = measure_rights(tmp_path, players=1, rounds=1)
    assert (times.rights, PLAYERS_FOR_200 * times.rights) == (8, 200)
    assert "8 rights" in " ".join(report_rights(times))


def test_each_operation_is_measured_on_a_short_and_a_long_chain(tmp_path: Path) -> None:
    samples = measure_reading(tmp_path, short=30, long=60, rounds=1)
    assert len(report_reading(samples, 30, 60)) == len(OPERATIONS)
