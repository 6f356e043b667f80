"""Every text for people has its Spanish: none missing, none left over, each with the same places to fill."""

import importlib.util
import io
from pathlib import Path
from types import ModuleType

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

from blockmrs.domain.kinds import Purpose
from blockmrs.domain.reports import FIRST_AID_DONE, MECHANISMS, WHO_WAS_TOLD
from blockmrs.i18n.languages import LANGUAGES, SOURCE_LANGUAGE, texts

TOOL = Path(__file__).parents[2] / "tools" / "messages.py"


@pytest.fixture(scope="module")
def messages() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def template(messages: ModuleType) -> Catalog:
    return messages.extract()


def test_the_template_holds_exactly_the_texts_of_the_sources(messages: ModuleType, template: Catalog) -> None:
    assert messages.check_template(template) == []


@pytest.mark.parametrize("language", sorted(LANGUAGES.keys() - {SOURCE_LANGUAGE}))
def test_every_text_is_translated(messages: ModuleType, template: Catalog, language: str) -> None:
    assert messages.check_language(template, language) == []


def test_writing_the_catalogues_again_changes_nothing(messages: ModuleType, template: Catalog) -> None:
    assert messages.written(messages.updated(template, "es")) == messages.po_file("es").read_bytes()


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("${_('Open it')}", ["Open it"]),
        ("${_('Nothing is lost: '\n    'try again.')}", ["Nothing is lost: try again."]),
        ("${_(\n  'Open %(name)s'\n) % words}", ["Open %(name)s"]),
        ("${ungettext('%(n)d day',\n  '%(n)d ' 'days', number)}", ["%(n)d day", "%(n)d days"]),
    ],
)
def test_a_text_in_an_expression_may_stand_over_several_lines(
    messages: ModuleType, source: str, texts: list[str]
) -> None:
    calls = [*messages.CALL.finditer(source), *messages.PLURAL_CALL.finditer(source)]
    assert [messages._written(literals) for call in calls for literals in call.groups()] == texts


def test_a_translation_that_stands_there_twice_is_found(messages: ModuleType) -> None:
    assert messages.problems_of(Message("Press hard.", "Presione fuerte.Presione fuerte.")) == ["the same twice"]


TWO_FORMS = "nplurals=2; plural=(n != 1);"
THREE_FORMS = "nplurals=3; plural=(n == 1 ? 0 : n != 0 && n % 1000000 == 0 ? 1 : 2);"


def spanish(forms: str = TWO_FORMS) -> Catalog:
    """An empty catalogue that says itself how many plural forms it has."""
    catalog = Catalog(locale="es")
    catalog.mime_headers = [("Plural-Forms", forms)]
    return catalog


def small() -> Catalog:
    catalog = spanish()
    for text in ("Save", "Call %(number)s"):
        catalog.add(text)
    catalog.add(("%(n)d day", "%(n)d days"))
    return catalog


WHOLE = {
    "Save": "Guardar",
    "Call %(number)s": "Llame al %(number)s",
    ("%(n)d day", "%(n)d days"): ("%(n)d día", "%(n)d días"),
}


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({}, ["not translated: Save"]),
        ({"Save": "Guardar %(number)s"}, ["other places to fill than the English: Save"]),
        ({"Save": "Guardar %s"}, ["other places to fill than the English: Save"]),
        ({"Save": "Guardar {name}"}, ["other places to fill than the English: Save"]),
        ({"Save": "<b>Guardar</b>"}, ["a character of markup: Save"]),
        ({"Save": "Guardar", "Gone": "Ido"}, ["no longer used: Gone"]),
        ({"Save": "Guardar", "Call %(number)s": "Llame"}, ["other places to fill than the English: Call %(number)s"]),
        (
            {"Save": "Guardar", ("%(n)d day", "%(n)d days"): ("%(n)d día", "")},
            ["not translated: ('%(n)d day', '%(n)d days')"],
        ),
        ({"Save": "Guardar"}, []),
    ],
)
def test_the_check_names_each_message_that_is_wrong(
    messages: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    change: dict[str, str],
    found: list[str],
) -> None:
    catalog = spanish()
    for source, translation in {**{key: text for key, text in WHOLE.items() if key != "Save"}, **change}.items():
        catalog.add(source, translation)
    if "Save" not in change:
        catalog.add("Save", "")
    path = tmp_path / "es.po"
    with path.open("wb") as target:
        write_po(target, catalog)
    monkeypatch.setattr(messages, "po_file", lambda _language: path)
    assert messages.check_language(small(), "es") == [f"es: {line}" for line in found]


@pytest.mark.parametrize("forms", [TWO_FORMS, THREE_FORMS])
def test_the_catalogues_own_header_says_how_many_plural_forms_it_has(
    messages: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, forms: str
) -> None:
    path, catalog = tmp_path / "es.po", spanish(forms)
    count = int(forms[len("nplurals=")])
    catalog.add(("%(n)d day", "%(n)d days"), tuple(f"%(n)d días {number}" for number in range(count)))
    path.write_bytes(messages.written(catalog))
    monkeypatch.setattr(messages, "po_file", lambda _language: path)
    again = messages.updated(small(), "es")
    assert again.plural_forms == forms
    assert len(again["%(n)d day"].string) == count


def test_a_translation_with_fewer_forms_than_its_header_says_is_found(
    messages: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "es.po"
    path.write_bytes(messages.written(spanish(THREE_FORMS)))
    with path.open("a", encoding="utf-8") as target:
        target.write('\nmsgid "%(n)d day"\nmsgid_plural "%(n)d days"\n')
        target.write('msgstr[0] "%(n)d día"\nmsgstr[1] "%(n)d días"\n')
    monkeypatch.setattr(messages, "po_file", lambda _language: path)
    assert "es: not translated: ('%(n)d day', '%(n)d days')" in messages.check_language(small(), "es")


def test_a_new_text_is_never_guessed(messages: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "es.po"
    path.write_text('msgid "Saved"\nmsgstr "Guardado"\n', encoding="utf-8")
    monkeypatch.setattr(messages, "po_file", lambda _language: path)
    content = messages.written(messages.updated(small(), "es"))
    catalog = read_po(io.BytesIO(content), locale="es")
    assert catalog["Save"].string == ""
    assert "Saved" not in catalog
    assert b"fuzzy" not in content


def test_white_space_around_a_message_stays_around_its_translation() -> None:
    spanish = texts("es")
    assert spanish.gettext(" Save report\n") == " Guardar informe\n"
    assert spanish.gettext(" \n") == " \n"
    assert spanish.gettext("") == ""
    assert spanish.gettext("no message of ours") == "no message of ours"


def test_spanish_has_plural_forms() -> None:
    spanish = texts("es")
    words = [
        spanish.ngettext("You can try again in %(minutes)d minute.", "You can try again in %(minutes)d minutes.", count)
        for count in (1, 2)
    ]
    assert words == [
        "Puede intentarlo de nuevo en %(minutes)d minuto.",
        "Puede intentarlo de nuevo en %(minutes)d minutos.",
    ]


@pytest.mark.parametrize("word", [*MECHANISMS, *FIRST_AID_DONE, *WHO_WAS_TOLD, *(purpose.value for purpose in Purpose)])
def test_a_word_that_a_report_or_a_share_keeps_is_read_in_spanish(word: str) -> None:
    assert texts("es").gettext(word) != word
