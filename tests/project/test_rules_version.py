"""A version of the rules is one content: what a clinician signed cannot change under the same name."""

from pathlib import Path

import pytest

from blockmrs.domain.triage import loader
from blockmrs.domain.triage.loader import content_of_rules, load_rules

PACKAGE = Path(loader.__file__).parent


def test_the_content_of_the_rules_is_that_of_their_version() -> None:
    newest = load_rules().history[0]
    assert newest.content == content_of_rules(), (
        "the rules changed. Say in signs.toml what changed, under this version if it was never released, "
        f'else under the next one, and write content = "{content_of_rules()}" there'
    )


def test_two_versions_never_share_a_content() -> None:
    known = [change.content for change in load_rules().history if change.content]
    assert len(known) == len(set(known))


@pytest.mark.parametrize(
    ("old", "new", "is_same"),
    [
        ('reviewed_by = ""', 'reviewed_by = "Somebody, 2026-11-22"', True),
        ('disposition = "ambulance"', 'disposition = "hospital"', False),
        ("knocked out", "knocked over", False),
    ],
)
def test_a_signature_is_no_content_and_any_rule_or_word_is(
    old: str, new: str, is_same: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content_of_rules()
    for folder in ("protocols", "follow_up"):
        (tmp_path / folder).mkdir()
        for source in (PACKAGE / folder).glob("*.toml"):
            (tmp_path / folder / source.name).write_bytes(source.read_bytes())
    changed = tmp_path / "protocols" / "head.toml"
    text = changed.read_text(encoding="utf-8")
    assert old in text
    changed.write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(loader, "files", lambda _package: tmp_path)
    assert (content_of_rules() == before) is is_same
