"""`manage.py migrate_clickhouse`: what it prints, what it does, how it fails."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import QueryInvalid

pytestmark = [pytest.mark.clickhouse, pytest.mark.usefixtures("missing_database")]


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("migrate_clickhouse", *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.django_db
def test_it_makes_the_database_and_its_tables() -> None:
    assert "applied 0001_events.sql step 1/1\n" in run()
    assert gateway.query("SELECT count() FROM events") == [(0,)]


@pytest.mark.django_db
def test_a_second_run_has_nothing_to_do() -> None:
    run()
    assert run() == "ClickHouse is up to date: 0 steps applied.\n"


@pytest.mark.django_db
def test_it_can_be_quiet() -> None:
    assert run("--verbosity", "0") == ""


def test_the_plan_is_sql_and_nothing_runs() -> None:
    plan = run("--plan")
    assert plan.startswith("-- 0001_events.sql step 1/1\nCREATE TABLE IF NOT EXISTS events")
    with pytest.raises(QueryInvalid):
        gateway.query("SELECT 1")


@pytest.mark.django_db
def test_a_server_that_is_down_is_one_line(settings: Settings) -> None:
    settings.CLICKHOUSE = {**settings.CLICKHOUSE, "port": 1}
    with pytest.raises(CommandError, match=r"^ClickHouse: The analytics database is not available"):
        run()


@pytest.mark.django_db
def test_a_changed_file_is_one_line() -> None:
    run()
    gateway.execute("ALTER TABLE schema_migrations UPDATE checksum = 'x' WHERE 1", settings={"mutations_sync": 1})
    with pytest.raises(CommandError, match=r"^0001_events.sql: step 1 was changed or removed"):
        run()
