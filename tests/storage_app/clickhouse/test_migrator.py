"""The schema comes up to date step by step, once, and says what is not in order."""

import threading
from pathlib import Path

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from storage_app.clickhouse import gateway, migrator
from storage_app.clickhouse.errors import UNKNOWN_DATABASE, QueryInvalid, StoreUnavailable
from storage_app.clickhouse.migration_lock import migration_lock
from storage_app.clickhouse.migrator import MigrationError

pytestmark = [pytest.mark.clickhouse, pytest.mark.usefixtures("missing_database")]

TABLE = "CREATE TABLE IF NOT EXISTS {name} (a Int8) ENGINE = Memory;\n"
FIRST = "-- two tables; one step each\n" + TABLE.format(name="one") + TABLE.format(name="two")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Two files, three steps."""
    (tmp_path / "0001_first.sql").write_text(FIRST)
    (tmp_path / "0002_second.sql").write_text(TABLE.format(name="three"))
    (tmp_path / "README.md").write_text("not a migration")
    return tmp_path


def tables() -> set[str]:
    return {name for (name,) in gateway.query("SHOW TABLES")} - {"schema_migrations"}


def records() -> list[tuple[str, int, int]]:
    rows = gateway.query("SELECT name, step, steps FROM schema_migrations ORDER BY number, step")
    return [(name, step, steps) for name, step, steps in rows]


def test_it_works(directory: Path) -> None:
    assert [str(step) for step in migrator.migrate(directory)] == [
        "0001_first.sql step 1/2",
        "0001_first.sql step 2/2",
        "0002_second.sql step 1/1",
    ]
    assert tables() == {"one", "two", "three"}
    assert records() == [("0001_first.sql", 1, 2), ("0001_first.sql", 2, 2), ("0002_second.sql", 1, 1)]


def test_a_second_time_there_is_nothing_to_do(directory: Path) -> None:
    migrator.migrate(directory)
    assert migrator.migrate(directory) == []
    assert len(records()) == 3


def test_a_later_file_is_applied_alone(directory: Path) -> None:
    migrator.migrate(directory)
    (directory / "0003_third.sql").write_text("ALTER TABLE one ADD COLUMN b Int8")
    assert [step.name for step in migrator.migrate(directory)] == ["0003_third.sql"]


def test_asking_what_is_pending_does_not_even_make_the_database(directory: Path) -> None:
    assert len(migrator.pending(directory)) == 3
    with pytest.raises(QueryInvalid) as caught:
        gateway.query("SELECT 1")
    assert caught.value.code == UNKNOWN_DATABASE


def test_a_failed_step_is_resumed_where_it_stopped(directory: Path) -> None:
    first = directory / "0001_first.sql"
    first.write_text(TABLE.format(name="one") + "CREATE TABLE two (a NoSuchType) ENGINE = Memory")
    with pytest.raises(MigrationError, match=r"0001_first.sql step 2/2 failed: .*NoSuchType"):
        migrator.migrate(directory)
    assert records() == [("0001_first.sql", 1, 2)]
    first.write_text(FIRST)
    assert str(migrator.migrate(directory)[0]) == "0001_first.sql step 2/2"
    assert tables() == {"one", "two", "three"}


@pytest.mark.parametrize(
    "changed",
    [
        FIRST.replace("two (a Int8)", "two (a Int16)"),
        TABLE.format(name="one"),
        FIRST + TABLE.format(name="four"),
    ],
    ids=["changed", "removed", "added"],
)
def test_a_file_that_changed_after_it_was_applied_is_named(directory: Path, changed: str) -> None:
    migrator.migrate(directory)
    (directory / "0001_first.sql").write_text(changed)
    with pytest.raises(MigrationError, match=r"0001_first\.sql.*after it was applied"):
        migrator.pending(directory)


def test_a_file_that_was_renamed_after_it_was_applied_is_named(directory: Path) -> None:
    migrator.migrate(directory)
    (directory / "0002_second.sql").rename(directory / "0002_other.sql")
    with pytest.raises(MigrationError, match=r"0002_second\.sql"):
        migrator.pending(directory)


def test_a_file_that_went_away_after_it_was_applied_is_named(directory: Path) -> None:
    migrator.migrate(directory)
    (directory / "0002_second.sql").unlink()
    with pytest.raises(MigrationError, match=r"0002_second\.sql"):
        migrator.pending(directory)


def test_a_comment_may_change(directory: Path) -> None:
    migrator.migrate(directory)
    (directory / "0001_first.sql").write_text("-- said better\n" + FIRST)
    assert migrator.pending(directory) == []


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("0004_gap.sql", "SELECT 1", "0004_gap.sql: number 0004 comes where 0003 is expected"),
        ("0002_twice.sql", "SELECT 1", "0002_twice.sql: number 0002 is there twice"),
        ("third.sql", "SELECT 1", "third.sql: a migration is named NNNN_what_it_does.sql"),
        ("0003_empty.sql", "-- later;", "0003_empty.sql: there is no statement in it"),
        ("0003_open.sql", "SELECT 'oops", "0003_open.sql: ' is opened on line 1 and never closed"),
    ],
)
def test_files_that_are_not_in_order(directory: Path, name: str, text: str, problem: str) -> None:
    (directory / name).write_text(text)
    with pytest.raises(MigrationError, match=problem):
        migrator.migrate(directory)


def test_a_server_that_is_down_is_no_fault_of_the_migration(directory: Path, settings: Settings) -> None:
    settings.CLICKHOUSE = {**settings.CLICKHOUSE, "port": 1}
    with pytest.raises(StoreUnavailable):
        migrator.migrate(directory)


@pytest.fixture
def slow_directory(directory: Path) -> Path:
    """Long enough that migrators without a lock would meet."""
    (directory / "0003_slow.sql").write_text("SELECT sleep(0.2);\n" + TABLE.format(name="last"))
    return directory


@pytest.mark.django_db(transaction=True)
def test_migrators_at_the_same_time_do_each_step_once(slow_directory: Path) -> None:
    barrier = threading.Barrier(4)

    def run() -> None:
        barrier.wait()
        with migration_lock():
            migrator.migrate(slow_directory)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(records()) == len(set(records())) == 5
