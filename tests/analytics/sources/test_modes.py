"""Replace, append and upsert: all or nothing, once only, whatever dies in between."""

import json
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from analytics.kept_task import TaskStatus
from analytics.sources import tables
from analytics.sources.models import Source, SourceRun
from analytics.sources.services import cleaning, running
from analytics.sources.tables import Beside, beside_names
from storage_app.clickhouse import gateway
from storage_app.clickhouse.errors import StoreUnavailable
from tests.analytics.http import AsUser, errors
from tests.analytics.sources.conftest import SOURCES, Sync
from tests.analytics.sources.stored import columns, rows, upload

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse, pytest.mark.s3]
Make = Callable[..., dict[str, Any]]
Feed = Callable[[bytes], None]


@pytest.fixture
def feed(owner: User, as_user: AsUser, make: Make) -> Callable[..., tuple[int, Feed]]:
    """A source of a file of the owner's, and how to put another file in its place."""

    def _feed(data: bytes, **fields: Any) -> tuple[int, Feed]:
        path = upload(as_user, owner, "data.csv", data)
        source_id = make(type="file", table_name="t", config={"path": path}, **fields)["id"]

        def put(data: bytes) -> None:
            path = upload(as_user, owner, "data.csv", data)
            Source.objects.filter(pk=source_id).update(config={"path": path})

        return source_id, put

    return _feed


def test_replace(feed: Any, sync: Sync) -> None:
    source, put = feed(b"a,b\n1,x\n2,y\n")
    sync(source)
    put(b"c\n2.5\n")
    assert sync(source).status == "succeeded"
    assert (columns("t"), rows("t")) == ({"c": "Float64"}, [(2.5,)])


def test_append(feed: Any, sync: Sync) -> None:
    source, put = feed(b"a,b\n1,x\n", mode="append")
    sync(source)
    put(b"b,a\nx,1\ny,2\n")
    assert sync(source).status == "succeeded"
    assert rows("t", "a, b") == [(1, "x"), (1, "x"), (2, "y")]


def test_upsert(feed: Any, sync: Sync) -> None:
    source, put = feed(b"k,l,v\n1,a,10\n2,a,20\n1,a,11\n", mode="upsert", key=["k", "l"])
    sync(source)
    assert rows("t") == [(1, "a", 11), (2, "a", 20)]
    put(b"k,l,v\n2,a,22\n2,b,30\n2,a,23\n")
    assert sync(source).rows_written == 3
    assert rows("t", "k, l") == [(1, "a", 11), (2, "a", 23), (2, "b", 30)]
    put(b"k,l,v\n1,,0\n,b,1\n3,c,3\n" + b"4,d,4\n" * 30)
    run = sync(source)
    assert [(each.line, each.reason) for each in run.refused.all()] == [(3, "k: '' is empty")]


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_other_columns_than_the_tables_are_refused(feed: Any, sync: Sync, mode: str) -> None:
    source, put = feed(b"a,b\n1,x\n", mode=mode, key=["a"] if mode == "upsert" else [])
    sync(source)
    put(b"a,c\n1,x\n")
    run = sync(source)
    assert (run.status, run.error) == ("failed", "The data have other columns than the table that they go to.")
    assert rows("t") == [(1, "x")]


def test_rows_without_a_key_are_not_lost_to_an_upsert(feed: Any, sync: Sync) -> None:
    """A null is equal to no key and unequal to none, so that such rows would be neither replaced nor kept."""
    source, put = feed(b"k,v\n1,a\n,b\n")
    sync(source)
    put(b"k,v\n1,c\n")
    Source.objects.filter(pk=source).update(mode="upsert", key=["k"])
    run = sync(source)
    assert (run.status, run.error) == ("failed", "1 of the table's rows lack a part of the key.")
    assert rows("t", "v") == [(1, "a"), (None, "b")]


