"""Nothing is written for SQLite alone but what stands in model/sqlite.py: all else compiles for PostgreSQL, too.

Here: the tables, the migrations, and the statements of the demonstration, which is one of everything. Beside that
tests/support/dialects.py holds what any other test executes.
"""

import ast
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import delete, func, insert, select
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.schema import CreateIndex, CreateTable

from blockmrs.model.accounts import AccountRow
from blockmrs.model.base import Base
from blockmrs.model.migrations import FOLDER
from blockmrs.services.demo import make_demo
from tests.support.dialects import POSTGRESQL, check_statement, held
from tests.support.quick import quick_folder
from tests.support.site import build_site

PACKAGE = Path(__file__).parents[2] / "blockmrs"
MODULES = sorted(PACKAGE.rglob("*.py"))
# The only modules that name the driver of SQLite.
OF_SQLITE = {"cli/verify.py", "model/database.py", "model/snapshot.py"}


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_can_be_made_there(table) -> None:
    assert f"CREATE TABLE {table.name}" in str(CreateTable(table).compile(dialect=POSTGRESQL))
    for index in table.indexes:
        assert f"CREATE INDEX {index.name}" in str(CreateIndex(index).compile(dialect=POSTGRESQL))


def test_every_migration_can_be_written_down_for_it() -> None:
    written = StringIO()
    config = Config(output_buffer=written)
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["dialect"] = "postgresql"
    command.upgrade(config, "head", sql=True)
    script = written.getvalue()
    made = {table.name for table in Base.metadata.sorted_tables}
    assert {table for table in made if f"CREATE TABLE {table} (" in script} == made
    steps = [path.stem[1:].partition("_")[0] for path in (PACKAGE / "model/migrations/versions").glob("v*.py")]
    assert script.count("alembic_version SET version_num") + 1 == len(steps)
    assert "BYTEA" in script
    assert "BLOB" not in script


def test_the_statements_of_the_main_use_cases_compile_for_it() -> None:
    """They are held while they are executed; this says that it was not nothing."""
    with quick_folder() as folder:
        site = build_site(folder)
        make_demo(site.services)
        site.services.health.readiness()
        site.foundation.database.check_rows()
        site.foundation.database.engine.dispose()
    said = list(held.values())
    assert len(said) > 40
    used = set(
        "account chain_header chain_node chain_transaction doorbell_token held_object invitation invitation_claim "
        "organisation report_code staff_membership throttle web_session".split()
    )
    assert used <= {table.name for table in Base.metadata.sorted_tables}
    for table in used:
        assert any(statement.startswith(f"INSERT INTO {table} ") for statement in said), table
        assert any(f"FROM {table} " in f"{statement} ".replace("\n", " ") for statement in said), table


def test_what_only_one_database_says_is_found() -> None:
    """The check itself: each of these has slipped into a program before."""
    assert "SELECT count(*)" in check_statement(select(func.count()).select_from(AccountRow))
    with pytest.raises(AssertionError):
        check_statement(sqlite_insert(AccountRow).values(account_id=b"").on_conflict_do_nothing())
    with pytest.raises(AssertionError):
        check_statement(select(func.ifnull(AccountRow.account_id, b"")))
    with pytest.raises(AssertionError):
        check_statement(insert(AccountRow).prefix_with("OR IGNORE"))
    assert check_statement(delete(AccountRow)) == "DELETE FROM account"


def imports(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """The modules that are imported, each with each name that comes from it, or with none."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield from ((node.module or "", alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_statement_of_plain_text_stands_where_those_of_sqlite_are_listed(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    imported = set(imports(tree))
    assert "text" not in {what for module, what in imported if module.startswith("sqlalchemy")}
    modules = {module for module, _ in imported}
    if any(module == "sqlite3" or module.startswith("sqlalchemy.dialects") for module in modules):
        assert name(path) in OF_SQLITE
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "exec_driver_sql":
            asked = [part for part in ast.walk(node.args[0]) if isinstance(part, ast.Attribute)]
            assert asked
            assert all(isinstance(part.value, ast.Name) and part.value.id == "sqlite" for part in asked)
