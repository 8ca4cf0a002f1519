"""`make bench-dedup` with few events: both sides give the same. How fast they are is the benchmark's matter."""

from pathlib import Path

import pytest

from benchmarks.dedup_report import section
from benchmarks.dedup_run import run
from benchmarks.report import section_write
from storage_app.clickhouse import gateway

pytestmark = [pytest.mark.django_db, pytest.mark.redis, pytest.mark.clickhouse]

ROWS = 10_000


def test_it_works(tmp_path: Path) -> None:
    outcome = run(rows=ROWS, weeks=13, rounds=1)
    assert [timing.name for timing in outcome.timings if not timing.exact] == []
    assert all(0 < walk.events < ROWS for walk in outcome.walks)
    assert gateway.query(
        "SELECT count() FROM system.tables WHERE name = 'events_clean' AND database = currentDatabase()"
    )[0] == (0,)
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n<!-- ingest -->\nfast\n<!-- /ingest -->\n<!-- dedup -->\nold\n<!-- /dedup -->\n")
    section_write("dedup", section(outcome), page=page)
    written = page.read_text()
    assert "<!-- ingest -->\nfast\n<!-- /ingest -->\n<!-- dedup -->\n10,000 events" in written
    assert written.endswith("<!-- /dedup -->\n")
    assert "old" not in written


def test_not_over_events_of_others() -> None:
    gateway.execute("INSERT INTO events (event_id) VALUES (generateUUIDv4())")
    with pytest.raises(RuntimeError, match="of its own"):
        run(rows=ROWS)
    assert gateway.query("SELECT count() FROM events") == [(1,)]


def test_a_page_without_the_section(tmp_path: Path) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n<!-- dedup -->\n")
    with pytest.raises(ValueError, match="no section dedup"):
        section_write("dedup", "", page=page)