def test_a_nullable_key_without_nulls_is_good(feed: Any, sync: Sync) -> None:
    source, put = feed(
        b"k,v\n1,a\n2,b\n", columns=[{"name": "k", "type": "Nullable(Int64)"}, {"name": "v", "type": "String"}]
    )
    sync(source)
    put(b"k,v\n1,c\n")
    Source.objects.filter(pk=source).update(mode="upsert", key=["k"])
    assert sync(source).status == "succeeded"
    assert (columns("t")["k"], rows("t")) == ("Int64", [(1, "c"), (2, "b")])


@pytest.mark.parametrize("mode", ["append", "upsert"])
def test_another_type_than_the_tables_is_not_passed_over(feed: Any, sync: Sync, mode: str) -> None:
    source, _ = feed(b"a,b\n1,2\n", mode=mode, key=["a"] if mode == "upsert" else [])
    sync(source)
    set_to = [{"name": "a", "type": "Nullable(Int64)"}, {"name": "b", "type": "String"}]
    Source.objects.filter(pk=source).update(columns=set_to)
    run = sync(source)
    assert (run.status, run.error) == ("failed", "The table's column 'b' is Int64; only mode replace changes that.")
    assert rows("t") == [(1, 2)]


@pytest.mark.parametrize("mode", ["replace", "append", "upsert"])
def test_a_failed_run_leaves_the_table(feed: Any, sync: Sync, mode: str, owner: User, as_user: AsUser) -> None:
    source, put = feed(b"a,b\n1,x\n", mode=mode, key=["a"] if mode == "upsert" else [])
    source_columns = [{"name": "a", "type": "Int64"}, {"name": "b", "type": "String"}]
    Source.objects.filter(pk=source).update(columns=source_columns)
    sync(source)
    put(b"a,b\n2,y\nx,z\n\xff3,w\n4,v,u\n")
    run = sync(source)
    assert (run.status, run.rows_read, run.rows_refused) == ("failed", 4, 3)
    assert run.error == "3 of 4 rows are refused, more than 10 %."
    assert (rows("t"), beside_names()) == ([(1, "x")], [])
    answer = as_user(owner).get(f"{SOURCES}/{source}/runs/{run.pk}/refused")
    refused = [json.loads(line) for line in answer.getvalue().splitlines()]
    assert [(each["line"], each["reason"]) for each in refused] == [
        (5, "has 3 values, not 2"),
        (3, "a: 'x' is not a whole number"),
        (4, "a: '\\udcff3' is not a whole number"),
    ]


def test_some_refused_rows_are_told_and_the_rest_is_written(feed: Any, sync: Sync, settings: Any) -> None:
    settings.SOURCES_REFUSED_KEPT = 2
    data = "".join(f"{number}\n" if number % 20 else "x\n" for number in range(1, 101))
    source, _ = feed(f"a\n{data}".encode(), columns=[{"name": "a", "type": "Int8"}])
    run = sync(source)
    assert (run.status, run.rows_read, run.rows_written, run.rows_refused) == ("succeeded", 100, 95, 5)
    assert [each.line for each in run.refused.all()] == [21, 41]
    assert gateway.query("SELECT count() FROM imported_t") == [(95,)]


def _run_of(source_id: int) -> SourceRun:
    return SourceRun.objects.filter(source_id=source_id).latest("created_at")


