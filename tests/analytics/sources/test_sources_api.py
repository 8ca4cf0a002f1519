"""The endpoints of sources: who sees which, what they do not take, what they never give back."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Role, User
from analytics.sources.models import ImportedTable, Source, SourceRun
from analytics.sources.secrets import secrets_decrypt
from analytics.sources.selectors import imported_tables_visible_to
from analytics.sources.services.scheduling import source_runs_create_due
from tests.accounts.together import together
from tests.analytics.http import AsUser, errors
from tests.analytics.sources.conftest import SOURCES

pytestmark = [pytest.mark.django_db, pytest.mark.redis]
Make = Callable[..., dict[str, Any]]
HTTP = {"type": "http", "config": {"url": "https://example.org/Sales%20report.csv", "headers": {"X-Key": "sesame"}}}
DATABASE = {"host": "db.example.org", "database": "shop", "user": "reader", "table": "orders"}


def test_what_is_left_out(make: Make) -> None:
    source = make(type="http", config={"url": "https://example.org/data/M%C3%BCnchen.csv.gz"})
    left_out = {name: source[name] for name in ("name", "table_name", "mode", "key", "columns", "schedule", "secrets")}
    assert left_out == {
        "name": "München.csv.gz", "table_name": "munchen", "mode": "replace", "key": [], "columns": [],
        "schedule": "", "secrets": [],
    }  # fmt: skip
    assert (source["next_run_at"], source["last_run"]) == (None, None)
    assert make(type="http", config={"url": "https://example.org/x"}, name="München")["table_name"] == "munchen_2"


def test_who_sees_which(make: Make, owner: User, colleague: User, admin: User, stranger: User, as_user: AsUser) -> None:
    source = make(**HTTP)["id"]
    url = f"{SOURCES}/{source}"
    for user, status in ((owner, 200), (colleague, 404), (admin, 200), (stranger, 403)):
        client = as_user(user)
        assert client.get(url).status_code == status
        assert client.get(f"{url}/runs").status_code == status
        assert client.patch(url, {"name": "n"}).status_code == status
        count = client.get(SOURCES).json().get("count")
        assert count == {200: 1, 404: 0, 403: None}[status]
    for method, path in (("post", "sync"), ("post", "test"), ("delete", "")):
        assert getattr(as_user(colleague), method)(f"{url}/{path}".rstrip("/")).status_code == 404
    assert as_user(owner).get(f"{SOURCES}/{10**30}").status_code == 404


REFUSED = [
    ({}, [("required", "type"), ("required", "config")]),
    ({"type": "ftp", "config": {}}, [("invalid_choice", "type")]),
    ({"type": "http", "config": []}, [("not_a_dict", "config")]),
    ({"type": "http", "config": {}}, [("required", "config.url")]),
    ({"type": "http", "config": {"url": "file:///etc/passwd"}}, [("invalid", "config.url")]),
    ({"type": "http", "config": {"url": "http://user:pass@example.org/"}}, [("invalid", "config.url")]),
    ({"type": "http", "config": {"url": "http://[::1"}}, [("invalid", "config.url")]),
    ({"type": "http", "config": {"url": "http://x:99999/"}}, [("invalid", "config.url")]),
    ({"type": "http", "config": {"url": "http://x/\u0000"}}, [("null_characters_not_allowed", "config.url")]),
    ({"type": "http", "config": {"url": "http://x/", "headers": {"A\r\nB": "c"}}}, [("invalid", "config.headers")]),
    ({"type": "http", "config": {"url": "http://x/", "headers": {"A": "b\r\nC: d"}}}, [("invalid", "config.headers")]),
    ({"type": "http", "config": {"url": "http://x/", "headers": {"Host": "y"}}}, [("invalid", "config.headers")]),
    ({"type": "http", "config": {"url": "http://x/", "verify": False}}, [("unknown_field", "config.verify")]),
    ({"type": "http", "config": {"url": "http://x/", "delimiter": '"'}}, [("invalid", "config.delimiter")]),
    ({"type": "http", "config": {"url": "http://x/", "encoding": "rot13"}}, [("invalid_choice", "config.encoding")]),
    ({"type": "s3", "config": {"url": "s3://bucket", "access_key": "a"}}, [("invalid", "config.url")]),
    ({"type": "postgresql", "config": DATABASE | {"query": "SELECT 1"}}, [("invalid", "config.table")]),
    ({"type": "postgresql", "config": DATABASE | {"host": "/var/run"}}, [("invalid", "config.host")]),
    ({"type": "postgresql", "config": DATABASE | {"port": 0}}, [("min_value", "config.port")]),
    ({"type": "file", "config": {"path": "../x.csv"}}, [("no_file", "config.path")]),
    ({"type": "file", "config": {"path": "nothing.csv"}}, [("no_file", "config.path")]),
    (HTTP | {"table_name": "events"}, [("reserved", "table_name")]),
    (HTTP | {"table_name": "sources"}, [("reserved", "table_name")]),
    (HTTP | {"table_name": "a`; DROP TABLE events"}, [("invalid_name", "table_name")]),
    (HTTP | {"table_name": "Größe"}, [("invalid_name", "table_name")]),
    (HTTP | {"table_name": "a" * 64}, [("invalid_name", "table_name")]),
    (HTTP | {"mode": "upsert"}, [("invalid", "key")]),
    (HTTP | {"key": ["a"]}, [("invalid", "key")]),
    (HTTP | {"mode": "upsert", "key": ["a", "a"]}, [("invalid", "key")]),
    (HTTP | {"mode": "upsert", "key": ["a"], "columns": [{"name": "b", "type": "Int8"}]}, [("invalid", "key")]),
    (HTTP | {"columns": [{"name": "a", "type": "Int64) ENGINE = Null --"}]}, [("unknown_type", "columns.0.type")]),
    (HTTP | {"columns": [{"name": "a", "type": "Decimal(80, 2)"}]}, [("unknown_type", "columns.0.type")]),
    (HTTP | {"columns": [{"name": "a", "type": "String"}] * 2}, [("duplicate", "columns")]),
    (HTTP | {"columns": [{"name": "a\nb", "type": "String"}]}, [("invalid", "columns.0.name")]),
    (HTTP | {"schedule": "now and then"}, [("invalid", "schedule")]),
    (HTTP | {"schedule": "* * * * * *  *"}, [("invalid", "schedule")]),
    (HTTP | {"schedule": "* * * * * *"}, [("invalid", "schedule")]),
    (HTTP | {"schedule": "every 0 minutes"}, [("invalid", "schedule")]),
    (HTTP | {"schedule": "every 99999 days"}, [("invalid", "schedule")]),
    (HTTP | {"schedule": "0 0 31 2 *"}, [("invalid", "schedule")]),
    (HTTP | {"owner": 1}, [("unknown_field", "owner")]),
]


@pytest.mark.s3
@pytest.mark.parametrize(("body", "expected"), REFUSED, ids=range(len(REFUSED)))
def test_refusals(owner: User, as_user: AsUser, body: Any, expected: Any) -> None:
    answer = as_user(owner).post(SOURCES, body)
    assert (answer.status_code, errors(answer)) == (400, expected)
    assert not Source.objects.exists()


def test_a_name_is_one_sources(make: Make, owner: User, colleague: User, as_user: AsUser) -> None:
    make(**HTTP, table_name="mine")
    answer = as_user(colleague).post(SOURCES, {**HTTP, "table_name": "mine"})
    assert (answer.status_code, errors(answer)) == (400, [("taken", "table_name")])


@pytest.mark.django_db(transaction=True)
def test_names_made_at_once_are_different(owner: User, as_user: AsUser) -> None:
    client = as_user(owner)
    answers = together(*[lambda: client.post(SOURCES, HTTP)] * 6)
    assert [answer.status_code for answer in answers] == [201] * 6
    assert len({answer.json()["table_name"] for answer in answers}) == 6


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_start_a_source_once(owner: User) -> None:
    now = datetime.now(UTC)
    source = Source.objects.create(
        name="s", owner=owner, type="http", table_name="t", config={}, schedule="every 2 hours", next_run_at=now
    )
    started = together(*[lambda: source_runs_create_due(now=now)] * 4)
    assert sum(map(len, started)) == SourceRun.objects.count() == 1
    source.refresh_from_db()
    assert source.next_run_at == now + timedelta(hours=2)
    # It has not finished when it is due again: no second one beside it.
    assert source_runs_create_due(now=now + timedelta(hours=3)) == []


@pytest.mark.django_db(transaction=True)
def test_a_sync_asked_for_many_times_at_once_is_one_run(make: Make, owner: User, as_user: AsUser) -> None:
    url = f"{SOURCES}/{make(**HTTP)['id']}/sync"
    client = as_user(owner)
    answers = together(*[lambda: client.post(url)] * 6)
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["run_id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("schedule", "next_at"),
    [
        ("@hourly", "2025-03-10T13:00"),
        ("@daily", "2025-03-11T00:00"),
        ("@weekly", "2025-03-17T00:00"),
        ("@monthly", "2025-04-01T00:00"),
        ("every 15 minutes", "2025-03-10T12:45"),
        ("every 1 day", "2025-03-11T12:30"),
        ("*/20 6-13 * * 1-5", "2025-03-10T12:40"),
    ],
)
def test_schedules(owner: User, schedule: str, next_at: str) -> None:
    noon = datetime(2025, 3, 10, 12, 30, tzinfo=UTC)
    source = Source.objects.create(
        name="s", owner=owner, type="http", table_name="t", config={}, schedule=schedule, next_run_at=noon
    )
    assert len(source_runs_create_due(now=noon)) == 1
    source.refresh_from_db()
    assert source.next_run_at == datetime.fromisoformat(f"{next_at}Z")


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": Role.STUDENT}])
def test_sources_of_somebody_who_may_have_none_rest(owner: User, change: dict[str, Any]) -> None:
    now = datetime.now(UTC)
    Source.objects.create(
        name="s", owner=owner, type="http", table_name="t", config={}, schedule="@daily", next_run_at=now
    )
    User.objects.filter(pk=owner.pk).update(**change)
    assert source_runs_create_due(now=now) == []
    User.objects.filter(pk=owner.pk).update(is_active=True, role=Role.TEACHER)
    assert len(source_runs_create_due(now=now)) == 1


@pytest.mark.parametrize("body", ["[]", "null", '"x"', '{"config": ' + "[" * 900 + "]" * 900 + "}", "{", "\x00"])
@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_bodies_that_are_none(make: Make, owner: User, as_user: AsUser, method: str, body: str) -> None:
    url = SOURCES if method == "post" else f"{SOURCES}/{make(**HTTP)['id']}"
    answer = getattr(as_user(owner), method)(url, body, content_type="application/json")
    assert answer.status_code == 400, answer.content


def test_secrets_are_encrypted_kept_and_never_given_back(
    make: Make, owner: User, admin: User, as_user: AsUser, capfd: pytest.CaptureFixture[str]
) -> None:
    source = make(**HTTP, schedule="@daily")
    url = f"{SOURCES}/{source['id']}"
    kept = Source.objects.get()
    assert "sesame" not in kept.secrets + json.dumps(kept.config)
    assert secrets_decrypt(kept.secrets) == {"headers": {"X-Key": "sesame"}}
    client = as_user(owner)
    # Left out, it stays; the rest is as it is sent.
    changed = client.patch(url, {"config": {"url": "https://example.org/other.csv"}})
    assert changed.status_code == 200, changed.content
    assert changed.json()["config"] == {"url": "https://example.org/other.csv"}
    assert changed.json()["next_run_at"] == source["next_run_at"]
    replaced = client.put(url, {"type": "http", "config": {"url": "https://example.org/third.csv"}}).json()
    assert (replaced["schedule"], replaced["next_run_at"], replaced["secrets"]) == ("", None, ["headers"])
    assert secrets_decrypt(Source.objects.get().secrets) == {"headers": {"X-Key": "sesame"}}
    # To another server it does not go by itself.
    moved = client.patch(url, {"config": {"url": "https://thief.example/"}})
    assert (moved.status_code, errors(moved)) == (400, [("secret_needed", "config.headers")])
    assert client.patch(url, {"config": {"url": "https://new.example/", "headers": {"X-Key": "b"}}}).status_code == 200
    assert secrets_decrypt(Source.objects.get().secrets) == {"headers": {"X-Key": "b"}}
    captured = capfd.readouterr()
    assert "sesame" not in captured.out + captured.err
    for answer in (client.get(url), client.get(SOURCES), as_user(admin).get(url), changed, moved):
        assert "sesame" not in answer.content.decode()


@pytest.mark.parametrize("change", [{"type": "file"}, {"table_name": "other"}])
def test_what_cannot_be_changed(make: Make, owner: User, as_user: AsUser, change: dict[str, str]) -> None:
    url = f"{SOURCES}/{make(**HTTP)['id']}"
    answer = as_user(owner).put(url, {**HTTP, "config": {"url": "http://x/", "path": "a"}} | change)
    assert answer.status_code == 400


def test_keys_are_rotated(make: Make, settings: Any) -> None:
    make(**HTTP)
    settings.SOURCES_SECRET_KEYS = ["a new key, as long as it must be"]
    with pytest.raises(CommandError, match="set them again"):
        call_command("rotate_source_secrets")
    old = ["a key for kept secrets in tests", " long enough for any rule"]
    settings.SOURCES_SECRET_KEYS = ["a new key", *[part.strip() for part in old]]
    call_command("rotate_source_secrets")
    settings.SOURCES_SECRET_KEYS = ["a new key"]
    assert secrets_decrypt(Source.objects.get().secrets) == {"headers": {"X-Key": "sesame"}}


def test_without_a_key_no_secrets_are_kept(owner: User, as_user: AsUser, settings: Any) -> None:
    settings.SOURCES_SECRET_KEYS = []
    answer = as_user(owner).post(SOURCES, HTTP)
    assert (answer.status_code, errors(answer)) == (409, [("no_secret_key", None)])
    assert as_user(owner).post(SOURCES, {"type": "http", "config": {"url": "http://x/"}}).status_code == 201


def test_who_reads_imported_tables(owner: User, colleague: User, stranger: User, admin: User, settings: Any) -> None:
    source = Source.objects.create(name="s", owner=owner, type="http", table_name="t", config={})
    ImportedTable.objects.create(source=source, name="t", stored_as="imported_t")
    people = (owner, colleague, stranger, admin)
    for readers, seen in (("owner", [1, 0, 0, 1]), ("teachers", [1, 1, 0, 1]), ("everybody", [1, 1, 1, 1])):
        settings.SOURCES_TABLES_READ_BY = readers
        assert [imported_tables_visible_to(user).count() for user in people] == seen
    assert stranger.role == Role.STUDENT


@pytest.mark.parametrize("model", ["source", "sourcerun", "importedtable"])
def test_the_admin_shows_all_and_changes_nothing(make: Make, admin: User, client: Any, model: str) -> None:
    source = Source.objects.get(pk=make(**HTTP)["id"])
    made = {
        "source": source,
        "sourcerun": SourceRun.objects.create(source=source, run_after=datetime.now(UTC)),
        "importedtable": ImportedTable.objects.create(source=source, name="t", stored_as="imported_t"),
    }[model]
    client.force_login(admin)
    folder = f"/admin/analytics/{model}"
    assert client.get(f"{folder}/").status_code == 200
    page = client.get(f"{folder}/{made.pk}/change/")
    assert page.status_code == 200
    assert source.secrets not in page.content.decode()
    assert client.post(f"{folder}/{made.pk}/change/", {}).status_code == 403
    assert client.post(f"{folder}/{made.pk}/delete/", {"post": "yes"}).status_code == 403
