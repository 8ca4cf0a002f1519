"""The metrics' endpoints: who may not call them, and what they do not take."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from analytics.models import MetricTask
from tests.analytics.http import CALCULATE, WEEK, AsUser, errors

pytestmark = [pytest.mark.django_db, pytest.mark.clickhouse]


@pytest.fixture
def people(request: pytest.FixtureRequest, as_user: AsUser) -> Callable[[str], APIClient]:
    """A client by the name of the person it speaks for."""

    def client_of(name: str) -> APIClient:
        return APIClient() if name == "anonymous" else as_user(request.getfixturevalue(name))

    return client_of


PERMISSIONS = [
    ("post", CALCULATE, WEEK | {"course_id": "c"}, {"anonymous": 401, "stranger": 403, "owner": 202, "admin": 202}),
    ("post", CALCULATE, WEEK, {"anonymous": 401, "stranger": 403, "owner": 403, "admin": 202}),
    ("get", "/api/v1/metrics/tasks/6b0e4d1c-3f0a-4f0e-9a53-1d6a3f6b1c01", None,
     {"anonymous": 401, "stranger": 403, "owner": 404, "admin": 404}),
    ("get", "/api/v1/metrics/user/1", None, {"anonymous": 401, "stranger": 403, "owner": 200, "admin": 200}),
    ("get", "/api/v1/metrics/me", None, {"anonymous": 401, "stranger": 200, "owner": 200, "admin": 200}),
    ("get", "/api/v1/analytics/course/c", None, {"anonymous": 401, "stranger": 403, "owner": 404, "admin": 404}),
    ("post", "/api/v1/metrics/tasks/6b0e4d1c-3f0a-4f0e-9a53-1d6a3f6b1c01/cancel", None,
     {"anonymous": 401, "stranger": 403, "owner": 404, "admin": 404}),
    ("get", "/api/v1/analytics/courses", None, {"anonymous": 401, "stranger": 403, "owner": 200, "admin": 200}),
    ("get", "/api/v1/analytics/course/c/users", None,
     {"anonymous": 401, "stranger": 403, "owner": 404, "admin": 404}),
    ("get", "/api/v1/analytics/course/c/at-risk", None,
     {"anonymous": 401, "stranger": 403, "owner": 404, "admin": 404}),
    ("get", CALCULATE, None, {"owner": 405}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "person", "status"),
    [(m, path, body, person, status) for m, path, body, all_of in PERMISSIONS for person, status in all_of.items()],
)
def test_who_may(
    people: Callable[[str], APIClient], method: str, path: str, body: dict[str, Any] | None, person: str, status: int
) -> None:
    response = getattr(people(person), method)(path, body)
    assert response.status_code == status, response.content
    if status >= 400:
        assert response.json()["errors"]


REFUSED: list[tuple[Any, str, str | None]] = [
    ({"end": "2025-03-17"}, "required", "start"),
    ({"start": "2025-03-10"}, "required", "end"),
    (WEEK | {"start": None}, "null", "start"),
    (WEEK | {"start": ""}, "invalid", "start"),
    (WEEK | {"start": "soon"}, "invalid", "start"),
    (WEEK | {"start": 1741564800}, "invalid", "start"),
    (WEEK | {"start": {"a": 1}}, "invalid", "start"),
    (WEEK | {"start": "2025-03-10\0"}, "invalid", "start"),
    (WEEK | {"start": "9" * 100_000}, "invalid", "start"),
    (WEEK | {"start": "0001-01-01T00:00:00+14:00"}, "out_of_range", "start"),
    (WEEK | {"end": "9999-12-31T23:59:59-14:00"}, "out_of_range", "end"),
    (WEEK | {"end": "2025-03-10"}, "end_before_start", "end"),
    (WEEK | {"end": "2024-03-10"}, "end_before_start", "end"),
    (WEEK | {"timezone": "Europe/Atlantis"}, "unknown_timezone", "timezone"),
    (WEEK | {"timezone": ""}, "blank", "timezone"),
    (WEEK | {"timezone": None}, "null", "timezone"),
    (WEEK | {"timezone": ["UTC"]}, "invalid", "timezone"),
    (WEEK | {"timezone": "x" * 100_000}, "max_length", "timezone"),
    (WEEK | {"timezone": "UTC\0"}, "null_characters_not_allowed", "timezone"),
    (WEEK | {"timezone": "\ud800"}, "surrogate_characters_not_allowed", "timezone"),
    (WEEK | {"metrics": ["compltion"]}, "unknown_metric", "metrics.0"),
    (WEEK | {"metrics": ["completion", "Größe\N{SNOWMAN}"]}, "unknown_metric", "metrics.1"),
    (WEEK | {"metrics": ["x" * 100_000]}, "unknown_metric", "metrics.0"),
    (WEEK | {"metrics": [1]}, "unknown_metric", "metrics.0"),
    (WEEK | {"metrics": [{}]}, "invalid", "metrics.0"),
    (WEEK | {"metrics": "completion"}, "not_a_list", "metrics"),
    (WEEK | {"metrics": ["completion"] * 101}, "max_length", "metrics"),
    (WEEK | {"course_id": ""}, "blank", "course_id"),
    (WEEK | {"course_id": "c\0"}, "null_characters_not_allowed", "course_id"),
    (WEEK | {"course_id": "\udfff"}, "surrogate_characters_not_allowed", "course_id"),
    (WEEK | {"course_id": "x" * 129}, "max_length", "course_id"),
    (WEEK | {"course_id": ["c"]}, "invalid", "course_id"),
    (WEEK | {"course_id": True}, "invalid", "course_id"),
    ([WEEK], "invalid", None),
    ("text", "invalid", None),
]


@pytest.mark.parametrize(("body", "code", "attr"), REFUSED, ids=lambda value: repr(value)[:60])
def test_a_senseless_wish_is_refused(admin: User, as_user: AsUser, body: Any, code: str, attr: str | None) -> None:
    # Encoded here: DRF's client cannot send half a surrogate pair, and others can.
    response = as_user(admin).post(CALCULATE, json.dumps(body), content_type="application/json")
    assert response.status_code == 400, response.content
    assert errors(response) == [(code, attr or "non_field_errors")]
    assert not MetricTask.objects.exists()


def test_an_unknown_metric_is_named_with_the_nearest(admin: User, as_user: AsUser) -> None:
    response = as_user(admin).post(CALCULATE, WEEK | {"metrics": ["compltion"]})
    assert "Did you mean completion?" in response.json()["errors"][0]["detail"]


REFUSED_QUERIES = [
    ("start=2025-03-10", "required", "end"),
    ("end=2025-03-10", "required", "start"),
    ("start=2025-03-10&end=2025-03-10", "end_before_start", "end"),
    ("start=2025-03-10&end=2025-03-17&timezone=Mars", "unknown_timezone", "timezone"),
    ("metrics=completion&metrics=nothing", "unknown_metric", "metrics.1"),
    ("timezone=UTC%00", "null_characters_not_allowed", "timezone"),
    ("start=%00&end=2025-03-17", "invalid", "start"),
]


@pytest.mark.parametrize("path", ["metrics/me", "metrics/user/1", "analytics/course/c", "analytics/course/c/users"])
@pytest.mark.parametrize(("query", "code", "attr"), REFUSED_QUERIES)
def test_a_senseless_question_is_refused(
    owner: User, as_user: AsUser, path: str, query: str, code: str, attr: str
) -> None:
    response = as_user(owner).get(f"/api/v1/{path}?{query}")
    assert response.status_code == 400, response.content
    assert errors(response) == [(code, attr)]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("metrics/calculate?wait=perhaps", 400),
        ("metrics/me?limit=1001", 400),
        ("metrics/me?limit=0", 400),
        ("metrics/me?offset=-1", 400),
        ("metrics/me?course_id=%00", 400),
        ("metrics/me?course_id=" + "x" * 129, 400),
        ("metrics/user/a%00b", 404),
        ("metrics/user/" + "x" * 129, 404),
        ("analytics/course/a%00b", 404),
        ("analytics/course/" + "x" * 129, 404),
        ("metrics/tasks/no-uuid", 404),
        ("metrics/tasks/" + "9" * 40, 404),
        ("metrics/user/", 404),
        ("analytics/course/c/users?sort=speed", 400),
        ("analytics/course/a%00b/users", 404),
        ("analytics/course/a%00b/at-risk", 404),
        ("analytics/courses?start=yesterday", 400),
        ("analytics/courses?limit=1001", 400),
    ],
)
def test_other_senseless_addresses(owner: User, as_user: AsUser, path: str, status: int) -> None:
    client = as_user(owner)
    response = (
        client.post(f"/api/v1/{path}", WEEK | {"course_id": "c"}) if "calc" in path else client.get(f"/api/v1/{path}")
    )
    assert response.status_code == status, response.content
    assert response.json()["errors"]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("metrics/me?metric=completion", "metric"),
        ("metrics/user/1?%00=1", "\0"),
        ("metrics/user/1?course=c", "course"),
        ("analytics/courses?from=2025-03-10", "from"),
        ("analytics/course/c?limit=5", "limit"),
        ("analytics/course/c/users?order=user_id", "order"),
        ("analytics/course/c/at-risk?sort=user_id", "sort"),
        ("metrics/tasks/6b0e4d1c-3f0a-4f0e-9a53-1d6a3f6b1c01?wait=true", "wait"),
        ("users?roles=admin", "roles"),
        ("audit?user=1", "user"),
        ("events?course=c", "course"),
        ("ingestion/ledger?from=1", "from"),
        ("files?path=x", "path"),
    ],
)
def test_an_unknown_query_parameter_is_named(admin: User, as_user: AsUser, path: str, name: str) -> None:
    response = as_user(admin).get(f"/api/v1/{path}")
    assert (response.status_code, errors(response)) == (400, [("unknown_parameter", name)])


def test_the_nearest_query_parameter_is_named(owner: User, as_user: AsUser) -> None:
    response = as_user(owner).post(f"{CALCULATE}?wiat=true", WEEK | {"course_id": "c"})
    assert response.status_code == 400
    assert "Did you mean wait?" in response.json()["errors"][0]["detail"]