@pytest.mark.parametrize("mode", ["append", "upsert", "replace"])
@pytest.mark.parametrize("moment", ["insert", "complete", "take_place", "after"])
def test_a_run_that_died_is_done_again_once(
    feed: Any, sync: Sync, monkeypatch: pytest.MonkeyPatch, mode: str, moment: str
) -> None:
    """ClickHouse goes away in the middle, which only a patch can time; the run comes again and nothing is doubled."""
    source, put = feed(b"a\n1\n2\n", mode=mode, key=["a"] if mode == "upsert" else [])
    sync(source)
    put(b"a\n3\n4\n")
    method = "take_place" if moment == "after" else moment
    real = getattr(Beside, method)

    def dies(self: Beside, *args: Any) -> None:
        monkeypatch.setattr(Beside, method, real)
        if moment == "after":
            real(self, *args)
        raise StoreUnavailable("gone")

    run = SourceRun.objects.create(source_id=source, run_after="2025-01-01T00:00Z")
    monkeypatch.setattr(Beside, method, dies)
    assert running.source_run(task_id=run.pk) is not None
    assert running.source_run(task_id=run.pk) is None
    run.refresh_from_db()
    assert (run.status, run.rows_written, run.attempts) == ("succeeded", 2, 2)
    assert rows("t", "a") == ([(3,), (4,)] if mode == "replace" else [(1,), (2,), (3,), (4,)])
    assert beside_names() == []


def test_cancelled_before_and_while_it_runs(
    feed: Any, sync: Sync, owner: User, as_user: AsUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, put = feed(b"a\n1\n")
    sync(source)
    put(b"a\n2\n")
    client = as_user(owner)

    def ask() -> str:
        return str(client.post(f"{SOURCES}/{source}/sync").json()["run_id"])

    run_id = ask()
    assert ask() == run_id  # joined
    url = f"{SOURCES}/{source}/runs/{run_id}"
    assert client.post(f"{url}/cancel").json()["status"] == "cancelled"
    again = client.post(f"{url}/cancel")
    assert (again.status_code, errors(again)) == (409, [("already_finished", None)])
    assert running.source_run(task_id=_run_of(source).pk) is None

    run_id = ask()
    real = Beside.complete

    def cancelled_meanwhile(self: Beside) -> None:
        SourceRun.objects.filter(pk=run_id).update(status=TaskStatus.CANCELLED)
        real(self)

    monkeypatch.setattr(Beside, "complete", cancelled_meanwhile)
    running.source_run(task_id=_run_of(source).pk)
    assert client.get(f"{SOURCES}/{source}/runs/{run_id}").json()["status"] == "cancelled"
    assert (rows("t"), beside_names()) == ([(1,)], [])


def test_leftovers_of_killed_runs_are_dropped(feed: Any) -> None:
    source, _ = feed(b"a\n1\n")
    run = SourceRun.objects.create(source_id=source, run_after="2025-01-01T00:00Z")
    for name in (f"importing_{run.pk.hex}_1", f"importing_{uuid4().hex}_3_latest"):
        gateway.execute(f"CREATE TABLE {name} (a Int8) ENGINE = MergeTree ORDER BY a")
    assert cleaning.source_tables_clean_up() == 1
    assert beside_names() == [f"importing_{run.pk.hex}_1"]


def test_deleted_with_its_table(feed: Any, sync: Sync, owner: User, as_user: AsUser) -> None:
    source, _ = feed(b"a\n1\n")
    sync(source)
    assert as_user(owner).delete(f"{SOURCES}/{source}").status_code == 204
    assert tables.made_by(table="imported_t") is None
    assert not SourceRun.objects.exists()


ODD = [
    "it's", 'say "hi"', "back`tick", "back\\slash", "Größe", "数量", "a b", "{p:String}", "%s", ";DROP TABLE events",
    "/*", "--", "a.b", "",
]  # fmt: skip


def test_odd_names_of_columns(feed: Any, sync: Sync) -> None:
    header = ",".join('"' + name.replace('"', '""') + '"' for name in [*ODD, "a b", "line\nbreak", " edge\t"])
    source, _ = feed(f"{header}\n{','.join('1' for _ in range(len(ODD) + 3))}\n".encode(), mode="append")
    for _ in range(2):
        assert sync(source).status == "succeeded"
    assert list(columns("t")) == [*ODD[:-1], f"column_{len(ODD)}", "a b_2", "linebreak", "edge"]
    assert rows("t") == [(1,) * (len(ODD) + 3)] * 2
