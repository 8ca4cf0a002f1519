"""API keys: making them, what each scope opens, and when they stop."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import ApiKey, Role, User

URL = "/api/v1/api-keys"
EVENTS = "/api/v1/events"
AsUser = Callable[[User], APIClient]
pytestmark = pytest.mark.django_db


def make(client: APIClient, *scopes: str, **more: Any) -> dict[str, Any]:
    response = client.post(URL, {"name": "sensor", "scopes": list(scopes), **more})
    assert response.status_code == 201, response.content
    body: dict[str, Any] = response.json()
    return body


def bearing(key: str, scheme: str = "Api-Key") -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"{scheme} {key}")
    return client


def event(**changes: Any) -> dict[str, Any]:
    fields = {"event_id": str(uuid.uuid4()), "event_type": "page_viewed", "occurred_at": "2025-03-01T09:00:00Z"}
    return {"events": [fields | changes]}


def test_it_is_shown_once_and_kept_as_a_hash(owner: User, as_user: AsUser) -> None:
    made = make(as_user(owner), "read", "ingest", "read")

    assert made.keys() == {
        *("id", "name", "prefix", "scopes", "owner", "device_id", "created_at", "expires_at", "last_used_at", "key")
    }
    assert made["key"].startswith(made["prefix"])
    assert made["scopes"] == ["ingest", "read"]
    assert made["owner"] == "owner"
    [listed] = as_user(owner).get(URL).json()["results"]
    assert listed == {name: value for name, value in made.items() if name != "key"}
    assert made["key"] not in str(vars(ApiKey.objects.get()))


@pytest.mark.redis
@pytest.mark.parametrize("scheme", ["Api-Key", "api-key", "API-KEY  "])
def test_ingest_sends_events_of_anybody(owner: User, as_user: AsUser, scheme: str) -> None:
    client = bearing(make(as_user(owner), "ingest")["key"], scheme)

    assert client.post(EVENTS, event(user_id="ada")).json() == {"accepted": 1}


@pytest.mark.clickhouse
def test_read_reads_what_a_teacher_reads(owner: User, as_user: AsUser) -> None:
    client = bearing(make(as_user(owner), "read")["key"])

    assert client.get(EVENTS).status_code == 200
    assert client.get("/api/v1/metrics/user/ada").status_code == 200
    assert client.get("/api/v1/analytics/course/none").status_code == 404


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("read", "post", EVENTS),
        ("ingest", "get", EVENTS),
        ("ingest", "get", "/api/v1/metrics/user/ada"),
        ("read", "post", "/api/v1/metrics/calculate"),
        ("ingest", "post", "/api/v1/metrics/calculate"),
        ("read", "get", "/api/v1/metrics/me"),
        ("read", "get", "/api/v1/auth/me"),
        ("read", "patch", "/api/v1/auth/me"),
        ("read", "get", URL),
        ("read", "post", URL),
    ],
)
def test_a_key_opens_nothing_else(admin: User, as_user: AsUser, scope: str, method: str, path: str) -> None:
    client = bearing(make(as_user(admin), scope)["key"])

    response = getattr(client, method)(path, event() if path == EVENTS else {})

    assert response.status_code == 403, response.content
    assert response.json()["errors"][0]["code"] == "permission_denied"


@pytest.mark.parametrize(
    "end", ["revoked", "expired", "owner deactivated", "owner deleted", "owner made a student", "changed", "other"]
)
def test_it_stops_at_once(owner: User, as_user: AsUser, end: str) -> None:
    made = make(as_user(owner), "read", "ingest")
    key = made["key"]
    assert bearing(key).get(f"{EVENTS}?limit=0").status_code == 400
    match end:
        case "revoked":
            assert as_user(owner).delete(f"{URL}/{made['id']}").status_code == 204
        case "expired":
            ApiKey.objects.update(expires_at=timezone.now())
        case "owner deactivated":
            User.objects.update(is_active=False)
        case "owner deleted":
            owner.delete()
        case "owner made a student":
            User.objects.update(role=Role.STUDENT)
        case "changed":
            key = key[:-1] + ("a" if key[-1] != "a" else "b")
        case "other":
            key = "tw_00000000_" + "a" * 43

    for response in (bearing(key).get(EVENTS), bearing(key).post(EVENTS, event(user_id="ada"))):
        assert response.status_code == 401
        assert response.headers["WWW-Authenticate"] == 'Bearer realm="api"'
        assert response.json()["errors"][0]["code"] == "authentication_failed"


@pytest.mark.parametrize("key", ["", " ", "a b", "\x00", "ключ", "x" * 10_000])
def test_what_is_no_key_is_refused(key: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Api-Key {key}".encode().decode("latin-1"))

    assert client.get(EVENTS).status_code == 401


def test_a_key_is_no_access_token(owner: User, as_user: AsUser) -> None:
    assert bearing(make(as_user(owner), "read")["key"], "Bearer").get(EVENTS).status_code == 401


def test_the_last_use_is_written_once_a_minute(owner: User, as_user: AsUser) -> None:
    client = bearing(make(as_user(owner), "read")["key"])

    def use() -> Any:
        client.get(f"{EVENTS}?limit=0")
        return ApiKey.objects.get().last_used_at

    first = use()
    assert first is not None
    assert use() == first
    earlier = first - timedelta(seconds=61)
    ApiKey.objects.update(last_used_at=earlier)
    assert use() > earlier


def test_a_teacher_sees_their_own_and_an_admin_all(owner: User, colleague: User, admin: User, as_user: AsUser) -> None:
    made = make(as_user(owner), "read")
    make(as_user(colleague), "read")

    assert [key["id"] for key in as_user(owner).get(URL).json()["results"]] == [made["id"]]
    assert as_user(admin).get(URL).json()["count"] == 2
    assert as_user(colleague).delete(f"{URL}/{made['id']}").status_code == 404
    assert as_user(admin).delete(f"{URL}/{made['id']}").status_code == 204
    assert as_user(owner).get(URL).json()["count"] == 0
    assert as_user(owner).delete(f"{URL}/{made['id']}").status_code == 404


def test_students_have_none(stranger: User, as_user: AsUser) -> None:
    client = as_user(stranger)

    assert client.get(URL).status_code == 403
    assert client.post(URL, {"name": "x", "scopes": ["ingest"]}).status_code == 403
    assert client.delete(f"{URL}/{uuid.uuid4()}").status_code == 403


@pytest.mark.parametrize(
    ("changes", "attr"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"name": "a" * 101}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": None}, "scopes"),
        ({"scopes": "read"}, "scopes"),
        ({"scopes": ["admin"]}, "scopes"),
        ({"scopes": [["read"]]}, "scopes"),
        ({"scopes": [{}]}, "scopes"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "soon"}, "expires_at"),
        ({"expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at"),
    ],
)
def test_values(owner: User, as_user: AsUser, changes: dict[str, Any], attr: str) -> None:
    response = as_user(owner).post(URL, {"name": "sensor", "scopes": ["read"]} | changes)

    assert response.status_code == 400, response.content
    assert {error["attr"].partition(".")[0] for error in response.json()["errors"]} == {attr}
    assert not ApiKey.objects.exists()


def test_the_admins_page_revokes(owner: User, admin: User, as_user: AsUser) -> None:
    made = make(as_user(owner), "read")
    pages = Client()
    pages.force_login(admin)
    page = "/admin/accounts/apikey/"
    for path in (page, f"{page}?q=sensor", f"{page}{made['id']}/change/"):
        answer = pages.get(path)
        assert answer.status_code == 200, path
        assert made["key"] not in answer.content.decode()
    assert pages.get(f"{page}add/").status_code == 403

    pages.post(page, {"action": "revoke", "_selected_action": [made["id"]]})

    assert bearing(made["key"]).get(EVENTS).status_code == 401
